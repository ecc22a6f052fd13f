"""The sync page: what waits, what failed and why, what was said; administrators send again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.portal import PortalRequest, origin, page, render_page
from funnels.models import Deal
from funnels.services import NotAllowed
from funnels.visibility import owned
from integrations.contract import partners
from integrations.engine import explain, replay, status
from integrations.models import Arrival, Connection, Exchange, OutboxAction
from integrations.sync import conflicts, saw
from integrations.sync.card import action_label
from integrations.sync.lists import STATES, affected, done_since, listed, troubles

TABS = {
    "attention": gettext_lazy("Needs attention"),
    "out": gettext_lazy("Out"),
    "in": gettext_lazy("In"),
    "conflicts": gettext_lazy("Conflicts"),
    "exchanges": gettext_lazy("Exchanges"),
}
HIDDEN = (Connection.State.DRAFT, Connection.State.VALIDATED)
AT_ONCE = 200  # how many a "send all again" takes in one click; the rest stays listed
SHOWN = 20


@page(permission="cards.all", module="deals")
@require_GET
def sync(request: PortalRequest) -> HttpResponse:
    """Counts for each connection, and one of four lists; who sees all cards sees them, administrators act."""
    tab = request.GET.get("tab", "attention")
    if tab not in TABS:
        raise Http404
    now = timezone.localtime()
    done = done_since(request.account, now.replace(hour=0, minute=0, second=0, microsecond=0))
    lines: list[dict[str, Any]] = [
        {"health": line, "connection": line.connection, "label": _label(line.connection)}
        for line in status.overview(request.account)
        if line.connection.state not in HIDDEN
    ]
    for line in lines:
        line["done"] = done.get(line["connection"].pk, 0)
    context: dict[str, Any] = {
        "title": _("Sync"),
        "tab": tab,
        "tabs": TABS,
        "connections": lines,
        "administrator": request.membership.profile.is_administrator,
        "chosen": _number(request, "connection"),
    }
    context |= _attention(request) if tab == "attention" else _list(request, tab)
    return render_page(request, "integrations/sync.html", context)


@page(permission="cards.all", module="deals")
@require_GET
def sync_affected(request: PortalRequest) -> HttpResponse:
    """The rows behind one card of "needs attention", asked for when it is opened."""
    rows = affected(request.account, **_trouble(request, request.GET)).order_by("id")[: SHOWN + 1]
    context = {
        "rows": [_shown(row) for row in rows[:SHOWN]],
        "more": len(rows) > SHOWN,
        "source": request.GET.get("source"),
        "administrator": request.membership.profile.is_administrator,
    }
    return TemplateResponse(request, "integrations/parts/affected.html", context)


@page(administrator=True, module="deals")
@require_POST
def sync_again(request: PortalRequest) -> HttpResponse:
    """Sends again, or takes in again: one row (`id`) or all of one reason, at most AT_ONCE a click (X12).

    Each row is made anew from the present, so what was corrected meanwhile goes out (engine.md).
    """
    one = _number(request, "id")
    if one is not None:
        model = OutboxAction if request.POST.get("source") == "out" else Arrival
        rows = [get_object_or_404(model.objects.of(request.account), pk=one)]
    else:
        rows = list(affected(request.account, **_trouble(request, request.POST)).order_by("id")[:AT_ONCE])
    done, refused = 0, ""
    for row in rows:
        try:
            if isinstance(row, OutboxAction):
                replay.send_again(action=row, origin=origin(request))
            else:
                replay.take_in_again(arrival=row, origin=origin(request))
            done += 1
        except NotAllowed as words:
            refused = words.words
    if done:
        sentence = ngettext("%(count)s is on its way again.", "%(count)s are on their way again.", done)
        messages.success(request, sentence % {"count": done})
    if refused:
        messages.error(request, refused)
    if not rows:
        messages.info(request, _("Nothing of this kind is left: somebody was faster."))
    return redirect(_back(request))


@page(administrator=True, module="deals")
@require_POST
def sync_dismiss(request: PortalRequest) -> HttpResponse:
    """Gives up one action: it is not sent, and the list no longer shows it."""
    row = get_object_or_404(OutboxAction.objects.of(request.account), pk=_number(request, "id") or 0)
    try:
        replay.cancel(action=row, origin=origin(request))
    except NotAllowed as refused:
        messages.error(request, refused.words)
    else:
        messages.success(request, _("Dismissed: it will not be sent."))
    return redirect(_back(request))


@page(administrator=True, module="deals")
@require_GET
def sync_exchange(request: PortalRequest, pk: int) -> HttpResponse:
    """One request and its answer, redacted when they were kept; administrators only."""
    row = get_object_or_404(Exchange.objects.of(request.account), pk=pk)
    return TemplateResponse(request, "integrations/parts/exchange.html", {"row": row})


@page(module="deals")
@require_GET
def deal_explain(request: PortalRequest, deal_id: int) -> HttpResponse:
    """Why this card was or was not sent: every rule with what it saw (X1)."""
    deals = Deal.objects.of(request.account).filter(owned(request.membership)).select_related("account")
    deal = get_object_or_404(deals, pk=deal_id)
    reader = saw.reader_of(request.account)
    explanations = [reader.explanation(each) for each in explain.explain_deal(deal)]
    context = {"deal": deal, "explanations": explanations}
    return TemplateResponse(request, "integrations/panels/explained.html", context)


def _attention(request: PortalRequest) -> dict[str, Any]:
    found = troubles(request.account, connection_id=_number(request, "connection"))
    broken = Connection.objects.of(request.account).filter(state=Connection.State.BROKEN).exists()
    return {"troubles": found, "total": sum(trouble.count for trouble in found), "broken": broken}


def _list(request: PortalRequest, tab: str) -> dict[str, Any]:
    state = request.GET.get("state", "")
    if state and state not in {value for value, _words in STATES[tab]}:
        raise Http404
    rows, following = listed(
        request.account,
        tab,
        state=state,
        connection_id=_number(request, "connection"),
        before=_number(request, "before"),
    )
    return {
        "rows": conflicts.shown(request.account, rows)
        if tab == "conflicts"
        else [_shown(row) for row in rows],
        "next": following,
        "state": state,
        "states": STATES[tab],
        "first_page": "before" not in request.GET,
    }


def _shown(row: OutboxAction | Arrival | Exchange) -> dict[str, Any]:
    """A row with what the templates say about it."""
    shown: dict[str, Any] = {"row": row, "label": _label(row.connection)}
    if isinstance(row, OutboxAction):
        deal = row.enrollment.deal if row.enrollment else None
        shown |= {"what": action_label(row), "deal": deal, "reason": explain.reason(row.reason)}
        shown["stuck"] = row.state in OutboxAction.NEEDS_PERSON
    elif isinstance(row, Arrival):
        kinds = partners()[row.connection.partner].kinds if row.connection.partner in partners() else {}
        label = str(kinds[row.kind].label) if row.kind in kinds else ""
        kind, _colon, pk = row.lane.key.partition(":")
        shown["what"] = saw.news_words(row.kind, row.event, label)
        shown["deal_id"] = int(pk) if kind == "deal" and pk.isdecimal() else None
        shown |= {"reason": explain.reason(row.reason), "stuck": row.state == Arrival.State.FAILED}
    return shown


def _trouble(request: PortalRequest, data: Any) -> dict[str, Any]:
    connection = data.get("connection", "")
    get_object_or_404(Connection.objects.of(request.account), pk=connection if connection.isdecimal() else 0)
    return {
        "source": data.get("source", "out"),
        "connection_id": int(connection),
        "kind": data.get("kind", ""),
        "state": data.get("state", ""),
        "reason": data.get("reason", ""),
    }


def _number(request: PortalRequest, name: str) -> int | None:
    typed = (request.POST if request.method == "POST" else request.GET).get(name, "")
    return int(typed) if typed.isdecimal() else None


def _label(connection: Connection) -> str:
    found = partners().get(connection.partner)
    return str(found.label) if found else connection.partner


def _back(request: PortalRequest) -> str:
    tab = request.POST.get("tab", "attention")
    return reverse("portal:sync") + (f"?tab={tab}" if tab in TABS and tab != "attention" else "")
