"""Interaction records and tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, User
from accounts.origin import Origin
from funnels.models import Change, Company, Deal, InteractionRecord, Person, Task
from funnels.services.journal import locked, note, same_account, same_member, save, tell
from funnels.services.responsibles import set_responsibles


def log_interaction(
    *,
    account: Account,
    type: str,
    text: str,
    occurred_at: datetime,
    origin: Origin,
    person: Person | None = None,
    deal: Deal | None = None,
    company: Company | None = None,
    author: str = "",
    source: str | None = None,
) -> tuple[InteractionRecord, bool]:
    """One record and whether it is new; the same `source` again changes nothing (M33: never twice)."""
    same_account(account.pk, person, deal, company)
    with transaction.atomic():
        defaults = {
            "type": type,
            "text": text,
            "occurred_at": occurred_at,
            "author": author[:160],
            "person": person,
            "deal": deal,
            "company": company,
            "origin": str(origin),
        }
        if source is None:
            record, created = InteractionRecord(account=account, **defaults), True
            record.save()
        else:
            record, created = InteractionRecord.unscoped.get_or_create(
                account=account, source=source, defaults=defaults
            )
        if created:
            fields = {"type": [None, type], "person": [None, person.pk if person else None]}
            tell(
                [note(row=record, kind=Change.Kind.CREATED, fields=fields, origin=origin, deal=deal)],
                origin=origin,
            )
    return record, created


def create_task(
    *,
    account: Account,
    title: str,
    origin: Origin,
    text: str = "",
    deal: Deal | None = None,
    person: Person | None = None,
    assignee: User | None = None,
    due_at: datetime | None = None,
    source: str | None = None,
    responsibles: Sequence[User] = (),
) -> Task:
    """A task; the same `source` again returns the one that exists.

    Raises NotAllowed for an assignee who is not an active member, and as set_responsibles does.
    """
    same_account(account.pk, deal, person)
    if assignee is not None and (deal is None or assignee.pk != deal.owner_id):
        same_member(account.pk, assignee)  # a card's owner who has left still gets its tasks (M36)
    with transaction.atomic():
        if source is not None:
            existing = Task.objects.of(account).filter(source=source).first()
            if existing is not None:
                return existing
        task = Task.unscoped.create(
            account=account,
            title=title[:200],
            text=text,
            deal=deal,
            person=person,
            assignee=assignee,
            due_at=due_at,
            origin=str(origin),
            source=source,
        )
        fields: dict[str, list[object]] = {"title": [None, task.title]}
        if responsibles:
            fields["responsibles"] = list(set_responsibles(task=task, users=responsibles))
        tell(
            [note(row=task, kind=Change.Kind.CREATED, fields=fields, origin=origin, deal=deal)], origin=origin
        )
    return task


def complete_task(*, task: Task, origin: Origin, version: int | None = None) -> Task:
    """Marks a task as done; done already is left as it is."""
    with transaction.atomic():
        row = locked(task, version=version)
        if row.done_at is None:
            row.done_at = timezone.now()
            save(row, ["done_at"])
            fields = {"done_at": [None, row.done_at.isoformat()]}
            tell(
                [note(row=row, kind=Change.Kind.UPDATED, fields=fields, origin=origin, deal=row.deal)],
                origin=origin,
            )
    return row
