"""Home, the list of funnels, and the board of one funnel."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from accounts import members
from accounts.modules import modules_on
from accounts.portal import PortalRequest
from funnels import funnel_use, queries
from funnels.forms import FunnelForm
from funnels.models import Deal, Funnel
from funnels.views.answers import number_in, screen, show
from funnels.visibility import visible_deals


@screen()
def home(request: PortalRequest) -> HttpResponse:
    """The board of the funnel that she uses, or the choice of one (S3), or how to begin where there is none.

    Persons while there are no deals (S4).
    """
    if "deals" not in modules_on(request):
        return redirect("portal:persons")
    found = funnel_use.preferred(request)
    if found is not None:
        return redirect("portal:board", found.pk)
    if Funnel.objects.of(request.account).exists():
        return redirect("portal:funnel-list")
    return show(request, "funnels/empty.html", {"title": _("Welcome"), "form": FunnelForm()})


@screen(module="deals")
def funnel_list(request: PortalRequest) -> HttpResponse:
    """All funnels of the account, each with a way to its board and settings; which of them opens (S3)."""
    found = list(Funnel.objects.of(request.account).order_by("position", "id").prefetch_related("stages"))
    decides = funnel_use.account_use(request) == funnel_use.USER and len(found) > 1
    context = {"title": _("Funnels"), "funnels": found, "use": funnel_use.use_of(request) if decides else ""}
    return show(request, "funnels/funnels.html", context)


@screen("POST", module="deals")
def funnel_choice(request: PortalRequest) -> HttpResponse:
    """A person's own `use` of many funnels, last or ask, for where the account leaves it to her (S3)."""
    use = request.POST.get("use", "")
    answer = redirect("portal:funnel-list")
    if use not in (funnel_use.LAST, funnel_use.ASK):
        messages.error(request, _("Choose one of the list."))
        return answer
    members.choose(membership=request.membership, many_funnels=use)
    messages.success(request, _("Saved."))
    return answer


@screen(module="deals")
def board(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """The funnel's stages as columns of cards.

    ?q= text · ?owner= a user's id or "none" · ?status= open, won or lost · ?shown= "stage:limit", repeatable.
    """
    known = list(Funnel.objects.of(request.account).order_by("position", "id"))
    funnel = next((each for each in known if each.pk == funnel_id), None)
    if funnel is None:
        raise Http404
    shows = board_filter(request)
    stages = list(funnel.stages.all())
    columns = queries.board(
        account=request.account,
        funnel=funnel,
        stages=stages,
        shows=shows,
        limits=_limits(request),
        deals=visible_deals(request.membership),
    )
    answer = show(
        request,
        "funnels/board.html",
        {
            "title": funnel.name,
            "funnel": funnel,
            "funnels": known,
            "columns": columns,
            "stages": stages,
            "shows": shows,
            "nothing": not any(column.count for column in columns),
            "statuses": Deal.Status.choices,
            "owners": list(queries.members(request.account)),
            "automations_url": _automations_url(request, funnel),
        },
    )
    return funnel_use.remember(request, answer, funnel=funnel.pk)


@screen(module="deals")
def funnel_board(request: PortalRequest) -> HttpResponse:
    """The switch between funnels, for browsers without scripts: ?funnel= leads to its board."""
    found = get_object_or_404(Funnel.objects.of(request.account), pk=number_in(request.GET.get("funnel", "")))
    return redirect("portal:board", found.pk)


def board_filter(request: PortalRequest) -> queries.BoardFilter:
    """What the address asks to see; what it does not know counts as not asked."""
    status = request.GET.get("status", "")
    return queries.BoardFilter(
        text=request.GET.get("q", "").strip()[:100],
        owner=request.GET.get("owner", ""),
        status=status if status in Deal.Status.values else Deal.Status.OPEN.value,
    )


def _limits(request: PortalRequest) -> dict[int, int]:
    limits = {}
    for text in request.GET.getlist("shown")[:60]:
        stage, _colon, limit = text.partition(":")
        stage_id, most = number_in(stage), number_in(limit)
        if stage_id and most:
            limits[stage_id] = max(queries.CARDS_PER_COLUMN, min(most, queries.MOST_CARDS))
    return limits


def _automations_url(request: PortalRequest, funnel: Funnel) -> str:
    """Where the funnel's automations are configured; blank for sellers and where no app offers it."""
    if not request.membership.profile.is_administrator or "workflow" not in modules_on(request):
        return ""
    try:
        return reverse("portal:automations", args=[funnel.pk])
    except NoReverseMatch:
        return ""
