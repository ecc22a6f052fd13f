"""A tiny TCP server on 127.0.0.1 that plays a script per connection, and a door that asks it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

from integrations.http import Door, ExchangeRecord, Request, Response

Script = Callable[["Peer"], None]
SOON = 2.0  # seconds: far less than any slow server here takes, and enough for a busy machine


class Peer:
    """One accepted connection: what it asked, and the ways to answer badly."""

    def __init__(self, sock: socket.socket, stop: threading.Event) -> None:
        self.sock, self.stop = sock, stop

    def request(self) -> bytes:
        """One whole request, head and body; b"" when the client went away."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self.sock.recv(65536)
        return head + b"\r\n\r\n" + body

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, status: int = 200, body: bytes = b"{}", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
        self.say("\r\n".join(lines).encode() + body)

    def drip(self, data: bytes, every: float = 0.05) -> None:
        for index in range(len(data)):
            if self.stop.wait(every):
                return
            self.say(data[index : index + 1])

    def hang(self) -> None:
        self.stop.wait(10)


class WireServer:
    """Serves until left; `accepted` counts connections, `requests` keeps what was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.accepted = 0
        self.requests: list[bytes] = []
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> WireServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock: socket.socket) -> None:
        with sock:
            try:
                self.script(Peer(sock, self._stop))
            except OSError:
                return  # the client hung up: part of the game


def until(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "s3cr3t/tók+n=="
SOON = 5.0  # more than a loaded machine needs: tests of lateness give their own


def door(**options: object) -> Door:
    return Door(**{"allow_private": True, **options})  # type: ignore[arg-type]


def send(
    url: str,
    method: str = "GET",
    *,
    with_door: Door | None = None,
    seconds: float = SOON,
    ledger: list[ExchangeRecord] | None = None,
    **options: object,
) -> Response:
    request = Request(method=method, url=url, secret_values=(SECRET,), **options)  # type: ignore[arg-type]
    kept = [] if ledger is None else ledger
    return (with_door or door()).send(request, deadline_seconds=seconds, now=lambda: NOW, ledger=kept.append)


def one(script: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """The script, after the request was read."""

    def play(peer: Peer) -> None:
        if peer.request():
            script(peer)

    return play


HEAD = b"HTTP/1.1 200 OK\r\n"


def rst(peer: Peer) -> None:
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
