"""The screens of Administração → Webhooks: endpoints, their events, their secret once, their deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.portal import PortalRequest, origin, page, render_page
from accounts.scoping import SomeoneElseChangedThis
from funnels.services import NotAllowed
from integrations.endpoints import services, verdict
from integrations.endpoints.kinds import ALL, KINDS, PING
from integrations.models import EventDelivery, WebhookEndpoint

PAGE = 50
SOON = timedelta(seconds=30)  # while something is tried so soon, the list reads itself again
SINCE_DAYS = (1, 3, 7)  # what "send failed ones again" offers
LABELS = {PING: gettext_lazy("Test"), **{slug: kind.label for slug, kind in KINDS.items()}}
TONES = {"delivered": "ok", "waiting": "info", "dead": "danger", "cancelled": ""}

guarded = page(administrator=True, module="api")


@guarded
@require_GET
def webhooks(request: PortalRequest) -> HttpResponse:
    """Every endpoint of the account, at most twenty."""
    rows = WebhookEndpoint.objects.of(request.account).order_by("id")[: services.MOST]
    context = {"title": _("Webhooks"), "rows": rows, "most": services.MOST}
    return render_page(request, "integrations/webhooks/list.html", context)


@guarded
def webhook_new(request: PortalRequest) -> HttpResponse:
    """A new endpoint; its secret is shown on the answer, this once."""
    if request.method != "POST":
        return _form(request, {"events": [], "every": True})
    typed = _typed(request)
    try:
        row, secret = services.create_endpoint(
            account=request.account, origin=origin(request), **_values(typed)
        )
    except NotAllowed as refused:
        return _form(request, typed, refused=refused.words)
    return _secret(request, row, secret, _("The webhook is on."))


@guarded
@require_GET
def webhook(request: PortalRequest, pk: int) -> HttpResponse:
    """One endpoint: how it stands, what can be done, and its deliveries, newest first."""
    row = _row(request, pk)
    state = request.GET.get("state", "")
    if state and state not in EventDelivery.State.values:
        raise Http404
    context = {
        "title": str(row),
        "row": row,
        "last_error": verdict.in_words(row.last_error),
        "days": SINCE_DAYS,
        "events": [KINDS[slug].label for slug in row.events if slug in KINDS],
        "states": EventDelivery.State.choices,
        **_listed(request, row, state),
    }
    part = request.headers.get("HX-Target") == "deliveries"
    if part:
        return TemplateResponse(request, "integrations/webhooks/deliveries.html", context)
    return render_page(request, "integrations/webhooks/one.html", context)


@guarded
def webhook_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Changes address, description and events."""
    row = _row(request, pk)
    if request.method == "POST":
        return _change(request, row)
    typed = {
        "url": row.url,
        "description": row.description,
        "events": row.events,
        "every": ALL in row.events,
    }
    return _form(request, typed, row=row)


@guarded
@require_POST
def webhook_switch(request: PortalRequest, pk: int) -> HttpResponse:
    """On or off."""
    row = _row(request, pk)
    enabled = request.POST.get("enabled") == "on"
    services.update_endpoint(endpoint=row, origin=origin(request), enabled=enabled)
    messages.success(request, _("The webhook is on.") if enabled else _("The webhook is off."))
    return redirect("portal:webhook", pk)


@guarded
@require_POST
def webhook_secret(request: PortalRequest, pk: int) -> HttpResponse:
    """A new secret, shown this once; the old one signs too for a day, or ends at once."""
    hours = 0 if request.POST.get("at_once") else services.OVERLAP_HOURS
    row, secret = services.rotate_secret(
        endpoint=_row(request, pk), origin=origin(request), overlap_hours=hours
    )
    return _secret(request, row, secret, _("The secret is new."))


@guarded
@require_POST
def webhook_test(request: PortalRequest, pk: int) -> HttpResponse:
    """Sends a ping; the list below shows the answer."""
    return _told(
        request,
        pk,
        lambda row: services.send_test(endpoint=row, origin=origin(request)),
        _("A test is on its way; its answer shows below."),
    )


