"""Libraries' own screens are taken down; support reads from the queue of e-mails who was written to."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy
from post_office.models import Email

from accounts.admin.section import People
from accounts.staff import digits
from accounts.staff_forms import by_choice, by_time

LIBRARIES = ("axes", "otp_static", "otp_totp", "post_office")  # their screens show secrets and delete rows

for _model in list(admin.site._registry):  # noqa: SLF001 - it has no public list
    if _model._meta.app_label in LIBRARIES:
        admin.site.unregister(_model)


@admin.register(Email)
class EmailAdmin(People):
    """What was sent or waits; texts are never shown, they hold one-use links."""

    icon, rank, plural = "mail", 110, gettext_lazy("E-mails")
    list_display = ("created", "to", "subject", "status", "scheduled_time")
    list_filter = (by_choice("status"), by_time("created"))
    finders = {"pk": digits}
    change_form_template = "admin/change_form.html"  # post_office's own leads to pages that are not here
    never_shown = frozenset({"message", "html_message", "context", "headers"})
