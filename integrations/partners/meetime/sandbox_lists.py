"""Meetime's lists: envelope, filters and refusals (contract 2, 4, 5, 6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from .sandbox_state import Account, Complaint, epoch

LIMIT_MAX = 100
LIMIT_DEFAULT = 50
"""Not found in the sheet (2): assumed."""

Test = Callable[[Any], bool]


def said(value: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(value, ensure_ascii=False), status=status, mimetype="application/json")


def words(text: str, status: int) -> Response:
    """Plain text, as 400 of lists and 429 come (contract 11)."""
    return Response(text, status=status, mimetype="text/plain")


def json_of(request: Request) -> dict[str, Any]:
    """The request's JSON object; Complaint for anything else."""
    try:
        body = json.loads(request.get_data())
    except ValueError as error:
        raise Complaint(400, f"invalid JSON: {error}") from error
    if not isinstance(body, dict):
        raise Complaint(400, "the body must be a JSON object")
    return body


def _after(read: Callable[[Any], float | None]) -> Callable[[str], Test]:
    def of(text: str) -> Test:
        since = epoch(text)
        return lambda row: (read(row) or 0) > since

    return of


def _before(read: Callable[[Any], float | None]) -> Callable[[str], Test]:
    def of(text: str) -> Test:
        until = epoch(text)
        return lambda row: (at := read(row)) is not None and at < until

    return of


def same(read: Callable[[Any], Any]) -> Callable[[str], Test]:
    """A filter by equality, compared as text."""
    return lambda text: lambda row: str(read(row)) == text


LEAD_FILTERS: Mapping[str, Callable[[str], Test]] = {
    "id": same(lambda lead: lead.id),
    "email": lambda text: lambda lead: lead.email.lower() == text.strip().lower(),
    "lead_created_after": _after(lambda lead: lead.created),
    "lead_created_before": _before(lambda lead: lead.created),
    "lead_updated_after": _after(lambda lead: lead.updated),
    "lead_updated_before": _before(lambda lead: lead.updated),
}
RUN_FILTERS: Mapping[str, Callable[[str], Test]] = {
    "id": same(lambda run: run.id),
    "lead_id": same(lambda run: run.lead_id),
    "cadence_id": same(lambda run: run.cadence_id),
    "user_id": same(lambda run: run.owner_id),
    "status": same(lambda run: run.status),
    "end_after": _after(lambda run: run.end),
    "end_before": _before(lambda run: run.end),
    "last_activity_after": _after(lambda run: run.last_activity),
}
ACTIVITY_FILTERS: Mapping[str, Callable[[str], Test]] = {
    "lead_id": same(lambda activity: activity.lead_id),
    "prospection_id": same(lambda activity: activity.prospection_id),
    "assigned_to_id": same(lambda activity: activity.executed_by_id),
    "updated_after": _after(lambda activity: activity.updated),
}
MOVE_FILTERS: Mapping[str, Callable[[str], Test]] = {"moved_after": _after(lambda move: move.at)}
BY_ID: Mapping[str, Callable[[str], Test]] = {"id": same(lambda row: row.id)}
UNKNOWN_TOTAL = frozenset({"lead_updated_after", "lead_updated_before"})
"""Filtered lists whose `totalItems` is null (contract 2)."""


def page_of(
    account: Account,
    request: Request,
    *,
    path: str,
    filters: Mapping[str, Callable[[str], Test]],
    rows: Iterable[Any],
    count: int,
    shape: Callable[[Any], dict[str, Any]],
    deletable: bool = False,
    wrong_total: bool = False,
) -> Response:
    """One page in Meetime's envelope (contract 2), oldest first; `count` is the length of `rows`."""
    asked = {name: value for name, value in request.args.items() if name != "token"}
    known = {"limit", "start", *filters, *(["show_deleted"] if deletable else [])} - account.refuse_filters
    for name in asked:
        if name not in known:
            return words(f"unknown parameter {name}", 400)
    try:
        limit, start = int(asked.get("limit", LIMIT_DEFAULT)), int(asked.get("start", 0))
        tests = [filters[name](value) for name, value in asked.items() if name in filters]
    except ValueError as error:
        return words(f"invalid parameter: {error}", 400)
    if limit > LIMIT_MAX:
        return words(f"limit must be at most {LIMIT_MAX}", 400)
    if limit < 1 or start < 0:
        return words("limit must be at least 1 and start at least 0", 400)
    hidden = deletable and asked.get("show_deleted", "false").lower() != "true"
    if tests or hidden:
        fitting = [
            row
            for row in rows
            if not (hidden and row.deleted is not None) and all(test(row) for test in tests)
        ]
        rows, count = fitting, len(fitting)
    data = [shape(row) for row in islice(rows, start, start + limit)]
    following = urlencode({**asked, "limit": limit, "start": start + limit})
    envelope: dict[str, Any] = {
        "data": data,
        "limit": limit,
        "start": start,
        "size": len(data),
        "next": f"/v2{path}?{following}" if start + limit < count else None,
        "parameters": {name: value for name, value in asked.items() if name not in ("limit", "start")},
    }
    if start < count:
        envelope["totalItems"] = None if UNKNOWN_TOTAL & asked.keys() else count + (13 if wrong_total else 0)
    return said(envelope)
