"""The second road: what changed over there, page by page, whatever their filters take (M37, M45)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from integrations.contract import Call, Page, Record, Refused
from integrations.partners.meetime.client import PAGE, Client, Row, their_id
from integrations.partners.meetime.keeping import MISSING
from integrations.partners.meetime.reading import iso, moment, readable, text
from integrations.partners.meetime.rows import ROWS, lead_row, lead_values

LOOK_BACK = timedelta(minutes=10)  # their clock and ours may differ; what comes twice is known by its id
FEW = 20  # rows a page where each row costs a request of its own
DECLINED = (400, 422)  # a filter that the account's interface does not take (section 4)
PATHS: Mapping[str, str] = {
    "leads": "/leads",
    "activities": "/prospections/activities",
    "prospections": "/prospections",
    "won": "/prospections",
    "moves": "/crm/moves",
}
POLLS: Mapping[str, tuple[str, str]] = {  # kind → (filter by time, the stamp it compares)
    "leads": ("lead_updated_after", "lead_updated_date"),
    "activities": ("updated_after", "updated"),
    "prospections": ("end_after", "end_date"),
    "won": ("end_after", "end_date"),
    "moves": ("moved_after", "moved_date"),
}
SIZES: Mapping[str, int] = {"leads": FEW, "won": FEW}


def pull(call: Call, kind: str, cursor: str, *, now: datetime) -> Page:
    """One page of a kind, oldest first (sections 4 to 6).

    The cursor is {"since", "start", "began", "top", "walk"}: pages of one window by offset, then the next
    begins at the newest time seen, or when this one began to be read, less a look-back; an empty one stays.
    "seen" are the leads of the look-back with their stamps: each reading costs a request, and once is enough.
    Where the filter by time is declined, the whole list is walked and compared here.
    """
    parameter, stamp = POLLS[kind]
    place: dict[str, Any] = json.loads(cursor) if cursor else {"since": iso(now - LOOK_BACK), "start": 0}
    try:
        rows, following, more = _page(Client(call), kind, place, parameter)
    except Refused as refused:
        if kind == "moves" and refused.status in MISSING:
            return Page(records=(), cursor=cursor, more=False)  # this account tells of no moves
        if refused.status not in DECLINED or place.get("walk"):
            raise
        return Page(records=(), cursor=json.dumps({**place, "start": 0, "walk": True}), more=True)
    began = moment(place.get("began")) or now
    stamps = [readable(lambda each: moment(each.get(stamp)), row) for row in rows]
    newest = max((at for at in (*stamps, moment(place.get("top"))) if at is not None), default=None)
    if place.get("walk"):
        since = moment(place["since"])
        rows = [row for row, at in zip(rows, stamps, strict=True) if at and (since is None or at > since)]
    walk: dict[str, Any] = {"walk": True} if place.get("walk") else {}
    if kind == "leads":
        seen = dict(place.get("seen", {}))
        fresh = [row for row in rows if seen.get(text(row, "id")) != text(row, stamp)]
        walk["seen"] = {**seen, **{text(row, "id"): text(row, stamp) for row in rows}}
        rows = fresh
    if more:
        known = {"began": iso(began), **({"top": iso(newest)} if newest else {})}
        following_place = {"since": place["since"], "start": following, **known, **walk}
    else:
        since_text = iso(min(newest, began) - LOOK_BACK) if newest else place["since"]
        following_place = {"since": since_text, "start": 0, **walk}
        if "seen" in walk:
            edge = moment(since_text)
            following_place["seen"] = {
                id: at for id, at in walk["seen"].items() if edge is None or (moment(at) or edge) > edge
            }
    return Page(records=READERS[kind](call, rows), cursor=json.dumps(following_place), more=more)


def _page(client: Client, kind: str, place: Mapping[str, Any], parameter: str) -> tuple[list[Row], int, bool]:
    filters = {} if place.get("walk") else {parameter: str(place["since"])}
    limit = PAGE if place.get("walk") else SIZES.get(kind, PAGE)
    return client.page(PATHS[kind], start=int(place["start"]), limit=limit, filters=filters)


def records(kind: str, rows: Iterable[Row]) -> list[Record]:
    """The rows that can be read, as Records; one that cannot does not block its neighbours."""
    made = (readable(ROWS[kind], row) for row in rows)
    return [record for record in made if record is not None]


def _leads(call: Call, rows: Sequence[Row]) -> list[Record]:
    """Leads that are ours, or that refer to one of our cards, each with its current prospection."""
    client = Client(call)
    ours = call.known("lead", [str(row.get("id")) for row in rows])
    found = []
    for row in rows:
        if str(row.get("id")) in ours or row.get("external_reference"):
            runs = client.runs(their_id(row))
            current, former = (runs[-1], runs[:-1]) if runs else ({}, [])
            record = readable(lead_row, row, run=current, former=former)
            if record is not None:
                found.append(record)
    return found


def _won(call: Call, rows: Sequence[Row]) -> list[Record]:
    """Won prospections with what their lead says (M45)."""
    client, found = Client(call), []
    for record in records("prospections", rows):
        if record.event == "won" and (lead := client.lead(record.id)) is not None:
            fields = {**record.fields, "values": lead_values(lead), "url": str(lead.get("public_url") or "")}
            found.append(
                Record(
                    kind=record.kind,
                    id=record.id,
                    event=record.event,
                    when=record.when,
                    by=record.by,
                    about=record.about,
                    fields=fields,
                )
            )
    return found


def _plain(kind: str) -> Callable[[Call, Sequence[Row]], list[Record]]:
    return lambda _call, rows: records(kind, rows)


READERS: Mapping[str, Callable[[Call, Sequence[Row]], list[Record]]] = {
    "leads": _leads,
    "won": _won,
    **{kind: _plain(kind) for kind in ("activities", "prospections", "moves")},
}
