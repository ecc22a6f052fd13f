"""Staff's screens of requests for modules and of White Label's images."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import contracting
from accounts.admin.section import People
from accounts.models import BrandImage, ModuleRequest
from accounts.origin import Origin
from accounts.staff import Act, trimmed
from accounts.staff_forms import by_row, by_time


def _answer(*, row: ModuleRequest, origin: Origin) -> None:
    contracting.answer_request(request=row, origin=origin, now=timezone.now())


@admin.register(ModuleRequest)
class ModuleRequestAdmin(People):
    """Who asked for which module (S2): somebody of support answers; contracting answers too."""

    open_to_all = True
    icon, rank = "contact_support", 52
    list_display = ("at", "account", "slug", "asked_by", "text", "answered_at")
    list_filter = (by_row("account"), by_time("answered_at"))
    finders = {"slug": trimmed}
    acts = (
        Act(
            slug="answer",
            label=gettext_lazy("Answered"),
            icon="done",
            run=_answer,
            fits=lambda row: row.answered_at is None,
            bulk=True,
        ),
    )


@admin.register(BrandImage)
class BrandImageAdmin(People):
    """The logos that accounts uploaded; read only, shown by the portal alone."""

    icon, rank = "image", 54
    list_display = ("created_at", "account", "kind", "content_type", "size")
    list_filter = (by_row("account"),)
    finders = {"kind": trimmed}
