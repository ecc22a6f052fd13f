"""One Meetime account's stand-in inside the process, without port, thread or webhook, for rehearsals (X2)."""

from __future__ import annotations

import json as encoding
import time
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from integrations.sandbox.desk import Desk
from integrations.sandbox.hooks import Message
from integrations.sandbox.ledger import Ledger

from .sandbox import DEFAULT_TOKEN, MeetimeSandbox
from .sandbox_board import LostReason
from .sandbox_crm import funnel_row
from .sandbox_shapes import BODY_NAMES
from .sandbox_state import (
    PRIORITIES,
    Account,
    Cadence,
    CustomField,
    Lead,
    Pace,
    Prospection,
    User,
)

Row = Mapping[str, Any]
FIELD_TYPES = frozenset({"TEXT", "LONG_TEXT", "SELECT"})
UNHURRIED = 1e9  # requests a second, and at once


class Nobody:
    """Carries no webhook anywhere."""

    def send(self, message: Message) -> None: ...


class PrivateWorld:
    """One account made of a catalog's neutral rows and of leads known there; forgotten with the object.

    `catalog`: kind → rows, ids kept. "cadences" {id, name, priority, focus} · "users" {id, name, email,
    active} · "custom_fields" {id, key, name, type, options} · "lost_reasons" {id, name}. A field's key may
    bear "custom." before it, its type either case; those of "native." are every lead's. A cadence's posting
    token is "private-<id>", and not needed beside the account's. `leads`: {email, name, status, cadence_id},
    optionally reference, company, phones (texts), custom {key: text}. ValueError for an id that is no number.
    """

    token = DEFAULT_TOKEN

    def __init__(self, catalog: Mapping[str, Sequence[Row]], leads: Sequence[Row] = ()) -> None:
        desk = Desk(ledger=Ledger(clock=time.time), courier=Nobody(), clock=time.time)
        self._sandbox = MeetimeSandbox(desk, furnished=False)
        self._account = self._sandbox.open_account(token=self.token, empty=True)
        self._account.pace = Pace(rate=UNHURRIED, burst=UNHURRIED, left=UNHURRIED)
        _furnish(self._account, catalog)
        for row in leads:
            _know(self._account, row)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """One request below /v2: (status, the answer's JSON; its text where it is none; None for nothing).

        The account's token is borne unless `headers` name an Authorization.
        """
        sent = Headers(dict(headers or {}))
        sent.setdefault("Authorization", self.token)
        builder = EnvironBuilder(
            path=f"/v2{path}",
            method=method,
            query_string=dict(params) if params else None,
            headers=sent,
            data=None if json is None else encoding.dumps(json).encode(),
            content_type=None if json is None else "application/json",
        )
        try:
            request = builder.get_request(Request)
        finally:
            builder.close()
        answer = self._sandbox.answer(request, request.path)
        text = answer.get_data(as_text=True)
        if not text:
            return answer.status_code, None
        return answer.status_code, encoding.loads(text) if answer.mimetype == "application/json" else text

    def state(self) -> dict[str, Any]:
        """{"leads", "prospections", "funnels", "deals"} as neutral rows; ids and values are text."""
        account = self._account
        return {
            "leads": [_told(account, lead) for lead in account.leads.values() if lead.deleted is None],
            "prospections": [
                {
                    "id": str(run.id),
                    "lead_id": str(run.lead_id),
                    "cadence_id": str(run.cadence_id),
                    "owner_id": str(run.owner_id) if run.owner_id else None,
                    "status": run.status,
                    "lost_reason": run.lost_reason.name if run.lost_reason else None,
                }
                for run in account.prospections.values()
            ],
            "funnels": [funnel_row(funnel) for funnel in account.board.funnels.values()],
            "deals": [
                {
                    "id": deal,
                    "funnel_id": standing.funnel_id,
                    "stage_id": standing.stage_id,
                    "message": standing.message,
                }
                for deal, standing in account.board.standings.items()
            ],
        }


def _furnish(account: Account, catalog: Mapping[str, Sequence[Row]]) -> None:
    for row in catalog.get("users", ()):
        account.users[int(row["id"])] = User(
            id=int(row["id"]),
            email=str(row.get("email") or ""),
            name=row.get("name") or None,
            active=bool(row.get("active", True)),
        )
    owner_id = next((user.id for user in account.users.values() if user.active), None)
    for row in catalog.get("cadences", ()):
        priority = str(row.get("priority") or "")
        account.cadences[int(row["id"])] = Cadence(
            id=int(row["id"]),
            name=str(row.get("name") or ""),
            token=f"private-{row['id']}",
            priority=priority if priority in PRIORITIES else "MEDIUM",
            cadence_focus=str(row.get("focus") or "OUTBOUND"),
            owner_id=owner_id,
            created=account.now(),
        )
    for row in catalog.get("custom_fields", ()):
        place, _, key = str(row.get("key") or row["id"]).rpartition(".")
        if place == "native":
            continue  # every lead has it
        kind = str(row.get("type") or "").upper()
        account.custom_fields[int(row["id"])] = CustomField(
            id=int(row["id"]),
            key=key,
            name=str(row.get("name") or ""),
            type=kind if kind in FIELD_TYPES else "TEXT",
            options=tuple(map(str, row.get("options") or ())),
        )
    for row in catalog.get("lost_reasons", ()):
        number = int(row["id"])
        account.lost_reasons[number] = LostReason(id=number, name=str(row.get("name") or ""))
    account.skip_ids((*account.users, *account.cadences, *account.custom_fields, *account.lost_reasons))


def _know(account: Account, row: Row) -> None:
    """A lead there already, in the cadence and the state that the row tells."""
    at = account.now()
    cadence_id = int(row.get("cadence_id") or next(iter(account.cadences), 0))
    if cadence_id not in account.cadences:
        # Known of old, no longer listed.
        account.skip_ids([cadence_id])
        account.cadences[cadence_id] = Cadence(
            id=cadence_id, name="", token=f"private-{cadence_id}", created=at, deleted=True
        )
    lead = Lead(
        id=account.next_id(),
        native={name: str(row[name]) for name in ("email", "name", "company") if row.get(name)},
        phones=[{"label": "", "phone": str(phone), "lastUsage": None} for phone in row.get("phones") or ()],
        custom={str(key): value for key, value in (row.get("custom") or {}).items()},
        created=at,
        updated=at,
        external_reference=row.get("reference") or None,
    )
    status = str(row.get("status") or "WAITING")
    run = Prospection(
        id=account.next_id(),
        lead_id=lead.id,
        cadence_id=cadence_id,
        owner_id=account.cadences[cadence_id].owner_id,
        status=status,
        created=at,
        begin=None if status == "WAITING" else at,
        end=at if status in ("WON", "LOST") else None,
    )
    account.prospections[run.id] = run
    lead.prospections.append(run.id)
    account.index(lead, old_email="", old_deal="")


def _told(account: Account, lead: Lead) -> dict[str, Any]:
    run = account.current(lead)
    return {
        "id": str(lead.id),
        "external_reference": lead.external_reference,
        "deal": lead.deal or None,
        "fields": {name: lead.native.get(name) for name in BODY_NAMES},
        "phones": [str(phone["phone"]) for phone in lead.phones],
        "custom": {custom.key: lead.custom.get(custom.key) for custom in account.custom_fields.values()},
        "status": run.status if run else None,
        "open": account.is_open(lead),
        "cadence_id": str(run.cadence_id) if run else None,
        "owner_id": str(run.owner_id) if run and run.owner_id else None,
    }
