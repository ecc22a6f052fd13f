"""Both sides of an association: a partner that mapping does not know, its matrix, an account's fields."""

from __future__ import annotations

from typing import Any

from accounts.models import Account
from funnels import services as crm
from funnels.models import CustomField
from mapping import matrix, services
from mapping.models import Counterpart, FieldMap
from tests.factories import SYSTEM

PARTNER = "alguem"
PAIRS = (
    ("text", "short"),
    ("integer", "short"),
    ("options", "short"),
    ("options", "list"),
    ("cnpj", "short"),
)


def side(account: Account) -> Counterpart:
    matrix.declare(PARTNER, PAIRS)
    found: Counterpart = Counterpart.unscoped.create(account=account, slug=PARTNER, remote_id="1")
    return found


def field(
    account: Account, key: str, type: str = "text", *, entity: str = "person", **more: Any
) -> CustomField:
    return crm.ensure_custom_field(
        account=account, entity=entity, key=key, label=key.title(), type=type, origin=SYSTEM, **more
    )


def add(counterpart: Counterpart, **given: Any) -> FieldMap:
    values = {
        "kind": "lead",
        "entity": "person",
        "key": "cargo",
        "their_key": "custom.cargo",
        "their_name": "Cargo lá",
        "their_type": "short",
        "origin": SYSTEM,
        **given,
    }
    return services.add_map(counterpart=counterpart, **values)
