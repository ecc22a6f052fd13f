"""How a portal page is made: sign-in, the account it belongs to, who may open it, and its frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from accounts import modules
from accounts.models import Account, Membership, User
from accounts.origin import Origin
from accounts.permissions import demand

P = ParamSpec("P")


class PortalRequest(HttpRequest):
    """A request of a signed-in member: `account` and `membership` are set by CurrentAccountMiddleware."""

    account: Account
    membership: Membership
    user: User


def page(
    *,
    administrator: bool = False,
    permission: str = "",
    changes: str = "",
    module: str | tuple[str, ...] = "",
) -> Callable[[Callable[Concatenate[PortalRequest, P], HttpResponse]], Callable[..., HttpResponse]]:
    """A view for members only: signs in first, 403 lacking the profile, 409 for a form of another account.

    `permission` is a slug of permissions.PERMISSIONS that the page needs, `changes` one that its posts need;
    `module`, or each of several, has to be on (S4).
    Forms carry the account's id as `account` (house.md, "Scoping"): a post from a tab that still shows
    another account changes nothing.
    """

    named = modules.several(module)

    def decorate(
        view: Callable[Concatenate[PortalRequest, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            membership: Membership | None = getattr(request, "membership", None)
            if membership is None:
                raise PermissionDenied(_("You are not a member of any account. Ask an administrator."))
            if administrator and not membership.profile.is_administrator:
                raise PermissionDenied(_("Only administrators can open this page."))
            reads = request.method in ("GET", "HEAD")
            for needed in filter(None, (permission, "" if reads else changes)):
                demand(membership, needed)
            for slug in named:
                modules.require(request, slug)
            posted = request.POST.get("account") or request.headers.get("X-Account")
            if not reads and posted != str(membership.account_id):
                return render_page(
                    cast(PortalRequest, request),
                    "accounts/other_account.html",
                    {"title": _("This tab shows another account")},
                    status=409,
                )
            return view(cast(PortalRequest, request), *args, **kwargs)

        guarded.modules = named  # type: ignore[attr-defined]  # read by tests/house/test_module_doors.py
        return guarded

    return decorate


def own_page(
    view: Callable[Concatenate[PortalRequest, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """A view of the signed-in person herself, whatever her account, and also without any (staff)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        return view(cast(PortalRequest, request), *args, **kwargs)

    return guarded


def render_page(
    request: PortalRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The template in the portal's frame; `title` in the context names the page."""
    from accounts.sites import portal

    request.current_app = portal.name  # read by unfold's {% url %}
    return render(request, template, {**portal.each_context(request), **context}, status=status)


def toast(response: HttpResponse, text: str, *, kind: str = "ok") -> HttpResponse:
    """Adds a toast to an htmx answer; `kind`: ok · warn · danger. Whole pages use django.contrib.messages."""
    return trigger_client_event(response, "tomada:toast", {"text": str(text), "kind": kind})


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; a part of a page that htmx asked for takes the whole page there."""
    if request.headers.get("HX-Request"):
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        target = redirect_to_login(shown.path or "/").url
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")


def origin(request: PortalRequest) -> Origin:
    """The signed-in person as the origin of a change."""
    return Origin.user(request.user)
