"""What the section shows: three groups of pairs, each row with its drift and what travels badly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from funnels.fields import FieldType
from integrations.activation.mapping import doing
from integrations.activation.mapping.theirs import TheirField, mappable_of, their_fields
from integrations.activation.steps import ALIVE
from integrations.contract import FixedField, Mappable, partners
from integrations.models import Connection
from mapping import matrix, ours
from mapping.models import FieldMap
from mapping.ours import OurField
from mapping.warnings import MapWarning

Entity = FieldMap.Entity


@dataclass(frozen=True, kw_only=True)
class Line:
    """One association as shown: `theirs` as listed now, or as last known; `drift` says why it stands still.

    `kept`: it is being edited in the browser and stays as it is there. `fresh`: it was added just now, so
    its back-fill is offered (M14). `touched`: it was changed just now and takes the focus.
    """

    map: FieldMap
    ours: OurField
    theirs: TheirField
    drift: str
    warnings: Sequence[MapWarning]
    fresh: bool
    kept: bool
    touched: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """One of the three pairs of M10."""

    entity: str
    label: str
    fixed: Sequence[FixedField]
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class Both:
    """Both sides' fields, read once for a page: every part of the section is computed from it."""

    connection: Connection
    spec: Mappable
    ours: Sequence[OurField]
    theirs: dict[str, TheirField]
    maps: Sequence[FieldMap]
    pairs: set[tuple[str, str]]

    @classmethod
    def of(cls, connection: Connection) -> Both:
        """Four queries."""
        return cls(
            connection=connection,
            spec=mappable_of(connection),
            ours=ours.our_fields(connection.account_id),
            theirs=their_fields(connection),
            maps=doing.rows_of(connection),
            pairs=matrix.pairs_of(connection.partner),
        )

    @property
    def taken_theirs(self) -> dict[str, FieldMap]:
        """Which of their fields are associated, with what (M49)."""
        return {row.their_key: row for row in self.maps}

    @property
    def taken_ours(self) -> set[tuple[str, str]]:
        """Which of ours are associated."""
        return {(row.entity, row.key) for row in self.maps}

    @property
    def sends(self) -> bool:
        """Whether values travel there at all (M45)."""
        return doing.sends(self.connection)

    def label(self, their_type: str) -> str:
        """Their type in words."""
        known = self.spec.types.get(their_type)
        return str(known.label) if known else their_type


def groups_of(both: Both, *, open: Collection[str] = (), added: str = "", changed: str = "") -> list[Group]:
    """Person, company and deal with fixed rows first.

    `open`: ids of parts that are being edited; `added`: their field that was associated just now;
    `changed`: the id of the row that was.
    """
    members = _members(both)
    lines: dict[str, list[Line]] = {entity: [] for entity in Entity.values}
    for row in both.maps:
        lines[row.entity].append(_line(both, row, members, open=open, added=added, changed=changed))
    return [
        Group(
            entity=entity,
            label=str(Entity(entity).label),
            fixed=[each for each in both.spec.fixed if each.entity == entity],
            lines=lines[entity],
        )
        for entity in Entity.values
    ]


def matrix_of(both: Both) -> dict[str, Any]:
    """The table of M13: their types, and for each of our 21 which of them fit."""
    types = list(both.spec.types)
    return {
        "types": [
            # A label may say the length itself: "Text (255)".
            (each.label, each.longest if str(each.longest) not in str(each.label) else None)
            for each in both.spec.types.values()
        ],
        "rows": [
            (label, [(ours, theirs) in both.pairs for theirs in types]) for ours, label in FieldType.choices
        ],
        "permitted": len(both.pairs),
    }


def record_label(connection: Connection, spec: Mappable) -> str:
    """How their record is called: "Lead"."""
    partner = partners()[connection.partner]
    kind = partner.kinds.get(spec.record)
    return str(kind.label) if kind else _(spec.record.replace("_", " ").capitalize())


def _line(
    both: Both,
    row: FieldMap,
    members: Sequence[str],
    *,
    open: Collection[str],
    added: str,
    changed: str,
) -> Line:
    listed = both.theirs.get(row.their_key)
    theirs = listed or TheirField(
        key=row.their_key,
        name=row.their_name or row.their_key,
        type=row.their_type,
        type_label=both.label(row.their_type),
    )
    our = ours.field_of(row)
    drift = doing.drift_of(row, listed, both.pairs)
    return Line(
        map=row,
        ours=our,
        theirs=theirs,
        drift=drift,
        warnings=[] if drift else doing.warnings_between(our, theirs, members, sends=both.sends),
        fresh=not drift and row.their_key == added and both.connection.state in ALIVE,
        kept=f"map-{row.pk}" in open,
        touched=str(row.pk) == changed,
    )


def _members(both: Both) -> list[str]:
    """Read only where a user field is associated with a list of theirs."""
    users = any(row.our_type == FieldType.USER for row in both.maps)
    return doing.members_of(both.connection) if users else []
