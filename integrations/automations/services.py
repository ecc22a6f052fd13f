"""The only writers of automations; they refuse what M24, M25, M27 and S7 refuse, at every door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.modules import module_on, off_words
from accounts.origin import Origin
from accounts.services import audit
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from funnels.services.journal import as_json, assign, locked, same_account, save
from funnels.services.requirements import checked_condition
from funnels.services.setup import demand_room
from integrations.automations.offers import CATALOG, action_of, catalog_choices, standing, stopped_words
from integrations.contract import AutomationAction, partners
from integrations.models import Automation, Connection
from integrations.workflow.checking import Book, checked, refuse_strangers
from integrations.workflow.declaration import ACTIONS, TRIGGER_VALUES, CrmAction

__all__ = ["create_automation", "delete_automation", "reorder", "stopped_words", "update_automation"]

MOST_AUTOMATIONS = 200  # of a funnel


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
    trigger_values: Mapping[str, Any] | None = None,
    prepared: bool = False,
) -> Automation:
    """A new automation at the end of its funnel's list; raises NotAllowed with words (M24–M27, S7).

    Without a connection the action is one of the CRM's own. `prepared` allows one that is switched off
    where its action does not run yet (X6). Raises Unfit for a value that a parameter does not take.
    """
    same_account(funnel.account_id, stage, connection)
    row = Automation(account_id=funnel.account_id, funnel=funnel, enabled=enabled)
    with transaction.atomic():
        demand_room(Automation.unscoped.filter(funnel=funnel), most=MOST_AUTOMATIONS)
        if prepared and not enabled:
            _refuse_module(funnel)  # it may come in before its place runs, never while Workflow is off (S4)
        else:
            _refuse_place(connection, action, funnel)
        for name, value in _checked(
            funnel=funnel,
            stage=stage,
            description=description,
            trigger=trigger,
            filters=filters or {},
            connection=connection,
            action=action,
            parameters=parameters or {},
            trigger_values=trigger_values or {},
        ).items():
            setattr(row, name, value)
        last = Automation.unscoped.filter(funnel=funnel).aggregate(last=Max("position"))["last"]
        row.position = 0 if last is None else last + 1
        row.save()
        _audit(row, "automation.create", origin, {"trigger": row.trigger, "action": row.action})
    return row


def update_automation(
    *,
    automation: Automation,
    origin: Origin,
    version: int | None = None,
    prepared: bool = False,
    **values: Any,
) -> Automation:
    """Changes stage, description, trigger and its values, filters, connection, action, parameters or enabled.

    Raises NotAllowed for what creating refuses, SomeoneElseChangedThis for an old version. Switching an
    automation on or off is always allowed while the module is on: a stopped one says so and sends nothing.
    `prepared` allows another place for one that is off before its place runs, not while Workflow is off (S4).
    """
    with transaction.atomic():
        row = locked(automation, version=version)
        _refuse_module(row)
        same_account(row.account_id, values.get("stage"), values.get("connection"))
        if set(values) - {"enabled"}:
            now = {name: getattr(row, name) for name in _WRITTEN}
            place = values.get("connection", row.connection), values.get("action", row.action)
            if place != (row.connection, row.action) and not (prepared and not row.enabled):
                _refuse_place(*place, row.funnel)
            if values.get("trigger", row.trigger) != row.trigger:
                values.setdefault("trigger_values", {})
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
        _refuse_module(row)
        _audit(row, "automation.delete", origin, {"trigger": row.trigger, "action": row.action})
        row.delete()


def reorder(*, funnel: Funnel, ids: Sequence[int], origin: Origin) -> None:
    """Puts the funnel's automations in this order; the first that fits sends (M28).

    `ids` must be all of them: NotAllowed when somebody added or removed one meanwhile, or Workflow is off.
    """
    with transaction.atomic():
        _refuse_module(funnel)
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


_WRITTEN = (
    "stage",
    "description",
    "trigger",
    "trigger_values",
    "filters",
    "connection",
    "action",
    "parameters",
)


def _refuse_place(connection: Connection | None, action: str, funnel: Funnel) -> None:
    """M24: only on allowed funnels while connected; the CRM's own only while the module is on (S4)."""
    if connection is None and action not in ACTIONS:
        raise _no_action(None, action)
    words = standing(connection=connection, funnel=funnel, action=action)
    if words:
        raise NotAllowed(words, field="connection" if connection else "")


