"""The rehearsal's page: what is rehearsed, and what came of it, card by card (X2)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET

from accounts.portal import PortalRequest, page, render_page
from funnels.conditions import fields_for
from funnels.services import NotAllowed
from integrations.activation.steps import living
from integrations.contract import partners
from integrations.engine import needs
from integrations.engine.life import WrongState
from integrations.models import Connection
from integrations.rehearsal.choice import Choice, asked_of, choice_of
from integrations.rehearsal.result import Became, CardShown, LeadShown, Rehearsal, Same
from integrations.rehearsal.run import refuse_unfit, rehearse
from integrations.sync.saw import owners, pairs

BECAME = {  # word → label, tone, icon
    Became.SENT: (gettext_lazy("Would be sent"), "ok", "check_circle"),
    Became.LEFT: (gettext_lazy("Left as it is"), "warn", "merge"),
    Became.REFUSED: (gettext_lazy("Would be declined"), "danger", "block"),
    Became.STOPPED: (gettext_lazy("Would not be sent"), "", "remove_circle"),
}
COUNTED = {  # how many became of it, after the number
    Became.SENT: ngettext_lazy("would be sent", "would be sent"),
    Became.LEFT: ngettext_lazy("would be left as it is", "would be left as they are"),
    Became.REFUSED: ngettext_lazy("would be declined", "would be declined"),
    Became.STOPPED: ngettext_lazy("would not be sent", "would not be sent"),
}
SAME = {  # word → label, tone
    Same.SAME: (gettext_lazy("same"), "ok"),
    Same.DIFFERS: (gettext_lazy("differs"), "warn"),
    Same.NOT_SENT: (gettext_lazy("not sent"), ""),
}
MADE = {
    "created": gettext_lazy("new lead"),
    "reopened": gettext_lazy("reopened"),
    "updated": gettext_lazy("passes to this card"),
    "left": gettext_lazy("left as it is"),
}


@page(administrator=True)
@require_GET
def rehearsal(request: PortalRequest, slug: str) -> HttpResponse:
    """The choice; with one made, the rehearsal itself: it is quick, and reading it anew repeats it."""
    partner = partners().get(slug)
    connection = living(account=request.account, slug=slug) if partner else None
    if partner is None or connection is None:
        raise Http404
    try:
        refuse_unfit(connection)
    except WrongState as refused:
        messages.error(request, refused.words)
        return redirect("portal:activation", slug)
    choice = choice_of(connection=connection, partner=partner, asked=request.GET)
    context: dict[str, Any] = {
        "title": _("Rehearsal: %(partner)s") % {"partner": partner.label},
        "partner": partner,
        "connection": connection,
        "choice": choice,
        "missing": needs.missing_words(request.account, slug, connection.flow),
        "chosen": choice.what or _first(choice),
    }
    refused_words = ""
    if choice.what:
        try:
            context |= _shown(_rehearsed(connection, choice), request)
        except NotAllowed as refused:
            refused_words = refused.words
    context["refused"] = refused_words
    return render_page(request, "integrations/rehearsal.html", context, status=422 if refused_words else 200)


def _first(choice: Choice) -> str:
    return str(choice.automations[0].pk) if choice.automations else "trial"


def _rehearsed(connection: Connection, choice: Choice) -> Rehearsal:
    automation, trial = asked_of(choice, connection=connection)
    return rehearse(
        connection=connection, now=timezone.now(), most=choice.most, automation=automation, trial=trial
    )


def _shown(found: Rehearsal, request: PortalRequest) -> dict[str, Any]:
    """Words, tones and shares for the template."""
    fields = {field.key: field for field in fields_for(request.account)}
    names = owners(request.account)
    parts = [
        {"label": _counted(found, each), "tone": tone, "count": found.count(each)}
        | {"share": _share(found, each)}
        for each, (_label, tone, _icon) in BECAME.items()
    ]
    return {
        "found": found,
        "parts": parts,
        "takes": duration(found.seconds),
        "takes_all": duration(found.seconds_for_all) if found.total > len(found.cards) else "",
        "cards": [_card(card, fields, names) for card in found.cards],
    }


def _counted(found: Rehearsal, each: Became) -> str:
    """The words after a number; none at all are told as several."""
    return str(COUNTED[each] % (found.count(each) or 2))


def _share(found: Rehearsal, each: Became) -> str:
    """A width in per cent; text, because a localised number is none in CSS."""
    return f"{100 * found.count(each) / len(found.cards):.2f}" if found.cards else "0"


def _card(card: CardShown, fields: Any, names: dict[int, str]) -> dict[str, Any]:
    label, tone, icon = BECAME[card.became]
    rules = [
        {
            "passed": line.passed,
            "text": line.text,
            "pairs": pairs(
                {**line.saw, "owner": names.get(line.saw["owner"], line.saw["owner"])}
                if "owner" in line.saw
                else line.saw,
                fields,
            ),
        }
        for line in card.tried
    ]
    return {
        "card": card,
        "label": label,
        "tone": tone,
        "icon": icon,
        "rules": rules,
        "who": ", ".join(lead.name or lead.email for lead in card.leads),
        "leads": [_lead(lead) for lead in card.leads],
    }


def _lead(lead: LeadShown) -> dict[str, Any]:
    return {
        "lead": lead,
        "made": MADE.get(lead.made, lead.made) or _("not sent"),
        "lines": [
            {"line": line, "label": SAME[line.result][0], "tone": SAME[line.result][1]}
            for line in lead.fields
        ],
    }


def duration(seconds: float) -> str:
    """Roughly how long: "40 s", "3 min", "2 h 10 min"."""
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": round(seconds)}
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}
