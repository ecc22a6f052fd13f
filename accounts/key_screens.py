"""Administração → Chaves de API: made, shown once, rotated, revoked (S18)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import keys, modules
from accounts.listing import paged
from accounts.models import ApiKey
from accounts.portal import PortalRequest, origin, page, render_page
from accounts.rest.offered import opening_scopes
from accounts.scopes import AREAS, EVERYTHING

MODULE = "api"
LIFETIMES = {  # days
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("One year"),
    "": gettext_lazy("Never"),
}
ALL, CHOSEN = "all", "chosen"


class KeyForm(forms.Form):
    """A new key: its name, how long it lives and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Who uses it, such as “ERP” or “Website”."),
        error_messages={"required": gettext_lazy("Say who uses the key.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lifetime = forms.ChoiceField(
        label=gettext_lazy("Expires after"),
        choices=list(LIFETIMES.items()),
        initial="365",
        required=False,
        help_text=gettext_lazy("You are told seven days before; a successor is made by rotating the key."),
    )
    reach = forms.ChoiceField(
        choices=[
            (CHOSEN, gettext_lazy("Only what is ticked below")),
            (ALL, gettext_lazy("Everything, also what is added later")),
        ],
        initial=CHOSEN,
        label=gettext_lazy("What the key may do"),
    )
    scopes = forms.MultipleChoiceField(
        choices=lambda: [(each, each) for each in opening_scopes()],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose from the table.")},
    )

    def clean(self) -> dict[str, Any]:
        """A key that may do nothing is a mistake."""
        values = super().clean() or self.cleaned_data
        if values.get("reach") == ALL:
            values["scopes"] = [EVERYTHING]
        elif not values.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", _("Tick at least one permission."))
        return values

    def expires_at(self, *, now: datetime) -> datetime | None:
        """The end that was chosen."""
        days = self.cleaned_data["lifetime"]
        return now + timedelta(days=int(days)) if days else None


@page(administrator=True)
def api_keys(request: PortalRequest) -> HttpResponse:
    """The account's keys, the newest first; while the module is off, a sentence and the way to it (S4)."""
    on = modules.module_on(request.account, MODULE)
    found = paged(request, _rows(request).select_related("created_by", "replaces")) if on else {}
    now = timezone.now()
    context = {
        "title": _("Keys of the API"),
        "on": on,
        "module": modules.MODULES[MODULE].label,
        "found": found,
        "rows": [_shown(key, now=now) for key in found.get("rows", ())],
        "overlaps": keys.OVERLAPS.items(),
    }
    return render_page(request, "accounts/api_keys.html", context)


@page(administrator=True, module=MODULE)
@never_cache
def api_key_new(request: PortalRequest) -> HttpResponse:
    """The form, and after it the key itself, this once."""
    now = timezone.now()
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        key, plain = keys.issue_key(
            account=request.account,
            name=values["name"],
            scopes=values["scopes"],
            expires_at=form.expires_at(now=now),
            created_by=origin(request),
        )
        return _once(request, key, plain)
    ticked, opening = set(form["scopes"].value() or ()), opening_scopes()
    context = {
        "title": _("New API key"),
        "form": form,
        "reach": form["reach"].value(),
        "areas": [
            (area, [(scope if scope in opening else "", scope in ticked) for scope in area.scopes()])
            for area in AREAS.values()
        ],
    }
    return render_page(request, "accounts/api_key_new.html", context, status=422 if form.errors else 200)


@page(administrator=True, module=MODULE)
@require_POST
@never_cache
def api_key_rotate(request: PortalRequest, key_id: int) -> HttpResponse:
    """The successor, shown this once; the old key goes on for as long as was chosen."""
    key = get_object_or_404(_rows(request), pk=key_id)
    typed = request.POST.get("overlap", "")
    hours = int(typed) if typed.isdecimal() and len(typed) < 4 else 24
    overlap = timedelta(hours=hours if hours in keys.OVERLAPS else 24)
    try:
        new, plain = keys.rotate_key(key=key, overlap=overlap, at=timezone.now(), origin=origin(request))
    except keys.KeyClosed:
        messages.error(
            request, _("“%(key)s” is not in use any more, or has a successor already.") % {"key": key}
        )
        return redirect("portal:api-keys")
    key.refresh_from_db()
    return _once(request, new, plain, old=key)


@page(administrator=True, module=MODULE)
@require_POST
def api_key_revoke(request: PortalRequest, key_id: int) -> HttpResponse:
    """The key opens nothing from now on."""
    key = get_object_or_404(_rows(request), pk=key_id)
    keys.revoke_key(key=key, at=timezone.now(), origin=origin(request))
    messages.success(request, _("The key “%(key)s” opens nothing any more.") % {"key": key})
    return redirect("portal:api-keys")


def _rows(request: PortalRequest) -> QuerySet[ApiKey]:
    return ApiKey.objects.of(request.account).order_by("-pk")


def _once(request: PortalRequest, key: ApiKey, plain: str, old: ApiKey | None = None) -> HttpResponse:
    context = {
        "title": _("Copy the key now"),
        "key": key,
        "plain": plain,
        "old": old,
        "stopped": old is not None and not keys.is_open(old, at=timezone.now()),
    }
    return render_page(request, "accounts/api_key_once.html", context)


def _shown(key: ApiKey, *, now: datetime) -> dict[str, Any]:
    """A line of the list: how the key stands and what it may do."""
    everything = EVERYTHING in key.scopes
    count = len(key.scopes)
    reach = ngettext("%(count)s permission", "%(count)s permissions", count) % {"count": count}
    open_ = keys.is_open(key, at=now)
    state, tone = (_("Active"), "ok") if open_ else (_("Expired"), "")
    if key.revoked_at:
        state, tone = _("Revoked"), "danger"
    elif open_ and key.expires_at and key.expires_at - now <= timedelta(days=7):
        state, tone = _("Ends soon"), "warn"
    return {
        "key": key,
        "open": open_,
        "state": state,
        "tone": tone,
        "reach": _("Everything") if everything else reach,
        "scopes": [] if everything else key.scopes,
    }