@guarded
@require_POST
def webhook_replay(request: PortalRequest, pk: int) -> HttpResponse:
    """Sends again one delivery (`delivery`), or all that failed in the last `days`."""
    chosen = request.POST.get("delivery", "")
    if chosen.isdecimal():
        rows = EventDelivery.objects.of(request.account).select_related("endpoint__account")
        one = get_object_or_404(rows, pk=chosen, endpoint=pk)
        again = _("It is on its way again.")
        return _told(request, pk, lambda _r: services.replay(delivery=one, origin=origin(request)), again)
    days = request.POST.get("days", "")
    since = timezone.now() - timedelta(days=int(days) if days in map(str, SINCE_DAYS) else SINCE_DAYS[0])
    try:
        count = services.replay_failed(endpoint=_row(request, pk), since=since, origin=origin(request))
    except NotAllowed as refused:
        messages.error(request, refused.words)
    else:
        words = ngettext("%(count)s is on its way again.", "%(count)s are on their way again.", count)
        messages.success(request, words % {"count": count})
    return redirect("portal:webhook", pk)


@guarded
@require_POST
def webhook_delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Takes it away with its deliveries."""
    services.delete_endpoint(endpoint=_row(request, pk), origin=origin(request))
    messages.success(request, _("The webhook is deleted."))
    return redirect("portal:webhooks")


def _row(request: PortalRequest, pk: int) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.of(request.account).select_related("account")
    row: WebhookEndpoint = get_object_or_404(rows, pk=pk)
    return row


def _typed(request: PortalRequest) -> dict[str, Any]:
    return {
        "url": request.POST.get("url", ""),
        "description": request.POST.get("description", "")[:200],
        "events": [slug for slug in request.POST.getlist("events") if slug in KINDS],
        "every": request.POST.get("every") == "on",
    }


def _values(typed: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": typed["url"],
        "description": typed["description"],
        "events": [ALL] if typed["every"] else typed["events"],
    }


def _form(
    request: PortalRequest, typed: dict[str, Any], *, row: WebhookEndpoint | None = None, refused: str = ""
) -> HttpResponse:
    groups: dict[str, list[Any]] = {}
    for kind in KINDS.values():
        groups.setdefault(str(kind.group), []).append(kind)
    context = {
        "title": str(row) if row else _("New webhook"),
        "row": row,
        "typed": typed,
        "groups": groups,
        "refused": refused,
    }
    return render_page(request, "integrations/webhooks/form.html", context, status=422 if refused else 200)


def _change(request: PortalRequest, row: WebhookEndpoint) -> HttpResponse:
    typed, version = _typed(request), request.POST.get("version", "")
    try:
        services.update_endpoint(
            endpoint=row,
            origin=origin(request),
            version=int(version) if version.isdecimal() else None,
            **_values(typed),
        )
    except NotAllowed as refused:
        return _form(request, typed, row=row, refused=refused.words)
    except SomeoneElseChangedThis:
        words = _("Someone else changed this webhook meanwhile. Open it again and repeat your change.")
        return _form(request, typed, row=row, refused=words)
    messages.success(request, _("The webhook is saved."))
    return redirect("portal:webhook", row.pk)


def _secret(request: PortalRequest, row: WebhookEndpoint, secret: str, words: str) -> HttpResponse:
    """The one page that shows a secret; nothing of it is kept by browsers or by us."""
    messages.success(request, words)
    context = {"title": _("Signing secret"), "row": row, "secret": secret, "hours": services.OVERLAP_HOURS}
    response = render_page(request, "integrations/webhooks/secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _told(request: PortalRequest, pk: int, act: Any, words: str) -> HttpResponse:
    try:
        act(_row(request, pk))
    except NotAllowed as refused:
        messages.error(request, refused.words)
    else:
        messages.success(request, words)
    return redirect("portal:webhook", pk)


def _listed(request: PortalRequest, row: WebhookEndpoint, state: str) -> dict[str, Any]:
    rows = EventDelivery.objects.of(request.account).filter(endpoint=row).select_related("event")
    before, now = request.GET.get("before", ""), timezone.now()
    rows = rows.defer("event__data").order_by("-id")
    if state:
        rows = rows.filter(state=state)
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    shown = [
        {
            "row": each,
            "label": LABELS.get(each.event.kind, each.event.kind),
            "tone": TONES[each.state],
            "reason": verdict.in_words(each.reason),
            "sending": each.lease_until is not None and each.lease_until > now,
        }
        for each in found[:PAGE]
    ]
    waiting = [each for each in found if each.state == EventDelivery.State.WAITING]
    return {
        "deliveries": shown,
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "state": state,
        "first_page": not before,
        "soon": not before and any(each.due_at < now + SOON or each.lease_until for each in waiting),
    }
