"""Automations in the file: told apart by funnel and description, in the order in which they act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from funnels.models import Funnel
from funnels.services import NotAllowed
from integrations.automations import services
from integrations.configuration.names import Names, Unresolved, Waiting
from integrations.configuration.parameters import Values
from integrations.configuration.parts.connections import living
from integrations.configuration.references import stage_names, unique
from integrations.configuration.run import Act, Change, Run
from integrations.contract import partners
from integrations.models import Automation, AutomationRun, Connection, WorkflowRun

State = Connection.State
Found = dict[str, dict[str, Automation]]
WRITTEN = ("stage", "trigger", "trigger_values", "filters", "connection", "action", "parameters")


def by_funnel(names: Names) -> Found:
    """Funnel's name → automations by description, both in their order; one query."""
    rows: dict[str, list[Automation]] = {}
    every = Automation.objects.of(names.account).select_related(
        "connection__account", "stage", "funnel__account"
    )
    for row in every.order_by("position", "id"):
        rows.setdefault(names.funnel_name(row.funnel_id), []).append(row)
    return {
        funnel: dict(unique(rows[funnel], lambda row: row.description))
        for funnel in names.funnels
        if funnel in rows
    }


def read(names: Names) -> Sequence[Mapping[str, Any]]:
    """Funnel by funnel."""
    values = Values(names)
    return [
        _told(names, values, description, row)
        for rows in by_funnel(names).values()
        for description, row in rows.items()
    ]


def _told(names: Names, values: Values, description: str, row: Automation) -> dict[str, Any]:
    rules = values.fields.rules_told(row.filters.get("rules", ()))
    told: dict[str, Any] = {
        "description": description,
        "stage": names.stage_ref(row.stage_id),
        "trigger": row.trigger,
        "trigger_values": values.trigger_told(row.trigger, row.trigger_values),
        "match": "all" if row.filters.get("all", True) else "any",
        "filters": rules,
        "action": row.action,
        "connection": row.connection.partner if row.connection else "",
        "parameters": values.action_told(row.connection, row.action, row.parameters),
        "enabled": row.enabled,
    }
    if not rules:
        del told["match"]
    return {key: value for key, value in told.items() if value not in ({}, [], "")}


