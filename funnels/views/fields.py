"""The account's custom fields for administrators: created, renamed, given more options (M14)."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.portal import PortalRequest, origin
from funnels import choices, customs, services
from funnels.forms import NewFieldForm, lines_of
from funnels.models import CustomField
from funnels.views.answers import act, number_in, screen, show, version_of


@screen("GET", "POST", administrator=True)
def fields(request: PortalRequest) -> HttpResponse:
    """?entity= deal, person or company; a post's `do` is create or names one of CHANGES."""
    entity = request.GET.get("entity", "")
    entity = entity if entity in CustomField.Entity.values else CustomField.Entity.DEAL.value
    back = f"{reverse('portal:fields')}?entity={entity}"
    form = NewFieldForm(account=request.account, entity=entity)
    if request.method == "POST":
        change = CHANGES.get(request.POST.get("do", ""))
        if change is not None:
            return act(request, back=back, do=lambda: change(request))
        if request.POST.get("do") != "create":
            raise Http404
        form = NewFieldForm(request.POST, account=request.account, entity=entity)
        made = form.save(origin=origin(request))
        if made is not None:
            messages.success(request, _("The field “%(name)s” is ready.") % {"name": made.label})
            return redirect(back)
    found = customs.fields_of(request.account, entity)
    context = {
        "title": _("Fields"),
        "tabs": CustomField.Entity.choices,
        "entity": entity,
        "found": [(each, choices.option_names(each)) for each in found],
        "form": form,
    }
    return show(request, "funnels/fields.html", context, status=422 if form.is_bound else 200)


def _field(request: PortalRequest) -> CustomField:
    found: CustomField = get_object_or_404(
        CustomField.objects.of(request.account), pk=number_in(request.POST.get("field", ""))
    )
    return found


def _rename(request: PortalRequest) -> str:
    services.update_custom_field(
        field=_field(request),
        label=request.POST.get("label", ""),
        version=version_of(request),
        origin=origin(request),
    )
    return _("Saved.")


def _add_options(request: PortalRequest) -> str:
    added = lines_of(request.POST.get("options", ""))
    if not added:
        raise services.NotAllowed(_("Type at least one option."))
    services.update_custom_field(
        field=_field(request), add_options=added, version=version_of(request), origin=origin(request)
    )
    return _("Options added.")


CHANGES: dict[str, Callable[[PortalRequest], str]] = {"rename": _rename, "add-options": _add_options}
