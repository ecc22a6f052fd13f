"""Pages that were rendered beforehand, handed to a browser over HTTP with the files that they load."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from django.contrib.staticfiles import finders
from django.http import HttpResponse

KEPT = ("Content-Type", "Content-Security-Policy", "Permissions-Policy")


@dataclass(kw_only=True)
class Stage:
    """Answers by address; what nobody rendered is 204, so that scripts may ask for it."""

    url: str = ""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    def show(self, path: str, answer: HttpResponse) -> str:
        """The address at which this answer stands from now on."""
        address = (
            path
            if path not in self.answers
            else f"{path}{'&' if '?' in path else '?'}shown={len(self.answers)}"
        )
        headers = {name: answer.headers[name] for name in KEPT if name in answer.headers}
        self.answers[address] = (answer.status_code, headers, bytes(answer.content))
        return address

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        bare = path.partition("?")[0]
        if bare.startswith("/static/"):
            return _file(bare.removeprefix("/static/"))
        return self.answers.get(path) or self.answers.get(bare) or (204, {}, b"")


@cache
def _file(name: str) -> tuple[int, dict[str, str], bytes]:
    found = finders.find(name)
    if not isinstance(found, str):
        return 404, {}, b""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return 200, {"Content-Type": kind, "Cache-Control": "max-age=3600"}, Path(found).read_bytes()


@contextmanager
def staged() -> Iterator[Stage]:
    """A stage on a free port; its threads know no database."""
    stage = Stage()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = stage.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, address: None  # the browser has gone to the next page
    server.daemon_threads = True
    stage.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stage
    finally:
        server.shutdown()
        server.server_close()
