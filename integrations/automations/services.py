"""The only writers of automations; they refuse what M24, M25 and M27 refuse, for screens and API alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.origin import Origin
from accounts.services import audit
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from funnels.services.journal import as_json, assign, locked, same_account, save
from funnels.values import Unreadable, canonical
from integrations.automations.offers import CATALOG, action_of, catalog_choices, standing, stopped_words
from integrations.contract import AutomationAction
from integrations.engine.filters import OPERATORS, FilterField, fields_for
from integrations.models import Automation, Connection

__all__ = ["create_automation", "delete_automation", "reorder", "stopped_words", "update_automation"]


def create_automation(
    *,
    funnel: Funnel,
    stage: Stage,
    description: str,
    trigger: str,
    connection: Connection | None,
    action: str,
    origin: Origin,
    filters: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    enabled: bool = True,
) -> Automation:
    """A new automation at the end of its funnel's list; raises NotAllowed with words (M24–M27)."""
    same_account(funnel.account_id, stage, connection)
    row = Automation(account_id=funnel.account_id, funnel=funnel, enabled=enabled)
    with transaction.atomic():
        _refuse_place(connection, funnel)
        for name, value in _checked(
            funnel=funnel,
            stage=stage,
            description=description,
            trigger=trigger,
            filters=filters or {},
            connection=connection,
            action=action,
            parameters=parameters or {},
        ).items():
            setattr(row, name, value)
        last = Automation.unscoped.filter(funnel=funnel).aggregate(last=Max("position"))["last"]
        row.position = 0 if last is None else last + 1
        row.save()
        _audit(row, "automation.create", origin, {"trigger": row.trigger, "action": row.action})
    return row


def update_automation(
    *, automation: Automation, origin: Origin, version: int | None = None, **values: Any
) -> Automation:
    """Changes stage, description, trigger, filters, connection, action, parameters or enabled.

    Raises NotAllowed for what creating refuses, SomeoneElseChangedThis for an old version. Switching an
    automation on or off is always allowed: a stopped one says so and sends nothing.
    """
    with transaction.atomic():
        row = locked(automation, version=version)
        same_account(row.account_id, values.get("stage"), values.get("connection"))
        if set(values) - {"enabled"}:
            now = {name: getattr(row, name) for name in _WRITTEN}
            if (values.get("connection", row.connection), values.get("action", row.action)) != (
                row.connection,
                row.action,
            ):
                _refuse_place(values.get("connection", row.connection), row.funnel)
            asked = {name: values.get(name, now[name]) for name in _WRITTEN}
            values = {**values, **_checked(funnel=row.funnel, **asked)}
        differences = assign(row, values)
        if differences:
            save(row, list(differences))
            _audit(row, "automation.update", origin, differences)
    return row


def delete_automation(*, automation: Automation, origin: Origin) -> None:
    """Takes an automation away; what it sent already goes on."""
    with transaction.atomic():
        row = locked(automation)
        _audit(row, "automation.delete", origin, {"trigger": row.trigger, "action": row.action})
        row.delete()


def reorder(*, funnel: Funnel, ids: Sequence[int], origin: Origin) -> None:
    """Puts the funnel's automations in this order; the first that fits sends (M28).

    `ids` must be all of them: NotAllowed when somebody added or removed one meanwhile.
    """
    with transaction.atomic():
        rows = {row.pk: row for row in Automation.unscoped.select_for_update().filter(funnel=funnel)}
        if sorted(rows) != sorted(ids):
            raise NotAllowed(_("The list changed meanwhile. Look at it again and repeat the move."))
        moved = []
        for position, pk in enumerate(ids):
            if rows[pk].position != position:
                rows[pk].position = position
                moved.append(rows[pk])
        for row in moved:
            save(row, ["position"])
        if moved:
            _audit(moved[0], "automation.reorder", origin, {"order": [as_json(pk) for pk in ids]})


_WRITTEN = ("stage", "description", "trigger", "filters", "connection", "action", "parameters")


