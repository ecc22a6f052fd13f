"""Meetime's HTTP interface v2 over an account's state: what each address answers (contract 3 to 10)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from . import sandbox_shapes as shapes
from .sandbox_lists import ACTIVITY_FILTERS, BY_ID, LEAD_FILTERS, RUN_FILTERS, json_of, page_of, said, same
from .sandbox_play import Stage
from .sandbox_state import Account, Activity, Complaint, Lead, Prospection, Webhook

EVENTS = frozenset(
    {
        *("CALL.STARTED", "CALL.PHONE_EVENT", "CALL.FINISHED", "CALL.UPDATED", "LEAD.WON"),
        # assumed (contract 10.3, 13):
        *("LEAD.LOST", "ACTIVITY.FINISHED", "ACTIVITY.IGNORED"),
        # assumed, and never sent for an account without a CRM interface (sandbox_crm):
        "DEAL.STAGE_MOVED",
    }
)


class Api:
    """The handlers; each gets (account, request, number in the path) with the account's lock held."""

    def __init__(self, *, stage: Stage) -> None:
        self._stage = stage

    def leads(self, account: Account, request: Request, _: int) -> Response:
        """GET /leads."""
        rows: Iterable[Lead] = account.leads.values()
        count = len(account.leads)
        if "id" in request.args or "email" in request.args:
            # The two exact joins have an index; the filters still run over what it finds.
            number = request.args.get("id", "")
            one = (
                account.leads.get(int(number) if number.isdecimal() else -1)
                if number
                else account.lead_by_email(request.args.get("email", ""))
            )
            rows, count = ([one], 1) if one else ([], 0)
        return page_of(
            account,
            request,
            path="/leads",
            filters=LEAD_FILTERS,
            rows=rows,
            count=count,
            shape=lambda lead: shapes.lead_row(account, lead),
            deletable=True,
        )

    def lead(self, account: Account, _: Request, number: int) -> Response:
        """GET /leads/{id}."""
        return said(shapes.lead_body(account, _lead(account, number)))

    def put_lead(self, account: Account, request: Request, number: int) -> Response:
        """PUT /leads/{id}."""
        lead = self._stage.amend(account, _lead(account, number), json_of(request), by="api")
        return said(shapes.lead_body(account, lead))

    def prospections(self, account: Account, request: Request, _: int) -> Response:
        """GET /prospections; its `totalItems` is wrong, as measured (contract 2)."""
        rows: Iterable[Prospection] = account.prospections.values()
        count, number = len(account.prospections), request.args.get("lead_id", "")
        if number:
            lead = account.leads.get(int(number) if number.isdecimal() else -1)
            rows = list(account.runs(lead)) if lead else []
            count = len(list(rows))
        return page_of(
            account,
            request,
            path="/prospections",
            filters=RUN_FILTERS,
            rows=rows,
            count=count,
            shape=lambda run: shapes.prospection_row(account, run),
            deletable=True,
            wrong_total=True,
        )

    def activities(self, account: Account, request: Request, _: int) -> Response:
        """GET /prospections/activities."""
        rows: Iterable[Activity] = account.activities.values()
        count, number = len(account.activities), request.args.get("lead_id", "")
        if number:
            lead = account.leads.get(int(number) if number.isdecimal() else -1)
            rows = (
                [account.activities[each] for run in account.runs(lead) for each in run.activities]
                if lead
                else []
            )
            count = len(rows)
        return page_of(
            account,
            request,
            path="/prospections/activities",
            filters=ACTIVITY_FILTERS,
            rows=rows,
            count=count,
            shape=lambda activity: shapes.activity_row(account, activity),
        )

    def table(
        self, path: str, name: str, shape: Callable[[Any], dict[str, Any]], filters: Mapping[str, Any] = BY_ID
    ) -> Callable[[Account, Request, int], Response]:
        """A plain list: the account's table `name`, each row shaped."""

        def answer(account: Account, request: Request, _: int) -> Response:
            rows = getattr(account, name)
            return page_of(
                account, request, path=path, filters=filters, rows=rows.values(), count=len(rows), shape=shape
            )

        return answer

    def cadences(self, account: Account, request: Request, number: int) -> Response:
        """GET /cadences, whose rows carry the posting address."""
        host = f"{request.url_root.rstrip('/')}{request.path.partition('/v2/')[0]}"
        return self.table("/cadences", "cadences", lambda row: shapes.cadence_row(row, host=host))(
            account, request, number
        )

    def calls(self, account: Account, request: Request, _: int) -> Response:
        """GET /calls: always empty here."""
        names = ("user_id", "started_after", "updated_after", "status", "output")
        filters = {name: same(lambda row: row) for name in names}
        return page_of(
            account, request, path="/calls", filters=filters, rows=[], count=0, shape=lambda row: {"id": row}
        )

    def company(self, account: Account, _: Request, __: int) -> Response:
        """GET /company: assumed {id, name}."""
        return said({"id": str(account.id), "name": account.company})

    def inscribe(self, account: Account, request: Request, number: int) -> Response:
        """POST /prospections/cadence/{id}/lead: the answer bears no id (contract 9)."""
        cadence = account.cadences.get(number)
        if cadence is None:
            raise Complaint(404, "cadence not found")
        token = request.args.get("token")
        if token is not None and not secrets.compare_digest(token.encode(), cadence.token.encode()):
            raise Complaint(401, "invalid cadence token")
        if cadence.deleted:
            raise Complaint(400, "the cadence was deleted")
        body = json_of(request)
        if str(body.get("status") or "WAITING") not in ("WAITING", "EXECUTING"):
            raise Complaint(400, "status must be WAITING or EXECUTING")
        self._stage.inscribe(account, cadence, body, by="api")
        return said({"status": "ok"})

    def create_webhook(self, account: Account, request: Request, _: int) -> Response:
        """POST /webhooks (body assumed, contract 10.2): the secret is sent or made here, and returned."""
        body = json_of(request)
        url, events = str(body.get("target_url") or ""), body.get("events")
        if not url.startswith(("http://", "https://")):
            raise Complaint(400, "target_url must be an http address")
        if not isinstance(events, list) or not events or not EVENTS.issuperset(map(str, events)):
            raise Complaint(400, f"events must be some of {', '.join(sorted(EVENTS))}")
        hook = Webhook(
            id=account.next_id(),
            target_url=url,
            events=tuple(map(str, events)),
            secret=str(body.get("secret") or secrets.token_urlsafe(24)),
            enabled=bool(body.get("enabled", True)),
            created=account.now(),
        )
        account.webhooks[hook.id] = hook
        self._stage.note(
            account, kind="webhook.created", by="api", body={"events": list(hook.events)}, webhook=hook.id
        )
        return said(shapes.webhook_row(hook), 201)

    def delete_webhook(self, account: Account, _: Request, number: int) -> Response:
        """DELETE /webhooks/{id}: assumed."""
        if account.webhooks.pop(number, None) is None:
            raise Complaint(404, "webhook not found")
        self._stage.note(account, kind="webhook.deleted", by="api", webhook=number)
        return Response(status=204)


def _lead(account: Account, number: int) -> Lead:
    lead = account.leads.get(number)
    if lead is None or lead.deleted is not None:
        raise Complaint(404, "lead not found")
    return lead
