"""Support staff's sign-in form: guessing is stopped as on the portal."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from accounts import tries
from accounts.forms import address_of
from accounts.models import normal_email


class StaffSignInForm(AuthenticationForm):
    """After some wrong passwords the same address of the same e-mail has to wait."""

    def clean(self) -> dict[str, Any]:
        email = normal_email(self.cleaned_data.get("username", ""))
        who = tries.key(email=email, address=address_of(self.request))
        if tries.too_many(who):
            raise ValidationError(_("Too many tries. Wait fifteen minutes and try again."), code="wait")
        try:
            return super().clean()
        except ValidationError:
            tries.count(who)
            raise
