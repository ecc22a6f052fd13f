"""What cards must have to go past a stage, for administrators (S8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.portal import PortalRequest, origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import services
from funnels.condition_forms import grouped, rule_context, said, typed_condition
from funnels.conditions import fields_for
from funnels.models import Requirement, Stage
from funnels.services.requirements import requirable
from funnels.views.answers import act, changed_by_someone, number_in, screen, show, version_of


@screen("GET", "POST", administrator=True, module="deals")
def stage_requirements(request: PortalRequest, stage_id: int) -> HttpResponse:
    """The list and the form; a post's `do` names one of CHANGES, or saves what was typed."""
    stage = get_object_or_404(Stage.objects.of(request.account).select_related("funnel"), pk=stage_id)
    if request.method == "POST":
        change = CHANGES.get(request.POST.get("do", ""))
        if change is not None:
            return act(request, back=_page(stage), do=lambda: change(request, stage))
        return _save(request, stage)
    return _show(request, stage, editing=_chosen(request, stage))


@screen("GET", administrator=True, module="deals")
def requirement_rule(request: PortalRequest) -> HttpResponse:
    """One row of a condition: empty for "add", or with the comparisons of the field that was chosen."""
    fields = fields_for(request.account)
    rules = typed_condition(request.GET)["rules"]
    row = rule_context(rules[0] if rules else {}, fields)
    context = {"field_groups": grouped(fields), "row": row}
    return TemplateResponse(request, "funnels/parts/condition_row.html", context)


def _save(request: PortalRequest, stage: Stage) -> HttpResponse:
    """A new requirement, or the one that is being edited; nothing typed is lost when it is refused."""
    typed: dict[str, Any] = {
        "field": request.POST.get("field", ""),
        "text": request.POST.get("text", ""),
        "condition": typed_condition(request.POST),
    }
    row = _row(request, stage) if request.POST.get("requirement") else None
    refused = ""

    def do() -> str:
        if row is None:
            services.add_requirement(stage=stage, origin=origin(request), **typed)
            return _("Requirement added.")
        services.update_requirement(
            requirement=row, origin=origin(request), version=version_of(request), **typed
        )
        return _("Saved.")

    try:
        words = do()
    except services.NotAllowed as wrong:
        refused = wrong.words
    except SomeoneElseChangedThis:
        refused = changed_by_someone()
    if not refused:
        return act(request, back=_page(stage), do=lambda: words)
    return _show(request, stage, editing=row, typed=typed, refused=refused)


def _show(
    request: PortalRequest,
    stage: Stage,
    *,
    editing: Requirement | None = None,
    typed: dict[str, Any] | None = None,
    refused: str = "",
) -> HttpResponse:
    fields = fields_for(request.account)
    labels = {field.key: f"{field.group} · {field.label}" for field in fields}
    form = typed or {
        "field": editing.field if editing else "",
        "text": editing.text if editing else "",
        "condition": editing.condition if editing else {},
    }
    context = {
        "title": _("Requirements of “%(stage)s”") % {"stage": stage.name},
        "stage": stage,
        "rows": [
            {"row": row, "field": labels.get(row.field, ""), "only_if": said(row.condition, fields)}
            for row in stage.requirements.all()[: services.MOST_REQUIREMENTS]
        ],
        "editing": editing,
        "form": form,
        "match_all": form["condition"].get("all", True),
        "refused": refused,
        "field_groups": grouped(fields),
        "requirable": grouped(requirable(fields)),
        "rules": [rule_context(rule, fields) for rule in form["condition"].get("rules", ())],
    }
    return show(request, "funnels/requirements.html", context, status=422 if refused else 200)


def _page(stage: Stage) -> str:
    return reverse("portal:stage-requirements", args=[stage.pk])


def _chosen(request: PortalRequest, stage: Stage) -> Requirement | None:
    number = number_in(request.GET.get("edit", ""))
    return get_object_or_404(stage.requirements, pk=number) if number else None


def _row(request: PortalRequest, stage: Stage) -> Requirement:
    row = stage.requirements.filter(pk=number_in(request.POST.get("requirement", "")) or 0).first()
    if row is None:
        raise Http404
    return row


def _switch(request: PortalRequest, stage: Stage) -> str:
    row = _row(request, stage)
    services.update_requirement(requirement=row, origin=origin(request), enabled=not row.enabled)
    return _("Saved.")


def _delete(request: PortalRequest, stage: Stage) -> str:
    services.delete_requirement(requirement=_row(request, stage), origin=origin(request))
    return _("Requirement deleted.")


CHANGES: dict[str, Callable[[PortalRequest, Stage], str]] = {"switch": _switch, "delete": _delete}
