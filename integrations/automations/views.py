"""The screens "Configurar Automações" of a funnel: the list in order, the form, and its moving parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.portal import PortalRequest, origin, page, render_page
from accounts.scoping import SomeoneElseChangedThis
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from integrations.automations import services
from integrations.automations.draft import (
    Draft,
    action_context,
    form_context,
    grouped,
    rule_context,
    stored,
    typed,
)
from integrations.automations.offers import described, offers_of, stopped_of
from integrations.engine.filters import fields_for
from integrations.models import Automation, Connection


@page(administrator=True)
@require_GET
def automations(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """The funnel's automations in order, each with what it does and why it stands still (M9, M24, M27)."""
    funnel = _funnel(request, funnel_id)
    rows = list(
        Automation.objects.of(request.account)
        .filter(funnel=funnel)
        .select_related("stage", "connection__account", "funnel")
    )
    stopped, words = stopped_of(rows), described(rows)
    context = {
        "title": _("Automations of “%(funnel)s”") % {"funnel": funnel.name},
        "funnel": funnel,
        "funnels": list(Funnel.objects.of(request.account)),
        "rows": [{"row": row, "stopped": stopped[row.pk], **words[row.pk]} for row in rows],
        "offers": offers_of(funnel=funnel),
    }
    return render_page(request, "integrations/automations.html", context)


@page(administrator=True)
def automation_new(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """A new automation; what is refused is said above the form and nothing typed is lost (M24–M27)."""
    funnel = _funnel(request, funnel_id)
    if request.method != "POST":
        offers = offers_of(funnel=funnel)
        first = next((offer.value for offer in offers if not offer.refused), "")
        return _form(request, funnel, Draft(offer=first))
    draft = typed(request.POST)

    def write() -> object:
        return services.create_automation(funnel=funnel, origin=origin(request), **_values(request, draft))

    return _save(request, funnel, draft, write, _("The automation is saved."))


@page(administrator=True)
def automation(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """Changes an automation."""
    funnel = _funnel(request, funnel_id)
    row = _row(request, funnel, pk)
    if request.method != "POST":
        return _form(request, funnel, stored(row), row=row)
    draft = typed(request.POST)
    version = request.POST.get("version", "")

    def write() -> object:
        return services.update_automation(
            automation=row,
            origin=origin(request),
            version=int(version) if version.isdigit() else None,
            **_values(request, draft),
        )

    return _save(request, funnel, draft, write, _("The automation is saved."), row=row)


@page(administrator=True)
@require_POST
def automation_switch(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """On or off."""
    row = _row(request, _funnel(request, funnel_id), pk)
    enabled = request.POST.get("enabled") == "on"
    services.update_automation(automation=row, origin=origin(request), enabled=enabled)
    messages.success(request, _("The automation is on.") if enabled else _("The automation is off."))
    return redirect("portal:automations", funnel_id)


@page(administrator=True)
@require_POST
def automation_delete(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """Takes it away; what it sent already goes on."""
    row = _row(request, _funnel(request, funnel_id), pk)
    services.delete_automation(automation=row, origin=origin(request))
    messages.success(request, _("The automation is deleted."))
    return redirect("portal:automations", funnel_id)


@page(administrator=True)
@require_POST
def automation_order(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """The new order: all ids as dragged, or `move`="<id>:up|down" from the buttons (M28: the first sends)."""
    funnel = _funnel(request, funnel_id)
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdigit()]
    moved, _colon, way = request.POST.get("move", "").partition(":")
    if moved.isdigit() and int(moved) in ids:
        at = ids.index(int(moved))
        to = min(max(at + (-1 if way == "up" else 1), 0), len(ids) - 1)
        ids.insert(to, ids.pop(at))
    try:
        services.reorder(funnel=funnel, ids=ids, origin=origin(request))
    except NotAllowed as refused:
        messages.error(request, refused.words)
    return redirect("portal:automations", funnel_id)


@page(administrator=True)
@require_GET
def filter_row(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """One filter row: empty for "add", or with the operators of the field that was chosen (M26)."""
    funnel = _funnel(request, funnel_id)
    fields = fields_for(request.account)
    draft = typed(request.GET)
    row = rule_context(draft.rules[0] if draft.rules else {}, fields)
    context = {"funnel": funnel, "field_groups": grouped(fields), "row": row}
    return TemplateResponse(request, "integrations/parts/filter_row.html", context)


@page(administrator=True)
@require_GET
def action_parts(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """Trigger and parameters of the action that was chosen (M25, M27)."""
    funnel = _funnel(request, funnel_id)
    parts = action_context(typed(request.GET), offers_of(funnel=funnel))
    context = {"funnel": funnel, "out_of_band": True, **parts}
    return TemplateResponse(request, "integrations/parts/action.html", context)


def _form(
    request: PortalRequest, funnel: Funnel, draft: Draft, *, row: Automation | None = None, refused: str = ""
) -> HttpResponse:
    offers = offers_of(funnel=funnel)
    context: dict[str, Any] = {
        **form_context(draft=draft, funnel=funnel, fields=fields_for(request.account), offers=offers),
        "row": row,
        "refused": refused,
    }
    if row is not None:
        context["stopped"] = stopped_of([row])[row.pk]
    return render_page(request, "integrations/automation.html", context, status=422 if refused else 200)


def _save(
    request: PortalRequest,
    funnel: Funnel,
    draft: Draft,
    write: Callable[[], object],
    done: str,
    *,
    row: Automation | None = None,
) -> HttpResponse:
    try:
        write()
    except NotAllowed as refused:
        return _form(request, funnel, draft, row=row, refused=refused.words)
    except SomeoneElseChangedThis:
        words = _("Someone else changed this automation meanwhile. Open it again and repeat your change.")
        return _form(request, funnel, draft, row=row, refused=words)
    messages.success(request, done)
    return redirect("portal:automations", funnel.pk)


def _values(request: PortalRequest, draft: Draft) -> dict[str, Any]:
    """The draft as services take it, rows from this account only."""
    connection_id, _colon, action = draft.offer.partition(":")
    connections = Connection.objects.of(request.account)
    stages = Stage.objects.of(request.account)
    stage = stages.filter(pk=draft.stage).first() if draft.stage.isdigit() else None
    if stage is None:
        raise NotAllowed(_("Choose the stage."))
    return {
        "stage": stage,
        "description": draft.description,
        "trigger": draft.trigger,
        "filters": draft.filters,
        "connection": connections.filter(pk=connection_id).first() if connection_id.isdigit() else None,
        "action": action,
        "parameters": draft.parameters,
        "enabled": draft.enabled,
    }


def _funnel(request: PortalRequest, funnel_id: int) -> Funnel:
    found: Funnel = get_object_or_404(Funnel.objects.of(request.account), pk=funnel_id)
    return found


def _row(request: PortalRequest, funnel: Funnel, pk: int) -> Automation:
    rows = Automation.objects.of(request.account).select_related("connection__account", "funnel")
    found: Automation = get_object_or_404(rows, pk=pk, funnel=funnel)
    return found
