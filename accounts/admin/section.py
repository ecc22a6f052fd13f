"""What all staff screens of accounts share."""

from django.utils.translation import gettext_lazy as _

from accounts.staff import StaffAdmin


class People(StaffAdmin):
    """The menu's section."""

    section = _("Accounts and users")
