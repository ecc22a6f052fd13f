"""An automation as its form shows it: what was typed or stored, with the lists that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from funnels.models import Funnel, Stage
from integrations.activation.shelves import shelf_context
from integrations.automations.offers import CATALOG, Offer, catalog_choices
from integrations.contract import partners
from integrations.engine.filters import OPERATORS, FilterField
from integrations.models import Automation

INPUT_TYPES = {  # a field's type → the browser's input; everything else is text
    "date": "date",
    "time": "time",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the form holds; `offer` is "<connection>:<action>", `parameters` by name, `rules` as stored."""

    description: str = ""
    trigger: str = Automation.Trigger.ENTERED
    stage: str = ""
    offer: str = ""
    match_all: bool = True
    rules: Sequence[Mapping[str, str]] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True

    @property
    def filters(self) -> dict[str, Any]:
        """As Automation.filters stores them."""
        return {"all": self.match_all, "rules": list(self.rules)}


def stored(row: Automation) -> Draft:
    """The draft of an automation that exists."""
    return Draft(
        description=row.description,
        trigger=row.trigger,
        stage=str(row.stage_id),
        offer=f"{row.connection_id}:{row.action}",
        match_all=bool(row.filters.get("all", True)),
        rules=tuple(row.filters.get("rules", ())),
        parameters={name: str(value) for name, value in row.parameters.items()},
        enabled=row.enabled,
    )


def typed(data: QueryDict) -> Draft:
    """The draft that a browser sends: the nth of the three lists is one filter; without a field, none."""
    rows = zip(
        data.getlist("rule-field"), data.getlist("rule-operator"), data.getlist("rule-value"), strict=False
    )
    return Draft(
        description=data.get("description", ""),
        trigger=data.get("trigger", ""),
        stage=data.get("stage", ""),
        offer=data.get("offer", ""),
        match_all=data.get("match", "all") != "any",
        rules=tuple({"field": f, "operator": o, "value": v} for f, o, v in rows if f),
        parameters={
            key.removeprefix("param-"): str(value) for key, value in data.items() if key.startswith("param-")
        },
        enabled=data.get("enabled") == "on",
    )


def rule_context(rule: Mapping[str, str], fields: Sequence[FilterField]) -> dict[str, Any]:
    """One filter row: the operators that fit the field's type, and the input for its value."""
    chosen = next((known for known in fields if known.key == rule.get("field")), None)
    slugs = chosen.operators if chosen else ()
    operator = rule.get("operator") if rule.get("operator") in slugs else next(iter(slugs), "")
    return {
        "rule": rule,
        "chosen": chosen,
        "lost": bool(rule.get("field")) and chosen is None,
        "operators": [(slug, OPERATORS[slug].label) for slug in slugs],
        "operator": operator,
        "needs_value": bool(operator) and OPERATORS[str(operator)].needs_value,
        "input_type": INPUT_TYPES.get(chosen.type, "text") if chosen else "text",
        "value": rule.get("value", ""),
    }


def grouped(fields: Sequence[FilterField]) -> list[tuple[str, list[FilterField]]]:
    """Fields under Deal, Person and Company, for a select's option groups."""
    groups: dict[str, list[FilterField]] = {}
    for known in fields:
        groups.setdefault(known.group, []).append(known)
    return list(groups.items())


def action_context(draft: Draft, offers: Sequence[Offer]) -> dict[str, Any]:
    """The triggers and parameters of the chosen action; an action that may not be chosen says why (M24)."""
    offer = next((offer for offer in offers if offer.value == draft.offer), None)
    triggers = [
        (value, label, offer is None or value in offer.action.triggers)
        for value, label in Automation.Trigger.choices
    ]
    parameters = []
    for name, (label, source) in (offer.action.parameters if offer else {}).items():
        kind = source.removeprefix(CATALOG) if isinstance(source, str) else ""
        if isinstance(source, str):
            choices = catalog_choices(connection=offer.connection, kind=kind) if offer else []
        else:
            choices = [(str(value), str(words)) for value, words in source]
        value = draft.parameters.get(name, "")
        parameters.append(
            {
                "name": name,
                "label": label,
                "choices": choices,
                "value": value,
                "gone": bool(value) and value not in dict(choices),
                "kind": kind,
                "radio": not kind,
                **(shelf_context(connection=offer.connection, kind=kind) if offer and kind else {}),
            }
        )
    return {
        "draft": draft,
        "offer": offer,
        "offers": offers,
        "partner": partners().get(offer.connection.partner) if offer else None,
        "triggers": triggers,
        "refused_triggers": any(not fits for _value, _label, fits in triggers),
        "parameters": parameters,
    }


def form_context(
    *, draft: Draft, funnel: Funnel, fields: Sequence[FilterField], offers: Sequence[Offer]
) -> dict[str, Any]:
    """Everything that the form's template shows."""
    return {
        "title": _("Automations of “%(funnel)s”") % {"funnel": funnel.name},
        "funnel": funnel,
        "stages": list(Stage.objects.of(funnel.account_id).filter(funnel=funnel)),
        "field_groups": grouped(fields),
        "rules": [rule_context(rule, fields) for rule in draft.rules],
        **action_context(draft, offers),
    }
