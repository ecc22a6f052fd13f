"""An automation as its form shows it: what was typed or stored, with the lists that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from funnels.condition_forms import INPUT_TYPES, grouped, rule_context
from funnels.models import Funnel, Stage
from integrations.activation.shelves import shelf_context
from integrations.automations.offers import CATALOG, OWN, Offer, catalog_choices, groups_of
from integrations.contract import AutomationAction, partners
from integrations.models import Automation
from integrations.workflow.checking import Book
from integrations.workflow.declaration import TRIGGER_VALUES, CrmAction, Kind, Parameter

OWN_INPUTS = {  # what a parameter of the CRM holds → how it is typed; the others are chosen from a list
    Kind.TEXT: "text",
    Kind.LONG_TEXT: "textarea",
    Kind.VALUE: "text",
    Kind.DAYS: "number",
    Kind.FLAG: "checkbox",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the form holds; `offer` is "<connection>:<action>" or "crm:<action>", `rules` as stored.

    `parameters` and `trigger_values` by name, as typed or as stored.
    """

    description: str = ""
    trigger: str = Automation.Trigger.ENTERED
    stage: str = ""
    offer: str = ""
    match_all: bool = True
    rules: Sequence[Mapping[str, str]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    trigger_values: Mapping[str, Any] = field(default_factory=dict)
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
        offer=f"{row.connection_id or OWN}:{row.action}",
        match_all=bool(row.filters.get("all", True)),
        rules=tuple(row.filters.get("rules", ())),
        parameters=dict(row.parameters),
        trigger_values=dict(row.trigger_values),
        enabled=row.enabled,
    )


def typed(data: QueryDict) -> Draft:
    """The draft that a browser sends: the nth of the three lists is one filter; without a field, none."""
    rows = zip(
        data.getlist("rule-field"), data.getlist("rule-operator"), data.getlist("rule-value"), strict=False
    )

    def named(prefix: str) -> dict[str, Any]:
        return {key.removeprefix(prefix): str(value) for key, value in data.items() if key.startswith(prefix)}

    return Draft(
        description=data.get("description", ""),
        trigger=data.get("trigger", ""),
        stage=data.get("stage", ""),
        offer=data.get("offer", ""),
        match_all=data.get("match", "all") != "any",
        rules=tuple({"field": f, "operator": o, "value": v} for f, o, v in rows if f),
        parameters=named("param-"),
        trigger_values=named("when-"),
        enabled=data.get("enabled") == "on",
    )


def fitting(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Of what the browser sent, what these parameters take: it may still carry those of another choice."""
    return {each.name: given[each.name] for each in parameters if each.name in given}


def action_context(draft: Draft, offers: Sequence[Offer], book: Book) -> dict[str, Any]:
    """The triggers and parameters of the chosen action; an action that may not be chosen says why (M24)."""
    offer = next((offer for offer in offers if offer.value == draft.offer), None)
    triggers = [
        (value, label, offer is None or value in offer.action.triggers)
        for value, label in Automation.Trigger.choices
    ]
    if offer is None:
        parameters = []
    elif isinstance(offer.action, CrmAction):
        parameters = own_inputs(offer.action.parameters, draft.parameters, book, prefix="param-")
    else:
        parameters = _partner_inputs(offer, offer.action, draft)
    return {
        "draft": draft,
        "offer": offer,
        "offers": offers,
        "offer_groups": groups_of(offers),
        "partner": partners().get(offer.connection.partner) if offer and offer.connection else None,
        "triggers": triggers,
        "refused_triggers": any(not fits for _value, _label, fits in triggers),
        "parameters": parameters,
        "trigger_inputs": own_inputs(
            TRIGGER_VALUES.get(draft.trigger, ()), draft.trigger_values, book, prefix="when-"
        ),
    }


def own_inputs(
    parameters: Sequence[Parameter], values: Mapping[str, Any], book: Book, *, prefix: str
) -> list[dict[str, Any]]:
    """How each parameter that the CRM declares is typed or chosen."""
    return [_own_input(each, values, book, prefix) for each in parameters]


def _own_input(parameter: Parameter, values: Mapping[str, Any], book: Book, prefix: str) -> dict[str, Any]:
    value = values.get(parameter.name, parameter.default)
    groups = book.choices(parameter, values)
    known = {str(one) for _group, options in groups for one, _label in options}
    chosen = parameter.kind not in OWN_INPUTS or bool(groups)
    of = book.field(str(values.get(parameter.of, ""))) if parameter.kind == Kind.VALUE else None
    return {
        "own": True,
        "input": "select" if chosen else _typing(parameter, of.type if of else ""),
        "id": f"{prefix}{parameter.name}",
        "label": parameter.label,
        "help": parameter.help,
        "required": parameter.required,
        "groups": groups,
        "value": value if parameter.kind == Kind.FLAG else str(value),
        "gone": chosen and bool(value) and str(value) not in known and parameter.kind != Kind.VALUE,
        "most": parameter.most,
        "least": parameter.least,
        "redraws": parameter.kind == Kind.FIELD,
        "waits": parameter.kind == Kind.VALUE and of is None,
        "placeholders": of is not None and of.takes_placeholders,
    }


def _typing(parameter: Parameter, type: str) -> str:
    if parameter.kind == Kind.VALUE:
        return {"long_text": "textarea", **INPUT_TYPES}.get(type, "text")
    return OWN_INPUTS[parameter.kind]


def _partner_inputs(offer: Offer, action: AutomationAction, draft: Draft) -> list[dict[str, Any]]:
    assert offer.connection is not None
    parameters = []
    for name, (label, source) in action.parameters.items():
        kind = source.removeprefix(CATALOG) if isinstance(source, str) else ""
        if isinstance(source, str):
            choices = catalog_choices(connection=offer.connection, kind=kind)
        else:
            choices = [(str(value), str(words)) for value, words in source]
        value = str(draft.parameters.get(name, ""))
        parameters.append(
            {
                "name": name,
                "label": label,
                "choices": choices,
                "value": value,
                "gone": bool(value) and value not in dict(choices),
                "kind": kind,
                "radio": not kind,
                **(shelf_context(connection=offer.connection, kind=kind) if kind else {}),
            }
        )
    return parameters


def form_context(*, draft: Draft, funnel: Funnel, offers: Sequence[Offer], book: Book) -> dict[str, Any]:
    """Everything that the form's template shows."""
    fields = book.filters
    return {
        "title": _("Automations of “%(funnel)s”") % {"funnel": funnel.name},
        "funnel": funnel,
        "stages": list(Stage.objects.of(funnel.account_id).filter(funnel=funnel)),
        "field_groups": grouped(fields),
        "rules": [rule_context(rule, fields) for rule in draft.rules],
        **action_context(draft, offers, book),
    }
