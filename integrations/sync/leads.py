"""A lead's own page, its fields, and a person's cards with why each was sent or not (X1, M48)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.portal import PortalRequest, page, render_page
from funnels.models import Person
from funnels.visibility import owned
from integrations.contract import partners
from integrations.engine import explain_lead, explain_person
from integrations.engine.fieldstate import FieldState, State
from integrations.models import Arrival, Lead, OutboxAction
from integrations.sync import saw
from integrations.sync.card import TONES
from mapping.models import FieldMap

TONES_OF_FIELDS: Mapping[str, str] = {
    State.IN_STEP: "ok",
    State.WAITING: "info",
    State.DIFFERS: "warn",
    State.APART: "",
    State.FAILED: "danger",
    State.GONE: "warn",
    State.ENDED: "",
}
TONES_OF_NEWS: Mapping[str, str] = {
    Arrival.State.APPLIED: "ok",
    Arrival.State.WAITING: "info",
    Arrival.State.FAILED: "danger",
}


@page(module="deals")
@require_GET
def lead(request: PortalRequest, lead_id: int) -> HttpResponse:
    """Everything about one lead: its run, what was asked, what arrived, how its fields stand."""
    told = explain_lead.explain_lead(_lead_of(request, lead_id))
    reader = saw.reader_of(request.account)
    run = told.lead.enrollment
    context = {
        "title": str(told.lead.person) or _("Lead"),
        "told": told,
        "lead": told.lead,
        "run": run,
        "deal": run.deal,
        "partner": partners()[told.connection.partner].label,
        "tone": TONES.get(told.lead.state, ""),
        "then": reader.lines(told.then),
        "actions": [
            {
                "asked": each,
                "evidence": saw.evidence(each.evidence),
                "stuck": each.action.state in OutboxAction.NEEDS_PERSON,
            }
            for each in told.actions
        ],
        "news": [
            {
                "news": each,
                "what": saw.news_words(each.arrival.kind, each.arrival.event),
                "rules": reader.lines(each.tried),
                "tone": TONES_OF_NEWS.get(each.arrival.state, ""),
            }
            for each in told.news
        ],
        "fields": field_rows(told.fields),
    }
    return render_page(request, "integrations/lead.html", context)


@page(module="deals")
@require_GET
def lead_fields(request: PortalRequest, lead_id: int) -> HttpResponse:
    """How the lead's fields stand, asked for when they are opened on a card."""
    row = _lead_of(request, lead_id)
    context = {"fields": field_rows(explain_lead.fields_of(row)), "lead": row}
    return TemplateResponse(request, "integrations/panels/fields.html", context)


@page(module="deals")
@require_GET
def person_explain(request: PortalRequest, person_id: int) -> HttpResponse:
    """Her cards, newest first; what the rules say of one now is asked for when it is opened."""
    person = get_object_or_404(Person.objects.of(request.account), pk=person_id, deleted_at=None)
    told = explain_person.explain_person(person, now=False, seen=owned(request.membership))
    cards = [
        {
            "card": card,
            "gone": card.deal.deleted_at is not None,
            "roles": [role.label for role in card.roles],
            "leads": [
                {"told": each, "lead": each.lead, "tone": TONES.get(each.lead.state, "")}
                for each in card.leads
            ],
        }
        for card in told.cards
    ]
    context = {"told": told, "cards": cards}
    return TemplateResponse(request, "integrations/panels/person_explained.html", context)


def field_rows(fields: Sequence[FieldState]) -> list[dict[str, Any]]:
    """Fields as their table shows them."""
    entities = dict(FieldMap.Entity.choices)
    return [
        {
            "field": each,
            "of": entities.get(each.entity, each.entity),
            "tone": TONES_OF_FIELDS[each.state],
            "words": each.state.label,
        }
        for each in fields
    ]


def _lead_of(request: PortalRequest, lead_id: int) -> Lead:
    """The account's lead with its run, else 404; also when its card is not the member's to see."""
    seen = owned(request.membership, "enrollment__deal__")
    rows = (
        Lead.objects.of(request.account)
        .filter(seen)
        .select_related("person", "enrollment__connection", "enrollment__deal")
    )
    found: Lead = get_object_or_404(rows, pk=lead_id)
    return found
