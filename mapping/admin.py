"""Staff's screens of counterparts and links: read only, the engine owns them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.staff import Related, StaffAdmin, digits, trimmed
from accounts.staff_forms import by_row, by_time
from mapping.models import Counterpart, Link


class Mapping(StaffAdmin):
    """The menu's section."""

    section = _("Mapping")


@admin.register(Counterpart)
class CounterpartAdmin(Mapping):
    """The other sides, one for each account over there."""

    icon, rank = "swap_horiz", 410
    list_display = ("slug", "remote_id", "account")
    list_filter = (by_row("account"),)
    finders: ClassVar = {"remote_id": trimmed, "slug": trimmed}
    related = (
        Related(model="mapping.Link", field="counterpart", columns=("kind", "their_id", "entity", "our_id")),
    )


@admin.register(Link)
class LinkAdmin(Mapping):
    """Which record over there is which of ours."""

    icon, rank = "link", 420
    list_display = ("kind", "their_id", "entity", "our_id", "counterpart", "account", "agreed_at")
    list_filter = (by_row("account"), by_row("counterpart"), by_time("agreed_at"))
    finders: ClassVar = {"their_id": trimmed, "our_id": digits}
