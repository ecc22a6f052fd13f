"""Which deliveries are sent next: leased, a few of each endpoint, never the same one by two workers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from accounts.models import Module
from integrations.endpoints import outcome
from integrations.models import EventDelivery, WebhookEndpoint

# By all workers together, and fewer than one sender's THREADS, so that something is left for others.
EACH = 3  # at once to one endpoint
EACH_ACCOUNT = 4  # and to one account, which may have twenty endpoints
EACH_FAILING = 1  # and to an endpoint that fails
LOOKED_AT = (
    200  # endpoints with something due, those that wait longest; and rows that are set aside in one go
)
MODULE_REST = timedelta(minutes=10)

WAITING = EventDelivery.State.WAITING


@dataclass(frozen=True, kw_only=True)
class Lease:
    """One delivery in hand until `until`, which is also the token: only who holds it writes the outcome."""

    delivery_id: int
    until: datetime


@dataclass(kw_only=True)
class Hands:
    """What is being sent now, by all workers together."""

    endpoints: Counter[int] = field(default_factory=Counter)
    accounts: Counter[int] = field(default_factory=Counter)
    failing: int = 0

    def add(self, *, endpoint: int, account: int, failing: bool) -> None:
        """One more."""
        self.endpoints[endpoint] += 1
        self.accounts[account] += 1
        self.failing += failing


def lease() -> timedelta:
    """As long as a lane's: more than a call's deadline and 30 seconds."""
    return timedelta(seconds=settings.PUMP_LEASE_SECONDS)


def claim(*, most: int, now: datetime) -> list[Lease]:
    """Up to `most` due deliveries, of each account and endpoint in turn; failing ones take half at most.

    One query where nothing is due; else a few, whatever the number of due rows: each endpoint is asked for
    its oldest. `now` is the store's time. What waits for an endpoint that is off is cancelled; what waits in
    an account without the module “API access” rests.
    """
    due = EventDelivery.unscoped.filter(state=WAITING, due_at__lte=now)
    if most < 1 or not due.exists():
        return []
    _set_aside(due, now)
    until = now + lease()
    chosen = _in_turn(due, _in_hand(now), most)
    return [Lease(delivery_id=row.pk, until=until) for row in chosen if _take(row, until=until, now=now)]


def claim_next(done: Lease, *, now: datetime) -> Lease | None:
    """The oldest due delivery of the endpoint whose delivery is `done`, in its place; None without one.

    Two queries, so that a backlog does not wait for a round of the sender between one event and the next.
    Whatever a claim would not send, this does not either: an endpoint that is off, a module that is off.
    """
    endpoint = EventDelivery.unscoped.filter(pk=done.delivery_id).values("endpoint")
    due = EventDelivery.unscoped.filter(_on(), endpoint=endpoint[:1], state=WAITING, due_at__lte=now)
    due = due.filter(endpoint__enabled=True, endpoint__failing_since=None)
    until = now + lease()
    # Its other threads may be choosing the same rows: each of them needs one to itself.
    for row in due.select_related("endpoint").order_by("due_at", "id")[:EACH]:
        if _take(row, until=until, now=now):
            return Lease(delivery_id=row.pk, until=until)
    return None


def _take(row: EventDelivery, *, until: datetime, now: datetime) -> bool:
    """Whether it is ours: two workers may have chosen the same, and the first to write has it."""
    # What is leased is not due.
    mine = EventDelivery.unscoped.filter(pk=row.pk, state=WAITING, due_at__lte=now)
    first_tried = row.first_tried_at + outcome.pause(row, now=now) if row.first_tried_at else now
    if not mine.update(lease_until=until, due_at=until, first_tried_at=first_tried):
        return False
    outcome.go_on(row, now=now)
    return True


def _in_hand(now: datetime) -> Hands:
    rows = EventDelivery.unscoped.filter(
        state=WAITING, due_at__gt=now, due_at__lte=now + lease(), lease_until__gt=now
    )
    hands = Hands()
    for endpoint, account, since in rows.values_list("endpoint", "account", "endpoint__failing_since"):
        hands.add(endpoint=endpoint, account=account, failing=since is not None)
    return hands


def _on() -> Exists:
    return Exists(Module.unscoped.filter(account_id=OuterRef("account_id"), slug="api", enabled=True))


def _set_aside(due: QuerySet[Any], now: datetime) -> None:
    rows = WebhookEndpoint.unscoped.annotate(module_on=_on())
    stopped = rows.exclude(enabled=True, module_on=True).filter(Exists(due.filter(endpoint=OuterRef("pk"))))
    for endpoint in stopped[:LOOKED_AT]:
        waiting = due.filter(endpoint=endpoint)
        if endpoint.module_on:
            outcome.cancel(waiting, now=now)
        else:
            ids = waiting.order_by("due_at", "id").values_list("pk", flat=True)[:LOOKED_AT]
            outcome.rest(endpoint, EventDelivery.unscoped.filter(pk__in=list(ids)), now + MODULE_REST)


def _waiting(due: QuerySet[Any], hands: Hands, *, failing: bool) -> list[WebhookEndpoint]:
    """Endpoints that may have more and have something due, the one whose row is oldest first."""
    each = EACH_FAILING if failing else EACH
    full = [id for id, count in hands.endpoints.items() if count >= each]
    full_accounts = [id for id, count in hands.accounts.items() if count >= EACH_ACCOUNT]
    oldest = due.filter(endpoint=OuterRef("pk")).order_by("due_at", "id").values("due_at")[:1]
    rows = WebhookEndpoint.unscoped.filter(_on(), enabled=True, failing_since__isnull=not failing)
    rows = rows.exclude(pk__in=full).exclude(account__in=full_accounts).annotate(oldest=Subquery(oldest))
    return list(rows.filter(oldest__isnull=False).order_by("oldest", "id")[:LOOKED_AT])


def _in_turn(due: QuerySet[Any], hands: Hands, most: int) -> list[EventDelivery]:
    """One row after the other, each of whoever has the least in hand and has waited longest."""
    left = max(1, most // 2) - hands.failing
    ready = _waiting(due, hands, failing=False) + (_waiting(due, hands, failing=True) if left > 0 else [])
    rows: dict[int, list[EventDelivery]] = {}
    chosen: list[EventDelivery] = []

    def place(endpoint: Any) -> tuple[int, int, datetime]:
        return hands.accounts[endpoint.account_id], hands.endpoints[endpoint.pk], endpoint.oldest

    while ready and len(chosen) < most:
        endpoint = min(ready, key=place)
        failing = endpoint.failing_since is not None
        each = EACH_FAILING if failing else EACH
        if endpoint.pk not in rows:
            oldest = due.filter(endpoint=endpoint).select_related("endpoint").order_by("due_at", "id")
            rows[endpoint.pk] = list(oldest[: each - hands.endpoints[endpoint.pk]])
        full = hands.accounts[endpoint.account_id] >= EACH_ACCOUNT or (failing and left < 1)
        if full or not rows[endpoint.pk]:
            ready.remove(endpoint)
            continue
        chosen.append(rows[endpoint.pk].pop(0))
        hands.add(endpoint=endpoint.pk, account=endpoint.account_id, failing=failing)
        left -= failing
    return chosen
