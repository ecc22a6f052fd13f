"""What can be rehearsed on a connection, and what an address asks for (X2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from integrations.contract import Partner
from integrations.models import Automation, Connection
from integrations.rehearsal.run import MOST, automations_of
from integrations.rehearsal.trial import Trial, action_of, choices_of, trial_of

TRIAL, ALL = "trial", "all"
AMOUNTS = (10, 25, MOST)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the form shows: `what` is "all", "trial" or an automation's id; "" before anything was asked."""

    what: str
    most: int
    automations: Sequence[Automation]
    funnels: Sequence[tuple[Funnel, Sequence[Stage]]]
    stage: str = ""
    parameters: Sequence[Mapping[str, Any]] = ()

    @property
    def amounts(self) -> list[int]:
        """How many cards may be asked for, what was asked among them."""
        return sorted({*AMOUNTS, self.most})


def choice_of(*, connection: Connection, partner: Partner, asked: QueryDict) -> Choice:
    """The form as the address fills it."""
    automations = automations_of(connection)
    known = {ALL, TRIAL, *(str(row.pk) for row in automations)}
    what = asked.get("what", "")
    return Choice(
        what=what if what in known else "",
        most=_amount(asked.get("most", "")),
        automations=automations,
        funnels=_funnels(connection, partner),
        stage=asked.get("stage", ""),
        parameters=_parameters(connection, partner, asked),
    )


def _amount(typed: str) -> int:
    """How many cards at most: 1 to MOST, MOST for anything else."""
    number = int(typed) if typed.isdecimal() and len(typed) < 9 else 0
    return number if 0 < number < MOST else MOST


def asked_of(choice: Choice, *, connection: Connection) -> tuple[Automation | None, Trial | None]:
    """The automation or the trial that is asked for, neither for all; NotAllowed says what lacks."""
    if choice.what != TRIAL:
        return next((row for row in choice.automations if str(row.pk) == choice.what), None), None
    for funnel, stages in choice.funnels:
        for stage in stages:
            if str(stage.pk) == choice.stage:
                values = {str(one["name"]): one["value"] for one in choice.parameters}
                return None, trial_of(connection=connection, funnel=funnel, stage=stage, parameters=values)
    raise NotAllowed(_("Choose the stage that the cards enter."))


def _funnels(connection: Connection, partner: Partner) -> list[tuple[Funnel, list[Stage]]]:
    """The funnels on which cards may be sent, with their stages (M24)."""
    found: dict[int, tuple[Funnel, list[Stage]]] = {}
    rows = Stage.objects.of(connection.account_id).select_related("funnel")
    for stage in rows.order_by("funnel__position", "funnel_id", "position", "pk"):
        found.setdefault(stage.funnel_id, (stage.funnel, []))[1].append(stage)
    offered = partner.offers(connection.pk, found)
    return [each for pk, each in found.items() if pk in offered]


def _parameters(connection: Connection, partner: Partner, asked: QueryDict) -> list[dict[str, Any]]:
    action = action_of(partner)
    if action is None:
        return []
    choices = choices_of(connection=connection, action=action)
    return [
        {
            "name": name,
            "label": label,
            "choices": choices[name],
            "listed": isinstance(source, str),
            "value": asked.get(f"param-{name}", "")
            or ("" if isinstance(source, str) else next((value for value, _words in choices[name]), "")),
        }
        for name, (label, source) in action.parameters.items()
    ]
