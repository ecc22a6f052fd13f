"""A person's own data leaves the CRM; that something happened on a card, and when, stays (X8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.origin import Origin
from accounts.scoping import VersionedModel
from funnels.fields import FieldType, search_key
from funnels.models import Change, CheckIn, CustomField, Deal, InteractionRecord, Person, StoredFile, Task
from funnels.services.journal import locked, note, save, tell
from funnels.services.scrubbing import GONE, Words, scrub

BATCH = 500
FILES = (FieldType.IMAGE, FieldType.ATTACHMENT)
EMPTY = {
    "email": "",
    "email_key": "",
    "company": None,
    "custom": {},
    "latitude": None,
    "longitude": None,
}


@transaction.atomic
def erase_person(
    *, person: Person, deals: Iterable[int], words: Words, origin: Origin, version: int | None = None
) -> Person:
    """Empties her row, records, tasks and journal, takes her words out of these cards, drops her files.

    Raises SomeoneElseChangedThis for an old version. Rows stay, so that cards keep their history.
    """
    row = locked(person, version=version)
    files = files_of(row)
    records = InteractionRecord.unscoped.filter(person=row)
    tasks = Task.unscoped.filter(person=row)
    check_ins_of(row, deals).delete()
    _forget_journal("interactionrecord", list(records.values_list("pk", flat=True)))
    _forget_journal("task", list(tasks.values_list("pk", flat=True)))
    _forget_journal("person", [row.pk])
    records.update(text=GONE, author="")
    tasks.update(title=GONE, text="")
    _scrub_cards(list(deals), row, words.own)
    row.phones.all().delete()
    row.name = _("Erased person")
    row.name_key = search_key(row.name)
    for name, value in EMPTY.items():
        setattr(row, name, value)
    row.deleted_at = row.deleted_at or timezone.now()
    save(row, ["name", "name_key", *EMPTY, "deleted_at"])
    for file in StoredFile.objects.of(row.account_id).filter(pk__in=files):
        place = file.file
        file.delete()
        transaction.on_commit(partial(place.storage.delete, place.name))
    tell([note(row=row, kind=Change.Kind.DELETED, fields={}, origin=origin)], origin=origin)
    return row


def cards_of(person: Person) -> set[int]:
    """Ids of the cards whose main or related contact she is, or was."""
    cards = set(Deal.unscoped.filter(_contact(person)).values_list("pk", flat=True))
    told = Change.unscoped.filter(account_id=person.account_id, entity="deal")
    told = told.filter(Q(fields__has_key="person") | Q(fields__has_key="related")).exclude(deal=None)
    for deal, main, related in told.values_list("deal_id", "fields__person", "fields__related"):
        if person.pk in [*(main or ()), *(id for each in related or () for id in each or ())]:
            cards.add(deal)
    return cards


def files_of(person: Person) -> list[int]:
    """Ids of the files that her custom fields hold, or held before they were replaced."""
    fields = CustomField.objects.of(person.account_id).filter(entity="person", type__in=FILES)
    keys = list(fields.values_list("key", flat=True))
    journal = Change.unscoped.filter(entity="person", entity_id=person.pk) if keys else []
    pairs = [line.fields.get("custom") or () for line in journal]
    customs = [person.custom, *(each for pair in pairs for each in pair if each)]
    texts = {str(custom.get(key) or "") for custom in customs for key in keys}
    return sorted(int(text) for text in texts if text.isdecimal())


def check_ins_of(person: Person, deals: Iterable[int]) -> Any:
    """Check-ins on what is hers, or on what names nobody on a card of which she is the main contact."""
    wanted = Q()
    for owner in ("task", "record"):
        wanted |= Q(**{f"{owner}__person": person})
        wanted |= Q(
            **{
                f"{owner}__person": None,
                f"{owner}__deal__in": list(deals),
                f"{owner}__deal__person": person,
            }
        )
    ids = CheckIn.unscoped.filter(wanted).values_list("pk", flat=True)
    return CheckIn.unscoped.filter(pk__in=list(ids))


def _contact(person: Person) -> Q:
    return Q(person=person) | Q(related_contacts__person=person)


def _scrub_cards(deals: Sequence[int], person: Person, pattern: re.Pattern[str]) -> None:
    """What her cards say, their tasks, their records and their journal."""
    for start in range(0, len(deals), BATCH):
        ids = deals[start : start + BATCH]
        _scrub(Deal, Q(pk__in=ids), ("title", "loss_note", "custom"), pattern)
        _scrub(Task, Q(deal__in=ids) & ~Q(person=person), ("title", "text"), pattern)
        _scrub(InteractionRecord, Q(deal__in=ids) & ~Q(person=person), ("text",), pattern)
        for change in Change.unscoped.filter(deal__in=ids).iterator(chunk_size=BATCH):
            fields = scrub(change.fields, pattern)
            if fields != change.fields:
                Change.unscoped.filter(pk=change.pk).update(fields=fields)


def _scrub(model: type[VersionedModel], where: Q, columns: Sequence[str], pattern: re.Pattern[str]) -> None:
    for found in model.unscoped.filter(where).iterator(chunk_size=BATCH):
        values = {column: scrub(getattr(found, column), pattern) for column in columns}
        wrong = [column for column in columns if getattr(found, column) != values[column]]
        if not wrong:
            continue
        row = locked(found)
        for column in wrong:
            setattr(row, column, scrub(getattr(row, column), pattern))
        if isinstance(row, Deal):
            row.title_key = search_key(row.title)
            wrong.append("title_key")
        save(row, wrong)


def _forget_journal(entity: str, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), BATCH):
        rows = Change.unscoped.filter(entity=entity, entity_id__in=ids[start : start + BATCH])
        rows.update(fields={})
