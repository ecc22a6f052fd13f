"""What support staff did, as Django's log keeps it: rows by table and number, never by name (X8)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst

from accounts.models import User


def about(row: LogEntry) -> str:
    """Table and number; lines of before 2026-11-30 have a name as well, which is not told."""
    model = row.content_type.model_class() if row.content_type else None
    name = capfirst(str(model._meta.verbose_name)) if model else ""
    return f"{name} #{row.object_id}".strip()


class NumberedLog:
    """For a ModelAdmin: Django's own log without names, which would outlive the erasure of their person."""

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        return _written(request, [obj], ADDITION, message)[0]

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        return _written(request, [obj], CHANGE, message)[0]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> list[LogEntry]:
        return _written(request, queryset, DELETION, "")


def _written(request: HttpRequest, rows: Iterable[models.Model], flag: int, message: Any) -> list[LogEntry]:
    text = json.dumps(message) if isinstance(message, list) else str(message)
    return [
        LogEntry.objects.create(
            user=cast(User, request.user),
            content_type=ContentType.objects.get_for_model(row, for_concrete_model=False),
            object_id=str(row.pk),
            object_repr=f"{row._meta.label} #{row.pk}"[:200],
            action_flag=flag,
            change_message=text,
        )
        for row in rows
    ]