def _no_action(connection: Connection | None, action: str) -> NotAllowed:
    """Why the action cannot be chosen here: none was named, it is a partner's, or it is nobody's."""
    of = next(
        (p for p in partners().values() if action in {each.slug for each in p.automation_actions}), None
    )
    if not action:
        return NotAllowed(_("Choose what happens when the automation is triggered."), field="action")
    if connection is None and of is not None:
        words = _("“%(action)s” is an action of %(partner)s: name the connection that does it.")
        return NotAllowed(words % {"action": action, "partner": of.label}, field="connection")
    words = _("There is no action “%(action)s” here. Choose one from the list.")
    return NotAllowed(words % {"action": action}, field="action")


def _refuse_module(row: Automation | Funnel) -> None:
    """Nothing of Workflow is edited while it is off (S4)."""
    if not module_on(row.account_id, "workflow"):
        raise NotAllowed(off_words("workflow"))


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
    trigger_values: Mapping[str, Any],
) -> dict[str, Any]:
    """What is written, normalised; raises NotAllowed for the first thing that does not fit."""
    if not description.strip():
        words = _("Give the automation a description, so that others know what it is for.")
        raise NotAllowed(words, field="description")
    if stage.funnel_id != funnel.pk:
        words = _("The stage belongs to another funnel. Choose one of “%(funnel)s”.")
        raise NotAllowed(words % {"funnel": funnel}, field="stage")
    book = Book(funnel.account)
    if connection is None:
        own = ACTIONS.get(action)
        declared = None
    else:
        own, declared = None, action_of(connection=connection, slug=action)
    if own is None and declared is None:
        raise _no_action(connection, action)
    _refuse_trigger(own or declared, trigger)
    values = checked(
        book=book, parameters=TRIGGER_VALUES.get(trigger, ()), given=trigger_values, path="trigger_values"
    )
    kept = (
        checked(book=book, parameters=own.parameters, given=parameters, path="parameters")
        if own is not None
        else _checked_parameters(declared, connection, parameters)
    )
    return {
        "stage": stage,
        "description": description.strip()[:200],
        "trigger": trigger,
        "trigger_values": values,
        "filters": checked_condition(filters, fields=book.filters, path="filters"),
        "connection": connection,
        "action": action,
        "parameters": kept,
    }


def _refuse_trigger(action: AutomationAction | CrmAction | None, trigger: str) -> None:
    """M25: "Card won" and "Card lost" exist for other actions."""
    if trigger not in Automation.Trigger.values:
        raise NotAllowed(_("Choose when the automation is triggered."), field="trigger")
    if action is not None and trigger not in action.triggers:
        refused = _CLOSED if isinstance(action, CrmAction) else _REFUSED_TRIGGERS.get(trigger)
        words = refused or _(
            "“%(trigger)s” cannot be used with “%(action)s”. Choose “Card entered this stage” or “Card "
            "reopened in this stage”."
        )
        told = words % {"trigger": Automation.Trigger(trigger).label, "action": action.label}
        raise NotAllowed(told, field="trigger")


_ENDED = gettext_lazy(
    "“%(trigger)s” cannot be used with “%(action)s”: a won or lost card is the end of "
    "prospecting. Choose “Card entered this stage” or “Card reopened in this stage”."
)
_CLOSED = gettext_lazy(
    "“%(trigger)s” cannot be used with “%(action)s”: a won or lost card stays where it is until it is "
    "reopened. Choose another trigger."
)
_REFUSED_TRIGGERS = {"won": _ENDED, "lost": _ENDED}


def _checked_parameters(
    action: AutomationAction | None, connection: Connection | None, parameters: Mapping[str, Any]
) -> dict[str, str]:
    """M27: every declared parameter is one of its choices; catalog rows must still exist."""
    assert action is not None
    assert connection is not None
    refuse_strangers(parameters, action.parameters, path="parameters")
    kept = {}
    for name, (label, source) in action.parameters.items():
        value = str(parameters.get(name) or "")
        choices = (
            catalog_choices(connection=connection, kind=source.removeprefix(CATALOG))
            if isinstance(source, str)
            else source
        )
        if value not in {str(choice) for choice, _words in choices}:
            words = _("Choose “%(label)s” from its list.") % {"label": label}
            raise NotAllowed(words, field=f"parameters.{name}")
        kept[name] = value
    return kept


def _audit(row: Automation, action: str, origin: Origin, data: Mapping[str, Any]) -> None:
    audit(account=row.account, origin=origin, action=action, subject=row.description, data=data)
