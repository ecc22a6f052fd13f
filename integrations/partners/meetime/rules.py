"""What the CRM's changes mean to Meetime, and with `news` what Meetime's mean here: pure, with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    AutomationView,
    ChangeView,
    Effect,
    Enroll,
    LeadView,
    Outcome,
    PersonView,
    Receipt,
    Refused,
    Sent,
    SetField,
    Situation,
    Tell,
    Tried,
)
from integrations.partners.meetime.news import name_of, on_record

__all__ = ["decide", "explain", "on_change", "on_receipt", "on_record", "values"]

TRIGGERS = {"created": "entered", "moved": "entered", "reopened": "reopened"}

LATEST_OWNER, INITIAL_OWNER = "meetime_latest_owner", "meetime_initial_owner"
LATEST_CADENCE, INITIAL_CADENCE = "meetime_latest_cadence", "meetime_initial_cadence"


# --- CRM → Meetime --------------------------------------------------------------------------------------


def on_change(change: ChangeView, situation: Situation) -> Outcome:
    """A card that enters a stage, or is reopened in it, is sent by the first automation that fits (M28)."""
    trigger = TRIGGERS.get(change.kind)
    if change.entity != "deal" or trigger is None:
        return Outcome(tried=(), ignored=True)
    stage = int(change.fields.get("stage", [None, situation.deal.stage_id])[1])
    if change.origin == f"connection:{situation.connection_id}":
        moved = Tried(row="M28", passed=False, words=_("Moves made by the integration itself do not send."))
        return Outcome(tried=(moved,))
    return decide(trigger, stage, situation)


def explain(situation: Situation) -> Sequence[Tried]:
    """Why this card was or was not sent, on the present (X1): what entering its stage now would do."""
    if situation.enrollment is not None and situation.enrollment.state != "ended":
        return (_running(situation),)
    return decide("entered", situation.deal.stage_id, situation).tried


def decide(trigger: str, stage: int, situation: Situation) -> Outcome:
    """Whether a card is sent and by which automation, with every rule tried on the way."""
    tried: list[Tried] = []
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
            words = Tell(words=tried[-1].words, saw=tried[-1].saw, severity="warning")
            return Outcome(tried=tried, effects=(words,))
    deal = situation.deal
    people = [*([deal.main] if deal.main else []), *(person for person in deal.related if _known(person))]
    return Outcome(
        tried=tried,
        effects=(
            Enroll(
                automation_id=chosen.id,
                parameters=dict(chosen.parameters),
                person_ids=list(dict.fromkeys(person.id for person in people)),
                ghost_name="" if deal.main or deal.company is None else deal.company.name,
            ),
        ),
    )


def values(situation: Situation, lead: LeadView, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """What sending this lead would say now (M11, M12): person's phones first, then the company's, no repeats.

    Raises Refused when the card, its person, the cadence or the owner is gone since (M25, M27, M16).
    """
    deal = situation.deal
    if deal.deleted or deal.status != "open":
        raise Refused(_("The card was closed before it was sent."))
    person = situation.people.get(lead.person_id)
    if person is None:
        raise Refused(_("The person was deleted before the lead was sent."))
    phones = [*person.phones, *(deal.company.phones if deal.company else ())]
    owner = _owner_row(situation)
    cadence = str(parameters["cadence"])
    if cadence not in situation.catalog["cadences"]:
        raise Refused(_("The cadence no longer exists there. Choose another in the automation."))
    if not owner:
        raise Refused(_("The card's owner no longer sells there. Choose another owner."))
    return {
        "name": person.name,
        "first_name": person.name if person.is_ghost else person.name.split(" ")[0],
        "email": person.email,
        "company": deal.company.name if deal.company else "",
        "phones": list(dict.fromkeys(phones)),
        "owner_email": str(owner.get("email", "")),
        "cadence_id": cadence,
        "start": str(parameters.get("start", "now")),
    }


def on_receipt(
    receipt: Receipt, lead: LeadView, situation: Situation, parameters: Mapping[str, Any]
) -> Outcome:
    """A lead was taken over there: its ids, and the deal's four fields from its main lead (M16–M19, M32)."""
    made = str(receipt.facts["made"])
    effects: list[Effect] = [
        Sent(
            lead_id=lead.id,
            their_id=receipt.id or "",
            state="executing" if parameters.get("start", "now") == "now" else "waiting",
            made=made,
            run=str(receipt.facts.get("run", "")),
            url=str(receipt.facts.get("url", "")),
            agreed=dict(receipt.facts.get("agreed", {})),
        )
    ]
    words = MADE[made]
    cadence = situation.catalog["cadences"].get(str(parameters["cadence"]), {}).get("name", "")
    if made != "left" and lead.is_main:
        owner = str(_owner_id(situation) or "")
        effects += [
            SetField(key=LATEST_OWNER, value=owner),
            SetField(key=INITIAL_OWNER, value=owner, once=True),
            SetField(key=LATEST_CADENCE, value=str(cadence)),
            SetField(key=INITIAL_CADENCE, value=str(cadence), once=True),
        ]
    saw = {"lead": name_of(situation, lead), "cadence": cadence}
    effects.append(Tell(words=words, saw=saw, severity="warning" if made == "left" else "success"))
    tried = Tried(row="M32", passed=made != "left", words=words, saw=saw)
    return Outcome(tried=(tried,), effects=effects)


MADE = {
    "created": _("%(lead)s became a lead in the cadence “%(cadence)s”."),
    "reopened": _("%(lead)s was a closed lead and was reopened in the cadence “%(cadence)s”."),
    "updated": _(
        "%(lead)s was an open lead and passed to the cadence “%(cadence)s”, which has higher priority."
    ),
    "left": _(
        "%(lead)s is already an open lead in a cadence of the same or higher priority than “%(cadence)s” "
        "and was left as it is."
    ),
}


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
    if _owner_row(situation):
        return Tried(
            row="M16",
            passed=True,
            words=_("The owner is a seller there."),
            saw={"owner": _owner_row(situation)["email"]},
        )
    words = _("Not sent: choose in “Latest owner (Meetime)” or as the card's owner someone who sells there.")
    return Tried(row="M16", passed=False, words=words, saw={"owner": _owner_id(situation)})


def _owner_id(situation: Situation) -> int | None:
    """Who gets the lead: the field "Responsável mais recente", else the card's owner when linked (M16)."""
    chosen = situation.deal.fields.get(LATEST_OWNER, "")
    return int(chosen) if chosen.isdigit() else situation.deal.owner_id


def _owner_row(situation: Situation) -> Mapping[str, Any]:
    their_id = situation.users.get(_owner_id(situation) or 0, "")
    row = situation.catalog["users"].get(their_id, {})
    return row if row.get("active", True) else {}


def _known(person: PersonView) -> bool:
    return bool(person.name or person.email)
