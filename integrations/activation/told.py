"""What the audit trail calls choices and partners' rows, where only a code or an id was kept."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from integrations.activation.sections import screens_of
from integrations.contract import partners
from integrations.models import Automation, CatalogItem
from integrations.workflow.declaration import ACTIONS
from mapping.models import FieldMap


def choices() -> Mapping[str, Mapping[Any, Any]]:
    """Name → value → label, of automations, mappings and flows."""
    every = partners()
    return {
        "trigger": dict(Automation.Trigger.choices),
        "action": {
            **{slug: each.label for slug, each in ACTIONS.items()},
            **{each.slug: each.label for partner in every.values() for each in partner.automation_actions},
        },
        "master": dict(FieldMap.Master.choices),
        "empty": dict(FieldMap.Empty.choices),
        "fill": dict(FieldMap.Fill.choices),
        "flow": {flow.slug: flow.label for slug in every for flow in screens_of(slug).flows},
    }


def cadences(account_id: int, ids: Set[str]) -> Mapping[str, str]:
    """Their id → the cadence's name."""
    rows = CatalogItem.objects.of(account_id).filter(kind="cadences", their_id__in=ids)
    return dict(rows.values_list("their_id", "name"))
