"""News of somebody who was erased here: it is not stored, so no poll brings her back (X8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop as _

from accounts.erasure import Mark, forgotten
from funnels.fields import email_key, phone_forms
from integrations.contract import Record
from integrations.models import Connection

ERASED = _("It speaks of a person who was erased here: nothing of it was kept.")


def their_mark(connection: Connection, their_id: str) -> Mark:
    """Their id of her, as it is remembered."""
    return f"{connection.partner}:lead", their_id


def living(connection: Connection, records: Sequence[Record]) -> list[Record]:
    """The records but those of erased people, known by id, by e-mail, or by phone where no e-mail is."""
    marks = {at: _marks(connection, record) for at, record in enumerate(records)}
    gone = forgotten(
        account_id=connection.account_id, marks=[mark for each in marks.values() for mark in each]
    )
    return [record for at, record in enumerate(records) if gone.isdisjoint(marks[at])]


def lead_of(record: Record) -> str:
    """Their id of the lead that the news is of, "" where it is of none."""
    return str(record.about.get("lead") or (record.id if record.kind == "lead" else ""))


def email_of(record: Record) -> str:
    """The e-mail that the news tells, as it is compared."""
    return email_key(str(_told(record).get("email") or ""))


def _told(record: Record) -> Mapping[str, Any]:
    values = record.fields.get("values")
    return values if isinstance(values, dict) else record.fields


def _marks(connection: Connection, record: Record) -> list[Mark]:
    told, email = _told(record), email_of(record)
    phones = told.get("phones") if isinstance(told.get("phones"), list | tuple) else ()
    # A number is shared by a house; it tells of one person only where nothing else does.
    numbers = [] if email else [("phone", phone_forms(str(each))[1]) for each in phones or ()]
    return [their_mark(connection, lead_of(record)), ("email", email), *numbers]
