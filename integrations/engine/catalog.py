"""What partners list, kept with its age: pages read it, the worker refreshes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from integrations import contract
from integrations.contract import PartnerError, Record, Unsupported
from integrations.engine import clock, pace, publishing, stopped
from integrations.engine.caller import PartnerCall, sealing, vault
from integrations.models import CatalogItem, CatalogShelf, Connection

SOON = timedelta(seconds=60)  # after a telling that failed: sellers there see what was last told meanwhile


def items(connection: Connection, kind: str, *, gone: bool = False) -> QuerySet[CatalogItem]:
    """The rows of a kind by name; `gone` includes what the partner no longer lists."""
    rows = CatalogItem.objects.of(connection.account_id).filter(connection=connection, kind=kind)
    return (rows if gone else rows.filter(gone_at=None)).order_by("name", "their_id")


def shelf(connection: Connection, kind: str) -> CatalogShelf | None:
    """How old a kind is."""
    found: CatalogShelf | None = (
        CatalogShelf.objects.of(connection.account_id).filter(connection=connection, kind=kind).first()
    )
    return found


def want(connection: Connection, kind: str) -> None:
    """Asks the worker for a new reading; the page sees it when read_at passes wanted_at."""
    CatalogShelf.unscoped.update_or_create(
        connection=connection,
        kind=kind,
        defaults={"wanted_at": clock.now()},
        create_defaults={"account_id": connection.account_id, "wanted_at": clock.now()},
    )


def due(connection: Connection, *, now: datetime) -> list[str]:
    """The kinds that were asked for or have grown old."""
    shelves = {row.kind: row for row in CatalogShelf.unscoped.filter(connection=connection)}
    kinds = []
    for kind, spec in contract.partner(connection.partner).kinds.items():
        row = shelves.get(kind)
        if not spec.catalog or (spec.published and connection.state != Connection.State.ACTIVE):
            continue
        looked_at = max((at for at in (row.read_at, row.failed_at) if at), default=None) if row else None
        rest = SOON if spec.published and _failed(row) else timedelta(seconds=spec.every)
        old = looked_at is None or looked_at < now - rest
        asked = (
            row is not None and row.wanted_at is not None and (looked_at is None or looked_at < row.wanted_at)
        )
        if old or asked:
            kinds.append(kind)
    return kinds


def _failed(row: CatalogShelf | None) -> bool:
    """Whether the last try got no answer of theirs; that they offer no such thing is an answer."""
    if row is None or row.failed_at is None or row.unsupported:
        return False
    return row.read_at is None or row.failed_at > row.read_at


def refresh(connection: Connection, kind: str, *, now: datetime) -> int:
    """Reads a kind from the partner and keeps it; returns how many rows there are. The worker calls it.

    Raises the partner's errors after writing them on the shelf.
    """
    partner = contract.partner(connection.partner)
    published = partner.kinds[kind].published
    records: Sequence[Record] = ()
    try:
        if published:
            publishing.publish(connection, kind)
        else:
            records = partner.describe(PartnerCall(connection, paced=pace.Urgency.BACKGROUND), kind)
    except PartnerError as error:
        failed = {"last_error": error.words[:500], "failed_at": now}
        if isinstance(error, Unsupported):
            failed["unsupported"] = True
        CatalogShelf.unscoped.update_or_create(
            connection=connection,
            kind=kind,
            defaults=failed,
            create_defaults={"account_id": connection.account_id, **failed},
        )
        if published and isinstance(error, Unsupported):
            return 0  # an account that takes none: the shelf says so, and nothing is wrong
        raise
    with transaction.atomic():
        before = CatalogShelf.unscoped.filter(connection=connection, kind=kind, unsupported=False)
        first = published and not before.exclude(read_at=None).exists()
        with stopped.telling(connection, kind, now=now):
            keep(connection, kind, records, now=now)
        if first:
            publishing.tell_running(connection, now=now)
    return len(records)


def keep(connection: Connection, kind: str, records: Sequence[Record], *, now: datetime) -> None:
    """Writes a complete list: new and changed rows, and what is gone."""
    with transaction.atomic():
        known = {row.their_id: row for row in CatalogItem.unscoped.filter(connection=connection, kind=kind)}
        fresh = []
        for record in records:
            row = known.get(record.id) or CatalogItem(
                account_id=connection.account_id, connection=connection, kind=kind, their_id=record.id
            )
            row.name = str(record.fields.get("name") or "")[:250]
            row.data = {key: value for key, value in record.fields.items() if key != "name"}
            row.gone_at = None
            secrets = {name: value for name, value in record.secrets.items() if value}
            row.sealed = vault().seal(secrets, context=sealing(connection)) if secrets else ""
            fresh.append(row)
        CatalogItem.unscoped.bulk_create([row for row in fresh if row.pk is None])
        CatalogItem.unscoped.bulk_update(
            [row for row in fresh if row.pk is not None],
            ["name", "data", "gone_at", "sealed"],
            batch_size=200,
        )
        listed = {record.id for record in records}
        CatalogItem.unscoped.filter(
            pk__in=[row.pk for their_id, row in known.items() if their_id not in listed], gone_at=None
        ).update(gone_at=now)
        CatalogShelf.unscoped.update_or_create(
            connection=connection,
            kind=kind,
            defaults={"read_at": now, "last_error": "", "unsupported": False},
            create_defaults={"account_id": connection.account_id, "read_at": now},
        )
