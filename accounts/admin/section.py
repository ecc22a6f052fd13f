"""What all staff screens of accounts share."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.staff import StaffAdmin
from accounts.staff_acts import Declined


class People(StaffAdmin):
    """The menu's section."""

    section = _("Accounts and users")


def refuse_staff(user: User | None) -> None:
    """Declined for support staff: a place in an account would outlive the reason and the hour (S5).

    Whoever acts here is staff herself, so nobody gives herself a place.
    """
    if user is not None and (user.is_staff or user.is_superuser):
        raise Declined(
            gettext(
                "Support staff get no place in an account: open its data with a reason, an hour at a time."
            )
        )
