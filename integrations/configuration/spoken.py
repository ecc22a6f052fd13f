"""What a plan changes, as people call it: the names of keys, and values by their labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from accounts import audit_details
from accounts.module_settings import one
from accounts.permissions import PERMISSIONS
from funnels.fields import FieldType
from funnels.models import CustomField
from integrations.activation import told
from integrations.configuration.run import Step
from integrations.endpoints.kinds import ALL
from integrations.endpoints.kinds import KINDS as EVENTS

NAMES: Mapping[str, Any] = {  # what the audit trail does not name, or calls something else
    "administrator": gettext_lazy("Administrator"),
    "default_profile": gettext_lazy("Default user profile"),
    "field": gettext_lazy("Field"),
    "funnels": gettext_lazy("Funnels"),
    "label": gettext_lazy("Name"),
    "loss_reasons": gettext_lazy("Loss reasons"),
    "mandatory": gettext_lazy("mandatory"),
    "match": gettext_lazy("How the filters combine"),
    "only_if": gettext_lazy("Only if"),
    "options": gettext_lazy("options"),
    "payload_days": gettext_lazy("Days that contents are kept"),
    "second_factor": gettext_lazy("Second factor"),
    "stages": gettext_lazy("Stages"),
    "time_zone": gettext_lazy("time zone"),
    "url": gettext_lazy("Address"),
    "won_stage": gettext_lazy("Stage where won leads arrive"),
    "writer": gettext_lazy("written by"),
}


def namer() -> Callable[[Step, str], str]:
    """(step, key) → the key in words; a key that nobody named stays as the file has it."""
    known = {**audit_details.known(), **{name: str(words) for name, words in NAMES.items()}}

    def name(step: Step, what: str) -> str:
        setting = one(step.path[0], what) if step.kind == "module" else None
        return str(setting.label) if setting else str(capfirst(known.get(what, what)))

    return name


def valuer() -> Callable[[Step, str, Any], Any]:
    """(step, key, value) → the value with its labels where it is one of a few; else as it was given."""
    few: dict[str, Mapping[Any, Any]] = {
        **told.choices(),
        "permissions": {slug: each.label for slug, each in PERMISSIONS.items()},
        "type": dict(FieldType.choices),
        "writer": dict(CustomField.Writer.choices),
        "events": {ALL: gettext_lazy("all"), **{slug: each.label for slug, each in EVENTS.items()}},
        "match": {"all": gettext_lazy("all hold"), "any": gettext_lazy("any holds")},
    }

    def value(step: Step, what: str, given: Any) -> Any:
        setting = one(step.path[0], what) if step.kind == "module" else None
        labels = dict(setting.choices) if setting else few.get(what, {})
        if isinstance(given, list):
            return [value(step, what, each) for each in given]
        return str(labels[given]) if isinstance(given, str) and given in labels else given

    return value
