"""In an account that demands a second factor, a member without one sets it up before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import second_factor

# Names of portal pages that stay open: the way to set it up, the ways out, and what these pages look like.
OPEN = frozenset(
    {
        "second-factor",
        "login",
        "login-code",
        "logout",
        "language",
        "account-switch",
        "account-open",
        "brand-css",
        "brand-image",
    }
)


class SecondFactorGate:
    """Leads to the set-up page; accounts that demand nothing cost no query. API keys are not people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        account = getattr(request, "account", None)
        if account is None or not account.demands_second_factor:
            return None
        match = request.resolver_match
        if match is None or match.namespace != "portal" or match.url_name in OPEN:
            return None
        if second_factor.enrolled(request.user):  # type: ignore[arg-type]  # members are signed in
            return None
        address = reverse("portal:second-factor")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        messages.warning(request, _("This account asks for a second factor. Set yours up to go on."))
        return redirect(address)
