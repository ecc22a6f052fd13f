"""An ASSUMED part of Meetime's API, of which the sheet has nothing (13.7): stages, moves and closing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from .sandbox_board import Funnel, LostReason, Move, Standing
from .sandbox_lists import BY_ID, MOVE_FILTERS, json_of, page_of, said
from .sandbox_play import Stage
from .sandbox_shapes import prospection_row
from .sandbox_state import Account, Complaint, Lead, iso

Handler = Callable[[Account, Request, Any], Response]


class Crm:
    """Handlers of /v2/crm/… and PUT /v2/prospections/{id}, and the user's move; all of it ASSUMED.

    An account whose quirk `crm` is off has none of it: 404, and no event. Callers hold the account's lock.
    """

    def __init__(self, *, stage: Stage) -> None:
        self._stage = stage

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        """(method, path, handler) of every address."""
        return tuple(
            (method, path, _where_it_is(handler))
            for method, path, handler in (
                ("GET", "/v2/crm/funnels", self.funnels),
                ("PUT", "/v2/crm/funnels/<key>", self.put_funnel),
                ("DELETE", "/v2/crm/funnels/<key>", self.delete_funnel),
                ("PUT", "/v2/crm/deals/<key>", self.put_deal),
                ("GET", "/v2/crm/moves", self.moves),
                ("PUT", "/v2/prospections/<int:key>", self.put_prospection),
            )
        )

    def funnels(self, account: Account, request: Request, _: Any) -> Response:
        """GET /crm/funnels, ASSUMED: what is published, in the shape in which it was put."""
        rows = account.board.funnels
        return page_of(
            account,
            request,
            path="/crm/funnels",
            filters=BY_ID,
            rows=rows.values(),
            count=len(rows),
            shape=funnel_row,
        )

    def put_funnel(self, account: Account, request: Request, key: str) -> Response:
        """PUT /crm/funnels/{id}, ASSUMED: replaces what is published for the CRM's funnel `id`."""
        body = json_of(request)
        if "stages" not in body:
            raise Complaint(400, "stages is required")
        account.board.funnels[key] = Funnel(
            id=key,
            name=_text(body, "name"),
            stages=_named(body, "stages"),
            lost_reasons=[
                LostReason(id=number, name=name) for number, name in _named(body, "lostReasons").items()
            ],
        )
        self._stage.note(account, kind="crm.funnel", by="api", body={"id": key, **body})
        return said({"id": key})

    def delete_funnel(self, account: Account, _: Request, key: str) -> Response:
        """DELETE /crm/funnels/{id}, ASSUMED: its leads show the account's own reasons again."""
        if account.board.funnels.pop(key, None) is None:
            raise Complaint(404, "funnel not found")
        self._stage.note(account, kind="crm.funnel.deleted", by="api", body={"id": key})
        return Response(status=204)

    def put_deal(self, account: Account, request: Request, key: str) -> Response:
        """PUT /crm/deals/{deal}, ASSUMED: where the deal stands; answers what its user moved.

        With `message` the move was declined and that is why.
        """
        body = json_of(request)
        funnel = account.board.funnels.get(_text(body, "funnelId"))
        if funnel is None:
            raise Complaint(400, "funnelId is not published")
        stage_id = _text(body, "stageId")
        if stage_id not in funnel.stages:
            raise Complaint(400, "stageId is not a stage of the funnel")
        message = str(body.get("message") or "").strip() or None
        account.board.standings[key] = Standing(
            funnel_id=funnel.id, stage_id=stage_id, message=message, at=account.now()
        )
        for move in account.board.pending(key):
            move.pending, move.declined = False, message
        self._stage.note(account, kind="crm.deal", by="api", body={"id": key, **body})
        return said({"id": key})

    def moves(self, account: Account, request: Request, _: Any) -> Response:
        """GET /crm/moves, ASSUMED: the road without webhooks, oldest first; `moved_after` is exclusive."""
        rows = account.board.moves
        return page_of(
            account,
            request,
            path="/crm/moves",
            filters=MOVE_FILTERS,
            rows=rows,
            count=len(rows),
            shape=move_row,
        )

    def put_prospection(self, account: Account, request: Request, key: int) -> Response:
        """PUT /prospections/{id}, ASSUMED: {"status": "WON"} or {"status": "LOST", "lostReason": name}."""
        run = account.prospections.get(key)
        if run is None:
            raise Complaint(404, "prospection not found")
        body = json_of(request)
        status = str(body.get("status") or "")
        if status not in ("WON", "LOST"):
            raise Complaint(400, "status must be WON or LOST")
        reason = None
        if status == "LOST" and (name := str(body.get("lostReason") or "").strip()):
            offered = account.reasons(account.leads[run.lead_id])
            reason = next((each for each in offered if each.name.casefold() == name.casefold()), None)
            if reason is None:
                raise Complaint(400, f"unknown lost reason {name}")
        self._stage.close(account, run, status=status, reason=reason)
        return said(prospection_row(account, run))

    def move(self, account: Account, lead: Lead, *, stage_id: str, user_id: int | None = None) -> Move:
        """Meetime's user moves the card (M36): DEAL.STAGE_MOVED, and pending until the deal is put."""
        if not account.crm:
            raise Complaint(404, "this account has no CRM interface")
        run = account.current(lead)
        if not lead.deal or run is None or not account.is_open(lead):
            raise Complaint(409, "the lead has no deal or is closed")
        funnel = account.board.funnel_of(lead.deal)
        if funnel is None or stage_id not in funnel.stages:
            raise Complaint(400, "no such stage is published for the deal's funnel")
        user = account.users.get(user_id or run.owner_id or 0) or next(
            (each for each in account.users.values() if each.active), None
        )
        move = Move(
            id=str(uuid.uuid4()),
            deal=lead.deal,
            stage_id=stage_id,
            lead_id=lead.id,
            prospection_id=run.id,
            by_id=user.id if user else None,
            by_name=(user.name or user.email) if user else None,
            at=_later(account),
        )
        account.board.moves.append(move)
        ids = {"lead": lead.id, "prospection": run.id}
        told = {"move": move.id, "deal": move.deal, "stage_id": stage_id}
        self._stage.note(account, kind="deal.stage", by="user", body=told, **ids)
        self._stage.tell(account, event="DEAL.STAGE_MOVED", payload=move_payload(move), ids=ids)
        return move


