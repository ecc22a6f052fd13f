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


@admin.register(crm.TaskResponsible)
class TaskResponsibleAdmin(Crm):
    """Who else is responsible for tasks (S3)."""

    icon, rank = "supervisor_account", 203
    list_display = ("task", "user", "account")
    list_filter = (by_row("account"), by_row("user"))
    finders = {"task_id": digits}


def _forget(*, row: crm.CheckIn, origin: Origin) -> None:
    subject = row.task or row.record
    client = services.client_of(subject) if subject is not None else None
    if client is not None:
        services.set_place(client=client, place=None, origin=origin)


@admin.register(crm.CheckIn)
class CheckInAdmin(Crm):
    """Who arrived and left, where and how far from the client; written once (S3)."""

    icon, rank = "location_on", 206
    list_display = ("at", "kind", "user", "task", "record", "distance", "outside", "account")
    list_filter = (by_row("account"), by_row("user"), by_choice("kind"), by_time("at"))
    finders = {"task_id": digits, "record_id": digits}
    acts = (Act(slug="forget", label=_("Forget the client's place"), icon="location_off", run=_forget),)


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
