"""From the raw delivery to arrivals on lanes: stored first, understood later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db import connection as store
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_noop as _

from integrations import contract
from integrations.contract import Malformed, Record, Unsupported
from integrations.engine import clock, erased, listen
from integrations.engine.arrivals import as_json, lane_key, record_of
from integrations.engine.steps import reached
from integrations.engine.unforeseen import unforeseen
from integrations.models import Arrival, Connection, Delivery, Lane, PollCursor

KEPT_HEADERS = ("content-type", "user-agent", "date")
KEPT_UNVERIFIED = 100


def store_delivery(
    *,
    connection: Connection,
    source: str,
    headers: Mapping[str, str],
    body: bytes,
    dedupe: str | None,
    now: datetime,
    state: str = Delivery.State.RECEIVED,
) -> Delivery | None:
    """Stores one request or page, raw; None when this very message is there already."""
    dedupe = dedupe[:120] if dedupe else None
    try:
        with transaction.atomic():
            return Delivery.unscoped.create(
                account_id=connection.account_id,
                connection=connection,
                source=source,
                state=state,
                headers={name: value for name, value in headers.items() if name in KEPT_HEADERS},
                body=body,
                dedupe=dedupe,
                received_at=now,
            )
    except IntegrityError:
        if Delivery.unscoped.filter(connection=connection, dedupe=dedupe).exists():
            return None
        raise


def forget_unverified(connection: Connection) -> None:
    """Keeps the last hundred deliveries whose signature did not hold."""
    rows = Delivery.unscoped.filter(connection=connection, state=Delivery.State.UNVERIFIED).order_by("-pk")
    edge = rows.values_list("pk", flat=True)[KEPT_UNVERIFIED : KEPT_UNVERIFIED + 1]
    if edge:
        rows.filter(pk__lte=edge[0]).delete()


def take_in(*, most: int) -> int:
    """Understands up to `most` received deliveries; each becomes arrivals in a transaction of its own."""
    ids = list(
        Delivery.unscoped.filter(state=Delivery.State.RECEIVED)
        .order_by("pk")
        .values_list("pk", flat=True)[:most]
    )
    return sum(_understand(pk) for pk in ids)


def _understand(pk: int) -> bool:
    """False when it is another pump's to read."""
    words = _("It has a shape that nobody foresaw; support has the details.")
    row = Delivery.unscoped.filter(pk=pk)
    read = True
    with unforeseen(f"delivery {pk}", then=lambda: row.become(Delivery.State.FAILED, reason=words)):
        read = _read(pk)
    reached("taken")
    return read


def _read(pk: int) -> bool:
    """Oldest first for one connection: while another pump reads an earlier delivery, this one waits."""
    earlier = Delivery.unscoped.filter(
        connection=OuterRef("connection"), state=Delivery.State.RECEIVED, pk__lt=OuterRef("pk")
    )
    with transaction.atomic():
        rows = Delivery.unscoped.filter(~Exists(earlier), pk=pk, state=Delivery.State.RECEIVED)
        if store.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        delivery = rows.select_related("connection").first()
        if delivery is None:
            return False
        connection = delivery.connection
        try:
            records = _records(connection, delivery)
        except Unsupported as other:
            delivery.become(Delivery.State.IGNORED, reason=other.words)
            _ring(connection)
        except Malformed as wrong:
            delivery.become(Delivery.State.FAILED, reason=wrong.words)
        else:
            kept = erased.living(connection, records)
            add_arrivals(delivery=delivery, records=kept, now=clock.now())
            if len(kept) < len(records):  # X8: neither her news nor the message that brought it
                delivery.body, delivery.headers = b"", {}
                delivery.save(update_fields=["body", "headers"])
            if kept or not records:
                delivery.become(Delivery.State.TAKEN)
            else:
                delivery.become(Delivery.State.IGNORED, reason=erased.ERASED)
        return True


def _records(connection: Connection, delivery: Delivery) -> Sequence[Record]:
    if delivery.source == Delivery.Source.POLL:
        return [record_of(row) for row in json.loads(bytes(delivery.body))]
    return contract.partner(connection.partner).parse(delivery.headers, bytes(delivery.body)).records


def add_arrivals(*, delivery: Delivery, records: Sequence[Record], now: datetime) -> int:
    """One arrival a record on its lane; a polled one equal to the last seen of that id is left out."""
    connection = delivery.connection
    added = 0
    for record in records:
        stored = as_json(record)
        digest = hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest()
        last = (
            Arrival.unscoped.filter(
                connection=connection, kind=record.kind, their_id=record.id, event=record.event or ""
            )
            .order_by("-pk")
            .values_list("digest", flat=True)
            .first()
        )
        if last == digest:
            continue
        key = lane_key(connection, record)
        listen.mark(connection=connection, keys={key: None}, at=now)
        Arrival.unscoped.create(
            account_id=connection.account_id,
            delivery=delivery,
            connection=connection,
            lane=Lane.unscoped.get(connection=connection, key=key),
            kind=record.kind,
            their_id=record.id,
            event=record.event or "",
            record=stored,
            digest=digest,
            received_at=now,
        )
        added += 1
    return added


def _ring(connection: Connection) -> None:
    """An event that is not understood is a doorbell: what is polled is read soon (many rings, one read)."""
    PollCursor.unscoped.filter(connection=connection).update(due_at=clock.now())
