"""Reads what their JSON holds: ids, texts, moments, parts that may be missing; pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from integrations.contract import Malformed, Record

log = logging.getLogger(__name__)
Body = Mapping[str, Any]
Made = TypeVar("Made")


def _(sentence: str) -> str:
    """Marks a sentence for translation where it is shown."""
    return sentence


def moment(text: object) -> datetime | None:
    """ISO 8601 UTC with Z (section 1) as an aware datetime; None for nothing; Malformed for anything else."""
    if text is None or text == "":
        return None
    try:
        parsed = datetime.fromisoformat(str(text))
    except ValueError:
        parsed = datetime.min
    if not 1970 <= parsed.year < 9999:  # unreadable, or so far off that another zone would overflow
        raise Malformed(_("A date cannot be read."))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def iso(at: datetime) -> str:
    """A datetime as their filters take it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def readable(make: Callable[..., Made | None], row: Body, **about: Any) -> Made | None:
    """What `make` makes of a row; one that cannot be read is left out, so that its neighbours still count."""
    try:
        return make(row, **about)
    except Malformed as wrong:
        log.warning("meetime: a row was left out: %s id=%.40s", wrong.words, row.get("id"))
        return None


def done(
    kind: str, id: str, *, when: datetime | None, by: str, lead_id: str, run_id: str, **fields: str
) -> Record:
    """Something that was done to a lead in one of its runs."""
    about = {"lead": lead_id, "run": run_id}
    return Record(kind=kind, id=id, event="done", when=when, by=by or None, about=about, fields=fields)


def id_of(row: Body, key: str = "id") -> str:
    """Ids come as text in lists and as integers in webhooks: text here; Malformed without one."""
    if found := text(row, key):
        return found
    raise Malformed(_("A row has no id."))


def text(row: Body, key: str) -> str:
    """The value as text, "" for none."""
    return "" if row.get(key) is None else str(row[key])


def part(body: Body, key: str) -> Body:
    """An object that may be missing."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def object_of(body: Body, key: str) -> Body:
    """An object that must be there; Malformed without it."""
    if not isinstance(body.get(key), dict):
        raise Malformed(_("A part of the message is missing."))
    return part(body, key)


def objects(body: Body, key: str) -> list[Body]:
    """The objects of a list that may be missing."""
    items = body.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def numbers(lead: Body) -> list[str]:
    """A lead's phones as typed; one without a number is none."""
    return [number for each in objects(lead, "phones") if (number := text(each, "phone"))]
