"""Two tables, HEARS (event → Records) and SAYS (action → their body), and ROWS of the lists; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.contract import Malformed, Record, Unsupported
from integrations.partners.meetime.reading import (
    Body,
    done,
    id_of,
    iso,
    moment,
    numbers,
    object_of,
    objects,
    part,
    readable,
    text,
)
from integrations.partners.meetime.rows import CLOSED, NATIVE, ROWS

__all__ = ["HEARS", "ROWS", "SAYS", "hear", "iso", "moment", "readable"]

STARTS = {"now": "EXECUTING", "wait": "WAITING"}  # M27; how `status` starts a lead is assumed


def _(sentence: str) -> str:
    """Marks a sentence for translation where it is shown."""
    return sentence


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
    run = object_of(body, "prospection")
    lead = object_of(run, "lead")
    lead_id, run_id = id_of(lead), id_of(run)
    event = CLOSED.get(str(run.get("status")))
    if event is None:
        raise Malformed(_("The prospection is neither won nor lost."))
    before = (
        readable(make, item, lead_id=lead_id, run_id=run_id)
        for key, make in (("activities", _activity), ("extraActivities", _activity), ("meetings", _meeting))
        for item in objects(run, key)
    )
    cadence, salesman, reason = (part(run, key) for key in ("cadence", "salesman", "lostReason"))
    closed = Record(
        kind="lead",
        id=lead_id,
        event=event,
        when=moment(run.get("endDate")),
        by=text(salesman, "name") or None,
        about={"run": run_id},
        fields={
            "values": lead_fields(lead),
            "url": text(lead, "publicUrl"),
            "cadence_id": text(cadence, "id"),
            "cadence": text(cadence, "name"),
            "owner_id": text(salesman, "id"),
            **(
                {"loss_reason": text(reason, "name"), "loss_reason_id": text(reason, "id")}
                if event == "lost"
                else {}
            ),
        },
    )
    return [*(record for record in before if record is not None), closed]


def activity_finished(body: Body) -> Sequence[Record]:
    """ACTIVITY.FINISHED: name and payload are assumed; the item is the one of `extraActivities`."""
    item = object_of(body, "activity")
    run = part(body, "prospection")
    lead_id = text(item, "leadId") or text(part(run, "lead"), "id")
    if not lead_id:
        raise Malformed(_("The activity names no lead."))
    record = _activity(item, lead_id=lead_id, run_id=text(item, "prospectionId") or text(run, "id"))
    return [record] if record is not None else []


def stage_moved(body: Body) -> Sequence[Record]:
    """DEAL.STAGE_MOVED (assumed): somebody moved the card to a stage over there (M36)."""
    deal, run = object_of(body, "deal"), part(body, "prospection")
    return [
        Record(
            kind="move",
            id=id_of(body),
            event="stage_moved",
            when=moment(body.get("movedAt")),
            by=text(part(body, "movedBy"), "name") or None,
            about={"lead": id_of(object_of(body, "lead")), "run": text(run, "id")},
            fields={"stage_id": text(deal, "stageId")},
        )
    ]


def lead_fields(lead: Body) -> dict[str, Any]:
    """A webhook's lead by neutral key, as rows.lead_values names them; absent is not blank."""
    custom = part(lead, "customFields")
    return {
        **{key: text(lead, key) for key in ("name", "email", "company") if key in lead},
        **({"phones": numbers(lead)} if "phones" in lead else {}),
        **{f"native.{key}": text(lead, key) for key in NATIVE if key in lead},
        **{f"custom.{key}": text(custom, key) for key in custom},
    }


def lead_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our neutral values as the body of POST …/lead (section 9: flat camelCase; `customFields` assumed)."""
    filled = {key: value for key, value in values.items() if value or key == "name"}  # X14
    body = {
        **field_body(filled),
        "firstName": values["first_name"],
        "email": values["email"] or None,
        "company": values["company"] or None,
        "externalReference": values["reference"],
        "salesmanEmail": values["owner_email"],
        "status": STARTS[values["start"]],
    }
    return {key: value for key, value in body.items() if value is not None}


def field_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are named, as the body of PUT /leads/{id}: only these change (section 3)."""
    body: dict[str, Any] = {key: values[key] for key in ("name", "email", "company") if key in values}
    if "name" in values:
        body["firstName"] = str(values["name"]).split(" ")[0]
    if "phones" in values:
        body["phones"] = [{"phone": phone} for phone in values["phones"]]
    custom = {}
    for key, value in values.items():
        place, _dot, name = key.partition(".")
        if place == "native":
            body[name] = value
        elif place == "custom":
            custom[name] = value or None  # an option cannot be blank text
    return {**body, **({"customFields": custom} if custom else {})}


def close_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """PUT /prospections/{id} (assumed): won, or lost with its reason (M47)."""
    if values["result"] == "won":
        return {"status": "WON"}
    return {"status": "LOST", **({"lostReason": values["reason"]} if values["reason"] else {})}


def place_body(values: Mapping[str, Any]) -> dict[str, Any]:
    """PUT /crm/deals/{id} (assumed): where the card stands, and why a move was declined (M36)."""
    told = {"funnelId": values["funnel"], "stageId": values["stage"]}
    return {**told, **({"message": values["message"]} if values["message"] else {})}


def funnel_body(row: Mapping[str, Any]) -> dict[str, Any]:
    """PUT /crm/funnels/{id} (assumed): a funnel's stages and loss reasons (M36, M41)."""
    return {"name": row["name"], "stages": row["stages"], "lostReasons": row["reasons"]}


HEARS: Mapping[str, Callable[[Body], Sequence[Record]]] = {
    "LEAD.WON": prospection_closed,
    "LEAD.LOST": prospection_closed,
    "ACTIVITY.FINISHED": activity_finished,
    "DEAL.STAGE_MOVED": stage_moved,
}
SAYS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "send_lead": lead_body,
    "update_lead": field_body,
    "close_lead": close_body,
    "place_deal": place_body,
    "funnels": funnel_body,
}


def _activity(item: Body, *, lead_id: str, run_id: str) -> Record | None:
    if item.get("status") != "FINISHED":
        return None
    return done(
        "activity",
        id_of(item),
        type=text(item, "type"),
        name=text(item, "name"),
        network=text(item, "socialNetwork"),
        text=text(item, "annotation"),
        when=moment(item.get("executionDate")),
        by=text(part(item, "executedBy"), "name"),
        lead_id=lead_id,
        run_id=run_id,
    )


def _meeting(item: Body, *, lead_id: str, run_id: str) -> Record:
    return done(
        "meeting",
        id_of(item),
        when=moment(item.get("startDate")),
        by="",
        lead_id=lead_id,
        run_id=run_id,
        type="MEETING",
        name=text(item, "title"),
        network="",
        text=text(item, "description"),
    )
