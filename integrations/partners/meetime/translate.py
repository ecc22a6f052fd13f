"""Three tables: HEARS (event → Records), ROWS (listed row → Record) and SAYS (action → their body); pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from integrations.contract import Malformed, Record, Unsupported

log = logging.getLogger(__name__)
Body = Mapping[str, Any]
Made = TypeVar("Made")

CLOSED = {"WON": "won", "LOST": "lost"}
STATES = {
    "WAITING": "waiting",
    "EXECUTING": "executing",
    "ON_EXTRA_ACTIVITY": "executing",
    "PAUSED_FROM_WAITING": "paused",
    "PAUSED_FROM_EXECUTING": "paused",
    "PAUSED_FROM_EXTRA_ACTIVITY": "paused",
    **CLOSED,
}
STARTS = {"now": "EXECUTING", "wait": "WAITING"}  # M27; how `status` starts a lead is assumed
TEXTS = {  # their camelCase key → our neutral field
    "name": "name",
    "firstName": "first_name",
    "email": "email",
    "company": "company",
    "annotations": "annotations",
    "publicUrl": "url",
}


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


def readable(make: Callable[..., Made | None], row: Body, **about: str) -> Made | None:
    """What `make` makes of a row; one that cannot be read is left out, so that its neighbours still count."""
    try:
        return make(row, **about)
    except Malformed as wrong:
        log.warning("meetime: a row was left out: %s id=%.40s", wrong.words, row.get("id"))
        return None


def hear(body: object) -> Sequence[Record]:
    """A webhook's body as Records; Unsupported for an event outside HEARS, Malformed for another shape."""
    if not isinstance(body, dict) or not isinstance(body.get("event"), str):
        raise Malformed(_("The body names no event."))
    listener = HEARS.get(body["event"])
    if listener is None:
        raise Unsupported(_("This event is not for us."))
    return listener(body)


def prospection_closed(body: Body) -> Sequence[Record]:
    """LEAD.WON (section 10.4) and LEAD.LOST (same object, assumed): the result, and what was done before."""
    run = _object(body, "prospection")
    lead = _object(run, "lead")
    lead_id, run_id = _id(lead), _id(run)
    event = CLOSED.get(str(run.get("status")))
    if event is None:
        raise Malformed(_("The prospection is neither won nor lost."))
    before = (
        readable(make, item, lead_id=lead_id, run_id=run_id)
        for key, make in (("activities", _activity), ("extraActivities", _activity), ("meetings", _meeting))
        for item in _objects(run, key)
    )
    cadence, salesman, reason = (_part(run, key) for key in ("cadence", "salesman", "lostReason"))
    closed = Record(
        kind="lead",
        id=lead_id,
        event=event,
        when=moment(run.get("endDate")),
        by=_text(salesman, "name") or None,
        about={"run": run_id},
        fields={
            **{ours: lead[theirs] for theirs, ours in TEXTS.items() if theirs in lead},
            "phones": [_text(phone, "phone") for phone in _objects(lead, "phones")],
            "cadence_id": _text(cadence, "id"),
            "cadence": _text(cadence, "name"),
            "owner_id": _text(salesman, "id"),
            **({"loss_reason": _text(reason, "name")} if event == "lost" else {}),
        },
    )
    return [*(record for record in before if record is not None), closed]


def activity_finished(body: Body) -> Sequence[Record]:
    """ACTIVITY.FINISHED: name and payload are assumed; the item is the one of `extraActivities`."""
    item = _object(body, "activity")
    run = _part(body, "prospection")
    lead_id = _text(item, "leadId") or _text(_part(run, "lead"), "id")
    if not lead_id:
        raise Malformed(_("The activity names no lead."))
    record = _activity(item, lead_id=lead_id, run_id=_text(item, "prospectionId") or _text(run, "id"))
    return [record] if record is not None else []


def activity_row(row: Body) -> Record | None:
    """A row of GET /prospections/activities (section 6); None while it is not done."""
    if row.get("status") != "FINISHED" or row.get("deleted_date"):
        return None
    return _done(
        "activity",
        _id(row),
        type=_text(row, "type"),
        name=_text(row, "name"),
        network=_text(row, "social_network"),
        text=_text(row, "activity_annotation"),
        when=moment(row.get("execution_date")),
        by=_text(row, "executed_by_name"),
        lead_id=_id(row, "lead_id"),
        run_id=_text(row, "prospection_id"),
    )


