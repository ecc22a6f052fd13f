"""Which automation actions a funnel is offered, and why an automation of it stands still (M9, M24, M27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.modules import module_on, off_words
from funnels.models import Funnel
from integrations.activation.sections import screens_of
from integrations.activation.steps import module_names
from integrations.contract import AutomationAction, partners
from integrations.engine import needs
from integrations.models import Automation, CatalogItem, Connection
from integrations.workflow.checking import Book, gone
from integrations.workflow.declaration import ACTIONS, TRIGGER_VALUES, CrmAction, Kind

CATALOG = "catalog:"
OWN = "crm"
State = Connection.State


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An action of the CRM (without a connection) or of a connected partner, on one funnel.

    `refused` is why it may not be chosen, or "".
    """

    action: AutomationAction | CrmAction
    connection: Connection | None
    refused: str = ""

    @property
    def value(self) -> str:
        """What the form's list carries."""
        return f"{self.connection.pk if self.connection else OWN}:{self.action.slug}"


def offers_of(*, funnel: Funnel) -> list[Offer]:
    """Every action of every connected partner, each with why not, then the CRM's own (M24, S7)."""
    connections = Connection.objects.of(funnel.account_id).exclude(state=State.INACTIVE).order_by("id")
    theirs = [
        Offer(action=action, connection=connection, refused=standing(connection=connection, funnel=funnel))
        for connection in connections
        if connection.partner in partners()
        for action in partners()[connection.partner].automation_actions
    ]
    return theirs + [Offer(action=action, connection=None) for action in ACTIONS.values()]


def groups_of(offers: Iterable[Offer]) -> list[tuple[str, list[Offer]]]:
    """The offers under whose they are, for a select's option groups."""
    groups: dict[str, list[Offer]] = {}
    for offer in offers:
        name = str(partners()[offer.connection.partner].label) if offer.connection else _("CRM")
        groups.setdefault(name, []).append(offer)
    return list(groups.items())


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


def standing(*, connection: Connection | None, funnel: Funnel, action: str = "") -> str:
    """Why the connection's actions, or the CRM's own, do not run on this funnel; "" when they do."""
    if connection is None and action in ACTIONS:
        return "" if module_on(funnel.account_id, "workflow") else off_words("workflow")
    if connection is None or connection.partner not in partners():
        return _("The integration of this automation was removed.")
    label = partners()[connection.partner].label
    missing = needs.missing_modules(connection.account, connection.partner, connection.flow)
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
    if not partners()[connection.partner].sends(connection.flow):
        return _("In the flow chosen for %(partner)s no card is sent: its action is not used in it.") % {
            "partner": label
        }
    if not partners()[connection.partner].offers(connection.pk, [funnel.pk]):
        return str(screens_of(connection.partner).not_offered) or _(
            "This funnel is not allowed to use %(partner)s."
        ) % {"partner": label}
    return ""


def stopped_of(automations: Iterable[Automation]) -> dict[int, str]:
    """Automation id → why it does not run, in words, or "" (M9, M27); constant queries for one funnel."""
    rows = list(automations)
    places: dict[tuple[int | None, int, bool], str] = {}
    gone = {**_gone(rows), **_own_gone(rows)}
    stopped = {}
    for row in rows:
        place = (row.connection_id, row.funnel_id, row.action in ACTIONS)
        if place not in places:
            places[place] = standing(connection=row.connection, funnel=row.funnel, action=row.action)
        stopped[row.pk] = places[place] or gone.get(row.pk, "")
    return stopped


def stopped_words(automation: Automation) -> str:
    """Why this automation does not run, in words; "" when it does."""
    return stopped_of([automation])[automation.pk]


def catalog_choices(*, connection: Connection, kind: str) -> list[tuple[str, str]]:
    """The living rows of a catalog kind as (their id, name), for a parameter's list (M27).

    Those that do not run there come last and say so: whether they take leads is not known.
    """
    rows = (
        CatalogItem.objects.of(connection.account_id)
        .filter(connection=connection, kind=kind, gone_at=None)
        .order_by("name", "id")
    )
    active = [(row.their_id, str(row)) for row in rows if row.data.get("active", True)]
    resting = [
        (row.their_id, _("%(name)s (not running there)") % {"name": row})
        for row in rows
        if not row.data.get("active", True)
    ]
    return active + resting


def described(automations: Sequence[Automation]) -> dict[int, dict[str, Any]]:
    """Automation id → {"action", "trigger", "parameters": [(label, value in words)]}; constant queries."""
    found: dict[int, dict[str, Any]] = {}
    names = _catalog_names(automations)
    book = Book(automations[0].account) if automations else None
    for row in automations:
        if book is not None and is_own(row):
            own = ACTIONS[row.action]
            pairs = [(str(each.label), book.label(each, row.parameters)) for each in own.parameters]
            found[row.pk] = {"action": str(own.label), "parameters": [each for each in pairs if each[1]]}
            continue
        action = action_of(connection=row.connection, slug=row.action)
        pairs = []
        for name, (label, source) in (action.parameters if action else {}).items():
            value = str(row.parameters.get(name, ""))
            if isinstance(source, str):
                key = (row.connection_id or 0, source.removeprefix(CATALOG), value)
                pairs.append((str(label), names[key][0] if key in names else value))
            else:
                pairs.append((str(label), str(dict(source).get(value, value))))
        found[row.pk] = {
            "action": str(action.label) if action else row.action,
            "parameters": [_once(*each) for each in pairs if each[1]],
        }
    for row in automations:
        spec = TRIGGER_VALUES.get(row.trigger, ())
        values = {each.name: book.label(each, row.trigger_values) for each in spec} if book else {}
        found[row.pk]["trigger"] = trigger_words(row, values)
    return found


def _once(label: str, value: str) -> tuple[str, str]:
    """Without a label where the value says it itself: “Immediate start” of “Start”."""
    return ("", value) if label.casefold() in value.casefold().split() else (label, value)


FOR_DAYS: Mapping[str, Any] = {
    Automation.Trigger.IDLE: ngettext_lazy(
        "Card idle for %(days)s day", "Card idle for %(days)s days", "days"
    ),
    Automation.Trigger.CLIENT_IDLE: ngettext_lazy(
        "Client inactive for %(days)s day", "Client inactive for %(days)s days", "days"
    ),
}


def is_own(row: Automation) -> bool:
    """Whether the CRM does it by itself."""
    return row.connection_id is None and row.action in ACTIONS


def trigger_words(row: Automation, values: Mapping[str, str]) -> str:
    """A trigger with what it needs to know: “Card idle for 7 days”, “Field changed: Value”."""
    if row.trigger in FOR_DAYS and row.trigger_values.get("days"):
        return str(FOR_DAYS[row.trigger] % {"days": int(row.trigger_values["days"])})
    names = [each.name for each in TRIGGER_VALUES.get(row.trigger, ()) if each.kind != Kind.FLAG]
    said = ", ".join(values[name] for name in names)
    return f"{row.get_trigger_display()}: {said}" if said else str(row.get_trigger_display())


def _own_gone(rows: Sequence[Automation]) -> dict[int, str]:
    """Automations of the CRM whose stage, person, team or field is gone (S7)."""
    own = [row for row in rows if is_own(row)]
    book = Book(own[0].account) if own else None
    found = {}
    for row in own:
        assert book is not None
        words = gone(book=book, parameters=ACTIONS[row.action].parameters, values=row.parameters) or gone(
            book=book, parameters=TRIGGER_VALUES.get(row.trigger, ()), values=row.trigger_values
        )
        if words:
            found[row.pk] = words
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
