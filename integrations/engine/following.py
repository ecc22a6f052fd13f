"""Associated fields at work: which are alive, and what a card says of them in the partner's words (M37)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from funnels.choices import option_names
from funnels.models import Company, Deal, Person
from integrations import contract
from integrations.engine.names import AccountNames
from integrations.models import CatalogItem, Connection
from mapping.convert import Shape, Unconvertible, told
from mapping.models import FieldMap
from mapping.ours import field_of

Row = Deal | Person | Company
Problem = Mapping[str, Any]
OURS_LONGEST = {"text": 250}


@dataclass(frozen=True, kw_only=True)
class Following:
    """One associated pair that is alive: the row, and both sides' shapes for conversion."""

    map: FieldMap
    label: str
    ours: Shape
    theirs: Shape

    @property
    def key(self) -> str:
        """The neutral key of their field."""
        return self.map.their_key


def followings(connection: Connection) -> list[Following]:
    """The pairs that travel: theirs still listed with the type that was associated; the others stop (M14)."""
    if connection.counterpart_id is None:
        return []
    rows = FieldMap.unscoped.filter(counterpart_id=connection.counterpart_id).select_related("field")
    maps = list(rows.order_by("entity", "pk"))
    listed = listed_fields(connection) if maps else {}
    alive = []
    for row in maps:
        data = listed.get(row.their_key)
        if data is not None and data["type"] == row.their_type:
            alive.append(_following(connection, row, data))
    return alive


def listed_fields(connection: Connection) -> dict[str, Mapping[str, Any]]:
    """Their fields that are not gone: neutral key → {"key", "type", "options", "name"}."""
    spec = contract.partner(connection.partner).mappable
    if spec is None:
        return {}
    rows = CatalogItem.unscoped.filter(connection=connection, kind=spec.catalog, gone_at=None)
    return {str(data.get("key")): {**data, "name": name} for name, data in rows.values_list("name", "data")}


def _following(connection: Connection, row: FieldMap, data: Mapping[str, Any]) -> Following:
    spec = contract.partner(connection.partner).mappable
    assert spec is not None
    return Following(
        map=row,
        label=field_of(row).label,
        ours=Shape(
            type=row.our_type,
            options=option_names(row.field) if row.field else (),
            longest=OURS_LONGEST.get(row.our_type),
        ),
        theirs=Shape(
            type=row.their_type,
            options=[str(option) for option in data.get("options") or ()],
            longest=spec.types[row.their_type].longest if row.their_type in spec.types else None,
        ),
    )


def here(pair: Following, row: Row) -> str:
    """The canonical text that our row holds for the pair."""
    if pair.map.field_id is not None:
        return str(row.custom.get(pair.map.key) or "")
    value = getattr(row, pair.map.key)
    return "" if value is None else str(value)


def say(
    pairs: Sequence[Following],
    *,
    rows: Mapping[str, Row | None],
    names: AccountNames,
) -> tuple[dict[str, str], dict[str, Problem]]:
    """What these rows say, by neutral key, and what cannot be said with why (M48). `rows`: entity → row."""
    said: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    for pair in pairs:
        row = rows.get(pair.map.entity)
        if row is None:
            continue
        value = here(pair, row)
        try:
            said[pair.key] = told(value, pair.ours, pair.theirs, names)
        except Unconvertible as wrong:
            problems[pair.key] = {
                "value": value,
                "why": wrong.words,
                "saw": dict(wrong.saw),
                "side": "ours",
            }
    return said, problems
