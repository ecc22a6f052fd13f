"""The pages with which support staff open an account's data, prolong that and close it again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts import support
from accounts.models import Account, SupportAccess
from accounts.staff_scope import open_access

FOUND = 20  # accounts of one search


class ReasonForm(forms.Form):
    """Why; the account's administrators read it."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=SupportAccess._meta.get_field("reason").max_length,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("What for, and who asked: the account's administrators read it."),
    )


class AccountSearchForm(forms.Form):
    """A part of the account's name, or its number."""

    q = forms.CharField(
        label=gettext_lazy("Account: a part of its name, or its number"),
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
    )


def opening(request: HttpRequest) -> HttpResponse:
    """First which account, then why; afterwards back to where the member of staff wanted to go."""
    wanted = request.GET.get("account", "")
    account = get_object_or_404(Account, pk=_number(wanted)) if wanted else None
    form = ReasonForm(request.POST or None)
    if account is not None and request.method == "POST" and form.is_valid():
        staff: Any = request.user
        try:
            support.open_account(
                staff=staff, account=account, reason=form.cleaned_data["reason"], now=timezone.now()
            )
            return HttpResponseRedirect(_next(request))
        except support.NoReason as short:
            form.add_error("reason", short.words)
    search = AccountSearchForm(request.GET)
    context = {
        **admin.site.each_context(request),
        "title": _("Open an account's data"),
        "chosen": account,
        "form": form,
        "search": search,
        "found": [] if account else _found(search),
        "next": _next(request),
    }
    return TemplateResponse(request, "accounts/staff/open_account.html", context)


@require_POST
def extend(request: HttpRequest) -> HttpResponse:
    """An hour more."""
    access = open_access(request)
    if access is None:
        messages.info(request, _("The hour is over: open the account again."))
        return HttpResponseRedirect(reverse("admin:support"))
    support.extend(access=access, now=timezone.now())
    return HttpResponseRedirect(_next(request))


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Back to the first page, where nothing of an account is shown."""
    access = open_access(request)
    if access is not None:
        support.close(access=access, now=timezone.now())
        messages.success(request, _("The data of %(account)s is closed.") % {"account": access.account})
    return HttpResponseRedirect(reverse("admin:index"))


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """For the staff site."""
    return [
        path("support/", site.admin_view(opening), name="support"),
        path("support/extend/", site.admin_view(extend), name="support-extend"),
        path("support/close/", site.admin_view(close), name="support-close"),
    ]


def _found(search: AccountSearchForm) -> list[Account]:
    """The accounts to choose from: the newest, or those that fit."""
    rows = Account.objects.order_by("-pk")
    typed = search.cleaned_data["q"].strip() if search.is_valid() else ""
    if typed:
        number = _number(typed)
        rows = rows.filter(pk=number) if number else rows.filter(name__icontains=typed)
    return list(rows[:FOUND])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else reverse("admin:index")
