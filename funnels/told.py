"""What the audit trail calls the CRM's rows and choices, where only an id or a code was kept."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from funnels.fields import FieldType
from funnels.models import Funnel, Person, Stage


def choices() -> Mapping[str, Mapping[Any, Any]]:
    """Name → value → label."""
    return {"type": dict(FieldType.choices)}


def funnels(account_id: int, ids: Set[str]) -> Mapping[str, str]:
    """Funnel id → name."""
    rows = Funnel.objects.of(account_id).filter(pk__in=ids)
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


def stages(account_id: int, ids: Set[str]) -> Mapping[str, str]:
    """Stage id → name."""
    rows = Stage.objects.of(account_id).filter(pk__in=ids)
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


def persons(account_id: int, ids: Set[str]) -> Mapping[str, str]:
    """Person id → name; whoever was erased has none."""
    rows = Person.objects.of(account_id).filter(pk__in=ids).exclude(name="")
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}