def prospection_row(row: Body) -> Record | None:
    """A row of GET /prospections (section 5) that ended; None for one that goes on."""
    event = CLOSED.get(str(row.get("status")))
    if event is None or row.get("deleted_date"):
        return None
    return Record(
        kind="lead",
        id=_id(row, "lead_id"),
        event=event,
        when=moment(row.get("end_date")),
        by=_text(row, "owner_name") or None,
        about={"run": _id(row)},
        fields={
            "cadence_id": _text(row, "cadence_id"),
            "cadence": _text(row, "cadence"),
            "owner_id": _text(row, "owner_id"),
            **({"loss_reason": _text(row, "lost_reason")} if event == "lost" else {}),
        },
    )


def cadence_row(row: Body) -> Record | None:
    """A row of GET /cadences (section 8); None when deleted. Its posting token is a secret."""
    if row.get("deleted"):
        return None
    return Record(
        kind="cadences",
        id=_id(row),
        fields={
            "name": _text(row, "name"),
            "priority": _text(row, "priority"),
            "focus": _text(row, "cadence_focus"),
            "executing": bool(row.get("executing", True)),
        },
        secrets={"token": _text(row, "token")},
    )


def user_row(row: Body) -> Record | None:
    """A row of GET /users (section 8); None when deleted. An inactive one changes nothing here (M22)."""
    if row.get("deleted_on"):
        return None
    return Record(
        kind="users",
        id=_id(row),
        fields={
            "name": _text(row, "name").strip(),
            "email": _text(row, "email").strip().lower(),
            "role": _text(row, "role"),
            "active": bool(row.get("active", True)),
        },
    )


def named_row(kind: str) -> Callable[[Body], Record | None]:
    """Rows of which only id and name are certain: lost reasons, custom fields (sheet, section 13)."""

    def translate(row: Body) -> Record | None:
        label = str(row.get("name") or row.get("label") or row.get("key") or "")
        known = {key: row[key] for key in ("key", "type", "options", "label") if key in row}
        return Record(kind=kind, id=_id(row), fields={**known, "name": label})

    return translate


def lead_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our neutral values as the body of POST …/lead (section 9: flat camelCase)."""
    body = {
        "name": values["name"],
        "firstName": values["first_name"],
        "email": values["email"] or None,
        "company": values["company"] or None,
        "phones": [{"phone": phone} for phone in values["phones"]],
        "externalReference": values["reference"],
        "salesmanEmail": values["owner_email"],
        "status": STARTS[values["start"]],
    }
    return {key: value for key, value in body.items() if value is not None}


HEARS: Mapping[str, Callable[[Body], Sequence[Record]]] = {
    "LEAD.WON": prospection_closed,
    "LEAD.LOST": prospection_closed,
    "ACTIVITY.FINISHED": activity_finished,
}
ROWS: Mapping[str, Callable[[Body], Record | None]] = {
    "activities": activity_row,
    "prospections": prospection_row,
    "cadences": cadence_row,
    "users": user_row,
    "custom_fields": named_row("custom_fields"),
    "lost_reasons": named_row("lost_reasons"),
}
SAYS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {"send_lead": lead_body}


def _activity(item: Body, *, lead_id: str, run_id: str) -> Record | None:
    if item.get("status") != "FINISHED":
        return None
    return _done(
        "activity",
        _id(item),
        type=_text(item, "type"),
        name=_text(item, "name"),
        network=_text(item, "socialNetwork"),
        text=_text(item, "annotation"),
        when=moment(item.get("executionDate")),
        by=_text(_part(item, "executedBy"), "name"),
        lead_id=lead_id,
        run_id=run_id,
    )


def _done(
    kind: str, id: str, *, when: datetime | None, by: str, lead_id: str, run_id: str, **fields: str
) -> Record:
    about = {"lead": lead_id, "run": run_id}
    return Record(kind=kind, id=id, event="done", when=when, by=by or None, about=about, fields=fields)


def _meeting(item: Body, *, lead_id: str, run_id: str) -> Record:
    return _done(
        "meeting",
        _id(item),
        when=moment(item.get("startDate")),
        by="",
        lead_id=lead_id,
        run_id=run_id,
        type="MEETING",
        name=_text(item, "title"),
        network="",
        text=_text(item, "description"),
    )


def _id(row: Body, key: str = "id") -> str:
    if text := _text(row, key):
        return text
    raise Malformed(_("A row has no id."))


def _text(row: Body, key: str) -> str:
    return "" if row.get(key) is None else str(row[key])


def _part(body: Body, key: str) -> Body:
    """An object that may be missing."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _object(body: Body, key: str) -> Body:
    if not isinstance(body.get(key), dict):
        raise Malformed(_("A part of the message is missing."))
    return _part(body, key)


def _objects(body: Body, key: str) -> list[Body]:
    items = body.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
