"""Signing in and out, the person's own password, and the one-use link that sets the first one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts.forms import FirstPasswordForm, OwnPasswordForm, SignInForm
from accounts.models import User


class SignInView(views.LoginView):
    """E-mail and password; `next` is followed only within this site (LoginView's own check)."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    next_page = "portal:index"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=_("Sign in"), **kwargs)


class SignOutView(views.LogoutView):
    """POST only; ends the session."""

    next_page = "portal:login"


class PasswordView(views.PasswordChangeView):
    """A new password for whoever is signed in; her other sessions end."""

    template_name = "accounts/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("portal:password_change")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from accounts.sites import portal

        title = _("Change password")
        return {**super().get_context_data(**kwargs), **portal.each_context(self.request), "title": title}

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password was changed."))
        return super().form_valid(form)


class FirstPasswordView(views.PasswordResetConfirmView):
    """The page of a one-use link: valid for PASSWORD_RESET_TIMEOUT seconds and until a password is set."""

    template_name = "accounts/first_password.html"
    form_class = FirstPasswordForm
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("portal:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "title": _("Set your password")}


def password_link(user: User) -> str:
    """The one-use address, under PUBLIC_URL, with which the user sets her password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return settings.PUBLIC_URL + reverse("portal:password-set", args=[uid, token])
