"""The second road: what webhooks did not bring is read, page by page, and travels the same way."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from integrations import contract
from integrations.contract import KindSpec, PartnerError, Throttled
from integrations.engine import clock, erased, health, pace
from integrations.engine.arrivals import as_json
from integrations.engine.caller import PartnerCall
from integrations.engine.take_in import add_arrivals
from integrations.models import Connection, Delivery, PollCursor

PAGES_AT_ONCE = 20
LEASE = timedelta(seconds=300)


def due_cursors(connection: Connection, *, now: datetime) -> list[PollCursor]:
    """The polled kinds of a connection that are due, as the partner orders them; made on first sight."""
    kinds = contract.partner(connection.partner).kinds
    known = {row.kind: row for row in PollCursor.unscoped.filter(connection=connection)}
    for kind, spec in kinds.items():
        if spec.catalog or not wanted(connection, spec):
            known.pop(kind, None)
        elif kind not in known:
            known[kind], _created = PollCursor.unscoped.get_or_create(
                connection=connection,
                kind=kind,
                defaults={"account_id": connection.account_id, "due_at": now},
            )
    rows = [known[kind] for kind in kinds if kind in known]
    return [row for row in rows if row.due_at is not None and row.due_at <= now]


def wanted(connection: Connection, spec: KindSpec) -> bool:
    """Whether the connection's flow needs this kind."""
    return not spec.flows or connection.flow in spec.flows


def poll(connection: Connection, kind: str) -> int:
    """Reads up to PAGES_AT_ONCE pages of a kind; returns how many things were new.

    The cursor moves in the transaction that stores its page, so a crash repeats a page and skips none.
    Raises the partner's errors after writing them on the cursor.
    """
    partner = contract.partner(connection.partner)
    spec = partner.kinds[kind]
    cursor = _lease(connection, kind)
    if cursor is None:
        return 0
    added, following, error = 0, timedelta(seconds=spec.every), ""
    try:
        for _page in range(PAGES_AT_ONCE):
            now = clock.now()
            call = PartnerCall(connection, paced=pace.Urgency.BACKGROUND)
            page = partner.pull(call, kind, cursor.cursor, now=now)
            health.spoke(connection)
            added += _keep(connection, cursor, page, now)
            if not page.more:
                break
        else:
            following = timedelta(seconds=0)
    except Throttled as slow:
        following, error = timedelta(seconds=slow.after), slow.words
        raise
    except PartnerError as failed:
        error = failed.words
        raise
    finally:
        PollCursor.unscoped.filter(pk=cursor.pk).update(
            lease_until=None, due_at=clock.now() + following, last_error=error[:500]
        )
    return added


def _lease(connection: Connection, kind: str) -> PollCursor | None:
    """The cursor, for us alone for five minutes; None while another reads."""
    now = clock.now()
    rows = PollCursor.unscoped.filter(connection=connection, kind=kind)
    free = rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    return rows.get() if free.update(lease_until=now + LEASE) else None


def _keep(connection: Connection, cursor: PollCursor, page: contract.Page, now: datetime) -> int:
    with transaction.atomic():
        added = 0
        records = erased.living(connection, page.records)
        if records:
            delivery = Delivery.unscoped.create(
                account_id=connection.account_id,
                connection=connection,
                source=Delivery.Source.POLL,
                state=Delivery.State.TAKEN,
                body=json.dumps([as_json(record) for record in records]).encode(),
                received_at=now,
            )
            added = add_arrivals(delivery=delivery, records=records, now=now)
            if not added:
                delivery.delete()
        cursor.cursor, cursor.polled_at = page.cursor, now
        cursor.save(update_fields=["cursor", "polled_at"])
    return added
