"""The forms of signing in, of its second step and of the person's own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import lockout
from accounts.models import normal_email
from accounts.second_factor import Verdict


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
        """After some wrong passwords the same address of the same e-mail has to wait."""
        try:
            return super().clean()
        except forms.ValidationError:
            if self.request and lockout.locked_out(self.request):
                name = lockout.name_of(self.request, self.cleaned_data)
                raise lockout.refusal(self.request, name=name) from None
            raise


class CodeForm(forms.Form):
    """One code: of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "one-time-code", "spellcheck": "false"}
        ),
        error_messages={"required": _("Type the code.")},
    )

    def refuse(self, verdict: Verdict) -> None:
        """Says that the code is wrong, or how long the next try has to wait."""
        if not verdict.wait:
            self.add_error(
                "code", gettext("This code is not right. A code of the app works once and not for long.")
            )
            return
        words = ngettext(
            "Wait %(count)d second before the next try.",
            "Wait %(count)d seconds before the next try.",
            verdict.wait,
        )
        self.add_error("code", words % {"count": verdict.wait})


class PasswordProofForm(forms.Form):
    """The person's password, asked for again before something that weakens her sign-in."""

    password = forms.CharField(
        label=_("Your password now"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Type your password.")},
    )


class ForgottenForm(forms.Form):
    """The e-mail to which the link goes."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
        error_messages={
            "required": _("Type your e-mail."),
            "invalid": _("This is not a whole e-mail address."),
        },
    )


class OwnPasswordForm(PasswordChangeForm):
    """The old password, then the new one twice; wrong tries count as those of signing in."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["old_password"].label = _("Your password now")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")

    def clean_old_password(self) -> str:
        """A session that was left open, or stolen, is no place to guess the password from."""
        given: str = self.cleaned_data["old_password"]
        name = self.user.email
        if authenticate(self.request, username=name, password=given) is None:
            if lockout.locked_out(self.request):
                raise lockout.refusal(self.request, name=name)
            code = "password_incorrect"
            raise forms.ValidationError(self.error_messages[code], code=code)
        return given


class FirstPasswordForm(SetPasswordForm):
    """The first password, twice, by a one-use link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")
