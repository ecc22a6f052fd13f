"""The connection's clock: rests after an outage, one probe, everything due again; broken when denied."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop as _

from accounts import notices
from integrations import contract
from integrations.engine import listen
from integrations.engine.verdict import Verdict
from integrations.models import Connection, SyncEvent

PROBE_SECONDS = 60.0
DENIED = _("%(partner)s no longer accepts the credentials: everything waits until you renew them.")


def resting_until(connection: Connection, *, now: datetime) -> datetime | None:
    """When this connection may be spoken to, or None for now; writes nothing."""
    row = Connection.unscoped.values("state", "clock_until").get(pk=connection.pk)
    until: datetime | None = row["clock_until"]
    if row["state"] != Connection.State.ACTIVE:
        return now
    return until if until is not None and until > now else None


def probe(connection: Connection, *, now: datetime) -> datetime | None:
    """None for whoever may speak: anybody while all is well, one alone after a rest; else when to look again.

    The last thing before speaking: a probe that then does not speak would keep everybody waiting.
    """
    until = Connection.unscoped.values_list("clock_until", flat=True).get(pk=connection.pk)
    if until is None:
        return None
    probing = now + timedelta(seconds=PROBE_SECONDS)
    won = Connection.unscoped.filter(pk=connection.pk, clock_until=until).update(clock_until=probing)
    return None if won else probing


def spoke(connection: Connection) -> None:
    """The partner answered: the outage is over and what waited is due."""
    with transaction.atomic():
        ended = Connection.unscoped.filter(pk=connection.pk, clock_until__isnull=False).update(
            clock_until=None, failures=0, failing_since=None, last_error=""
        )
        if ended:
            listen.make_all_due([connection])


def failed(connection: Connection, verdict: Verdict, *, now: datetime) -> None:
    """Sets the connection's clock as the verdict says; call inside the outcome's transaction."""
    if verdict.deny:
        deny(connection, verdict.reason, now=now)
    elif verdict.clock is not None:
        rest = now + timedelta(seconds=verdict.clock)
        Connection.unscoped.filter(pk=connection.pk).update(clock_until=rest, last_error=verdict.reason[:500])
        if verdict.outage:
            rows = Connection.unscoped.filter(pk=connection.pk)
            rows.update(failures=F("failures") + 1)
            rows.filter(failing_since__isnull=True).update(failing_since=now)


def deny(connection: Connection, reason: str, *, now: datetime) -> None:
    """Our credentials no longer open the door: everything waits and administrators are told (M3, pain 7)."""
    row = Connection.unscoped.select_for_update().get(pk=connection.pk)
    if row.state != Connection.State.ACTIVE:
        return
    row.deny()
    row.state_reason = reason[:300]
    row.version += 1
    row.save(update_fields=["state", "state_reason", "version", "updated_at"])
    SyncEvent.unscoped.create(
        account_id=row.account_id,
        connection=row,
        at=now,
        severity=SyncEvent.Severity.ERROR,
        words=_("The partner no longer accepts the credentials. Everything waits until they are renewed."),
    )
    notices.tell(
        account=row.account,
        kind="connection",
        words=DENIED,
        values={"partner": str(contract.partner(row.partner).label)},
        link=f"/integrations/{row.partner}/",
        source=f"denied:{row.pk}",
        now=now,
    )


def failures_of(connection: Connection) -> tuple[int, datetime | None]:
    """(failures in a row, since when), fresh."""
    row = Connection.unscoped.values_list("failures", "failing_since").get(pk=connection.pk)
    return row[0], row[1]
