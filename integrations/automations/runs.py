"""What the CRM's own automations did or would do: history, run again, and a trial on a card (S7)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.portal import PortalRequest, origin, page, render_page
from funnels import queries
from funnels.models import Deal
from funnels.services import NotAllowed
from integrations.automations.offers import is_own
from integrations.automations.views import funnel_of, row_of
from integrations.engine.explain import in_words, lines
from integrations.models import Automation, WorkflowRun
from integrations.sync import saw
from integrations.workflow.replay import run_again
from integrations.workflow.told import tell_all
from integrations.workflow.trial import try_on

PAGE = 30
CHOICES = 30


@page(administrator=True, module=("workflow", "deals"))
@require_GET
def automation_runs(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """The funnel's runs, newest first, by automation, state and card; 30 a page."""
    funnel = funnel_of(request, funnel_id)
    state, chosen, card = (request.GET.get(name, "").strip() for name in ("state", "automation", "card"))
    if state and state not in WorkflowRun.State.values:
        raise Http404
    rows = WorkflowRun.objects.of(request.account).filter(automation__funnel=funnel)
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(automation_id=int(chosen)) if chosen.isdecimal() else rows
    rows = rows.filter(deal__in=_matching(request, card).values("pk")) if card else rows
    before = request.GET.get("before", "")
    rows = rows.filter(pk__lt=int(before)) if before.isdecimal() else rows
    found = list(rows.select_related("automation", "deal").order_by("-id")[: PAGE + 1])
    context = {
        "title": _("History of the automations of “%(funnel)s”") % {"funnel": funnel.name},
        "funnel": funnel,
        "runs": tell_all(found[:PAGE]),
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "first_page": not before,
        "state": state,
        "states": WorkflowRun.State.choices,
        "chosen": chosen,
        "card": card,
        "sending": Automation.objects.of(request.account)
        .filter(funnel=funnel)
        .exclude(connection=None)
        .exists(),
        "automations": Automation.objects.of(request.account).filter(funnel=funnel, connection=None),
    }
    return render_page(request, "integrations/automation_runs.html", context)


@page(administrator=True, module=("workflow", "deals"))
@require_POST
def automation_again(request: PortalRequest, pk: int) -> HttpResponse:
    """What was refused is run again, from the present (S8)."""
    run = get_object_or_404(WorkflowRun.objects.of(request.account).select_related("automation"), pk=pk)
    try:
        run_again(run=run, origin=origin(request))
    except NotAllowed as refused:
        messages.error(request, refused.words)
    else:
        messages.success(request, _("It is run again now."))
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect(back)
    return redirect("portal:automation-runs", run.automation.funnel_id)


@page(administrator=True, module=("workflow", "deals"))
def automation_trial(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """What the automation would do to a card now; nothing is written."""
    funnel = funnel_of(request, funnel_id)
    row = row_of(request, funnel, pk)
    if not is_own(row):
        messages.info(
            request, _("Only an automation of the CRM's own can be tried: a partner's has its rehearsal.")
        )
        return redirect("portal:automations", funnel.pk)
    typed = request.POST.get("card", "").strip()
    context: dict[str, Any] = {
        "title": _("Try “%(automation)s” on a card") % {"automation": row.description},
        "funnel": funnel,
        "row": row,
        "typed": typed,
        "cards": queries.living_deals(request.account)
        .filter(stage=row.stage, status=Deal.Status.OPEN)
        .order_by("-entered_stage_at", "-id")[:CHOICES],
    }
    if request.method == "POST":
        deal = _matching(request, typed).select_related("person", "company", "stage", "owner").first()
        context["deal"] = deal
        if deal is not None:
            context |= _tried(request, row, deal)
    return render_page(request, "integrations/automation_trial.html", context)


def _tried(request: PortalRequest, row: Automation, deal: Deal) -> dict[str, Any]:
    trial = try_on(automation=row, deal=deal)
    reader = saw.reader_of(request.account)
    return {
        "trial": trial,
        "lines": reader.lines(lines(trial.tried)),
        "would": in_words(trial.done["words"], trial.done["saw"]) if trial.done else "",
    }


def _matching(request: PortalRequest, typed: str) -> Any:
    """The account's cards by "#12 …", number or title; the list offers "#12 Title"."""
    deals = queries.living_deals(request.account).order_by("-id")
    head = typed.removeprefix("#").partition(" ")[0]
    if typed.startswith("#") and head.isdecimal() and len(head) < 10:
        return deals.filter(number=int(head))
    return queries.matching(deals, typed) if typed else deals.none()
