"""Staff's screens of what partners list, whose users are whose, and how fast a connection speaks."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import normal_email
from accounts.staff import digits, trimmed
from accounts.staff_forms import by_row, by_time
from integrations.admin.section import Engine
from integrations.models import CatalogItem, CatalogShelf, LinkedUser, PaceWindow


@admin.register(CatalogShelf)
class CatalogShelfAdmin(Engine):
    """One kind of one connection, and its age."""

    icon, rank = "shelves", 430
    list_display = ("kind", "connection", "account", "read_at", "last_error")
    list_filter = (by_row("account"), by_row("connection"), by_time("read_at"))
    finders = {"kind": trimmed}
    also_read = ("connection__account",)


@admin.register(CatalogItem)
class CatalogItemAdmin(Engine):
    """Rows that partners list; what is sealed in them is not shown."""

    icon, rank = "category", 440
    list_display = ("kind", "their_id", "name", "connection", "account", "gone_at")
    list_filter = (by_row("account"), by_row("connection"), by_time("gone_at"))
    finders = {"their_id": trimmed}
    never_shown = frozenset({"sealed"})
    also_read = ("connection__account",)


@admin.register(LinkedUser)
class LinkedUserAdmin(Engine):
    """Whose user over there is whose here (M22)."""

    icon, rank = "supervised_user_circle", 450
    list_display = ("their_id", "user", "connection", "account")
    list_filter = (by_row("account"), by_row("user"))
    finders = {"their_id": trimmed, "user__email": normal_email, "user_id": digits}
    also_read = ("connection__account",)


@admin.register(PaceWindow)
class PaceWindowAdmin(Engine):
    """What is left of each window of a partner's pace."""

    icon, rank, plural = "speed", 460, _("Pace windows")
    list_display = ("window", "connection", "account", "tokens", "counted_at")
    list_filter = (by_row("account"), by_row("connection"))
    also_read = ("connection__account",)