def _refuse_place(connection: Connection | None, funnel: Funnel) -> None:
    """M24: only on allowed funnels while connected."""
    if connection is None:
        raise NotAllowed(_("Choose what happens when the automation is triggered."))
    words = standing(connection=connection, funnel=funnel)
    if words:
        raise NotAllowed(words)


def _checked(
    *,
    funnel: Funnel,
    stage: Stage,
    description: str,
    trigger: str,
    filters: Mapping[str, Any],
    connection: Connection | None,
    action: str,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """What is written, normalised; raises NotAllowed for the first thing that does not fit."""
    if not description.strip():
        raise NotAllowed(_("Give the automation a description, so that others know what it is for."))
    if stage.funnel_id != funnel.pk:
        raise NotAllowed(
            _("The stage belongs to another funnel. Choose one of “%(funnel)s”.") % {"funnel": funnel}
        )
    declared = action_of(connection=connection, slug=action)
    if declared is None or connection is None:
        raise NotAllowed(_("Choose what happens when the automation is triggered."))
    _refuse_trigger(declared, trigger)
    return {
        "stage": stage,
        "description": description.strip()[:200],
        "trigger": trigger,
        "filters": checked_filters(filters, fields=fields_for(funnel.account)),
        "connection": connection,
        "action": action,
        "parameters": _checked_parameters(declared, connection, parameters),
    }


def _refuse_trigger(action: AutomationAction, trigger: str) -> None:
    """M25: "Card won" and "Card lost" exist for other actions."""
    if trigger not in Automation.Trigger.values:
        raise NotAllowed(_("Choose when the automation is triggered."))
    if trigger not in action.triggers:
        raise NotAllowed(
            _(
                "“%(trigger)s” cannot be used with “%(action)s”: a won or lost card is the end of "
                "prospecting. Choose “Card entered this stage” or “Card reopened in this stage”."
            )
            % {"trigger": Automation.Trigger(trigger).label, "action": action.label}
        )


def checked_filters(filters: Mapping[str, Any], *, fields: Sequence[FilterField]) -> dict[str, Any]:
    """Filters with canonical values; raises NotAllowed for a field or operator that does not fit (M26)."""
    known = {field.key: field for field in fields}
    rules = []
    for rule in filters.get("rules", ()):
        field = known.get(str(rule.get("field", "")))
        if field is None:
            raise NotAllowed(_("A filter names a field that does not exist any more. Remove the filter."))
        slug = str(rule.get("operator", ""))
        if slug not in field.operators:
            raise NotAllowed(
                _("This comparison does not fit the field “%(field)s”.") % {"field": field.label}
            )
        value = str(rule.get("value") or "").strip() if OPERATORS[slug].needs_value else ""
        if OPERATORS[slug].needs_value and not value:
            raise NotAllowed(
                _("Fill in the value that “%(field)s” is compared with.") % {"field": field.label}
            )
        rules.append({"field": field.key, "operator": slug, "value": _canonical(field, value)})
    return {"all": bool(filters.get("all", True)), "rules": rules}


def _canonical(field: FilterField, value: str) -> str:
    if field.choices and value and value not in {choice for choice, _label in field.choices}:
        raise NotAllowed(_("Choose a value of “%(field)s” from its list.") % {"field": field.label})
    try:
        return value if field.choices else canonical(field.type, value)
    except Unreadable as unreadable:
        raise NotAllowed(f"{field.label}: {unreadable.words}") from unreadable


def _checked_parameters(
    action: AutomationAction, connection: Connection, parameters: Mapping[str, Any]
) -> dict[str, str]:
    """M27: every declared parameter is one of its choices; catalog rows must still exist."""
    checked = {}
    for name, (label, source) in action.parameters.items():
        value = str(parameters.get(name) or "")
        choices = (
            catalog_choices(connection=connection, kind=source.removeprefix(CATALOG))
            if isinstance(source, str)
            else source
        )
        if value not in {str(choice) for choice, _words in choices}:
            raise NotAllowed(_("Choose “%(label)s” from its list.") % {"label": label})
        checked[name] = value
    return checked


def _audit(row: Automation, action: str, origin: Origin, data: Mapping[str, Any]) -> None:
    audit(account=row.account, origin=origin, action=action, subject=row.description, data=data)
