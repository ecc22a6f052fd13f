"""Values of triggers and actions in the file: stages, members, teams and catalog items by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from funnels.services import NotAllowed
from integrations.automations.offers import CATALOG, action_of
from integrations.configuration.conditions import Fields
from integrations.configuration.names import Names
from integrations.models import Connection
from integrations.workflow.checking import Book, checked
from integrations.workflow.declaration import ACTIONS, TRIGGER_VALUES, Kind, Parameter

USER, TEAM = "user:", "team:"


class Values:
    """Tells and reads the values of one account's automations."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.fields = Fields(names)

    def trigger_told(self, trigger: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Stored trigger values as the file says them."""
        return self._told(TRIGGER_VALUES.get(trigger, ()), values)

    def trigger_stored(
        self, trigger: str, told: Mapping[str, Any], *, now: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The file's trigger values as they are stored; raises Unresolved and what the checks refuse."""
        return self._stored(TRIGGER_VALUES.get(trigger, ()), told, now, path="trigger_values")

    def action_told(
        self, connection: Connection | None, action: str, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Stored parameters as the file says them."""
        if connection is None:
            return self._told(ACTIONS[action].parameters if action in ACTIONS else (), values)
        declared = action_of(connection=connection, slug=action)
        kinds = catalogs(connection, action)
        return {
            name: self.names.catalog_ref(connection, kinds[name], str(value)) if name in kinds else value
            for name, value in _ordered(declared.parameters if declared else (), values)
        }

    def action_stored(
        self,
        connection: Connection | None,
        action: str,
        told: Mapping[str, Any],
        *,
        now: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The file's parameters as they are stored; raises Unresolved, Waiting and what the checks refuse."""
        if connection is None:
            parameters = ACTIONS[action].parameters if action in ACTIONS else ()
            return self._stored(parameters, told, now, path="parameters")
        kinds, declared = catalogs(connection, action), action_of(connection=connection, slug=action)
        for name in told:
            if declared is not None and name not in declared.parameters:
                raise NotAllowed(_("There is no parameter “%(name)s” here.") % {"name": name})
        return {
            name: self.names.catalog_id(connection, kinds[name], _ref(value), now=str(now.get(name) or ""))
            if name in kinds
            else str(value)
            for name, value in told.items()
        }

    def _told(self, parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
        known = {each.name: each for each in parameters}
        return {
            name: self._one_told(known.get(name), value, values) for name, value in _ordered(known, values)
        }

    def _one_told(self, parameter: Parameter | None, value: Any, values: Mapping[str, Any]) -> Any:
        if parameter is None:
            return value
        if parameter.kind == Kind.STAGE:
            return self.names.stage_ref(value) or {"unknown": str(value)}
        if parameter.kind == Kind.VALUE:
            return self.fields.told(str(values.get(parameter.of, "")), str(value))
        if parameter.kind == Kind.WHO and str(value).startswith(USER):
            email = self.names.email(str(value).removeprefix(USER))
            return f"{USER}{email}" if email else {"unknown": str(value)}
        if parameter.kind == Kind.WHO and str(value).startswith(TEAM):
            team = self.names.team_name(str(value).removeprefix(TEAM))
            return f"{TEAM}{team}" if team else {"unknown": str(value)}
        return value

    def _stored(
        self, parameters: Sequence[Parameter], told: Mapping[str, Any], now: Mapping[str, Any], *, path: str
    ) -> dict[str, Any]:
        known = {each.name: each for each in parameters}
        given = {
            name: self._one_stored(known.get(name), value, told, str(now.get(name, "")))
            for name, value in told.items()
        }
        book = self.names.once("book", lambda: Book(self.names.account))
        return checked(book=book, parameters=parameters, given=given, path=path)

    def _one_stored(self, parameter: Parameter | None, value: Any, told: Mapping[str, Any], now: str) -> Any:
        if isinstance(value, Mapping) and "unknown" in value:
            return self.fields.stored("", value, now=now)
        if parameter is None:
            return value
        if parameter.kind == Kind.STAGE:
            return str(self.names.stage(value).pk)
        if parameter.kind == Kind.VALUE:
            return self.fields.stored(str(told.get(parameter.of, "")), value)
        if parameter.kind == Kind.WHO and str(value).startswith(USER):
            return f"{USER}{self.names.user(str(value).removeprefix(USER)).pk}"
        if parameter.kind == Kind.WHO and str(value).startswith(TEAM):
            return f"{TEAM}{self.names.team(str(value).removeprefix(TEAM)).pk}"
        return value


def catalogs(connection: Connection, action: str) -> dict[str, str]:
    """Parameter → the catalog kind that it names an item of."""
    declared = action_of(connection=connection, slug=action)
    return {
        name: source.removeprefix(CATALOG)
        for name, (_label, source) in (declared.parameters if declared else {}).items()
        if isinstance(source, str)
    }


def _ordered(known: Iterable[str], values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What is chosen, as declared and then by name: stores keep the order of keys or do not."""
    order = {name: place for place, name in enumerate(known)}
    told = [(name, value) for name, value in values.items() if value not in ("", None)]
    return sorted(told, key=lambda pair: (order.get(pair[0], len(order)), pair[0]))


def _ref(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"name": str(value)}
