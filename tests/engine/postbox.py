"""Where the sandbox's webhooks land in tests that bring them in by hand: in which order, twice, late or never."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from integrations.engine import subscription
from integrations.models import Connection

KEPT = ("X-Meetime-Signature", "X-Meetime-Delivery")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One webhook as it was posted."""

    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def told(self) -> dict[str, Any]:
        """Its body, decoded."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def sent_again(self) -> Letter:
        """The same news as another message of theirs."""
        return replace(self, headers={**self.headers, "X-Meetime-Delivery": str(uuid.uuid4())})


class Postbox:
    """Answers 200 to each POST and keeps it; `deliver` posts one to our webhook view."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []
        box = self._letters

        class Slot(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: self.headers[name] for name in KEPT if name in self.headers}
                box.append(Letter(path=self.path, body=body, headers=headers))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Slot)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True, name="postbox").start()
        self._client = Client()

    def take(self) -> list[Letter]:
        """What came since the last look."""
        found, self._letters[:] = list(self._letters), []
        return found

    def deliver(self, letter: Letter) -> None:
        """Posts it as the partner's server would."""
        answer = self._client.post(
            urlsplit(letter.path).path,
            data=letter.body,
            content_type="application/json",
            headers=letter.headers,
        )
        assert answer.status_code == 200, answer.content.decode()

    def close(self) -> None:
        """No longer answers."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def postbox(connection: Connection, settings: Any) -> Iterator[Postbox]:
    """The connection's webhook registered at the sandbox with the postbox for an address."""
    box = Postbox()
    settings.PUBLIC_URL = box.url
    try:
        subscription.register_webhook(connection)
        connection.refresh_from_db()
        assert connection.webhook_id not in ("", subscription.NOT_REGISTERED)
        yield box
    finally:
        box.close()
