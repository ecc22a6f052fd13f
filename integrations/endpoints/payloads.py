"""What an event tells: the thing in the API's own shape, what changed, and who changed it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from rest_framework.renderers import JSONRenderer

from accounts.origin import Origin
from accounts.rest.fields import Strict
from funnels.api.deals import Deals
from funnels.api.journal import InteractionRecords, Tasks
from funnels.api.people import Companies, Persons
from integrations.api.shapes import ConnectionShape, LeadShape
from integrations.models import Connection, Lead

IDS_AT_ONCE = 500
# Fields of the journal whose numbers are ids: on the wire an id is text.
REFERENCES = frozenset(
    {
        "assignee",
        "company",
        "deal",
        "funnel",
        "item",
        "loss_reason",
        "owner",
        "person",
        "product",
        "related",
        "responsibles",
        "stage",
    }
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the rows of an entity come from and how the API shows them."""

    model: type[Model]
    shows: type[Strict]
    related: Collection[str] = ()
    fetched: Collection[Any] = ()


def _of(resource: Any) -> Source:
    return Source(
        model=resource.model, shows=resource.shows, related=resource.related, fetched=resource.fetched
    )


SOURCES: Mapping[str, Source] = {
    "deal": _of(Deals),
    "person": _of(Persons),
    "company": _of(Companies),
    "task": _of(Tasks),
    "interactionrecord": _of(InteractionRecords),
    "lead": Source(model=Lead, shows=LeadShape, related=("enrollment",)),
    "connection": Source(model=Connection, shows=ConnectionShape),
}


def shown(*, account_id: int, entity: str, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Row id → the API's shape of it as plain JSON; a fixed number of queries for every 500 rows."""
    source = SOURCES[entity]
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), IDS_AT_ONCE):
        rows = source.model.objects.of(account_id).filter(pk__in=wanted[start : start + IDS_AT_ONCE])  # type: ignore[attr-defined]
        rows = list(rows.select_related(*source.related).prefetch_related(*source.fetched))
        data = json.loads(JSONRenderer().render(source.shows(rows, many=True).data) or b"[]")
        found |= {row.pk: each for row, each in zip(rows, data, strict=True)}
    return found


def changed_fields(fields: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Field → {"before", "after"} from the journal's pairs that differ; of `custom` only such keys."""
    told = {}
    for name, (before, after) in fields.items():
        if before == after:  # the journal keeps a stage that a card was opened in again
            continue
        if name == "custom":
            before, after = before or {}, after or {}
            keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
            before = {key: before.get(key) for key in keys}
            after = {key: after.get(key) for key in keys}
        told[name] = {"before": _on_the_wire(name, before), "after": _on_the_wire(name, after)}
    return told


def _on_the_wire(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_on_the_wire(name, each) for each in value]
    if isinstance(value, dict):
        return {key: _on_the_wire(key, each) for key, each in value.items()}
    if name in REFERENCES and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if name.endswith("_at") and isinstance(value, str):
        return value.replace(" ", "T", 1)  # the journal has moments with a blank
    return value


def told_origin(origin: Origin) -> dict[str, Any]:
    """{"kind", "id", "label"}: so that an integrator knows its own change and leaves it."""
    return {
        "kind": origin.kind,
        "id": None if origin.id is None else str(origin.id),
        "label": origin.label,
    }


def data_of(
    *, object: Mapping[str, Any], fields: Mapping[str, Any], created: bool, origin: Origin
) -> dict[str, Any]:
    """The event's `data`; of something new nothing has changed."""
    return {
        "object": dict(object),
        "changed": {} if created else changed_fields(fields),
        "origin": told_origin(origin),
    }


def body(*, kind: str, at: str, data: Mapping[str, Any]) -> bytes:
    """What is signed and sent: {"type", "timestamp", "data"}."""
    whole = {"type": kind, "timestamp": at, "data": dict(data)}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def entities(found: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Entity → ids."""
    grouped: dict[str, list[int]] = {}
    for entity, id in found:
        grouped.setdefault(entity, []).append(id)
    return grouped
