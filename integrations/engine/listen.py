"""Hears the CRM's `changed` and marks lanes, inside the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Q, Value, When
from django.dispatch import receiver

from funnels.models import Change
from funnels.signals import changed
from integrations.contract import partner
from integrations.engine import clock
from integrations.models import CatalogShelf, Connection, Enrollment, Lane, OutboxAction

PUBLISHED = ("funnel", "stage", "lossreason")
LIVING = (Connection.State.ACTIVE, Connection.State.PAUSED, Connection.State.BROKEN)


@receiver(changed, dispatch_uid="integrations.engine.listen")
def on_changed(*, changes: Sequence[Change], **_signal: Any) -> None:
    """Raises `wanted` on the lane of every card that changed, at each living connection of its account."""
    cards: dict[int, dict[int, int]] = {}
    for change in changes:
        if change.entity == "deal" and change.deal_id is not None:
            first = cards.setdefault(change.account_id, {})
            first.setdefault(change.deal_id, change.pk)
    for account_id, first in cards.items():
        connections = Connection.unscoped.filter(account_id=account_id, state__in=LIVING)
        for connection in connections:
            mark(
                connection=connection,
                keys={f"deal:{deal}": change - 1 for deal, change in first.items()},
            )
    _mark_runs_of(changes)
    _want_published(changes)


def _mark_runs_of(changes: Sequence[Change]) -> None:
    """Persons and companies have no card of their own: the running runs that speak of them are due (M37)."""
    persons = [change.entity_id for change in changes if change.entity == "person"]
    companies = [change.entity_id for change in changes if change.entity == "company"]
    if not persons and not companies:
        return
    rows = Enrollment.unscoped.exclude(state=Enrollment.State.ENDED).filter(
        Q(leads__person__in=persons) | Q(deal__company__in=companies) | Q(leads__company__in=companies)
    )
    keys: dict[int, set[int]] = {}
    for connection_id, deal_id in rows.values_list("connection", "deal").distinct():
        keys.setdefault(connection_id, set()).add(deal_id)
    for connection in Connection.unscoped.filter(pk__in=list(keys), state__in=LIVING):
        mark(connection=connection, keys={f"deal:{deal}": None for deal in keys[connection.pk]})


def _want_published(changes: Sequence[Change]) -> None:
    """Funnels, stages and loss reasons that changed are told to the partners that list them (M41)."""
    accounts = {change.account_id for change in changes if change.entity in PUBLISHED}
    if not accounts:
        return
    for connection in Connection.unscoped.filter(account_id__in=accounts, state__in=LIVING):
        for kind, spec in partner(connection.partner).kinds.items():
            if spec.published:
                CatalogShelf.unscoped.filter(connection=connection, kind=kind).update(wanted_at=clock.now())


def mark(*, connection: Connection, keys: Mapping[str, int | None], at: datetime | None = None) -> None:
    """Makes these lanes due; `keys` maps each to where its journal starts when the lane is new.

    None starts it at the present: news of a partner replays no history.
    """
    due = at or clock.now()
    latest = Change.unscoped.order_by("-pk").values_list("pk", flat=True).first() or 0
    known = set(Lane.unscoped.filter(connection=connection, key__in=list(keys)).values_list("key", flat=True))
    Lane.unscoped.bulk_create(
        [
            Lane(
                account_id=connection.account_id,
                connection=connection,
                key=key,
                change_cursor=latest if cursor is None else cursor,
            )
            for key, cursor in keys.items()
            if key not in known
        ],
        ignore_conflicts=True,
    )
    make_due(Lane.unscoped.filter(connection=connection, key__in=list(keys)), due=due)


def start_at_present(connection: Connection) -> None:
    """What cards did while the connection did not live is no news (M5): lanes kept from before skip it."""
    latest = Change.unscoped.order_by("-pk").values_list("pk", flat=True).first() or 0
    Lane.unscoped.filter(connection=connection).update(change_cursor=latest)


def make_due(lanes: Any, *, due: datetime) -> None:
    """Raises `wanted` and brings `due_at` forward, never back."""
    lanes.update(
        wanted=F("wanted") + 1,
        due_at=Case(When(Q(due_at__isnull=True) | Q(due_at__gt=due), then=Value(due)), default=F("due_at")),
    )


def lead_lane(their_id: str) -> str:
    """The lane of a lead that is not ours, or not yet."""
    return f"lead:{their_id}"[:80]


def lane_of(*, connection: Connection, key: str) -> Lane:
    """The lane of that key, made when it is not there."""
    lane: Lane
    lane, _created = Lane.unscoped.get_or_create(
        connection=connection, key=key, defaults={"account_id": connection.account_id}
    )
    return lane


def make_all_due(connections: Sequence[Connection]) -> None:
    """Everything that waits at these connections is tried now: after a resume, a mend or a good probe."""
    lanes = Lane.unscoped.filter(connection__in=list(connections), due_at__isnull=False)
    # `wanted` too: a holder that is just giving its lane back with a later time must not win.
    now = clock.now()
    lanes.update(due_at=now, wanted=F("wanted") + 1)
    # What rested with the connection rests no longer; what may have happened keeps its own time.
    OutboxAction.unscoped.filter(
        connection__in=list(connections), state=OutboxAction.State.WAITING, due_at__gt=now
    ).update(due_at=now)
