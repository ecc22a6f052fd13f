"""What the CRM's changes mean to Meetime, and with `news` what Meetime's mean here: pure, with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    AutomationView,
    ChangeView,
    EndEnrollment,
    Enroll,
    Outcome,
    PersonView,
    Situation,
    Tell,
    Tried,
)
from integrations.partners.meetime import integrated
from integrations.partners.meetime.news import on_record
from integrations.partners.meetime.seeing import owner_id, owner_row

__all__ = ["decide", "explain", "on_change", "on_record"]

TRIGGERS = {"created": "entered", "moved": "entered", "reopened": "reopened"}


# --- CRM → Meetime --------------------------------------------------------------------------------------


def on_change(change: ChangeView, situation: Situation) -> Outcome:
    """A card that enters a stage, or is reopened in it, is sent by the first automation that fits (M28).

    What else changes on a card in prospection is `integrated`'s.
    """
    if change.entity != "deal":
        return Outcome(tried=(), ignored=True)
    trigger, own = TRIGGERS.get(change.kind), change.origin == f"connection:{situation.connection_id}"
    if own and trigger:
        moved = Tried(row="M28", passed=False, words=_("Moves made by the integration itself do not send."))
        return Outcome(tried=(moved,))
    if own:
        return Outcome(tried=(), ignored=True)
    running = situation.enrollment is not None and situation.enrollment.state != "ended"
    if running:
        told = integrated.on_change(change, situation)
        if told is not None:
            goes_on = trigger and not any(isinstance(each, EndEnrollment) for each in told.effects)
            return replace(told, tried=(*told.tried, _running(situation, passed=False))) if goes_on else told
    if trigger is None:
        return Outcome(tried=(), ignored=True)
    stage = int(change.fields.get("stage", [None, situation.deal.stage_id])[1])
    return decide(trigger, stage, situation)


def explain(situation: Situation) -> Sequence[Tried]:
    """Why this card was or was not sent, on the present (X1): what entering its stage now would do."""
    if situation.enrollment is not None and situation.enrollment.state != "ended":
        return (_running(situation),)
    return decide("entered", situation.deal.stage_id, situation).tried


def decide(trigger: str, stage: int, situation: Situation) -> Outcome:
    """Whether a card is sent and by which automation, with every rule tried on the way."""
    tried: list[Tried] = []
    if situation.flow == "won_leads":
        words = _("The flow “Receive won leads” sends nothing.")
        return Outcome(tried=(Tried(row="M45", passed=False, words=words),))
    for check in (_is_open, _is_connected, _is_not_running):
        tried.append(check(situation))
        if not tried[-1].passed:
            return Outcome(tried=tried)
    chosen = _first_automation(trigger, stage, situation, tried)
    if chosen is None:
        return Outcome(tried=tried)
    for gate in (_has_someone, _has_cadence, _has_owner):
        tried.append(gate(situation, chosen))
        if not tried[-1].passed:
            told = Tell(words=tried[-1].words, saw=tried[-1].saw, severity="warning")
            return Outcome(tried=tried, effects=(told,))
    deal = situation.deal
    people = [*([deal.main] if deal.main else []), *(person for person in deal.related if _known(person))]
    return Outcome(
        tried=tried,
        effects=(
            Enroll(
                automation_id=chosen.id,
                action="send_lead",
                parameters=dict(chosen.parameters),
                person_ids=list(dict.fromkeys(person.id for person in people)),
                ghost_name="" if deal.main or deal.company is None else deal.company.name,
            ),
        ),
    )


# --- Single rules -------------------------------------------------------------------------------------


def _is_open(situation: Situation) -> Tried:
    status = "deleted" if situation.deal.deleted else situation.deal.status
    passed = status == "open"
    words = _("The card is open.") if passed else _("Only open cards are sent.")
    return Tried(row="M25", passed=passed, words=words, saw={"status": status})


def _is_connected(situation: Situation) -> Tried:
    passed = situation.connection_state == "active"
    words = _("The integration is active.") if passed else _("The integration is not active.")
    return Tried(row="M24", passed=passed, words=words, saw={"state": situation.connection_state})


def _is_not_running(situation: Situation) -> Tried:
    if situation.enrollment is not None and situation.enrollment.state != "ended":
        return _running(situation, passed=False)
    return Tried(row="M28", passed=True, words=_("The card has no lead in prospection yet."))


def _running(situation: Situation, *, passed: bool = True) -> Tried:
    run = situation.enrollment
    assert run is not None
    return Tried(
        row="M28",
        passed=passed,
        words=_("The card is already in prospection."),
        saw={"leads": len(run.leads), "number": run.number},
    )


def _first_automation(
    trigger: str, stage: int, situation: Situation, tried: list[Tried]
) -> AutomationView | None:
    """The first in order that fits sends (M28); every other one says why it did not."""
    here = [
        each
        for each in situation.automations
        if each.connection_id == situation.connection_id
        and each.stage_id == stage
        and each.trigger == trigger
    ]
    if not here:
        words = _("No automation of this stage sends cards with this trigger.")
        tried.append(Tried(row="M28", passed=False, words=words, saw={"trigger": trigger}))
        return None
    for each in sorted(here, key=lambda automation: automation.order):
        saw = {"automation": each.description}
        if not each.enabled:
            tried.append(
                Tried(row="M24", passed=False, words=_("“%(automation)s” is switched off."), saw=saw)
            )
        elif situation.deal.funnel_id not in situation.settings["funnels"]:
            words = _("“%(automation)s” is stopped: its funnel may not send leads.")
            tried.append(Tried(row="M9", passed=False, words=words, saw=saw))
        elif not each.matches:
            words = _("The card does not pass the filters of “%(automation)s”.")
            tried.append(
                Tried(row="M26", passed=False, words=words, saw={**saw, "filters": list(each.filters_saw)})
            )
        else:
            words = _("“%(automation)s” is the first automation that fits.")
            tried.append(Tried(row="M28", passed=True, words=words, saw=saw))
            return each
    return None


def _has_someone(situation: Situation, _chosen: AutomationView) -> Tried:
    deal = situation.deal
    saw = {
        "name": deal.main.name if deal.main else "",
        "email": deal.main.email if deal.main else "",
        "company": deal.company.name if deal.company else "",
    }
    passed = any(saw.values())
    words = (
        _("The card says who the lead is.")
        if passed
        else _("Not sent: the card needs the main contact's name or e-mail, or the company's name.")
    )
    return Tried(row="M30", passed=passed, words=words, saw=saw)


def _has_cadence(situation: Situation, chosen: AutomationView) -> Tried:
    wanted = str(chosen.parameters.get("cadence", ""))
    row = situation.catalog["cadences"].get(wanted)
    if row is None:
        words = _(
            "Not sent: the cadence of “%(automation)s” no longer exists. Choose another in the automation."
        )
        return Tried(
            row="M27", passed=False, words=words, saw={"automation": chosen.description, "id": wanted}
        )
    return Tried(row="M27", passed=True, words=_("The cadence exists."), saw={"cadence": row.get("name", "")})


def _has_owner(situation: Situation, _chosen: AutomationView) -> Tried:
    if owner_row(situation):
        return Tried(
            row="M16",
            passed=True,
            words=_("The owner is a seller there."),
            saw={"owner": owner_row(situation)["email"]},
        )
    words = _("Not sent: choose in “Latest owner (Meetime)” or as the card's owner someone who sells there.")
    return Tried(row="M16", passed=False, words=words, saw={"owner": owner_id(situation)})


def _known(person: PersonView) -> bool:
    return bool(person.name or person.email)
