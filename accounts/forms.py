"""The forms of signing in and of the person's own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import tries
from accounts.models import normal_email


class SignInForm(AuthenticationForm):
    """E-mail and password, for every active user: whether she has an account is said after signing in."""

    username = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
        error_messages={
            "required": _("Type your e-mail."),
            "invalid": _("This is not a whole e-mail address."),
        },
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Type your password.")},
    )
    error_messages = {
        "invalid_login": _("E-mail and password do not match. Check both and try again."),
        "inactive": _("This user is switched off. Ask an administrator."),
    }

    def clean_username(self) -> str:
        return normal_email(self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        """Stops guessing: after some wrong passwords the same address of the same e-mail has to wait."""
        who = tries.key(email=self.cleaned_data.get("username", ""), address=address_of(self.request))
        if tries.too_many(who):
            raise forms.ValidationError(_("Too many tries. Wait fifteen minutes and try again."), code="wait")
        try:
            return super().clean()
        except forms.ValidationError:
            tries.count(who)
            raise


def address_of(request: HttpRequest | None) -> str:
    """Where the request came from, as the server sees it; a header could be anybody's invention."""
    return request.META.get("REMOTE_ADDR", "") if request else ""


class OwnPasswordForm(PasswordChangeForm):
    """The old password, then the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Your password now")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")


class FirstPasswordForm(SetPasswordForm):
    """The first password, twice, by a one-use link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")
