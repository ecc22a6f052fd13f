"""The sandbox's server: mounts every partner's stand-in and the control calls on one HTTP address."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import secrets
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from .control import COOKIE, Control, comes_from_elsewhere, json_response, may_play
from .desk import Desk, Factory, PartnerSandbox
from .hooks import DEFAULT_SPACING, Courier
from .ledger import Ledger, during, redacted
from .mischief import KINDS, Mischief, Rule
from .pages import index_page, response
from .wire import Handler

REQUESTS_KEPT = 500
BODY_SHOWN = 64 * 1024
"""Characters of a request's or an answer's body kept for `/_control/<partner>/requests`."""


def find_partners(package: str = "integrations.partners") -> dict[str, Factory]:
    """Slug → factory, for every partner folder whose `sandbox.py` names its class `SANDBOX`."""
    found: dict[str, Factory] = {}
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        name = f"{package}.{module.name}.sandbox"
        if module.ispkg and importlib.util.find_spec(name) is not None:
            found[module.name] = importlib.import_module(name).SANDBOX
    return found


class App:
    """The WSGI application: `/`, `/_control/…`, `/<slug>/…`."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        courier: Courier,
        mischief: Mischief,
        partners: Mapping[str, PartnerSandbox],
        clock: Callable[[], float],
        control_token: str,
        control: bool,
        wait: Callable[[float], object],
    ) -> None:
        self._ledger, self._mischief, self._partners, self._clock = ledger, mischief, partners, clock
        self._token, self._playable, self._wait = control_token, control, wait
        self.requests = {slug: deque[dict[str, Any]](maxlen=REQUESTS_KEPT) for slug in partners}
        self._control = Control(
            ledger=ledger, courier=courier, mischief=mischief, partners=partners, requests=self.requests
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """WSGI."""
        request = Request(environ)
        with during(method=request.method, path=request.path):
            answer = self._answer(request)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        slug, _, rest = request.path.lstrip("/").partition("/")
        partner = self._partners.get(slug)
        if partner is not None and partner.is_api("/" + rest):
            return self._speak(slug, partner, request, "/" + rest)
        if not self._playable or (slug and slug != "_control" and partner is None):
            return json_response({"error": "not found"}, 404)
        if not may_play(request, token=self._token):
            return json_response({"error": f"only on this machine, or with the token of {COOKIE}"}, 403)
        if request.method != "GET" and comes_from_elsewhere(request):
            return json_response({"error": "sent by another site"}, 403)
        if slug == "_control":
            return self._control.answer(request, rest.rstrip("/"))
        if partner is None:
            return response(index_page({name: each.label for name, each in self._partners.items()}))
        answer = partner.page(request, "/" + rest)
        if request.args.get(COOKIE):
            answer.set_cookie(COOKIE, request.args[COOKIE], httponly=True, samesite="Strict")
        return answer

    def _speak(self, slug: str, partner: PartnerSandbox, request: Request, path: str) -> Response:
        """One API request, spoilt when mischief says so; the ledger gets it before the answer leaves."""
        rule = self._mischief.for_request(partner=slug, method=request.method, path=path)
        if rule is None:
            answer = partner.answer(request, path)
            self._note(slug, partner, request, answer, None)
            return answer
        fault = KINDS[rule.kind]
        if fault.wait_first:
            self._wait(rule.seconds)
        answer = partner.answer(request, path) if rule.performs else _refusal(partner, rule, fault.refusal)
        self._note(slug, partner, request, answer, rule)
        return fault.spoil(answer, rule, self._wait) if fault.spoil is not None else answer

    def _note(
        self, slug: str, partner: PartnerSandbox, request: Request, answer: Response, rule: Rule | None
    ) -> None:
        query = redacted(dict(request.args.items()))
        body = redacted(request.get_json(silent=True)) if request.mimetype == "application/json" else None
        alias = partner.alias(request)
        silent = rule is not None and KINDS[rule.kind].silent
        status = 0 if silent else answer.status_code
        entry = self._ledger.add(
            partner=slug,
            account=alias,
            kind="request",
            body=body,
            query=query,
            status=status,
            mischief=rule.kind if rule is not None else "",
            performed=rule is None or rule.performs,
        )
        self.requests[slug].appendleft(
            {
                "seq": entry["seq"],
                "at": entry["at"],
                "account": alias,
                "method": request.method,
                "path": request.path,
                "query": query,
                "headers": redacted(dict(request.headers.items())),
                "body": body if body is not None else request.get_data(as_text=True)[:BODY_SHOWN],
                "status": status,
                "answer": answer.get_data(as_text=True)[:BODY_SHOWN],
                "mischief": entry["mischief"],
                "performed": entry["performed"],
            }
        )


def _refusal(partner: PartnerSandbox, rule: Rule, kind: str) -> Response:
    if not kind:
        return Response(b"", status=rule.status or 200)
    status, content_type, body = partner.refusals[kind]
    answer = Response(body, status=status, content_type=content_type)
    if rule.kind == "429_retry_after":
        answer.headers["Retry-After"] = str(int(rule.seconds))
    return answer


class Sandbox:
    """A running sandbox. `start()` binds (port 0: any free one); `stop()` keeps port and worlds.

    `partners` maps a slug to a factory taking a Desk (default: every partner folder that has one);
    `ledger_path` also writes the ledger to that file; `control=False` removes control calls and pages.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        ledger_path: str | Path | None = None,
        control_token: str | None = None,
        partners: Mapping[str, Factory] | None = None,
        control: bool = True,
        webhook_spacing: Sequence[float] = DEFAULT_SPACING,
        webhook_tries: int = 20,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.host, self.port = host, port
        self.control_token = control_token or secrets.token_urlsafe(18)
        self.ledger = Ledger(clock=clock, path=Path(ledger_path) if ledger_path else None)
        self.mischief = Mischief()
        self.courier = Courier(
            ledger=self.ledger, mischief=self.mischief, spacing=webhook_spacing, tries=webhook_tries
        )
        desk = Desk(ledger=self.ledger, courier=self.courier, clock=clock)
        table = find_partners() if partners is None else partners
        self.partners = {slug: factory(desk) for slug, factory in table.items()}
        self._stopping = threading.Event()
        self.app = App(
            ledger=self.ledger,
            courier=self.courier,
            mischief=self.mischief,
            partners=self.partners,
            clock=clock,
            control_token=self.control_token,
            control=control,
            wait=self._stopping.wait,
        )
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """`http://host:port`, without a slash at the end; known once started."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Sandbox:
        """Bind and answer in a background thread."""
        self._bind()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="sandbox")
        self._thread.start()
        return self

    def run(self, *, say: Callable[[str], object] = sys.stdout.write) -> None:
        """Bind, say where it is and its control token, answer until interrupted."""
        self._bind()
        say(f"Sandbox: {self.url}/  ·  X-Sandbox-Token: {self.control_token}\n")
        self._serve()
        self.close()

    def stop(self) -> None:
        """Stop answering and break open connections, as a partner going down does; `start()` revives it."""
        self._stopping.set()
        if self._server is not None:
            if self._thread is not None:
                self._server.shutdown()
                self._thread.join(timeout=5)
            self._server.server_close()
            self._server = self._thread = None
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._connections.discard(connection)

    def close(self) -> None:
        """Stop for good: webhooks and the ledger's file too."""
        self.stop()
        self.courier.close()
        self.ledger.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _bind(self) -> None:
        self._stopping.clear()
        handler = type("SandboxHandler", (Handler,), {"connections": self._connections})
        self._server = make_server(self.host, self.port, self.app, threaded=True, request_handler=handler)
        self.port = self._server.port

    def _serve(self) -> None:
        if self._server is not None:
            # The default poll of half a second would be paid at each stop. Ends quietly on Ctrl-C.
            self._server.serve_forever(poll_interval=0.05)


def serve(
    *,
    port: int,
    host: str = "127.0.0.1",
    ledger_path: str | Path | None = None,
    control_token: str | None = None,
    partners: Mapping[str, Factory] | None = None,
    control: bool = True,
    say: Callable[[str], object] = sys.stdout.write,
) -> None:
    """Run a sandbox until interrupted, first saying where it is and its control token."""
    Sandbox(
        port=port,
        host=host,
        ledger_path=ledger_path,
        control_token=control_token,
        partners=partners,
        control=control,
    ).run(say=say)
