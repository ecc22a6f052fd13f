"""A connection whose partner lists fields, and fields of ours, for the screens of the mapping."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import Account
from funnels import services as crm
from funnels.models import CustomField
from integrations.activation import matrices
from integrations.activation.mapping import doing
from integrations.models import CatalogItem, CatalogShelf, Connection
from mapping.models import Counterpart, FieldMap
from tests.factories import SYSTEM
from tests.integrations.shown import connection_of

THEIRS = (
    ("custom.cargo", "Cargo", "text", []),
    ("custom.notas", "Notas", "long_text", []),
    ("custom.porte", "Porte", "select", ["Pequeno", "Grande"]),
    ("custom.outro", "Outro", "text", []),
    ("custom.estranho", "Estranho", "matrix", []),
)


def mapped(account: Account, *, state: str = "active") -> Connection:
    """Five fields there, read just now; none associated."""
    matrices.declare_all()
    row = connection_of(account, state=state)
    row.counterpart = Counterpart.unscoped.create(account=account, slug=row.partner, remote_id="1")
    row.activated_at = timezone.now() if state == "active" else None
    row.save()
    CatalogShelf.unscoped.create(
        account=account, connection=row, kind="custom_fields", read_at=timezone.now()
    )
    for key, name, type, options in THEIRS:
        listed(row, key, name, type, options)
    return row


def listed(row: Connection, key: str, name: str, type: str, options: list[str] | None = None) -> CatalogItem:
    found: CatalogItem = CatalogItem.unscoped.create(
        account_id=row.account_id,
        connection=row,
        kind="custom_fields",
        their_id=key,
        name=name,
        data={"key": key, "type": type, "options": options or []},
    )
    return found


def ours(
    account: Account, key: str, type: str = "text", *, entity: str = "person", **more: Any
) -> CustomField:
    return crm.ensure_custom_field(
        account=account, entity=entity, key=key, label=key.title(), type=type, origin=SYSTEM, **more
    )


def pair(row: Connection, entity: str, key: str, their_key: str, **more: Any) -> FieldMap:
    return doing.associate(connection=row, entity=entity, key=key, their_key=their_key, origin=SYSTEM, **more)