def funnel_row(funnel: Funnel) -> dict[str, Any]:
    """A row of GET /crm/funnels: ASSUMED."""
    return {
        "id": funnel.id,
        "name": funnel.name,
        "stages": [{"id": number, "name": name} for number, name in funnel.stages.items()],
        "lostReasons": [{"id": each.id, "name": each.name} for each in funnel.lost_reasons],
    }


def move_row(move: Move) -> dict[str, Any]:
    """A row of GET /crm/moves: ASSUMED; ids are text, as in all lists."""
    return {
        "id": move.id,
        "deal_id": move.deal,
        "stage_id": move.stage_id,
        "lead_id": str(move.lead_id),
        "prospection_id": str(move.prospection_id),
        "moved_by_name": move.by_name,
        "moved_date": iso(move.at),
    }


def move_payload(move: Move) -> dict[str, Any]:
    """DEAL.STAGE_MOVED: ASSUMED; `id` is the one that the list of moves gives."""
    return {
        "event": "DEAL.STAGE_MOVED",
        "id": move.id,
        "deal": {"id": move.deal, "stageId": move.stage_id},
        "lead": {"id": move.lead_id},
        "prospection": {"id": move.prospection_id},
        "movedBy": {"id": move.by_id, "name": move.by_name},
        "movedAt": iso(move.at),
    }


def _where_it_is(handler: Handler) -> Handler:
    """Not found, where the account has no CRM interface."""

    def answer(account: Account, request: Request, key: Any) -> Response:
        if not account.crm:
            raise Complaint(404, "Not Found")
        return handler(account, request, key)

    return answer


def _later(account: Account) -> float:
    """Now, but after the last move: a list read up to one of them must not hide the next."""
    moves = account.board.moves
    return max(account.now(), round(moves[-1].at + 0.001, 3)) if moves else account.now()


def _text(body: dict[str, Any], name: str) -> str:
    value = str(body.get(name) or "").strip()
    if not value:
        raise Complaint(400, f"{name} is required")
    return value


def _named(body: dict[str, Any], name: str) -> dict[str, str]:
    """A list of {id, name} as id → name, in order."""
    rows = body.get(name) or []
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and row.get("id") and row.get("name") for row in rows
    ):
        raise Complaint(400, f"{name} must be a list of {{id, name}}")
    found = {str(row["id"]): str(row["name"]) for row in rows}
    if len(found) != len(rows):
        raise Complaint(400, f"{name} names an id twice")
    return found
