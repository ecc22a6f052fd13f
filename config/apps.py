"""Which site is Django's admin: ours, for support staff."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """The staff admin on django-unfold."""

    default_site = "accounts.sites.StaffSite"
