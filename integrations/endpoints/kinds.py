"""Every event that an endpoint can ask for, as one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ALL = "*"
PING = "ping"


@dataclass(frozen=True, kw_only=True)
class EventKind:
    """One event: `entity` and `change` are the journal's words; `shape` is the API's, of `data.object`.

    `needs` is a field that must be among the changed ones.
    """

    slug: str
    label: str | Promise
    group: str | Promise
    shape: str
    entity: str
    change: str
    needs: str = ""


def _of(
    entity: str, shape: str, group: str | Promise, rows: Iterable[tuple[str, str, str | Promise, str]]
) -> list[EventKind]:
    return [
        EventKind(slug=slug, label=label, group=group, shape=shape, entity=entity, change=change, needs=needs)
        for slug, change, label, needs in rows
    ]


KINDS: dict[str, EventKind] = {
    kind.slug: kind
    for kind in (
        *_of(
            "deal",
            "DealShape",
            _("Cards"),
            (
                ("deal.created", "created", _("A card was created"), ""),
                ("deal.updated", "updated", _("A card was changed"), ""),
                ("deal.moved", "moved", _("A card was moved to another stage"), ""),
                ("deal.won", "won", _("A card was won"), ""),
                ("deal.lost", "lost", _("A card was lost"), ""),
                ("deal.reopened", "reopened", _("A card was reopened"), ""),
                ("deal.deleted", "deleted", _("A card was deleted"), ""),
            ),
        ),
        *_of(
            "person",
            "PersonShape",
            _("Persons"),
            (
                ("person.created", "created", _("A person was created"), ""),
                ("person.updated", "updated", _("A person was changed"), ""),
                ("person.deleted", "deleted", _("A person was deleted"), ""),
            ),
        ),
        *_of(
            "company",
            "CompanyShape",
            _("Companies"),
            (
                ("company.created", "created", _("A company was created"), ""),
                ("company.updated", "updated", _("A company was changed"), ""),
                ("company.deleted", "deleted", _("A company was deleted"), ""),
            ),
        ),
        *_of(
            "task",
            "TaskShape",
            _("Tasks"),
            (
                ("task.created", "created", _("A task was created"), ""),
                ("task.completed", "updated", _("A task was completed"), "done_at"),
            ),
        ),
        *_of(
            "interactionrecord",
            "InteractionRecordShape",
            _("Interaction records"),
            (("interaction_record.created", "created", _("An interaction record was written"), ""),),
        ),
        *_of(
            "lead",
            "LeadShape",
            _("Integrations"),
            (("lead.state_changed", "state", _("A lead passed to another state at a partner"), ""),),
        ),
        *_of(
            "connection",
            "ConnectionShape",
            _("Integrations"),
            (
                (
                    "connection.state_changed",
                    "state",
                    _("An integration was activated, paused, resumed, broken or deactivated"),
                    "",
                ),
            ),
        ),
    )
}

_BY_CHANGE = {(kind.entity, kind.change): kind for kind in KINDS.values()}


def kind_of(*, entity: str, change: str, fields: Iterable[str]) -> str:
    """The event's slug for a change of that entity, "" where nobody is told of it."""
    kind = _BY_CHANGE.get((entity, change))
    if kind is None or (kind.needs and kind.needs not in fields):
        return ""
    return kind.slug


def asks_for(events: Iterable[str], slug: str) -> bool:
    """Whether an endpoint with these `events` is told of that one."""
    return any(each in (ALL, slug) for each in events)


def tidy(events: Iterable[str]) -> list[str]:
    """The events in the table's order, each once; ["*"] where that is among them. ValueError for others."""
    given = set(events)
    if unknown := given - KINDS.keys() - {ALL}:
        raise ValueError(", ".join(sorted(unknown)))
    return [ALL] if ALL in given else [slug for slug in KINDS if slug in given]
