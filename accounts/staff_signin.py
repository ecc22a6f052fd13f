"""Support staff's sign-in form: guessing is stopped as on the portal, and a second factor is asked for."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from accounts import lockout, second_factor
from accounts.models import User


class CodeNeeded(Exception):
    """The password is right and the person has a second factor: nothing opens before its code."""

    def __init__(self, user: User) -> None:
        super().__init__(str(user.pk))
        self.user = user


class StaffSignInForm(AuthenticationForm):
    """After some wrong passwords the same address of the same e-mail has to wait."""

    def clean(self) -> dict[str, Any]:
        try:
            values = super().clean()
        except ValidationError:
            if lockout.locked_out(self.request):
                name = lockout.name_of(self.request, self.cleaned_data)
                raise lockout.refusal(self.request, name=name) from None
            raise
        user = self.get_user()
        if user is not None and second_factor.enrolled(user):
            raise CodeNeeded(user)  # the site's login takes it to the second step
        return values
