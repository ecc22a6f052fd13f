"""A person's own pages: her second factor and her sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import lockout, second_factor, sittings
from accounts.forms import CodeForm, PasswordProofForm
from accounts.origin import Origin
from accounts.portal import PortalRequest, own_page, render_page

SHOWN = 50  # sessions on the page; "end all others" ends every one


@sensitive_post_parameters("code", "password")
@never_cache
@own_page
@require_http_methods(["GET", "POST"])
def second_factor_page(request: PortalRequest) -> HttpResponse:
    """Sets it up with the app's code, makes new recovery codes or switches it off, both with the password."""
    standing = second_factor.standing(request.user)
    if standing is None:
        return _set_up(request)
    form = PasswordProofForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _changed(request, form)
        if answer is not None:
            return answer
    context = {"title": _("Second factor"), "standing": standing, "form": form}
    return render_page(request, "accounts/second_factor.html", {**context, "demanded": _demanded(request)})


def _set_up(request: PortalRequest) -> HttpResponse:
    device = second_factor.begin(request.user)
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and form.is_valid():
        verdict, codes = second_factor.confirm(
            user=request.user, code=form.cleaned_data["code"], origin=Origin.user(request.user)
        )
        if verdict.right:
            sittings.end_others(user=request.user, keep=request.session.session_key)
            return _told_once(request, codes)
        form.refuse(verdict)
    form.fields["code"].widget.attrs.pop("autofocus", None)  # the picture is read first
    context = {
        "title": _("Second factor"),
        "form": form,
        "picture": second_factor.picture(device),
        "typed_key": second_factor.typed_key(device),
        "demanded": _demanded(request),
    }
    return render_page(request, "accounts/second_factor_new.html", context)


def _changed(request: PortalRequest, form: PasswordProofForm) -> HttpResponse | None:
    """What was asked for with the right password; None after adding to the form why not."""
    name, password = request.user.email, form.cleaned_data["password"]
    if authenticate(request, username=name, password=password) is None:
        wrong: Any = _("This is not your password.")
        form.add_error(
            "password", lockout.refusal(request, name=name) if lockout.locked_out(request) else wrong
        )
        return None
    if request.POST.get("do") == "codes":
        return _told_once(request, second_factor.new_recovery_codes(user=request.user))
    if request.POST.get("do") != "disable":
        raise Http404
    if _demanded(request):
        form.add_error(None, _("This account asks every member for a second factor: it stays on."))
        return None
    second_factor.disable(user=request.user, origin=Origin.user(request.user))
    messages.success(request, _("The second factor is off. Signing in asks for your password alone."))
    return redirect("portal:second-factor")


def _told_once(request: PortalRequest, codes: list[str]) -> HttpResponse:
    context = {"title": _("Your recovery codes"), "codes": codes}
    return render_page(request, "accounts/recovery_codes.html", context)


def _demanded(request: PortalRequest) -> bool:
    """Whether one of the person's accounts asks for it: she could not work there without."""
    return any(place.account.demands_second_factor for place in request.memberships)  # type: ignore[attr-defined]


@never_cache
@own_page
@require_GET
def sessions(request: PortalRequest) -> HttpResponse:
    """Where she is signed in: browser, address, since when and when last seen."""
    rows = list(sittings.living(request.user, now=timezone.now())[: SHOWN + 1])
    for row in rows:
        row.words = sittings.browser_words(row.agent)  # type: ignore[attr-defined]
        row.here = row.session_key == request.session.session_key  # type: ignore[attr-defined]
    context = {"title": _("Sessions"), "rows": rows[:SHOWN], "more": len(rows) > SHOWN}
    return render_page(request, "accounts/sessions.html", context)


@own_page
@require_POST
def end_session(request: PortalRequest) -> HttpResponse:
    """Ends one of her sessions (`session`), or all but this one."""
    wanted = request.POST.get("session", "")
    if not wanted:
        ended = sittings.end_others(user=request.user, keep=request.session.session_key)
        words = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended)
        messages.success(request, words % {"count": ended})
        return redirect("portal:sessions")
    if not wanted.isascii() or not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    if not sittings.end(user=request.user, pk=int(wanted)):
        messages.info(request, _("That session was over already."))
    else:
        messages.success(request, _("The session has ended."))
    return redirect("portal:sessions")
