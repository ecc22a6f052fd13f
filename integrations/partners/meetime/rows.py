"""ROWS: what their lists hold, row by row, as Records; pure (contract sheet, sections 4 to 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.contract import Record
from integrations.partners.meetime.reading import Body, done, id_of, moment, numbers, text

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
TYPES = {"TEXT": "text", "LONG_TEXT": "long_text", "SELECT": "select"}  # names assumed (section 13.5)
NATIVE = {  # their camelCase key → (the list's key, its name on their screen): fields that every lead has
    "position": ("lead_position", "Cargo"),
    "site": ("lead_site", "Site"),
    "city": ("lead_city", "Cidade"),
    "state": ("lead_state", "Estado"),
    "linkedIn": ("lead_linkedin", "LinkedIn"),
    "twitter": ("lead_twitter", "Twitter"),
    "facebook": ("lead_facebook", "Facebook"),
}
FIXED = {"name": "lead_name", "email": "lead_email", "company": "lead_company"}
OWN_KEYS = {  # of a listed lead; every other key is a custom field (section 4)
    *("id", "current_prospection_id", "phones", "phonesString", "primaryPhoneString", "public_url"),
    *("external_reference",),
}


def lead_values(row: Body) -> dict[str, Any]:
    """A listed lead's fields by neutral key: name, email, company, phones, native.<key>, custom.<key>."""
    return {
        **{ours: text(row, theirs) for ours, theirs in FIXED.items()},
        "phones": numbers(row),
        **{f"native.{key}": text(row, theirs) for key, (theirs, _name) in NATIVE.items()},
        **{
            f"custom.{key}": text(row, key)
            for key in row
            if key not in OWN_KEYS and not key.startswith("lead_")
        },
    }


def lead_row(row: Body, run: Body, former: Sequence[Body] = ()) -> Record:
    """A listed lead with its current prospection: how both stand now; a snapshot, no fact.

    "since" is when that prospection was made, "before" when each of the former ones was.
    """
    since = moment(run.get("created_date") or row.get("lead_created_date"))
    return Record(
        kind="lead",
        id=id_of(row),
        when=moment(row.get("lead_updated_date")),
        reference=text(row, "external_reference") or None,
        about={"run": text(run, "id") or text(row, "current_prospection_id")},
        fields={
            "values": lead_values(row),
            "state": STATES.get(text(run, "status"), ""),
            "cadence_id": text(run, "cadence_id"),
            "cadence": text(run, "cadence"),
            "owner_id": text(run, "owner_id"),
            "url": text(row, "public_url"),
            "since": since.isoformat() if since else "",
            "before": [at.isoformat() for each in former if (at := moment(each.get("created_date")))],
        },
    )


def activity_row(row: Body) -> Record | None:
    """A row of GET /prospections/activities (section 6); None while it is not done."""
    if row.get("status") != "FINISHED" or row.get("deleted_date"):
        return None
    return done(
        "activity",
        id_of(row),
        type=text(row, "type"),
        name=text(row, "name"),
        network=text(row, "social_network"),
        text=text(row, "activity_annotation"),
        when=moment(row.get("execution_date")),
        by=text(row, "executed_by_name"),
        by_id=text(row, "executed_by_id"),
        lead_id=id_of(row, "lead_id"),
        run_id=text(row, "prospection_id"),
    )


def prospection_row(row: Body) -> Record | None:
    """A row of GET /prospections (section 5) that ended; None for one that goes on."""
    event = CLOSED.get(str(row.get("status")))
    if event is None or row.get("deleted_date"):
        return None
    return Record(
        kind="lead",
        id=id_of(row, "lead_id"),
        event=event,
        when=moment(row.get("end_date")),
        by=text(row, "owner_name") or None,
        about={"run": id_of(row)},
        fields={
            "cadence_id": text(row, "cadence_id"),
            "cadence": text(row, "cadence"),
            "owner_id": text(row, "owner_id"),
            **(
                {"loss_reason": text(row, "lost_reason"), "loss_reason_id": text(row, "lost_reason_id")}
                if event == "lost"
                else {}
            ),
        },
    )


def cadence_row(row: Body) -> Record | None:
    """A row of GET /cadences (section 8); None when deleted. Its posting token is a secret."""
    if row.get("deleted"):
        return None
    return Record(
        kind="cadences",
        id=id_of(row),
        fields={
            "name": text(row, "name"),
            "priority": text(row, "priority"),
            "focus": text(row, "cadence_focus"),
            "active": bool(row.get("executing", True)),
        },
        secrets={"token": text(row, "token")},
    )


def user_row(row: Body) -> Record | None:
    """A row of GET /users (section 8); None when deleted. An inactive one changes nothing here (M22)."""
    if row.get("deleted_on"):
        return None
    return Record(
        kind="users",
        id=id_of(row),
        fields={
            "name": text(row, "name").strip(),
            "email": text(row, "email").strip().lower(),
            "role": text(row, "role"),
            "active": bool(row.get("active", True)),
        },
    )


def move_row(row: Body) -> Record:
    """A row of GET /crm/moves (assumed): somebody moved the card over there (M36)."""
    return Record(
        kind="move",
        id=id_of(row),
        event="stage_moved",
        when=moment(row.get("moved_date")),
        by=text(row, "moved_by_name") or None,
        about={"lead": id_of(row, "lead_id"), "run": text(row, "prospection_id")},
        fields={"stage_id": text(row, "stage_id")},
    )


def custom_field_row(row: Body) -> Record:
    """A row of GET /leads/custom-fields (shape assumed, section 13.5), in neutral words."""
    kind = text(row, "type")
    options = row.get("options")
    return Record(
        kind="custom_fields",
        id=id_of(row),
        fields={
            "name": text(row, "name") or text(row, "label") or text(row, "key"),
            "key": f"custom.{text(row, 'key') or id_of(row)}",
            "type": TYPES.get(kind, kind.lower()),
            "options": [str(each) for each in options] if isinstance(options, list) else [],
        },
    )


def native_fields() -> list[Record]:
    """The lead's own fields that can be associated beside the custom ones (section 4)."""
    return [
        Record(
            kind="custom_fields",
            id=f"native.{key}",
            fields={"name": name, "key": f"native.{key}", "type": "text", "options": []},
        )
        for key, (_listed, name) in NATIVE.items()
    ]


def lost_reason_row(row: Body) -> Record:
    """A row of GET /prospections/lost-reasons: id and name are certain (section 13.5)."""
    return Record(kind="lost_reasons", id=id_of(row), fields={"name": text(row, "name")})


ROWS: Mapping[str, Callable[[Body], Record | None]] = {
    "activities": activity_row,
    "prospections": prospection_row,
    "cadences": cadence_row,
    "users": user_row,
    "custom_fields": custom_field_row,
    "lost_reasons": lost_reason_row,
    "moves": move_row,
}
