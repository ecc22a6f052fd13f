"""Which automation actions a funnel is offered, and why an automation of it stands still (M9, M24, M27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from funnels.models import Funnel
from integrations.activation.sections import screens_of
from integrations.activation.steps import module_names
from integrations.contract import AutomationAction, partners
from integrations.engine import needs
from integrations.models import Automation, CatalogItem, Connection

CATALOG = "catalog:"
State = Connection.State


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An action of a connected partner on one funnel; `refused` is why it may not be chosen, or ""."""

    action: AutomationAction
    connection: Connection
    refused: str

    @property
    def value(self) -> str:
        """What the form's list carries."""
        return f"{self.connection.pk}:{self.action.slug}"


def offers_of(*, funnel: Funnel) -> list[Offer]:
    """Every action of every connected partner of the funnel's account, each with why not (M24)."""
    connections = Connection.objects.of(funnel.account_id).exclude(state=State.INACTIVE).order_by("id")
    return [
        Offer(action=action, connection=connection, refused=standing(connection=connection, funnel=funnel))
        for connection in connections
        if connection.partner in partners()
        for action in partners()[connection.partner].automation_actions
    ]


def action_of(*, connection: Connection | None, slug: str) -> AutomationAction | None:
    """The action of that slug as its partner declares it, or None."""
    if connection is None or connection.partner not in partners():
        return None
    actions = partners()[connection.partner].automation_actions
    return next((action for action in actions if action.slug == slug), None)


_STANDING: Mapping[str, str] = {
    State.DRAFT: "not connected",
    State.VALIDATED: "not connected",
    State.ENABLED: "not connected",
    State.INACTIVE: "not connected",
    State.PAUSED: "paused",
    State.BROKEN: "broken",
}


def standing(*, connection: Connection | None, funnel: Funnel) -> str:
    """Why the connection's actions do not run on this funnel, in words; "" when they do."""
    if connection is None or connection.partner not in partners():
        return _("The integration of this automation was removed.")
    label = partners()[connection.partner].label
    missing = needs.missing_modules(account=connection.account, partner=connection.partner)
    if missing:
        return _("%(partner)s needs the module %(modules)s, which is off.") % {
            "partner": label,
            "modules": ", ".join(module_names(missing)),
        }
    words = {
        "not connected": _("%(partner)s is not connected: activate the integration first."),
        "paused": _("The integration with %(partner)s is paused."),
        "broken": _("%(partner)s refused the credentials: an administrator must validate a new token."),
    }.get(_STANDING.get(str(connection.state), ""))
    if words:
        return words % {"partner": label}
    if not partners()[connection.partner].offers(connection.pk, funnel.pk):
        return str(screens_of(connection.partner).not_offered) or _(
            "This funnel is not allowed to use %(partner)s."
        ) % {"partner": label}
    return ""


def stopped_of(automations: Iterable[Automation]) -> dict[int, str]:
    """Automation id → why it does not run, in words, or "" (M9, M27); constant queries for one funnel."""
    rows = list(automations)
    places: dict[tuple[int | None, int], str] = {}
    gone = _gone(rows)
    stopped = {}
    for row in rows:
        place = (row.connection_id, row.funnel_id)
        if place not in places:
            places[place] = standing(connection=row.connection, funnel=row.funnel)
        stopped[row.pk] = places[place] or gone.get(row.pk, "")
    return stopped


def stopped_words(automation: Automation) -> str:
    """Why this automation does not run, in words; "" when it does."""
    return stopped_of([automation])[automation.pk]


def catalog_choices(*, connection: Connection, kind: str) -> list[tuple[str, str]]:
    """The living rows of a catalog kind as (their id, name), for a parameter's list (M27)."""
    rows = (
        CatalogItem.objects.of(connection.account_id)
        .filter(connection=connection, kind=kind, gone_at=None)
        .order_by("name", "id")
    )
    return [(row.their_id, str(row)) for row in rows]


def described(automations: Sequence[Automation]) -> dict[int, dict[str, Any]]:
    """Automation id → {"action", "parameters": [(label, value in words)]}; one query for all catalogs."""
    found = {}
    names = _catalog_names(automations)
    for row in automations:
        action = action_of(connection=row.connection, slug=row.action)
        pairs = []
        for name, (label, source) in (action.parameters if action else {}).items():
            value = str(row.parameters.get(name, ""))
            if isinstance(source, str):
                key = (row.connection_id or 0, source.removeprefix(CATALOG), value)
                pairs.append((str(label), names[key][0] if key in names else value))
            else:
                pairs.append((str(label), str(dict(source).get(value, value))))
        found[row.pk] = {"action": str(action.label) if action else row.action, "parameters": pairs}
    return found


def _gone(rows: Sequence[Automation]) -> dict[int, str]:
    """Automations whose parameter names a catalog row that their partner no longer lists (M27)."""
    names = _catalog_names(rows)
    gone = {}
    for row in rows:
        for label, kind, their_id in _catalog_parameters(row):
            name, living = names.get((row.connection_id or 0, kind, their_id), (their_id, False))
            if not living:
                gone[row.pk] = _(
                    "%(label)s “%(name)s” does not exist at the partner any more: choose another."
                ) % {
                    "label": label,
                    "name": name,
                }
    return gone


def _catalog_parameters(row: Automation) -> list[tuple[str, str, str]]:
    """(label, kind, their id) of the parameters that come from a catalog."""
    action = action_of(connection=row.connection, slug=row.action)
    return [
        (str(label), source.removeprefix(CATALOG), str(row.parameters.get(name, "")))
        for name, (label, source) in (action.parameters if action else {}).items()
        if isinstance(source, str)
    ]


def _catalog_names(rows: Sequence[Automation]) -> dict[tuple[int, str, str], tuple[str, bool]]:
    """(connection, kind, their id) → (name, still listed), for the catalog rows that these name."""
    wanted = [(row.connection_id, kind, id) for row in rows for _label, kind, id in _catalog_parameters(row)]
    if not wanted:
        return {}
    listed = CatalogItem.objects.of(rows[0].account_id).filter(
        connection_id__in={connection for connection, _kind, _id in wanted},
        kind__in={kind for _connection, kind, _id in wanted},
        their_id__in={id for _connection, _kind, id in wanted},
    )
    return {(i.connection_id, i.kind, i.their_id): (str(i), i.gone_at is None) for i in listed}
