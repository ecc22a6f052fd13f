"""Erases one person everywhere, in one transaction, and keeps her from coming back (X8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.erasure import Mark, forgotten, remember
from accounts.origin import Origin
from accounts.services import audit
from funnels.models import Person
from funnels.services import NotAllowed, erase_person
from funnels.services.erasing import BATCH
from funnels.services.scrubbing import marks_of
from integrations.engine import erased
from integrations.engine.arrivals import record_of
from integrations.models import Arrival, OutboxAction
from integrations.privacy import raw
from integrations.privacy.known import Known, known_by
from integrations.privacy.traces import TRACES

ON_THE_WAY = (OutboxAction.State.SPEAKING, OutboxAction.State.UNSURE)


def erase(*, person: Person, origin: Origin, now: datetime, version: int | None = None) -> Mapping[str, int]:
    """What was erased, kind of trace → rows. Nothing is erased at partners: their own screens do that.

    Raises NotAllowed while something of hers is being sent, SomeoneElseChangedThis for an old version.
    """
    seen = raw.look(known_by(person))  # reading takes a while: nobody else has to wait for it
    with transaction.atomic():
        known = known_by(person)
        seen += raw.look(known, after=seen.last)
        return _erase(known, seen, origin=origin, now=now, version=version)


def is_erased(person: Person) -> bool:
    """Whether nothing but her number is left."""
    mark = ("person", str(person.pk))
    return mark in forgotten(account_id=person.account_id, marks=[mark])


def _erase(
    known: Known, seen: raw.Raw, *, origin: Origin, now: datetime, version: int | None
) -> Mapping[str, int]:
    person = known.person
    if OutboxAction.unscoped.filter(lead__in=known.leads, state__in=ON_THE_WAY).exists():
        raise NotAllowed(_("Something of this person is being sent right now. Try again in a minute."))
    remember(account_id=person.account_id, marks=_marks(known, seen), at=now)
    count = {name: trace.rows(known, seen).count() for name, trace in TRACES.items()}
    for trace in TRACES.values():
        if trace.erase is not None:
            trace.erase(known, trace.rows(known, seen), now)
    erase_person(person=person, deals=known.deals, words=known.words, origin=origin, version=version)
    audit(
        account=person.account,
        origin=origin,
        action="person.erased",
        subject=str(person.pk),
        data={"rows": count},
    )
    return count


def _marks(known: Known, seen: raw.Raw) -> list[Mark]:
    """Her number, e-mails and phones of all times, and partners' ids of her, of leads we never linked too."""
    theirs = [erased.their_mark(connection, their_id) for connection, their_id in known.theirs]
    hers = [("person", str(known.person.pk)), *marks_of(known.words), *theirs]
    emails = {value for kind, value in hers if kind == "email"}
    rows = Arrival.unscoped.filter(pk__in=seen.arrivals).exclude(record={}).select_related("connection")
    for row in rows.iterator(chunk_size=BATCH):
        record = record_of(row.record)
        if erased.email_of(record) in emails:
            hers.append(erased.their_mark(row.connection, erased.lead_of(record)))
    return hers
