"""Staff's screens of notices and of who was erased."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.section import People
from accounts.models import Erased, Notice, NoticeChoice, normal_email
from accounts.staff_forms import by_row, by_time


@admin.register(Notice)
class NoticeAdmin(People):
    """What people were told, and whether they read it."""

    icon, rank = "notifications", 96
    list_display = ("at", "user", "kind", "words", "read_at", "mailed_at")
    list_filter = (by_row("account"), by_row("user"), by_time("at"))
    finders = {"user__email": normal_email}
    also_read = ("user",)


@admin.register(NoticeChoice)
class NoticeChoiceAdmin(People):
    """Kinds of notices that people do not want by e-mail."""

    icon, rank = "notifications_off", 97
    list_display = ("user", "kind", "account")
    list_filter = (by_row("account"), by_row("user"))
    also_read = ("user",)


@admin.register(Erased)
class ErasedAdmin(People):
    """Marks of erased people: hashes, of which nobody can read anything (X8)."""

    icon, rank = "person_off", 98
    list_display = ("kind", "account", "erased_at")
    list_filter = (by_row("account"), by_time("erased_at"))
    never_shown = frozenset({"digest"})
