"""A connection whose demanded module is lost is paused with the reason, and resumes by itself (G3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts import notices
from accounts.models import Account
from accounts.modules import MODULES, switched
from accounts.origin import Origin
from integrations import contract
from integrations.engine import clock, listen
from integrations.engine.needs import missing_modules
from integrations.models import Connection, SyncEvent

State = Connection.State
LOST = gettext_noop(
    "A module that this integration needs is off. Nothing is lost: it goes on by itself when the module is "
    "on again."
)
BACK = gettext_noop("The module is on again: the integration goes on.")


@receiver(switched, dispatch_uid="integrations.engine.demands")
def on_switched(*, account: Account, slug: str, **_signal: object) -> None:
    """Inside the transaction of the switch: who demands the module stops or goes on with it."""
    for connection in _demanding(account, slug):
        settle(connection, now=clock.now())


def settle(connection: Connection, *, now: datetime) -> None:
    """Pauses an active connection that lacks a module, resumes one paused for that which lacks none."""
    with transaction.atomic():
        row = Connection.unscoped.select_for_update().select_related("account").get(pk=connection.pk)
        lost = missing_modules(row.account, row.partner, row.flow)
        if row.state == State.ACTIVE and lost:
            row.pause()
            _write(row, LOST, now=now)
            notices.tell(
                account=row.account,
                kind="module",
                words=gettext_noop("%(partner)s is paused: the module %(module)s is off."),
                values={"partner": str(contract.partner(row.partner).label), "modules": lost},
                link=reverse("portal:activation", args=[row.partner]),
                source=f"connection:{row.pk}:module",
                now=now,
            )
        elif waits(row) and not lost:
            row.resume()
            _write(row, "", now=now)
            listen.make_all_due([row])


def waits(connection: Connection) -> bool:
    """Whether it is paused for want of a module, and not by a person."""
    return connection.state == State.PAUSED and connection.state_reason == LOST


def settle_all(*, now: datetime) -> None:
    """Every connection as its modules stand: for switches that no signal told, such as a restored store."""
    for row in Connection.unscoped.filter(state__in=(State.ACTIVE, State.PAUSED)):
        if row.partner in contract.partners():
            settle(row, now=now)


def stopping(account: Account, slug: str) -> Sequence[str]:
    """Which integrations stop when the module goes off, in words (S4)."""
    names = [
        str(contract.partner(row.partner).label)
        for row in _demanding(account, slug)
        if row.state == State.ACTIVE
    ]
    words = ngettext(
        "The integration with %(names)s is paused; it goes on by itself when the module is on again.",
        "The integrations with %(names)s are paused; they go on by themselves when the module is on again.",
        len(names),
    )
    return [words % {"names": ", ".join(names)}] if names else []


def refusal(connection: Connection) -> str:
    """Why a person cannot resume it yet, in words; "" when no module is missing."""
    lost = missing_modules(connection.account, connection.partner, connection.flow)
    names = ", ".join(str(MODULES[slug].label) for slug in lost)
    return _("The module %(names)s has to be contracted and on first.") % {"names": names} if lost else ""


def _demanding(account: Account, slug: str) -> list[Connection]:
    rows = Connection.objects.of(account).filter(state__in=(State.ACTIVE, State.PAUSED))
    installed = contract.partners()
    return [
        row for row in rows if row.partner in installed and slug in installed[row.partner].demands(row.flow)
    ]


def _write(row: Connection, reason: str, *, now: datetime) -> None:
    row.state_reason = reason
    row.version += 1
    row.moved_by = Origin.system()
    row.save()
    SyncEvent.unscoped.create(
        account_id=row.account_id,
        connection=row,
        at=now,
        words=reason or BACK,
        severity=SyncEvent.Severity.WARNING if reason else SyncEvent.Severity.INFO,
    )
