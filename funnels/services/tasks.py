"""Tasks: changed and deleted."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.origin import Origin
from funnels.models import Change, Task
from funnels.services.journal import (
    assign,
    locked,
    note,
    refuse_other_names,
    same_account,
    same_member,
    save,
    tell,
)
from funnels.services.responsibles import set_responsibles

TASK_EDITABLE = frozenset({"title", "text", "deal", "person", "assignee", "due_at", "responsibles"})


def update_task(*, task: Task, origin: Origin, version: int | None = None, **values: Any) -> Task:
    """Changes title, text, deal, person, assignee, due_at or responsibles; TypeError for other names (S18).

    Raises NotAllowed for a new assignee who is not an active member and as set_responsibles does,
    SomeoneElseChangedThis.
    """
    refuse_other_names(values, TASK_EDITABLE)
    with transaction.atomic():
        row = locked(task, version=version)
        same_account(row.account_id, values.get("deal"), values.get("person"))
        assignee = values.get("assignee")
        if assignee is not None and assignee.pk != row.assignee_id:  # who has left may stay
            same_member(row.account_id, assignee)
        if "title" in values:
            values["title"] = values["title"].strip()
        responsibles = values.pop("responsibles", None)
        differences = assign(row, values)
        written = list(differences)
        if responsibles is not None:
            before, after = set_responsibles(task=row, users=responsibles)
            if before != after:
                differences["responsibles"] = [before, after]
        if differences:
            save(row, written)
            tell(
                [note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin, deal=row.deal)],
                origin=origin,
            )
    return row


def delete_task(*, task: Task, origin: Origin) -> None:
    """Takes a task away for good; the journal keeps that it was there (S18)."""
    with transaction.atomic():
        row = locked(task)
        fields = {"title": [row.title, None]}
        gone = note(row=row, kind=Change.Kind.DELETED, fields=fields, origin=origin, deal=row.deal)
        row.delete()
        tell([gone], origin=origin)
