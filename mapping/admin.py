"""Staff's screens of counterparts, links, the matrix and conflicts; associating needs a catalog: above."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.staff import Related, StaffAdmin, digits, trimmed
from accounts.staff_forms import by_choice, by_row, by_time
from mapping.models import Conflict, Counterpart, Link, TypePair


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
        Related(
            model="mapping.FieldMap",
            field="counterpart",
            columns=("entity", "key", "their_name", "master", "empty"),
        ),
        Related(model="mapping.Link", field="counterpart", columns=("kind", "their_id", "entity", "our_id")),
    )


@admin.register(Link)
class LinkAdmin(Mapping):
    """Which record over there is which of ours."""

    icon, rank = "link", 420
    list_display = ("kind", "their_id", "entity", "our_id", "counterpart", "account", "agreed_at")
    list_filter = (by_row("account"), by_row("counterpart"), by_time("agreed_at"))
    finders: ClassVar = {"their_id": trimmed, "our_id": digits}


@admin.register(TypePair)
class TypePairAdmin(Mapping):
    """The matrices, as partners declare them (M13): read only, written after each migration."""

    icon, rank = "grid_on", 430
    list_display = ("partner", "ours", "theirs")
    list_filter = (by_choice("ours"),)
    finders: ClassVar = {"partner": trimmed}


@admin.register(Conflict)
class ConflictAdmin(Mapping):
    """Fields that both sides changed apart, and who won: read only, the engine writes them."""

    icon, rank = "call_split", 450
    list_display = ("at", "label", "winner", "entity", "our_id", "counterpart", "account")
    list_filter = (by_row("account"), by_row("counterpart"), by_choice("winner"), by_time("at"))
    finders: ClassVar = {"their_key": trimmed, "our_id": digits, "deal_id": digits}
