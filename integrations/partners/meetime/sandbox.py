"""Meetime's stand-in, written from the contract sheet alone: one world a token."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from integrations.sandbox.desk import Desk

from . import sandbox_shapes as shapes
from .sandbox_api import Api
from .sandbox_control import Orders
from .sandbox_crm import Crm, Handler
from .sandbox_lists import said, words
from .sandbox_pages import Pages
from .sandbox_play import Stage
from .sandbox_seed import LEADS, furnish
from .sandbox_state import Account, Complaint

DEFAULT_TOKEN = "sandbox-meetime-token"  # noqa: S105 - the stand-in's, opens nothing
COMPANY = "Exemplo Prospecção Ltda"


class MeetimeSandbox:
    """The partner as the server knows it; see integrations.sandbox.desk.PartnerSandbox."""

    label = "Meetime"
    refusals: Mapping[str, tuple[int, str, str]] = {
        "401": (401, "application/json", '{"error": "Unauthorized"}'),
        "429": (429, "text/plain; charset=utf-8", "Rate exceeded."),
        "500": (500, "application/json", '{"error": "Internal Server Error"}'),
        "503": (503, "text/plain; charset=utf-8", "Service Unavailable"),
    }

    def __init__(self, desk: Desk, *, slug: str = "meetime", furnished: bool = True) -> None:
        """`furnished`: with the default account from the start."""
        self._desk = desk
        self._gate = threading.Lock()
        self._accounts: dict[str, Account] = {}
        stage = Stage(desk=desk, slug=slug)
        crm = Crm(stage=stage)
        self._orders = Orders(stage=stage, crm=crm, accounts=self)
        self._pages = Pages(orders=self._orders, accounts=self)
        self._urls, self._handlers = _routes(Api(stage=stage), crm)
        if furnished:
            self.reset()

    def accounts(self) -> list[Account]:
        """Every account, the default one first."""
        return list(self._accounts.values())

    def account(self, token: str) -> Account | None:
        """The account of a token; none given: the default one."""
        return self._accounts.get(token or DEFAULT_TOKEN)

    def open_account(
        self,
        *,
        token: str,
        seed: int = 1,
        leads: int = LEADS,
        empty: bool = False,
        opened: bool = False,
        references: bool = False,
        company: str = COMPANY,
    ) -> Account:
        """A new world for a token, in place of the one it may have had; `empty`: nothing in it at all.

        `opened` and `references`: see sandbox_seed.furnish.
        """
        account = Account(token=token, company=company, clock=self._desk.clock)
        if not empty:
            furnish(account, seed=seed, leads=leads, opened=opened, references=references)
        with self._gate:
            self._accounts[token] = account
        return account

    def reset(self) -> None:
        """Only the default account, furnished."""
        with self._gate:
            self._accounts = {}
        self.open_account(token=DEFAULT_TOKEN)

    def is_api(self, path: str) -> bool:
        """Everything under /v2."""
        return path == "/v2" or path.startswith("/v2/")

    def alias(self, request: Request) -> str:
        """The account's alias, by its token or by a cadence's."""
        account = self._accounts.get(request.headers.get("Authorization", "")) or self._by_cadence(request)
        return account.alias if account is not None else "unknown"

    def answer(self, request: Request, path: str) -> Response:
        """The API: who asks (401), how fast (429), what (404, 405), then the handler."""
        try:
            account = self._authorize(request)
        except Complaint as complaint:
            return said({"error": complaint.words}, complaint.status)
        with account.lock:
            if not account.pace.takes(self._desk.clock()):
                return words("Rate exceeded.", 429)
            try:
                name, values = self._urls.bind("sandbox").match(path, request.method)
                return self._handlers[name](account, request, values.get("key", 0))
            except MethodNotAllowed:
                return said({"error": "Method Not Allowed"}, 405)
            except HTTPException:
                return said({"error": "Not Found"}, 404)
            except Complaint as complaint:
                return said({"error": complaint.words}, complaint.status)

    def page(self, request: Request, path: str) -> Response:
        """Where a person plays Meetime's user."""
        return self._pages.answer(request, path)

    def control(self, method: str, path: str, order: dict[str, Any]) -> tuple[int, Any]:
        """`/_control/meetime/…`."""
        return self._orders.answer(method, path, order)

    def _authorize(self, request: Request) -> Account:
        shown = request.headers.get("Authorization")
        account = self._by_cadence(request) if shown is None else self._accounts.get(shown)
        if account is None or (shown is not None and account.expired):
            raise Complaint(401, "Unauthorized")
        return account

    def _by_cadence(self, request: Request) -> Account | None:
        """A cadence's posting token opens its cadence without Authorization (contract 9)."""
        token = request.args.get("token")
        if not token or request.method != "POST" or "/prospections/cadence/" not in request.path:
            return None
        for account in self.accounts():
            for cadence in list(account.cadences.values()):
                if secrets.compare_digest(cadence.token.encode(), token.encode()):
                    return account
        return None


def _routes(api: Api, crm: Crm) -> tuple[Map, dict[str, Handler]]:
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/v2/leads", api.leads),
        ("GET", "/v2/leads/<int:key>", api.lead),
        ("PUT", "/v2/leads/<int:key>", api.put_lead),
        (
            "GET",
            "/v2/leads/custom-fields",
            api.table("/leads/custom-fields", "custom_fields", shapes.custom_field_row),
        ),
        ("GET", "/v2/prospections", api.prospections),
        ("GET", "/v2/prospections/activities", api.activities),
        (
            "GET",
            "/v2/prospections/lost-reasons",
            api.table("/prospections/lost-reasons", "lost_reasons", shapes.lost_reason_row),
        ),
        ("POST", "/v2/prospections/cadence/<int:key>/lead", api.inscribe),
        ("GET", "/v2/cadences", api.cadences),
        ("GET", "/v2/users", api.table("/users", "users", shapes.user_row, {})),
        ("GET", "/v2/calls", api.calls),
        ("GET", "/v2/webhooks", api.table("/webhooks", "webhooks", shapes.webhook_row, {})),
        ("POST", "/v2/webhooks", api.create_webhook),
        ("DELETE", "/v2/webhooks/<int:key>", api.delete_webhook),
        ("GET", "/v2/company", api.company),
        *crm.routes(),
    )
    rules = [Rule(path, methods=[method], endpoint=f"{method} {path}") for method, path, _ in table]
    return Map(rules, strict_slashes=False), {f"{method} {path}": handler for method, path, handler in table}


SANDBOX = MeetimeSandbox
