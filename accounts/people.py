"""Small pages and posts of the person herself: welcome, language, and the account she works in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.middleware import ACCOUNT_KEY
from accounts.models import User
from accounts.origin import Origin
from accounts.portal import PortalRequest, page, render_page
from accounts.services import audit


@page()
def welcome(request: PortalRequest) -> HttpResponse:
    """The first page where no app offers its own."""
    return render_page(request, "portal/welcome.html", {"title": _("Welcome")})


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keeps the language on the person, and in the browser for the sign-in page; then back (G5)."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Http404(_("This language is not spoken here."))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
    response = back(request)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 86400,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@require_POST
@login_required
def switch_account(request: HttpRequest) -> HttpResponse:
    """Works in another of the person's accounts from now on; 404 where she has no active membership."""
    _work_in(request, request.POST.get("to", ""))
    return redirect("portal:index")


@require_GET
@login_required
def open_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Where an e-mail leads: a path of ours (`to`) in one of her accounts; she works there from now on."""
    target = request.GET.get("to", "")
    local = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    _work_in(request, str(account_id))
    return redirect(target if local else "portal:index")


def _work_in(request: HttpRequest, wanted: str) -> None:
    chosen = next((each for each in request.memberships if str(each.account_id) == wanted), None)  # type: ignore[attr-defined]
    if chosen is None:
        raise Http404(_("You are not a member of that account."))
    if chosen == request.membership:  # type: ignore[attr-defined]
        return
    request.session[ACCOUNT_KEY] = chosen.account_id
    audit(
        account=chosen.account,
        origin=Origin.user(request.user),
        action="account.switched",
        subject=str(chosen.account),
    )


def back(request: HttpRequest) -> HttpResponseRedirect:
    """To the posted `next` where it is an address of ours, else home."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(target if safe else settings.LOGIN_REDIRECT_URL)
