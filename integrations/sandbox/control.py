"""`/_control/`: reset, mischief, ledger, webhooks in flight, and each partner's own orders, all JSON."""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from .desk import ControlError, PartnerSandbox
from .hooks import Courier
from .ledger import Ledger, redacted
from .mischief import Mischief, rule_from

HEADER = "X-Sandbox-Token"
COOKIE = "sandbox_token"
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def may_play(request: Request, *, token: str) -> bool:
    """Control and pages are for this machine, or for who knows the token printed at start.

    A proxy on this machine makes the whole world look local, so forwarded requests need the token.
    """
    shown = request.headers.get(HEADER) or request.cookies.get(COOKIE) or request.args.get(COOKIE) or ""
    if token and secrets.compare_digest(shown.encode(), token.encode()):
        return True
    try:
        local = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return local and not any(name in request.headers for name in FORWARDED)


def comes_from_elsewhere(request: Request) -> bool:
    """A post sent by some other site's page through the browser of a person who may play."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    return bool(origin) and urlsplit(str(origin)).netloc != request.host


def json_response(value: Any, status: int = 200) -> Response:
    """JSON with its length, UTF-8 not escaped."""
    return Response(
        json.dumps(value, ensure_ascii=False, default=str), status=status, mimetype="application/json"
    )


class Control:
    """Answers every `/_control/…` call."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        courier: Courier,
        mischief: Mischief,
        partners: Mapping[str, PartnerSandbox],
        requests: Mapping[str, deque[dict[str, Any]]],
    ) -> None:
        self._ledger, self._courier, self._mischief = ledger, courier, mischief
        self._partners, self._requests = partners, requests
        self._routes = {
            ("GET", "ledger"): self._read_ledger,
            ("POST", "reset"): self._reset,
            ("GET", "mischief"): lambda _: (200, {"rules": mischief.rules()}),
            ("POST", "mischief"): self._order_mischief,
            ("DELETE", "mischief"): self._clear_mischief,
            ("GET", "webhooks"): lambda _: (200, self._webhooks()),
            ("POST", "webhooks"): self._set_webhooks,
        }

    def answer(self, request: Request, path: str) -> Response:
        """`path` is what follows `/_control/`."""
        try:
            order = _order_of(request)
            route = self._routes.get((request.method, path))
            if route is not None:
                status, value = route(order)
            else:
                status, value = self._partner_order(request.method, path, order)
        except ControlError as error:
            status, value = error.status, {"error": error.words}
        except (ValueError, TypeError) as error:
            status, value = 400, {"error": str(error)}
        return json_response(value, status)

    def _partner_order(self, method: str, path: str, order: dict[str, Any]) -> tuple[int, Any]:
        slug, _, rest = path.partition("/")
        partner = self._partners.get(slug)
        if partner is None:
            raise ControlError(404, "no such control call")
        if (method, rest) == ("GET", "requests"):
            limit = int(order.get("limit", 100))
            return 200, {"data": [_shown(kept) for kept in list(self._requests[slug])[:limit]]}
        return partner.control(method, rest, order)

    def _read_ledger(self, order: dict[str, Any]) -> tuple[int, Any]:
        entries = self._ledger.since(
            int(order.get("since", 0)),
            partner=str(order.get("partner", "")),
            kind=str(order.get("kind", "")),
            account=str(order.get("account", "")),
        )
        limit = int(order.get("limit", 10_000))
        return 200, {"data": entries[:limit], "more": len(entries) > limit}

    def _reset(self, order: dict[str, Any]) -> tuple[int, Any]:
        """Worlds and mischief start anew; the ledger stays, being append-only."""
        only = str(order.get("partner", ""))
        if only and only not in self._partners:
            raise ControlError(404, "no such partner")
        self._mischief.clear(partner=only)
        self._courier.forget()
        for slug, partner in self._partners.items():
            if only in ("", slug):
                partner.reset()
                self._requests[slug].clear()
                self._ledger.add(partner=slug, kind="world.reset")
        return 200, {"status": "ok", "seq": len(self._ledger)}

    def _order_mischief(self, order: dict[str, Any]) -> tuple[int, Any]:
        rule = rule_from(order)
        if rule.partner not in self._partners:
            raise ControlError(404, "no such partner")
        self._mischief.order(rule)
        return 201, rule.shown()

    def _clear_mischief(self, order: dict[str, Any]) -> tuple[int, Any]:
        self._mischief.clear(partner=str(order.get("partner", "")))
        return 200, {"rules": self._mischief.rules()}

    def _webhooks(self) -> dict[str, Any]:
        courier = self._courier
        return {
            **courier.waiting(),
            "spacing": list(courier.spacing),
            "tries": courier.tries,
            "timeout": courier.timeout,
        }

    def _set_webhooks(self, order: dict[str, Any]) -> tuple[int, Any]:
        courier = self._courier
        courier.spacing = tuple(float(pause) for pause in order.get("spacing", courier.spacing))
        courier.tries = int(order.get("tries", courier.tries))
        courier.timeout = float(order.get("timeout", courier.timeout))
        if order.get("release"):
            courier.release()
        return 200, self._webhooks()


def _order_of(request: Request) -> dict[str, Any]:
    """Query and JSON body in one; the body wins."""
    order: dict[str, Any] = dict(request.args.items())
    raw = request.get_data()
    if raw.strip():
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise ControlError(400, f"the body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise ControlError(400, "the body must be a JSON object")
        order |= body
    return order


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    """A request as kept, its answer's secrets blanked; done on reading to keep answering cheap."""
    try:
        answer = redacted(json.loads(kept["answer"]))
    except ValueError:
        answer = kept["answer"]
    return {**kept, "answer": answer}
