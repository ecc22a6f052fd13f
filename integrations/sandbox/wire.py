"""The HTTP/1.1 side of the sandbox: keep-alive, one send per answer, and answers that never come."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any, ClassVar

from werkzeug.serving import DechunkedInput, WSGIRequestHandler

BODY_MAX = 16 * 1024 * 1024


class NoAnswer(Exception):
    """Raised by the application to close the connection without a byte of answer."""


class Handler(WSGIRequestHandler):
    """Werkzeug's handler closes after each answer; this one keeps the connection, as partners' servers do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75
    """Seconds an idle connection is kept."""

    connections: ClassVar[set[socket.socket]]

    def setup(self) -> None:
        """Remember the connection, so that stopping the server ends it."""
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection; a peer that is already gone is no error."""
        self.connections.discard(self.connection)
        try:
            super().finish()
        except ConnectionError:
            self.close_connection = True

    def run_wsgi(self) -> None:
        """Read the whole request, ask the application, write head and body in one send."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        body = self._read_body(environ)
        if body is None:
            self.close_connection = True
            self.wfile.write(
                b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input_terminated"] = True
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
            begun.append((status, headers))
            return self.wfile.write

        try:
            chunks = self.server.app(environ, start_response)
        except NoAnswer:
            self.close_connection = True
            return
        try:
            self._write(chunks, *begun[-1])
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _read_body(self, environ: dict[str, Any]) -> bytes | None:
        """The request's body, None when it is too big to read."""
        stream = environ["wsgi.input"]
        if isinstance(stream, DechunkedInput):
            body = stream.read(BODY_MAX + 1)
            return body if len(body) <= BODY_MAX else None
        length = int(self.headers.get("Content-Length") or 0)
        return stream.read(length) if length <= BODY_MAX else None

    def _write(self, chunks: Iterable[bytes], status: str, headers: list[tuple[str, str]]) -> None:
        names = {name.lower() for name, _ in headers}
        bodiless = self.command == "HEAD" or status[:3] in ("204", "304")
        if "content-length" not in names and not bodiless:
            # Without a length the end of the connection is the end of the body.
            self.close_connection = True
        lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}", "Server: sandbox"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines.append("Connection: close" if self.close_connection else "Connection: keep-alive")
        pending = "\r\n".join([*lines, "", ""]).encode("latin-1")
        # The head leaves with the first chunk: two small sends would meet Nagle and a delayed ACK (40 ms).
        if not bodiless:
            for chunk in chunks:
                self.wfile.write(pending + chunk)
                pending = b""
        if pending:
            self.wfile.write(pending)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Silent: the ledger tells what happened."""
