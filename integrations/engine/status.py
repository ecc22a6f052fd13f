"""What waits, what failed and for how long, per connection: a few aggregate queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from accounts.models import Account
from integrations.models import Arrival, Connection, Delivery, Exchange, OutboxAction

State = OutboxAction.State


@dataclass(frozen=True, kw_only=True)
class ConnectionStatus:
    """Counts of open and stopped rows; `oldest` is when the oldest waiting row was made."""

    connection: Connection
    waiting: int
    unsure: int
    needs_person: int
    arrivals_waiting: int
    arrivals_failed: int
    oldest: datetime | None
    last_exchange_at: datetime | None
    last_webhook_at: datetime | None


def overview(account: Account) -> list[ConnectionStatus]:
    """One line a connection of the account; three queries whatever their number."""
    heard = Delivery.objects.of(account).filter(source=Delivery.Source.WEBHOOK)
    connections = list(
        Connection.objects.of(account)
        .annotate(
            last_exchange_at=_latest(Exchange.objects.of(account), "at"),
            last_webhook_at=_latest(heard, "received_at"),
        )
        .order_by("pk")
    )
    actions = {
        row["connection"]: row
        for row in OutboxAction.objects.of(account)
        .filter(state__in=(*OutboxAction.OPEN, *OutboxAction.NEEDS_PERSON))
        .values("connection")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=(State.WAITING, State.SPEAKING))),
            unsure=Count("pk", filter=Q(state=State.UNSURE)),
            needs_person=Count("pk", filter=Q(state__in=OutboxAction.NEEDS_PERSON)),
            oldest=Min("created_at", filter=Q(state__in=OutboxAction.OPEN)),
        )
    }
    arrivals = {
        row["connection"]: row
        for row in Arrival.objects.of(account)
        .filter(state__in=(Arrival.State.WAITING, Arrival.State.FAILED))
        .values("connection")
        .annotate(
            waiting=Count("pk", filter=Q(state=Arrival.State.WAITING)),
            failed=Count("pk", filter=Q(state=Arrival.State.FAILED)),
            oldest=Min("received_at", filter=Q(state=Arrival.State.WAITING)),
        )
    }
    lines = []
    for connection in connections:
        out, inward = actions.get(connection.pk, {}), arrivals.get(connection.pk, {})
        oldest = [each for each in (out.get("oldest"), inward.get("oldest")) if each is not None]
        lines.append(
            ConnectionStatus(
                connection=connection,
                waiting=out.get("waiting", 0),
                unsure=out.get("unsure", 0),
                needs_person=out.get("needs_person", 0),
                arrivals_waiting=inward.get("waiting", 0),
                arrivals_failed=inward.get("failed", 0),
                oldest=min(oldest, default=None),
                last_exchange_at=connection.last_exchange_at,
                last_webhook_at=connection.last_webhook_at,
            )
        )
    return lines


def _latest(rows: QuerySet[Any], field: str) -> Subquery:
    """That field of the connection's newest row, read from the end of the index and not by looking at all."""
    return Subquery(rows.filter(connection=OuterRef("pk")).order_by("-id").values(field)[:1])
