"""Looks at an installation and says in words what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.brokers import get_broker
from redis.exceptions import RedisError

from integrations.models import Connection, Heartbeat, WebhookEndpoint
from integrations.vault import Vault, VaultLocked

QUIET = 60.0
"""Seconds without a sign of life after which a part of the worker counts as stopped."""
CROWD = 1000
"""Waiting background jobs from which the queue counts as too slow."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at: `sound`, and in words what was seen or what to do."""

    subject: str
    sound: bool
    words: str


class Command(BaseCommand):
    """`manage.py doctor`: exit code 0 when everything is sound, else 1."""

    help = "Checks store, migrations, vault keys, worker, public address and broker; says what to do."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """One line a finding; stops at the store when that does not answer."""
        ill = 0
        for finding in examine(now=timezone.now()):
            mark = self.style.SUCCESS("✓") if finding.sound else self.style.ERROR("✗")
            self.stdout.write(f"{mark} {finding.subject}: {finding.words}")
            ill += not finding.sound
        if ill:
            raise CommandError(_("%(count)s to mend.") % {"count": ill})


def examine(*, now: datetime) -> Iterator[Finding]:
    """Every finding, the store first: without it and its tables nothing else can be looked at."""
    for look in LOOKS:
        finding = look(now)
        yield finding
        if not finding.sound and look in FIRST:
            return


def store(_now: datetime) -> Finding:
    """Whether the database answers."""
    subject = _("Store")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        words = _("does not answer (%(error)s). Check DATABASE_URL and that the server runs.")
        return Finding(subject=subject, sound=False, words=words % {"error": str(error).strip()})
    return Finding(
        subject=subject, sound=True, words=_("%(vendor)s answers.") % {"vendor": connection.vendor}
    )


def migrations(_now: datetime) -> Finding:
    """Whether the tables are those of this version."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    words = (
        _("%(count)s not applied. Run: python manage.py migrate") % {"count": len(plan)}
        if plan
        else _("all applied.")
    )
    return Finding(subject=_("Migrations"), sound=not plan, words=words)


def vault(_now: datetime) -> Finding:
    """Whether a key of VAULT_KEYS opens every stored credential."""
    subject = _("Vault")
    try:
        safe = Vault(settings.VAULT_KEYS)
    except ValueError as error:
        words = _("VAULT_KEYS cannot be used: %(error)s. Restore the keys from your backup.")
        return Finding(subject=subject, sound=False, words=words % {"error": error})
    shut, seen = [], 0
    for name, *sealed in _sealed():
        for each in filter(None, sealed):
            seen += 1
            try:
                safe.rotate(each)  # opens with any key and writes nothing
            except VaultLocked:
                shut.append(name)
    words = (
        _("no key opens the credentials of connections %(ids)s. Put the lost key back into VAULT_KEYS.")
        % {"ids": ", ".join(dict.fromkeys(shut))}
        if shut
        else _("%(count)s stored credentials open.") % {"count": seen}
    )
    return Finding(subject=subject, sound=not shut, words=words)


def _sealed() -> Iterator[tuple[str, str, str]]:
    """Whose it is and what is sealed: connections by their id, webhook endpoints with a word before it."""
    for pk, first, second in Connection.unscoped.values_list("pk", "sealed", "sealed_webhook").iterator():
        yield str(pk), first, second
    for pk, first, second in WebhookEndpoint.unscoped.values_list("pk", "sealed", "sealed_before").iterator():
        yield f"webhook-endpoint:{pk}", first, second


def worker(now: datetime) -> Finding:
    """Whether supervisor, background queue and pump gave a sign of life lately."""
    subject = _("Worker")
    newest: dict[str, float] = {}
    for name, at in Heartbeat.objects.values_list("name", "at"):
        part = name.partition(":")[0]
        age = (now - at).total_seconds()
        newest[part] = min(age, newest.get(part, age))
    parts = {"supervisor": _("supervisor"), "canary": _("background queue"), "pump": _("pump")}
    quiet = [words for part, words in parts.items() if newest.get(part, QUIET + 1) > QUIET]
    if quiet:
        words = _(
            "no sign of life in the last minute from: %(parts)s. Start or restart: python manage.py worker"
        )
        return Finding(subject=subject, sound=False, words=words % {"parts": ", ".join(quiet)})
    oldest = max(newest[part] for part in parts)
    return Finding(
        subject=subject,
        sound=True,
        words=_("all parts run, last sign %(seconds)d s ago.") % {"seconds": oldest},
    )


def address(_now: datetime) -> Finding:
    """Whether partners can reach PUBLIC_URL: its form only, nothing is called."""
    subject = _("Public address")
    fault = address_fault(settings.PUBLIC_URL, demo=settings.DEMO)
    return Finding(
        subject=subject,
        sound=not fault,
        words=fault or _("%(url)s has the form that partners can call.") % {"url": settings.PUBLIC_URL},
    )


def address_fault(url: str, *, demo: bool) -> str:
    """Why partners cannot call this address, or ""; the demonstration's own sandbox can call any."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return _("“%(url)s” is not an address. Set PUBLIC_URL to https://<your host>.") % {"url": url}
    if parts.path or parts.query or parts.fragment:
        return _("PUBLIC_URL ends after the host: leave out “%(rest)s”.") % {
            "rest": parts.path or parts.query
        }
    if demo:
        return ""
    if parts.scheme != "https":
        return _("partners call https only. Set PUBLIC_URL to https://%(host)s.") % {"host": host}
    if _is_private(host):
        return _("%(host)s cannot be reached from outside, so no news arrives. Set PUBLIC_URL.") % {
            "host": host
        }
    return ""


def broker(_now: datetime) -> Finding:
    """Whether the background queue's broker answers and keeps up."""
    subject = _("Broker")
    try:
        broker = get_broker()
        broker.ping()
        waiting = broker.queue_size()
    except (DatabaseError, RedisError, OSError) as error:
        words = _("does not answer (%(error)s). Check REDIS_URL and that the server runs.")
        return Finding(subject=subject, sound=False, words=words % {"error": error})
    words = (
        _("%(count)s jobs wait: too many. Start more workers (Q_WORKERS) or another worker machine.")
        if waiting >= CROWD
        else _("%(count)s jobs wait.")
    )
    return Finding(subject=subject, sound=waiting < CROWD, words=words % {"count": waiting})


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal"))


FIRST: tuple[Callable[[datetime], Finding], ...] = (store, migrations)
LOOKS: tuple[Callable[[datetime], Finding], ...] = (*FIRST, vault, worker, address, broker)
