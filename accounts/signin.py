"""Signing in, in one step or two, and out; the person's own password, and the one-use link that sets it."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, login, logout, views
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes
from django.utils.http import url_has_allowed_host_and_scheme, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import lockout, second_factor, sittings
from accounts.forms import CodeForm, FirstPasswordForm, OwnPasswordForm, SignInForm
from accounts.models import User
from accounts.origin import Origin
from accounts.own_trail import tell_accounts

BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING = "second_factor"  # the session's key for who gave her password and owes a code
PENDING_SECONDS = 10 * 60


def enter(request: HttpRequest, *, user: User, to: str = "") -> HttpResponse:
    """The only way in: signs in and goes to `to` (an address of ours, else home), by way of the code
    where she has a second factor."""
    if not second_factor.enrolled(user):
        login(request, user, backend=BACKEND)
        return HttpResponseRedirect(_ours(request, to))
    if request.user.is_authenticated:
        logout(request)
    request.session[PENDING] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),  # a new password ends what waits as well
        "to": to,
        "at": time.time(),
    }
    request.session.cycle_key()  # who planted the key of before has no part in the second step
    return redirect("portal:login-code")


def _ours(request: HttpRequest, to: str) -> str:
    safe = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return to if safe else reverse("portal:index")


class SignInView(views.LoginView):
    """E-mail and password; `next` is followed only within this site (LoginView's own check)."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    next_page = "portal:index"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Sign in"), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        return enter(self.request, user=form.get_user(), to=self.get_redirect_url())


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or a recovery code; wrong ones count like wrong passwords."""
    pending = _pending(request)
    if pending is None:
        messages.info(request, _("Sign in again: this took too long."))
        return redirect("portal:login")
    user, to = pending
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not lockout.allowed(request, name=user.email):
            form.add_error(None, lockout.refusal(request, name=user.email))
        else:
            verdict = second_factor.verify(user=user, code=form.cleaned_data["code"])
            if verdict.right:
                del request.session[PENDING]
                login(request, user, backend=BACKEND)
                return HttpResponseRedirect(_ours(request, to))
            form.refuse(verdict)
            if not verdict.wait:
                lockout.count(request, name=user.email)
            if lockout.locked_out(request):
                form.add_error(None, lockout.refusal(request, name=user.email))
    return render(request, "accounts/code.html", {"title": _("Second step"), "form": form})


def _pending(request: HttpRequest) -> tuple[User, str] | None:
    """Who gave her password a moment ago in this browser, and where she wants to go."""
    kept = request.session.get(PENDING)
    if SESSION_KEY in request.session or not kept or time.time() - kept["at"] > PENDING_SECONDS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["password"], user.get_session_auth_hash()):
        return None
    return user, kept["to"]


class SignOutView(views.LogoutView):
    """POST only; ends the session."""

    next_page = "portal:login"


class PasswordView(views.PasswordChangeView):
    """A new password for whoever is signed in; her other sessions end."""

    template_name = "accounts/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("portal:password_change")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from accounts.sites import portal

        title = _("Change password")
        return {**super().get_context_data(**kwargs), **portal.each_context(self.request), "title": title}

    def form_valid(self, form: Any) -> HttpResponse:
        user, before = form.user, self.request.session.session_key
        with transaction.atomic():
            answer = super().form_valid(form)  # this session gets another key, the others lose their worth
            sittings.moved(old=before, new=self.request.session.session_key)
            sittings.end_others(user=user, keep=self.request.session.session_key)
            tell_accounts(user=user, action="user.password_changed", origin=Origin.user(user))
        messages.success(self.request, _("Your password was changed. Your other sessions have ended."))
        return answer


class FirstPasswordView(views.PasswordResetConfirmView):
    """The page of a one-use link: valid for PASSWORD_RESET_TIMEOUT seconds and until a password is set."""

    template_name = "accounts/first_password.html"
    form_class = FirstPasswordForm
    success_url = reverse_lazy("portal:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "title": _("Set your password")}

    def form_valid(self, form: Any) -> HttpResponse:
        """All her sessions end; wrong tries are forgotten, the code of her second factor is not."""
        user = form.user
        with transaction.atomic():
            super().form_valid(form)
            sittings.end_all(user=user)
            lockout.release(user=user)
            tell_accounts(user=user, action="user.password_set", origin=Origin.user(user))
        if not user.is_active:
            return redirect("portal:login")
        return enter(self.request, user=user)


def password_link(user: User) -> str:
    """The one-use address, under PUBLIC_URL, with which the user sets her password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.PUBLIC_URL + reverse("portal:password-set", args=[uid, token])
