"""What the sync page lists: failures by reason, what goes out, came in and was said; no full counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from integrations.engine.explain import reason
from integrations.models import Arrival, Exchange, OutboxAction
from mapping.models import Conflict

PAGE = 50
TROUBLES: Mapping[str, tuple[str, Any, Any]] = {  # state of what failed → icon, what it means, what to do
    "refused": (
        "block",
        _("The partner declined"),
        _("Correct what it says on the card or its contact, then send it again."),
    ),
    "person": (
        "help",
        _("Nobody knows whether it happened"),
        _("Look at the partner whether it is there. If it is not, send it again; if it is, dismiss it."),
    ),
    "dead": (
        "hourglass_disabled",
        _("Given up after three days of trying"),
        _("See that the partner answers again, then send it again."),
    ),
    "failed": (
        "inbox",
        _("News that could not be taken in"),
        _("Correct what the reason says, then take it in again."),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One kind of failure (X12): how many, since when, why, and what to do. `source` is out or in."""

    source: str
    connection_id: int
    kind: str
    state: str
    reason: str
    count: int
    oldest: datetime

    @property
    def words(self) -> str:
        """The partner's words, or ours in the reader's language."""
        return reason(self.reason)

    @property
    def icon(self) -> str:
        return TROUBLES[self.state][0]

    @property
    def meaning(self) -> Any:
        return TROUBLES[self.state][1]

    @property
    def advice(self) -> Any:
        return TROUBLES[self.state][2]


def troubles(account: Account, *, connection_id: int | None = None) -> list[Trouble]:
    """Everything that needs a person, grouped by reason, most frequent first; two queries (X12)."""
    out = OutboxAction.objects.of(account).filter(state__in=OutboxAction.NEEDS_PERSON)
    into = Arrival.objects.of(account).filter(state=Arrival.State.FAILED)
    if connection_id is not None:
        out, into = out.filter(connection_id=connection_id), into.filter(connection_id=connection_id)
    found = [
        Trouble(source=source, **row)
        for source, rows, at in (("out", out, "created_at"), ("in", into, "received_at"))
        for row in rows.order_by()
        .values("connection_id", "kind", "state", "reason")
        .annotate(count=Count("id"), oldest=Min(at))
    ]
    return sorted(found, key=lambda trouble: (-trouble.count, trouble.oldest))


def done_since(account: Account, since: datetime) -> dict[int, int]:
    """Connection id → how many actions were done since then; one query."""
    done = OutboxAction.objects.of(account).filter(state=OutboxAction.State.DONE, done_at__gte=since)
    return dict(done.order_by().values("connection").annotate(n=Count("pk")).values_list("connection", "n"))


def affected(
    account: Account, *, source: str, connection_id: int, kind: str, state: str, reason: str
) -> QuerySet[Any]:
    """The rows of one Trouble, oldest first; rows that no longer need a person are not among them."""
    rows = _out(account) if source == "out" else _in(account)
    states = [*OutboxAction.NEEDS_PERSON] if source == "out" else [Arrival.State.FAILED]
    return rows.filter(connection_id=connection_id, kind=kind, reason=reason, state=state).filter(
        state__in=states
    )


def listed(
    account: Account,
    tab: str,
    *,
    state: str = "",
    connection_id: int | None = None,
    before: int | None = None,
) -> tuple[Sequence[Any], int | None]:
    """One page of a tab, newest first, and the id that the next page starts below (None at the end)."""
    rows = LISTS[tab](account).order_by("-id")
    if state:
        rows = rows.filter(FILTERS[tab](state) if tab in FILTERS else Q(state=state))
    if connection_id is not None:
        rows = rows.filter(**{CONNECTIONS.get(tab, "connection"): connection_id})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def _out(account: Account) -> QuerySet[Any]:
    return OutboxAction.objects.of(account).select_related("connection", "enrollment__deal", "lead__person")


def _in(account: Account) -> QuerySet[Any]:
    return (
        Arrival.objects.of(account).select_related("connection", "delivery", "lane").defer("delivery__body")
    )


def _exchanges(account: Account) -> QuerySet[Any]:
    bodies = ("request_headers", "request_body", "response_headers", "response_body")
    return Exchange.objects.of(account).select_related("connection").defer(*bodies)


def _conflicts(account: Account) -> QuerySet[Any]:
    return Conflict.objects.of(account).select_related("counterpart__connection")


LISTS = {"out": _out, "in": _in, "conflicts": _conflicts, "exchanges": _exchanges}
CONNECTIONS = {"conflicts": "counterpart__connection"}  # where it is not the row's own
# What a state means where it is not the row's own column.
FILTERS: Mapping[str, Callable[[str], Q]] = {
    "conflicts": lambda winner: Q(winner=winner),
    "exchanges": lambda _failed: Q(status__gte=400) | Q(status=None),
}
STATES = {
    "out": OutboxAction.State.choices,
    "in": Arrival.State.choices,
    "conflicts": Conflict.Winner.choices,
    "exchanges": [("failed", _("with an error"))],
}
