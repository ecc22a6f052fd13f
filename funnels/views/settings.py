"""A funnel's settings for administrators: its name, stages, checklists and loss reasons."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.portal import PortalRequest, origin
from funnels import services
from funnels.forms import FunnelForm
from funnels.models import ChecklistItem, Funnel, LossReason, Stage
from funnels.services import layout
from funnels.views.answers import act, number_in, screen, show, version_of


@screen("GET", "POST", administrator=True, module="deals")
def funnel_new(request: PortalRequest) -> HttpResponse:
    """A new funnel with its stages."""
    form = FunnelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_funnel(
                account=request.account,
                name=form.cleaned_data["name"],
                stages=form.cleaned_data["stages"],
                origin=origin(request),
            )
        except services.NotAllowed as refused:
            form.add_error("name", refused.words)
        else:
            messages.success(request, _("The funnel “%(name)s” is ready.") % {"name": made.name})
            return redirect("portal:board", made.pk)
    status = 422 if form.is_bound else 200
    return show(request, "funnels/funnel_new.html", {"title": _("New funnel"), "form": form}, status=status)


@screen("GET", "POST", administrator=True, module="deals")
def funnel_settings(request: PortalRequest, funnel_id: int) -> HttpResponse:
    """Shows the settings; a post's `do` names one of CHANGES."""
    funnel = get_object_or_404(Funnel.objects.of(request.account), pk=funnel_id)
    if request.method == "POST":
        change = CHANGES.get(request.POST.get("do", ""))
        if change is None:
            raise Http404
        back = reverse("portal:funnel-settings", args=[funnel.pk])
        answer = act(request, back=back, do=lambda: change(request, funnel))
        if (
            isinstance(answer, HttpResponseRedirect)
            and not Funnel.objects.of(request.account).filter(pk=funnel.pk).exists()
        ):
            return redirect("portal:funnel-list")
        return answer
    return show(
        request,
        "funnels/funnel_settings.html",
        {
            "title": _("Settings of the funnel"),
            "funnel": funnel,
            "stages": funnel.stages.prefetch_related("checklist", "requirements"),
            "reasons": funnel.loss_reasons.filter(deleted_at=None).order_by("name"),
        },
    )


def _typed(request: PortalRequest, most: int = 120) -> str:
    """The posted name; NotAllowed says what is wrong with it."""
    name = request.POST.get("name", "").strip()
    if not name:
        raise services.NotAllowed(_("Type a name."))
    if len(name) > most:
        raise services.NotAllowed(_("%(most)s characters at most.") % {"most": most})
    return name


def _stage(request: PortalRequest, funnel: Funnel) -> Stage:
    return get_object_or_404(
        Stage.objects.of(request.account), funnel=funnel, pk=number_in(request.POST.get("stage", ""))
    )


def _rename_funnel(request: PortalRequest, funnel: Funnel) -> str:
    services.rename(row=funnel, name=_typed(request), origin=origin(request), version=version_of(request))
    return _("Saved.")


def _add_stage(request: PortalRequest, funnel: Funnel) -> str:
    name = _typed(request)
    if funnel.stages.filter(name__iexact=name).exists():
        raise services.NotAllowed(_("This funnel already has a stage with this name."))
    services.add_stage(funnel=funnel, name=name, origin=origin(request))
    return _("Stage added.")


def _rename_stage(request: PortalRequest, funnel: Funnel) -> str:
    services.rename(
        row=_stage(request, funnel), name=_typed(request), origin=origin(request), version=version_of(request)
    )
    return _("Saved.")


def _move_stage(request: PortalRequest, funnel: Funnel) -> str:
    stage, stages = _stage(request, funnel), list(funnel.stages.all())
    at = stages.index(stage)
    to = max(at - 1, 0) if request.POST.get("to") == "up" else at + 1
    stages.insert(to, stages.pop(at))
    layout.order_stages(funnel=funnel, stages=stages, origin=origin(request))
    return _("The stages are in the new order.")


def _delete_stage(request: PortalRequest, funnel: Funnel) -> str:
    layout.remove_unused(row=_stage(request, funnel), origin=origin(request))
    return _("Stage deleted.")


def _delete_funnel(request: PortalRequest, funnel: Funnel) -> str:
    layout.remove_unused(row=funnel, origin=origin(request))
    return _("Funnel deleted.")


def _add_item(request: PortalRequest, funnel: Funnel) -> str:
    services.add_checklist_item(
        stage=_stage(request, funnel),
        text=_typed(request, 200),
        mandatory=request.POST.get("mandatory") == "on",
        origin=origin(request),
    )
    return _("Checklist item added.")


def _delete_item(request: PortalRequest, funnel: Funnel) -> str:
    item = get_object_or_404(
        ChecklistItem.objects.of(request.account),
        stage__funnel=funnel,
        pk=number_in(request.POST.get("item", "")),
    )
    layout.remove_unused(row=item, origin=origin(request))
    return _("Checklist item deleted.")


def _add_reason(request: PortalRequest, funnel: Funnel) -> str:
    try:
        with transaction.atomic():
            services.add_loss_reason(funnel=funnel, name=_typed(request), origin=origin(request))
    except IntegrityError:
        raise services.NotAllowed(_("This funnel already has this loss reason.")) from None
    return _("Loss reason added.")


def _delete_reason(request: PortalRequest, funnel: Funnel) -> str:
    reason = get_object_or_404(
        LossReason.objects.of(request.account), funnel=funnel, pk=number_in(request.POST.get("reason", ""))
    )
    services.delete_loss_reason(reason=reason, origin=origin(request))
    return _("Loss reason deleted. Cards that were lost for it keep it.")


CHANGES: dict[str, Callable[[PortalRequest, Funnel], str]] = {
    "rename": _rename_funnel,
    "add-stage": _add_stage,
    "rename-stage": _rename_stage,
    "move-stage": _move_stage,
    "delete-stage": _delete_stage,
    "delete-funnel": _delete_funnel,
    "add-item": _add_item,
    "delete-item": _delete_item,
    "add-reason": _add_reason,
    "delete-reason": _delete_reason,
}
