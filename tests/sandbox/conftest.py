"""A running sandbox, someone who talks to it, and an address that takes its webhooks."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from integrations.partners.meetime.sandbox import DEFAULT_TOKEN, MeetimeSandbox
from integrations.sandbox.server import Sandbox

Answer = tuple[int, Any, dict[str, str]]


class Talker:
    """One kept connection to the sandbox; `api` speaks as a client of the partner, `control` as who plays."""

    def __init__(self, url: str, *, timeout: float = 5) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """(status, JSON or text, headers)."""
        raw = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})} if raw is not None else headers or {}
        try:
            self.connection.request(method, path, raw, sent)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            raise
        told = {name.lower(): value for name, value in answer.getheaders()}
        return (
            answer.status,
            json.loads(text) if "json" in told.get("content-type", "") and text else text,
            told,
        )

    def api(self, method: str, path: str, body: Any = None, *, token: str | None = DEFAULT_TOKEN) -> Answer:
        """A call to /meetime/v2."""
        return self.ask(method, f"/meetime/v2{path}", body, {} if token is None else {"Authorization": token})

    def control(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """A control call; its JSON. Checks for 2xx, or the given status."""
        got, value, _ = self.ask(method, f"/_control/{path}", body)
        assert got == status if status else 200 <= got < 300, (got, value)
        return value

    def post_form(self, path: str, **fields: str) -> tuple[int, str]:
        """Press a page's button: (status, where it leads back to)."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, urlencode(fields), headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")

    def state(self, token: str = DEFAULT_TOKEN) -> dict[str, Any]:
        """The account's users, cadences, …."""
        return self.control("GET", f"meetime/state?token={token}")

    def send(
        self, *, cadence: str = "Cadência de Prospecção", token: str = DEFAULT_TOKEN, **body: Any
    ) -> Answer:
        """Inscribe a lead in the cadence of that name, with the cadence's own token."""
        found = next(each for each in self.state(token)["cadences"] if each["name"] == cadence)
        return self.api(
            "POST", f"/prospections/cadence/{found['id']}/lead?token={_token_of(self, found)}", body
        )

    def lead(self, email: str) -> dict[str, Any]:
        """The inner state of the one lead with that e-mail."""
        found = [each for each in self.control("GET", "meetime/leads")["data"] if each["email"] == email]
        assert len(found) == 1, found
        return found[0]

    def happened(self, since: int = 0, kind: str = "") -> list[dict[str, Any]]:
        """The ledger after `since`."""
        return self.control("GET", f"ledger?since={since}&kind={kind}")["data"]


def _token_of(talker: Talker, cadence: dict[str, Any]) -> str:
    return str(cadence["token"])


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox(partners={"meetime": MeetimeSandbox}, webhook_spacing=(0.02,)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The running sandbox on its first day, without a speed limit."""
    talker = Talker(running.url)
    talker.control("POST", "reset", {})
    talker.control("POST", "meetime/pace", {"rate": 10_000, "burst": 10_000})
    talker.control("POST", "webhooks", {"spacing": [0.02], "tries": 20})
    return running


@pytest.fixture
def talker(sandbox: Sandbox) -> Iterator[Talker]:
    talker = Talker(sandbox.url)
    yield talker
    talker.connection.close()


class Inbox:
    """What arrived, and what to answer next (200 when nothing is said)."""

    def __init__(self) -> None:
        self.arrived: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.url = ""
        self._gate = threading.Condition()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self._gate:
            self.arrived.append((headers, body))
            self._gate.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait_for(self, count: int, *, timeout: float = 3) -> list[tuple[dict[str, str], bytes]]:
        with self._gate:
            assert self._gate.wait_for(lambda: len(self.arrived) >= count, timeout), self.arrived
            return list(self.arrived)

    def events(self, count: int) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.wait_for(count)]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = inbox.take(dict(self.headers.items()), body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    inbox.url = f"http://127.0.0.1:{server.server_port}/hooks/meetime/abc/"
    yield inbox
    server.shutdown()
    server.server_close()


@pytest.fixture
def subscribed(talker: Talker, inbox: Inbox) -> str:
    """The secret of a webhook for all that the product listens to."""
    order = {
        "target_url": inbox.url,
        "events": ["LEAD.WON", "LEAD.LOST", "ACTIVITY.FINISHED"],
        "enabled": True,
        "secret": "segredo-do-teste",
    }
    status, hook, _ = talker.api("POST", "/webhooks", order)
    assert status == 201
    return str(hook["secret"])


@pytest.fixture
def soon() -> Callable[[Callable[[], bool]], None]:
    """Wait at most three seconds for something to become true."""

    def wait(true: Callable[[], bool]) -> None:
        until = time.monotonic() + 3
        while not true():
            assert time.monotonic() < until
            time.sleep(0.01)

    return wait
