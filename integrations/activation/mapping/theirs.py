"""The partner's fields as its catalog lists them, and what the declaration says of their types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from funnels.services import NotAllowed
from integrations.contract import Mappable, partners
from integrations.models import CatalogItem, Connection


@dataclass(frozen=True, kw_only=True)
class TheirField:
    """One field over there: `key` is neutral, `gone` when the partner no longer lists it."""

    key: str
    name: str
    type: str
    type_label: str
    options: Sequence[str] = ()
    longest: int | None = None
    gone: bool = False

    @property
    def options_text(self) -> str:
        """Its options, one a line: what a new field of ours would start with."""
        return "\n".join(self.options)


def mappable_of(connection: Connection) -> Mappable:
    """What the connection's partner declares; raises NotAllowed where it has no fields to associate."""
    partner = partners().get(connection.partner)
    if partner is None or partner.mappable is None:
        raise NotAllowed(_("This partner has no fields that can be associated."))
    return partner.mappable


def their_fields(connection: Connection) -> dict[str, TheirField]:
    """Every field that the partner lists or once listed, by its key and then name; one query."""
    spec = mappable_of(connection)
    rows = CatalogItem.objects.of(connection.account_id).filter(connection=connection, kind=spec.catalog)
    found: dict[str, TheirField] = {}
    for row in rows.order_by("name", "their_id"):
        each = _field(spec, row)
        if each.key not in found or found[each.key].gone:  # made anew over there under the same key
            found[each.key] = each
    return found


def _field(spec: Mappable, row: CatalogItem) -> TheirField:
    type = str(row.data.get("type") or "")
    known = spec.types.get(type)
    return TheirField(
        key=str(row.data.get("key") or row.their_id),
        name=row.name or row.their_id,
        type=type,
        type_label=str(known.label) if known else type,
        options=[str(option) for option in row.data.get("options") or ()],
        longest=known.longest if known else None,
        gone=row.gone_at is not None,
    )
