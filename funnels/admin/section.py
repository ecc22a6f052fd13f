"""What all staff screens of the CRM share."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.staff import StaffAdmin
from funnels import services


class Crm(StaffAdmin):
    """The menu's section, and what services refuse."""

    section = _("CRM")
    refusals: ClassVar[tuple[type[Exception], ...]] = (*StaffAdmin.refusals, services.NotAllowed)
