"""Staff's screens of sign-in: sessions, wrong tries, and who of support opened what."""

from __future__ import annotations

from axes.models import AccessAttempt
from django.contrib import admin
from django.utils.translation import gettext_lazy

from accounts import sittings
from accounts.admin import foreign  # noqa: F401  # axes' own screens are taken down before ours stands
from accounts.admin.section import People
from accounts.models import Sitting, SupportAccess, normal_email
from accounts.origin import Origin
from accounts.staff import Act, trimmed
from accounts.staff_forms import by_row, by_time


def _end(*, row: Sitting, origin: Origin) -> None:  # noqa: ARG001 - the signature is given
    sittings.end(user=row.user, pk=row.pk)


@admin.register(Sitting)
class SittingAdmin(People):
    """Where people are signed in; a session can be ended for somebody who lost a phone."""

    icon, rank = "devices", 92
    list_display = ("user", "address", "agent", "began_at", "seen_at")
    list_filter = (by_row("user"), by_time("seen_at"))
    finders = {"user__email": normal_email, "address": trimmed}
    never_shown = frozenset({"session_key"})
    also_read = ("user",)
    acts = (
        Act(
            slug="end",
            label=gettext_lazy("End the session"),
            icon="logout",
            run=_end,
            danger=True,
            bulk=True,
        ),
    )


@admin.register(SupportAccess)
class SupportAccessAdmin(People):
    """Who of support opened which account and why: about our staff, so every member of staff may read it."""

    icon, rank = "folder_supervised", 94
    open_to_all = True
    list_display = ("at", "staff", "account", "reason", "until", "ended_at")
    list_filter = (by_row("account"), by_row("staff"), by_time("at"))
    also_read = ("staff",)


def _forget(*, row: AccessAttempt, origin: Origin) -> None:  # noqa: ARG001 - the signature is given
    row.delete()


@admin.register(AccessAttempt)
class AccessAttemptAdmin(People):
    """Wrong tries at signing in that still count; deleting a row lets the person try again at once."""

    icon, rank, plural = "lock_clock", 96, gettext_lazy("Wrong tries at signing in")
    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "path_info")
    list_filter = (by_time("attempt_time"),)
    finders = {"username": normal_email, "ip_address": trimmed}
    never_shown = frozenset({"get_data", "post_data", "http_accept"})
    remove = staticmethod(_forget)