def write(run: Run, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Created at the end of their funnel, changed, put in order; off until their connection is active."""
    have = by_funnel(run.names)
    if not run.order:  # what waits for later is put where the whole file has it
        run.order = [{"stage": told["stage"], "description": told["description"]} for told in wanted]
    for told in wanted:
        funnel, _stage = stage_names(told["stage"])
        known = {name.casefold(): rows for name, rows in have.items()}.get(funnel.casefold(), {})
        key = next((each for each in known if each.casefold() == told["description"].casefold()), None)
        row = known.pop(key) if key is not None else None
        path = [funnel, told["description"]]
        if row is None:
            _create(run, told, path)
        else:
            _change(run, told, path, row, str(key))
    ran = _ran(run)
    for funnel, rows in have.items():
        for description, row in rows.items():
            run.unnamed(
                "automation",
                [funnel, description],
                None if row.pk in ran else _removal(run, row),
                never=_("It has acted already: switch it off, or delete it on its own page."),
            )
    order(run, wanted)


def _ran(run: Run) -> set[int]:
    found: set[int] = set()
    for model in (AutomationRun, WorkflowRun):
        rows = model.objects.of(run.account).exclude(automation=None)
        found |= set(rows.values_list("automation_id", flat=True).distinct())
    return found


def _removal(run: Run, row: Automation) -> Any:
    return lambda: services.delete_automation(automation=row, origin=run.origin)


def stored(run: Run, told: Mapping[str, Any], row: Automation | None) -> dict[str, Any]:
    """What the services take; raises Unresolved, Waiting and what the checks of values refuse."""
    values, now = Values(run.names), row or Automation()
    slug = told.get("connection", "")
    connection = living(run.names).get(slug) if slug else None
    if slug and connection is None:
        label = partners()[slug].label if slug in partners() else slug
        raise Unresolved(_("There is no connection with %(partner)s here.") % {"partner": label})
    rules = values.fields.rules_stored(told.get("filters", ()), now=now.filters.get("rules", ()))
    return {
        "stage": run.names.stage(told["stage"]),
        "trigger": told["trigger"],
        "trigger_values": values.trigger_stored(
            told["trigger"], told.get("trigger_values", {}), now=now.trigger_values
        ),
        "filters": {"all": told.get("match", "all") == "all", "rules": rules},
        "connection": connection,
        "action": told["action"],
        "parameters": values.action_stored(
            connection, told["action"], told.get("parameters", {}), now=now.parameters
        ),
    }


def _sleeps(connection: Connection | None) -> bool:
    """Its automations cannot run yet: they come in switched off."""
    return connection is not None and connection.state != State.ACTIVE


def _create(run: Run, told: Mapping[str, Any], path: Sequence[str]) -> None:
    enabled = told.get("enabled", True)
    asleep = _sleeps(living(run.names).get(told.get("connection", "")))

    def do() -> None:
        values = stored(run, told, None)
        funnel: Funnel = values["stage"].funnel
        row = services.create_automation(
            funnel=funnel,
            description=told["description"],
            enabled=enabled and not asleep,
            prepared=asleep or not enabled,
            origin=run.origin,
            **values,
        )
        if asleep and enabled:
            run.switch_on.append(row.pk)

    def waits() -> None:
        run.waiting.setdefault("automations", []).append(dict(told))

    changes = [
        Change(what=name, now=None, file=told[name])
        for name in ("stage", "trigger", "trigger_values", "filters", "action", "parameters")
        if told.get(name)
    ]
    why = _("Off until the integration is active.") if asleep and enabled else ""
    run.attempt(Act.CREATE, "automation", path, do, changes=changes, why=why, waits=waits)


def _change(run: Run, told: Mapping[str, Any], path: Sequence[str], row: Automation, name: str) -> None:
    now = _told(run.names, Values(run.names), name, row)
    changed = _differing(run, told, row, now)
    changes = [Change(what=what, now=now.get(what), file=told.get(what)) for what in changed]
    if name != told["description"]:
        changes.insert(0, Change(what="description", now=name, file=told["description"]))
    enabled, asleep = told.get("enabled", True), _sleeps(row.connection)
    later = enabled and not row.enabled and asleep
    if enabled != row.enabled and not later:
        changes.append(Change(what="enabled", now=row.enabled, file=enabled))

    def do() -> None:
        values = stored(run, told, row) if changed else {}
        if name != told["description"]:
            values["description"] = told["description"]
        if enabled != row.enabled and not later:
            values["enabled"] = enabled
        services.update_automation(automation=row, prepared=asleep, origin=run.origin, **values)

    def waits() -> None:
        run.waiting.setdefault("automations", []).append(dict(told))

    run.change("automation", path, changes, do, waits=waits)
    if later:
        run.switch_on.append(row.pk)
        run.note(Act.WAIT, "automation", path, why=_("Off until the integration is active."))


def _differing(run: Run, told: Mapping[str, Any], row: Automation, now: Mapping[str, Any]) -> list[str]:
    """The properties that differ, however values are written; unreadable ones by what is told."""
    try:
        asked = stored(run, told, row)
    except (NotAllowed, Unresolved, Waiting):
        return [what for what in WRITTEN if (told.get(what) or None) != (now.get(what) or None)] or [
            "parameters"
        ]
    fields = Values(run.names).fields
    same = {
        **{what: asked[what] == getattr(row, what) for what in ("trigger", "trigger_values", "action")},
        "stage": asked["stage"].pk == row.stage_id,
        "connection": (asked["connection"].pk if asked["connection"] else None) == row.connection_id,
        "parameters": asked["parameters"] == row.parameters,
        "filters": fields.same(
            {"match": told.get("match", "all"), "rules": told.get("filters", [])}, row.filters
        ),
    }
    return [what for what in WRITTEN if not same[what]]


def order(run: Run, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Puts the named automations of each funnel in this order; those not named follow."""
    asked: dict[str, list[str]] = {}
    for told in wanted:
        asked.setdefault(stage_names(told["stage"])[0].casefold(), []).append(told["description"])
    for funnel, rows in by_funnel(run.names).items():
        listed = asked.get(funnel.casefold(), [])
        run.put_in_order([funnel, "automations"], rows, listed, partial(_reorder, run, list(rows.values())))


def _reorder(run: Run, rows: Sequence[Automation], first: Sequence[Automation]) -> None:
    behind = [row for row in rows if row not in first]
    ids = [row.pk for row in [*first, *behind]]
    services.reorder(funnel=first[0].funnel, ids=ids, origin=run.origin)
