"""Staff's screens of what happened: records, tasks, the journal, checklist marks, related contacts."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Act, digits, trimmed
from accounts.staff_forms import by_choice, by_row, by_time
from funnels import models as crm
from funnels import services
from funnels.admin.section import Crm


@admin.register(crm.InteractionRecord)
class InteractionRecordAdmin(Crm):
    """Contacts that took place (M33)."""

    icon, rank = "forum", 190
    list_display = ("occurred_at", "type", "author", "deal", "person", "account")
    list_filter = (by_row("account"), by_choice("type"), by_time("occurred_at"))
    finders = {"source": trimmed, "deal_id": digits}


def _complete(*, row: crm.Task, origin: Origin) -> None:
    services.complete_task(task=row, origin=origin)


@admin.register(crm.Task)
class TaskAdmin(Crm):
    """What somebody has to do."""

    icon, rank = "task_alt", 200
    list_display = ("title", "deal", "assignee", "due_at", "done_at", "account")
    list_filter = (by_row("account"), by_row("assignee"), by_time("due_at"))
    finders = {"source": trimmed, "deal_id": digits}
    acts = (
        Act(
            slug="complete",
            label=_("Mark as done"),
            icon="check",
            run=_complete,
            fits=lambda row: row.done_at is None,
            bulk=True,
        ),
    )


@admin.register(crm.Change)
class ChangeAdmin(Crm):
    """The journal; written by services, never edited."""

    icon, rank = "history_edu", 210
    list_display = ("at", "entity", "entity_id", "kind", "deal", "origin_label", "account")
    list_filter = (by_row("account"), by_choice("kind"), by_time("at"))
    finders = {"deal_id": digits, "entity_id": digits}


@admin.register(crm.RelatedContact)
class RelatedContactAdmin(Crm):
    """Further persons of a deal (M29)."""

    icon, rank = "group_add", 220
    list_display = ("deal", "person", "account", "created_at")
    list_filter = (by_row("account"),)
    finders = {"deal_id": digits, "person_id": digits}


@admin.register(crm.ChecklistMark)
class ChecklistMarkAdmin(Crm):
    """Items that were done for a deal (S8)."""

    icon, rank = "done_all", 230
    list_display = ("deal", "item", "account", "done_at")
    list_filter = (by_row("account"),)
    finders = {"deal_id": digits}
