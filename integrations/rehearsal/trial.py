"""An automation that is only tried: a stage and parameters as one would have them, never saved (X2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from integrations.automations.offers import CATALOG, catalog_choices
from integrations.contract import AutomationAction, AutomationView, Partner, partner
from integrations.models import Automation, Connection

TRIGGER = Automation.Trigger.ENTERED


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The stage that cards are made to enter, and the parameters of the partner's action."""

    stage: Stage
    parameters: Mapping[str, str]


def trial_of(*, connection: Connection, funnel: Funnel, stage: Stage, parameters: Mapping[str, Any]) -> Trial:
    """A trial that could be an automation; raises NotAllowed with words for what could not (M24, M27)."""
    spoken_to = partner(connection.partner)
    action = action_of(spoken_to)
    if action is None:
        raise NotAllowed(_("%(partner)s sends nothing from funnels.") % {"partner": spoken_to.label})
    if stage.funnel_id != funnel.pk:
        raise NotAllowed(
            _("The stage belongs to another funnel. Choose one of “%(funnel)s”.") % {"funnel": funnel.name}
        )
    if not spoken_to.offers(connection.pk, [funnel.pk]):
        words = _("The funnel “%(funnel)s” may not send. Allow it in the settings of the integration first.")
        raise NotAllowed(words % {"funnel": funnel.name})
    return Trial(stage=stage, parameters=_checked(action, connection, parameters))


def action_of(spoken_to: Partner) -> AutomationAction | None:
    """The action with which cards that enter a stage are sent, or None."""
    actions = spoken_to.automation_actions
    return next((action for action in actions if TRIGGER in action.triggers), None)


def choices_of(*, connection: Connection, action: AutomationAction) -> dict[str, list[tuple[str, str]]]:
    """Parameter → its choices as they are now, (value, label)."""
    return {
        name: catalog_choices(connection=connection, kind=source.removeprefix(CATALOG))
        if isinstance(source, str)
        else [(str(value), str(words)) for value, words in source]
        for name, (_label, source) in action.parameters.items()
    }


def _checked(
    action: AutomationAction, connection: Connection, parameters: Mapping[str, Any]
) -> dict[str, str]:
    choices = choices_of(connection=connection, action=action)
    checked = {name: str(parameters.get(name) or "") for name in action.parameters}
    for name, (label, _source) in action.parameters.items():
        if checked[name] not in dict(choices[name]):
            raise NotAllowed(_("Choose “%(label)s” from its list.") % {"label": label})
    return checked


def view_of(trial: Trial, *, connection: Connection) -> AutomationView:
    """The trial as rules see an automation; the only one of its funnel."""
    action = action_of(partner(connection.partner))
    assert action is not None
    return AutomationView(
        id=0,
        order=0,
        description=_("Trial automation"),
        trigger=TRIGGER,
        stage_id=trial.stage.pk,
        action=action.slug,
        connection_id=connection.pk,
        parameters=dict(trial.parameters),
        matches=True,
        filters_saw=(),
        enabled=True,
    )
