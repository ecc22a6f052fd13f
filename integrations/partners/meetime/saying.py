"""What each action says, computed from the card as it stands when it is spoken: pure (M11, M12, M36, M47)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from integrations.contract import LeadView, Refused, Situation
from integrations.partners.meetime.seeing import owner_row

Asked = Mapping[str, Any]


def send_lead(situation: Situation, lead: LeadView, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001
    """What sending this lead would say now: its fields, its owner, its cadence and how it starts.

    Raises Refused when the card, its person, the cadence or the owner is gone since (M25, M27, M16).
    """
    deal = situation.deal
    parameters = situation.enrollment.parameters if situation.enrollment else {}
    if deal.deleted or deal.status != "open":
        raise Refused(_("The card was closed before it was sent."))
    fields = update_lead(situation, lead, {})
    owner = owner_row(situation)
    cadence = str(parameters["cadence"])
    if cadence not in situation.catalog["cadences"]:
        raise Refused(_("The cadence no longer exists there. Choose another in the automation."))
    if not owner:
        raise Refused(_("The card's owner no longer sells there. Choose another owner."))
    person = situation.people[lead.person_id]
    return {
        **fields,
        "first_name": person.name if person.is_ghost else person.name.split(" ")[0],
        "owner_email": str(owner.get("email", "")),
        "cadence_id": cadence,
        "start": str(parameters.get("start", "now")),
    }


def update_lead(situation: Situation, lead: LeadView, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001
    """The fields that follow, as they stand: the person's phones, then the company's, once (M11, M12)."""
    person = situation.people.get(lead.person_id)
    company = lead.own_company or situation.deal.company
    if person is None:
        raise Refused(_("The person was deleted before the lead was sent."))
    phones = [*person.phones, *(company.phones if company else ())]
    return {
        "name": person.name,
        "email": person.email,
        "company": company.name if company else "",
        "phones": list(dict.fromkeys(phones)),
        **situation.told.get(lead.person_id, {}),
    }


def close_lead(situation: Situation, lead: LeadView, asked: Asked) -> Mapping[str, Any]:
    """Won, or lost with the card's reason (M47); of the run over there that was this card's."""
    return {"result": asked["result"], "reason": situation.deal.loss_reason, "run": lead.their_run}


def collect(situation: Situation, lead: LeadView, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001
    """Nothing: it is a question (M42)."""
    return {}


def place_deal(situation: Situation, lead: LeadView, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001
    """Where the card stands now, and why a move was declined (M36)."""
    deal = situation.deal
    return {
        "deal": str(deal.id),
        "funnel": str(deal.funnel_id),
        "stage": str(deal.stage_id),
        "message": str(asked.get("message", "")),
    }


SAYS: Mapping[str, Callable[[Situation, LeadView, Asked], Mapping[str, Any]]] = {
    "send_lead": send_lead,
    "update_lead": update_lead,
    "close_lead": close_lead,
    "collect": collect,
    "place_deal": place_deal,
}
