"""Finds the cards whose time has come: idle, past a deadline, clients nobody spoke to (S7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Greatest

from accounts.models import Module
from funnels.custom_text import CustomText
from funnels.models import Change, CustomField, Deal, InteractionRecord, Task
from integrations.models import Automation, WorkflowRun
from integrations.workflow.declaration import ACTIONS, TIMED, Trigger
from integrations.workflow.queueing import Fit, queue

EVERY = 60.0  # seconds
PAGE = 500
MOST = 10_000  # of one automation in one sweep; the next sweep goes on
Found = list[tuple[int, str]]
"""(deal id, cause)"""


def sweep(*, now: datetime) -> int:
    """Queues a run for every card whose time has come since automation and module are on; returns how many.

    One query an automation (two for silent clients), at most 10,000 cards of it in one sweep, and one for
    every 500 that are queued; the same idleness is never queued twice.
    """
    rows = Automation.unscoped.filter(
        enabled=True, connection=None, trigger__in=TIMED, action__in=list(ACTIONS)
    )
    automations = list(rows.select_related("account").order_by("id"))
    modules = Module.unscoped.filter(
        account__in={row.account_id for row in automations}, slug="workflow", enabled=True
    )
    on = dict(modules.values_list("account_id", "updated_at"))
    queued = 0
    for row in automations:
        if row.account_id not in on:
            continue
        existing = row.trigger_values.get("existing")
        since = on[row.account_id] if existing else max(on[row.account_id], row.updated_at)
        found = due(row, now=now, since=since)
        fits = [Fit(automation=row, deal_id=deal_id, cause=cause) for deal_id, cause in found]
        for start in range(0, len(fits), PAGE):
            with transaction.atomic():
                queue(fits[start : start + PAGE], origin=None)
        queued += len(fits)
    return queued


def due(automation: Automation, *, now: datetime, since: datetime) -> Found:
    """The cards in the automation's stage whose time came after `since`, at most MOST."""
    cards = Deal.unscoped.filter(
        account_id=automation.account_id,
        stage_id=automation.stage_id,
        status=Deal.Status.OPEN,
        deleted_at=None,
    )
    return _FINDERS[automation.trigger](automation, cards, now, since)


def _idle(automation: Automation, cards: QuerySet[Deal], now: datetime, since: datetime) -> Found:
    """No change and no record by anybody; what automations do is nobody's doing."""
    changes = _doings().filter(deal=OuterRef("pk")).order_by("-id")
    last = Coalesce(Subquery(changes.values("at")[:1]), F("created_at"))
    return _since_last(automation, cards, "idle", last=last, window=_window(automation, now, since))


def _client_idle(automation: Automation, cards: QuerySet[Deal], now: datetime, since: datetime) -> Found:
    """Nobody changed a card of the client's company (without one: person) or recorded a contact with it."""
    window = _window(automation, now, since)
    found: Found = []
    for client, of in (("company", cards.exclude(company=None)), ("person", _persons(cards))):
        mine = OuterRef(client)
        changes = _doings().filter(deal__deleted_at=None, **{f"deal__{client}": mine}).order_by("-at")
        records = [InteractionRecord.unscoped.filter(**{path: mine}) for path in _RECORDS[client]]
        last = Greatest(
            Coalesce(Subquery(changes.values("at")[:1]), F("created_at")),
            *(
                Coalesce(Subquery(each.order_by("-created_at").values("created_at")[:1]), F("created_at"))
                for each in records
            ),
        )
        found += _since_last(automation, of, "client_idle", last=last, window=window)
    return found[:MOST]


def _doings() -> QuerySet[Change]:
    """The journal without what automations wrote."""
    rows: QuerySet[Change] = Change.unscoped.exclude(origin_kind="automation")
    return rows


def _persons(cards: QuerySet[Deal]) -> QuerySet[Deal]:
    return cards.filter(company=None).exclude(person=None)


_RECORDS = {
    "company": ("company", "deal__company", "person__company"),
    "person": ("person", "deal__person"),
}


def _deadline(automation: Automation, cards: QuerySet[Deal], now: datetime, since: datetime) -> Found:
    """A task is overdue at its minute; a date has passed when its day is over in the account's time zone."""
    which = str(automation.trigger_values.get("date", ""))
    if which == "task":
        return _overdue(automation, cards, now, since)
    key = which.removeprefix("deal.custom.")
    field = CustomField.unscoped.filter(account_id=automation.account_id, entity="deal", key=key).first()
    if field is None:
        return []
    zone = ZoneInfo(automation.account.time_zone)
    first, today = since.astimezone(zone).date(), now.astimezone(zone).date()
    prefix = f"deadline:{field.pk}:"
    known = WorkflowRun.unscoped.filter(
        automation=automation, deal=OuterRef("pk"), cause=Concat(Value(prefix), OuterRef("day"))
    )
    rows = (
        cards.annotate(day=CustomText(key))
        .filter(~Exists(known), day__gte=first.isoformat(), day__lt=today.isoformat())
        .order_by("id")
    )
    return [(pk, f"{prefix}{day}"[:80]) for pk, day in rows.values_list("pk", "day")[:MOST]]


def _overdue(automation: Automation, cards: QuerySet[Deal], now: datetime, since: datetime) -> Found:
    known = WorkflowRun.unscoped.filter(
        automation=automation,
        deal=OuterRef("deal"),
        cause__startswith=Concat(Value("task:"), Cast(OuterRef("pk"), CharField()), Value(":")),
        created_at__gte=OuterRef("due_at"),
    )
    tasks = Task.unscoped.filter(
        ~Exists(known),
        account_id=automation.account_id,
        deal__in=cards.values("pk"),
        done_at=None,
        due_at__gt=since,
        due_at__lt=now,
    )
    rows = tasks.order_by("id").values_list("deal_id", "pk", "due_at")
    return [(deal_id, f"task:{pk}:{due_at.isoformat()}") for deal_id, pk, due_at in rows[:MOST]]


_FINDERS: Mapping[str, Callable[[Automation, QuerySet[Deal], datetime, datetime], Found]] = {
    Trigger.IDLE: _idle,
    Trigger.CLIENT_IDLE: _client_idle,
    Trigger.DEADLINE: _deadline,
}


def _window(automation: Automation, now: datetime, since: datetime) -> tuple[datetime, datetime]:
    """Between which moments the last doing lies, so that N whole days were over after `since` and by now."""
    zone, days = ZoneInfo(automation.account.time_zone), int(automation.trigger_values.get("days") or 1)

    def morning(day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=zone)

    first = since.astimezone(zone).date() - timedelta(days=days - 1)
    after = now.astimezone(zone).date() - timedelta(days=days - 1)
    return morning(first), morning(after)


def _since_last(
    automation: Automation, cards: QuerySet[Deal], word: str, *, last: Any, window: tuple[datetime, datetime]
) -> Found:
    """Cards that this automation was not queued for since the `last` doing.

    The days count from there, or from when the card came into the stage: one that an automation brings in
    has its days there, too, but nothing comes twice for it before somebody does something.
    """
    first, after = window
    known = WorkflowRun.unscoped.filter(
        automation=automation, deal=OuterRef("pk"), created_at__gte=OuterRef("last")
    )
    rows = cards.filter(entered_stage_at__lt=after).annotate(last=last)
    due = rows.annotate(still=Greatest("last", "entered_stage_at")).filter(still__gte=first, still__lt=after)
    found = due.filter(~Exists(known)).order_by("id").values_list("pk", "last")[:MOST]
    return [(pk, f"{word}:{last.isoformat()}") for pk, last in found]
