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
from funnels.condition_forms import grouped, rule_context
from funnels.conditions import fields_for
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from integrations.automations import services
from integrations.automations.draft import (
    Draft,
    action_context,
    fitting,
    form_context,
    stored,
    typed,
)
from integrations.automations.offers import OWN, action_of, described, offers_of, stopped_of
from integrations.models import Automation, Connection
from integrations.workflow.checking import Book
from integrations.workflow.declaration import ACTIONS, TRIGGER_VALUES


@page(administrator=True, module=("workflow", "deals"))
@require_GET
def automations(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """The funnel's automations in order, what each does and why it stands still (M9, M24, M27, S7)."""
    funnel = funnel_of(request, funnel_id)
    rows = list(
        Automation.objects.of(request.account)
        .filter(funnel=funnel)
        .select_related("account", "stage", "connection__account", "funnel__account")
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


@page(administrator=True, module=("workflow", "deals"))
def automation_new(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """A new automation; what is refused is said above the form and nothing typed is lost (M24–M27)."""
    funnel = funnel_of(request, funnel_id)
    if request.method != "POST":
        offers = offers_of(funnel=funnel)
        first = next((offer.value for offer in offers if not offer.refused), "")
        return _form(request, funnel, Draft(offer=first))
    draft = typed(request.POST)

    def write() -> object:
        return services.create_automation(funnel=funnel, origin=origin(request), **_values(request, draft))

    return _save(request, funnel, draft, write, _("The automation is saved."))


@page(administrator=True, module=("workflow", "deals"))
def automation(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """Changes an automation."""
    funnel = funnel_of(request, funnel_id)
    row = row_of(request, funnel, pk)
    if request.method != "POST":
        return _form(request, funnel, stored(row), row=row)
    draft = typed(request.POST)
    version = request.POST.get("version", "")

    def write() -> object:
        return services.update_automation(
            automation=row,
            origin=origin(request),
            version=int(version) if version.isdecimal() else None,
            **_values(request, draft),
        )

    return _save(request, funnel, draft, write, _("The automation is saved."), row=row)


@page(administrator=True, module=("workflow", "deals"))
@require_POST
def automation_switch(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """On or off."""
    row = row_of(request, funnel_of(request, funnel_id), pk)
    enabled = request.POST.get("enabled") == "on"
    services.update_automation(automation=row, origin=origin(request), enabled=enabled)
    messages.success(request, _("The automation is on.") if enabled else _("The automation is off."))
    return redirect("portal:automations", funnel_id)


@page(administrator=True, module=("workflow", "deals"))
@require_POST
def automation_delete(request: PortalRequest, funnel_id: int, pk: int) -> HttpResponse:
    """Takes it away; what it sent already goes on."""
    row = row_of(request, funnel_of(request, funnel_id), pk)
    services.delete_automation(automation=row, origin=origin(request))
    messages.success(request, _("The automation is deleted."))
    return redirect("portal:automations", funnel_id)


@page(administrator=True, module=("workflow", "deals"))
@require_POST
def automation_order(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """The new order: all ids as dragged, or `move`="<id>:up|down" from the buttons (M28: the first sends)."""
    funnel = funnel_of(request, funnel_id)
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdecimal()]
    moved, _colon, way = request.POST.get("move", "").partition(":")
    if moved.isdecimal() and int(moved) in ids:
        at = ids.index(int(moved))
        to = min(max(at + (-1 if way == "up" else 1), 0), len(ids) - 1)
        ids.insert(to, ids.pop(at))
    try:
        services.reorder(funnel=funnel, ids=ids, origin=origin(request))
    except NotAllowed as refused:
        messages.error(request, refused.words)
    return redirect("portal:automations", funnel_id)


@page(administrator=True, module=("workflow", "deals"))
@require_GET
def filter_row(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """One filter row: empty for "add", or with the operators of the field that was chosen (M26)."""
    funnel = funnel_of(request, funnel_id)
    fields = fields_for(request.account)
    draft = typed(request.GET)
    row = rule_context(draft.rules[0] if draft.rules else {}, fields)
    context = {"funnel": funnel, "field_groups": grouped(fields), "row": row}
    return TemplateResponse(request, "integrations/parts/filter_row.html", context)


@page(administrator=True, module=("workflow", "deals"))
@require_GET
def action_parts(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """Trigger and parameters of the action that was chosen (M25, M27)."""
    funnel = funnel_of(request, funnel_id)
    parts = action_context(typed(request.GET), offers_of(funnel=funnel), Book(request.account))
    context = {"funnel": funnel, **parts}
    if request.GET.get("part") == "trigger":  # what was typed for the action stays as it is
        return TemplateResponse(request, "integrations/parts/trigger_values.html", context)
    return TemplateResponse(request, "integrations/parts/action.html", {**context, "out_of_band": True})


def _form(
    request: PortalRequest, funnel: Funnel, draft: Draft, *, row: Automation | None = None, refused: str = ""
) -> HttpResponse:
    offers = offers_of(funnel=funnel)
    context: dict[str, Any] = {
        **form_context(draft=draft, funnel=funnel, offers=offers, book=Book(request.account)),
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
    stage = stages.filter(pk=draft.stage).first() if draft.stage.isdecimal() else None
    if stage is None:
        raise NotAllowed(_("Choose the stage."))
    own = ACTIONS.get(action) if connection_id == OWN else None
    connection = connections.filter(pk=connection_id).first() if connection_id.isdecimal() else None
    declared = action_of(connection=connection, slug=action)
    names = declared.parameters if declared is not None else ()
    return {
        "stage": stage,
        "description": draft.description,
        "trigger": draft.trigger,
        "trigger_values": fitting(TRIGGER_VALUES.get(draft.trigger, ()), draft.trigger_values),
        "filters": draft.filters,
        "connection": connection,
        "action": action if own is not None or connection_id != OWN else "",
        "parameters": fitting(own.parameters, draft.parameters)
        if own is not None
        else {name: draft.parameters[name] for name in names if name in draft.parameters},
        "enabled": draft.enabled,
    }


def funnel_of(request: PortalRequest, funnel_id: int) -> Funnel:
    """The account's funnel, or 404."""
    found: Funnel = get_object_or_404(
        Funnel.objects.of(request.account).select_related("account"), pk=funnel_id
    )
    return found


def row_of(request: PortalRequest, funnel: Funnel, pk: int) -> Automation:
    """The funnel's automation, or 404."""
    rows = Automation.objects.of(request.account).select_related(
        "account", "stage", "connection__account", "funnel__account"
    )
    found: Automation = get_object_or_404(rows, pk=pk, funnel=funnel)
    return found
