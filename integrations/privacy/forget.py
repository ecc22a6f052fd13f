"""How the rows of each kind lose a person: emptied, rewritten without her words, or deleted (X8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from funnels.models import InteractionRecord, Task
from funnels.services.erasing import BATCH
from funnels.services.scrubbing import scrub
from integrations.endpoints import keeping
from integrations.engine import runs
from integrations.models import Arrival, Delivery, OutboxAction
from integrations.privacy import raw
from integrations.privacy.known import Known, Rows

ERASED = gettext_noop("The person was erased here.")


def rewriting(*columns: str, own: bool = True) -> Callable[[Known, Rows, datetime], None]:
    """Takes her words out of these columns; rows that are not her `own` lose only whole words."""

    def rewrite(known: Known, rows: Rows, now: datetime) -> None:  # noqa: ARG001 - one signature for all
        pattern = known.words.own if own else known.words.whole
        for row in rows.iterator(chunk_size=BATCH):
            values = {column: scrub(getattr(row, column), pattern) for column in columns}
            if any(getattr(row, column) != value for column, value in values.items()):
                _table(rows).filter(pk=row.pk).update(**values)

    return rewrite


def deleting(known: Known, rows: Rows, now: datetime) -> None:  # noqa: ARG001 - one signature for all
    """The rows go."""
    rows.delete()


def leads(known: Known, rows: Rows, now: datetime) -> None:  # noqa: ARG001 - one signature for all
    """Her leads are no longer followed; a run that has nobody else ends."""
    for lead in rows.select_related("enrollment__connection"):
        runs.forget(lead, words=ERASED, now=now)


def deliveries(known: Known, rows: Rows, now: datetime) -> None:
    """Raw messages that hold her go whole: they are kept for support only. What waits is read without her."""
    rewriting("reason")(known, rows, now)
    read = rows.exclude(state=Delivery.State.RECEIVED)
    for ids in _in_parts(read):
        Delivery.unscoped.filter(pk__in=ids).update(body=b"", headers={})


def arrivals(known: Known, rows: Rows, now: datetime) -> None:
    """Her news is emptied, and what waits is not taken in; others' news that mentions her once it is read."""
    of_lead = set(rows.filter(kind="lead", their_id__in=known.their_ids).values_list("pk", flat=True))
    of_lead |= set(rows.filter(record__about__lead__in=known.their_ids).values_list("pk", flat=True))
    for ids in _in_parts(rows):
        part = Arrival.unscoped.filter(pk__in=ids)
        found = list(part.select_related("connection"))
        Delivery.unscoped.filter(pk__in=[row.delivery_id for row in found]).exclude(
            state=Delivery.State.RECEIVED
        ).update(body=b"", headers={})
        hers = [row.pk for row in raw.hers(found)] + [pk for pk in ids if pk in of_lead]
        own = part.filter(pk__in=hers)
        own.filter(state=Arrival.State.WAITING).become(Arrival.State.IGNORED, reason=ERASED)
        own.update(their_id="")
        gone = own | part.exclude(state=Arrival.State.WAITING)
        rewriting("reason")(known, gone, now)
        gone.update(record={}, tried=[])


def sent(known: Known, rows: Rows, now: datetime) -> None:
    """What was said of her and answered; what waits is cancelled."""
    rows.filter(state=OutboxAction.State.WAITING).become(
        OutboxAction.State.CANCELLED, reason=ERASED, done_at=now
    )
    rewriting("reason")(known, rows, now)
    rows.update(payload={}, receipt={}, asked={})


def exchanges(known: Known, rows: Rows, now: datetime) -> None:  # noqa: ARG001 - one signature for all
    """Address without its query; that it took place stays."""
    for row in rows.only("pk", "url").iterator(chunk_size=BATCH):
        url = scrub(row.url.partition("?")[0], known.words.whole)
        _table(rows).filter(pk=row.pk).update(url=url, request_body="", response_body="", error="")


def outgoing(known: Known, rows: Rows, now: datetime) -> None:
    """Events of her own, of her leads, records and tasks go, sent or not; others are told without her."""
    ids: dict[str, Sequence[int]] = {"person": [known.person.pk], "lead": known.leads}
    for entity, model in (("interaction_record", InteractionRecord), ("task", Task)):
        ids[entity] = list(model.unscoped.filter(person=known.person).values_list("pk", flat=True))
    for entity, each in ids.items():
        keeping.forget_entity(account=known.person.account, entity=entity, ids=each)
    rewriting("data")(known, rows, now)


def staff_log(known: Known, rows: Rows, now: datetime) -> None:
    """Lines of before 2026-11-30 have a row's name; since then its number."""
    for row in rows.select_related("content_type"):
        kind = row.content_type.model if row.content_type else ""
        _table(rows).filter(pk=row.pk).update(object_repr=f"{kind} #{row.object_id}")
    rewriting("change_message", own=False)(known, rows, now)


def _table(rows: Rows) -> Any:
    return getattr(rows.model, "unscoped", rows.model._default_manager)  # noqa: SLF001 - Django's tables have no other


def _in_parts(rows: Rows) -> list[list[int]]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
