"""Our fields that can be associated: an account's own ones and a few that every record has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from funnels.fields import FieldType
from funnels.models import CustomField
from mapping.models import FieldMap

Entity = FieldMap.Entity
TEXT_LONGEST = 250

BUILT_IN: Mapping[tuple[str, str], tuple[str | Promise, FieldType]] = {
    (Entity.COMPANY, "document"): (_("CNPJ"), FieldType.CNPJ),
    (Entity.DEAL, "title"): (_("Title"), FieldType.TEXT),
    (Entity.DEAL, "amount"): (_("Value (R$)"), FieldType.CURRENCY),
}

Taken = Callable[[], Collection[tuple[str, str]]]
"""(entity, key) of custom fields that an integration keeps for itself."""

_taken: list[Taken] = []


@dataclass(frozen=True, kw_only=True)
class OurField:
    """One of our fields: `field` is the custom one, None for what every record has."""

    entity: str
    key: str
    label: str
    type: str
    field: CustomField | None = None

    @property
    def type_label(self) -> str:
        """Its type in words."""
        return str(FieldType(self.type).label)

    @property
    def options(self) -> list[str]:
        """Its predefined options as text."""
        raw = self.field.options if self.field is not None else []
        return [one if isinstance(one, str) else str(one.get("value", "")) for one in raw]

    @property
    def longest(self) -> int | None:
        """How many characters it holds, None without limit."""
        return TEXT_LONGEST if self.type == FieldType.TEXT else None


def kept_by(taken: Taken) -> None:
    """Which custom fields belong to integrations though people may write them (M16)."""
    if taken not in _taken:
        _taken.append(taken)


def our_fields(account: Account | int, *, entity: str = "") -> list[OurField]:
    """The account's fields that can be associated, of one entity or of all, in their order; one query."""
    rows = CustomField.objects.of(account).filter(entity__in=Entity.values)
    if entity:
        rows = rows.filter(entity=entity)
    return [*_built_in(entity), *_custom(rows.order_by("entity", "position", "id"))]


def our_field(account: Account | int, *, entity: str, key: str) -> OurField | None:
    """The field of that key, or None where there is none that can be associated."""
    known = [each for each in _built_in(entity) if each.key == key]
    rows = CustomField.objects.of(account).filter(entity=entity, key=key)
    return next(iter([*known, *_custom(rows)]), None)


def field_of(row: FieldMap) -> OurField:
    """The associated field of ours; costs no query where `row.field` was read with it."""
    label, _type = BUILT_IN.get((row.entity, row.key), (row.key, row.our_type))
    return OurField(
        entity=row.entity,
        key=row.key,
        label=str(row.field.label if row.field is not None else label),
        type=row.our_type,
        field=row.field,
    )


def _built_in(entity: str) -> list[OurField]:
    return [
        OurField(entity=of, key=key, label=str(label), type=type)
        for (of, key), (label, type) in BUILT_IN.items()
        if entity in ("", of)
    ]


def _custom(rows: Iterable[CustomField]) -> list[OurField]:
    """People's fields only; one that bears a built-in field's key cannot be told from it."""
    taken = {pair for source in _taken for pair in source()} | set(BUILT_IN)
    return [
        OurField(entity=row.entity, key=row.key, label=row.label, type=row.type, field=row)
        for row in rows
        if row.writer == CustomField.Writer.PEOPLE and (row.entity, row.key) not in taken
    ]
