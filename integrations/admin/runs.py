"""Staff's screens of enrollments and leads: the engine's rows, read only."""

from __future__ import annotations

from django.contrib import admin

from accounts.staff import Related, digits, trimmed
from accounts.staff_forms import by_choice, by_row, by_time
from integrations.admin.section import Engine
from integrations.models import Enrollment, Lead


@admin.register(Enrollment)
class EnrollmentAdmin(Engine):
    """Runs of deals at partners."""

    icon, rank = "conversion_path", 360
    list_display = ("deal", "number", "connection", "state", "started_at", "ended_at", "account")
    list_filter = (by_row("account"), by_row("connection"), by_choice("state"), by_time("started_at"))
    finders = {"deal_id": digits, "pk": digits}
    also_read = ("connection__account",)
    related = (
        Related(model="integrations.Lead", field="enrollment", columns=("person", "state", "sent_at")),
        Related(model="integrations.OutboxAction", field="enrollment", columns=("kind", "state", "reason")),
    )


@admin.register(Lead)
class LeadAdmin(Engine):
    """Persons being prospected."""

    icon, rank = "person_search", 370
    list_display = ("person", "enrollment", "is_main", "state", "sent_at", "account")
    list_filter = (by_row("account"), by_choice("state"), by_time("sent_at"))
    finders = {"person_id": digits, "enrollment_id": digits, "their_run": trimmed}
    also_read = ("enrollment__deal",)
    related = (Related(model="integrations.OutboxAction", field="lead", columns=("kind", "state", "reason")),)
