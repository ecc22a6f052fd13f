"""The background syncs that django-q2 runs: each takes one id and is safe to run twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Q
from django_q.tasks import async_task

from accounts import idempotency, key_expiry, mail, notices, sittings
from accounts.models import Account
from integrations.contract import Denied, PartnerError
from integrations.engine import catalog, clock, health, polling, retention, sellers, subscription
from integrations.engine.canary import OUTAGE
from integrations.models import CatalogShelf, Connection

log = logging.getLogger(__name__)

READ_WHILE = (Connection.State.VALIDATED, Connection.State.ENABLED, Connection.State.ACTIVE)
sweepers: list[Callable[..., object]] = []  # rooms above the engine add theirs; each takes `now`


def nudge(connection_id: int) -> None:
    """Queues a sync of one connection; losing the job loses nothing, the next tick finds what is due."""
    try:
        async_task("integrations.engine.jobs.sync_connection", connection_id)
    except OUTAGE as error:
        log.warning("connection %s: the queue does not answer: %s", connection_id, error)


class Metronome:
    """Queues what is due, every few seconds; the supervisor calls it. Times: seconds of a monotonic clock."""

    EVERY = 2.0
    REST = 20.0  # a connection whose sync was queued is not queued again before, unless somebody asks
    SWEEP = 3600.0
    POST = 6.0  # e-mails wait for each other so long at most

    def __init__(self) -> None:
        self._next = 0.0
        self._next_sweep = 0.0
        self._next_post = 0.0
        self._queued: dict[int, float] = {}

    def tick(self, *, now: float) -> int:
        """Queues one job for each connection that has something due; returns how many."""
        if now < self._next:
            return 0
        self._next = now + self.EVERY
        if now >= self._next_sweep:
            self._next_sweep = now + self.SWEEP
            async_task("integrations.engine.jobs.sweep")
        if now >= self._next_post and mail.waiting():
            self._next_post = now + self.POST
            async_task("accounts.mail.deliver")
        queued = 0
        for connection in Connection.unscoped.filter(state__in=READ_WHILE):
            rested = now - self._queued.get(connection.pk, -self.REST) >= self.REST
            if _asked(connection) or (rested and _due(connection)):
                self._queued[connection.pk] = now
                nudge(connection.pk)
                queued += 1
        return queued


def sync_connection(connection_id: int) -> str:
    """What is due of one connection; a step that fails says why and lets the others go on.

    Credentials that are refused break the connection and end it (pain 7).
    """
    connection = Connection.unscoped.select_related("account", "counterpart").get(pk=connection_id)
    if connection.state not in READ_WHILE:
        return f"connection is {connection.state}"
    failed = []
    for name, step in _steps(connection):
        try:
            step()
        except Denied as error:
            with transaction.atomic():
                health.deny(connection, error.words, now=clock.now())
            return f"{name}: {error.words}"
        except PartnerError as error:
            log.warning("connection %s, %s: %s: %s", connection_id, name, type(error).__name__, error.words)
            failed.append(f"{name}: {error.words}")
    return "; ".join(failed) or "ok"


def _steps(connection: Connection) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each is asked for when the one before is over."""
    active = connection.state == Connection.State.ACTIVE
    if active and not connection.webhook_id:
        yield "webhook", partial(subscription.register_webhook, connection)
    for kind in catalog.due(connection, now=clock.now()):
        yield kind, partial(catalog.refresh, connection, kind, now=clock.now())
    if active:
        yield "sellers", partial(sellers.sync, connection)
        for cursor in polling.due_cursors(connection, now=clock.now()):
            yield cursor.kind, partial(polling.poll, connection, cursor.kind)


def sweep() -> int:
    """Takes away what is older than it is kept; returns how many raw payloads and exchanges."""
    expired = 0
    for account in Account.objects.all():
        idempotency.forget_old(account=account, now=clock.now())
        expired += retention.expire(account, now=clock.now())
    mail.forget_old(now=clock.now())
    notices.forget_old(now=clock.now())
    sittings.forget_old(now=clock.now())
    key_expiry.warn_of_expiry(now=clock.now())
    for each in sweepers:
        each(now=clock.now())
    return expired


def _asked(connection: Connection) -> bool:
    """Somebody waits for a new reading, asked for in the last seconds."""
    since = clock.now() - timedelta(seconds=2 * Metronome.EVERY)
    shelves = CatalogShelf.unscoped.filter(connection=connection, wanted_at__gte=since)
    return shelves.filter(Q(read_at__isnull=True) | Q(read_at__lt=F("wanted_at"))).exists()


def _due(connection: Connection) -> bool:
    now = clock.now()
    if catalog.due(connection, now=now):
        return True
    if connection.state != Connection.State.ACTIVE:
        return False
    return not connection.webhook_id or bool(polling.due_cursors(connection, now=now))
