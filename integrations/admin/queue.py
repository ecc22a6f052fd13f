"""Staff's screens of the queue's own rows: read only, in our clothes instead of the library's."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success

from accounts.staff import trimmed
from accounts.staff_forms import by_time
from integrations.admin.section import Engine

for _model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class Queue(Engine):
    """Pickled arguments and results stay closed: opening them is for the worker."""

    section = _("Queue")
    never_shown = frozenset({"args", "kwargs", "payload"})
    finders = {"name": trimmed, "pk": trimmed}


class Finished(Queue):
    """Jobs that ended."""

    ordering = ("-stopped",)
    list_display = ("func", "name", "started", "stopped", "attempt_count")
    list_filter = (by_time("started"),)


@admin.register(Success)
class SuccessAdmin(Finished):
    """Jobs that ended well."""

    icon, rank = "check_circle", 520
    never_shown = frozenset({*Queue.never_shown, "result"})


@admin.register(Failure)
class FailureAdmin(Finished):
    """Jobs that failed; the result is the error's text."""

    icon, rank = "error", 510


@admin.register(Schedule)
class ScheduleAdmin(Queue):
    """Jobs that run by the clock."""

    icon, rank = "schedule", 530
    list_display = ("name", "func", "schedule_type", "next_run")
    finders = {"name": trimmed}


@admin.register(OrmQ)
class OrmQAdmin(Queue):
    """Jobs that wait, where the queue lives in the database."""

    icon, rank = "hourglass", 540
    list_display = ("id", "key", "lock")
    finders = {"key": trimmed}
