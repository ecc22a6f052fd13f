"""The sockets under the door: every lookup, read and write obeys the deadline of the call."""

from __future__ import annotations

import http.client
import io
import socket
import time
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from integrations.http_guard import Deadline, Guard

# Servers close idle connections after 5 s and more (Node's default); younger ones are taken to be alive.
IDLE_SECONDS = 4.0
PIECE = 16_384


class Stage(Enum):
    """How far a call came: the words when it ends there, for running out of time and for anything else."""

    LOOK_UP = ("The partner's address was not found in time.", "The partner's address was not found.")
    CONNECT = ("The partner's server cannot be reached.", "The partner's server cannot be reached.")
    SECURE = (
        "The partner's server did not open a secure connection in time.",
        "No secure connection to the partner: its certificate or its encryption is wrong.",
    )
    ANSWER = ("The partner did not answer in time.", "The partner closed the connection without answering.")
    BODY = ("The partner did not finish its answer in time.", "The partner's answer broke off.")


@dataclass(kw_only=True)
class Call:
    """The call this thread is making; the connection classes below report to it."""

    deadline: Deadline
    guard: Guard
    stage: Stage = Stage.LOOK_UP
    wrote: bool = False  # True from just before the first byte of the request may leave


CALL: ContextVar[Call] = ContextVar("call")


class TimedRaw(io.RawIOBase):
    """Every single read of the socket gets what is left of the deadline: nothing that drips outlasts it."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline
        self._inner = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._inner.readinto(buffer)

    def close(self) -> None:
        self._inner.close()
        super().close()


class Lines(io.BufferedReader):
    """Knows whether a line ended because the connection did: http.client takes that for the last header."""

    cut = False

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(-1 if size is None else size)
        self.cut = not line.endswith(b"\n")
        return line


class TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._lines = Lines(TimedRaw(sock, CALL.get().deadline))
        self.fp = self._lines

    def begin(self) -> None:
        super().begin()
        if self._lines.cut:
            raise http.client.IncompleteRead(b"")
        CALL.get().stage = Stage.BODY


class PlainConnection(HTTPConnection):
    response_class = TimedResponse
    idle_since = 0.0

    def _new_conn(self) -> socket.socket:
        call = CALL.get()

        def found() -> None:
            call.stage = Stage.CONNECT

        sock = call.guard.dial(self._dns_host, self.port, deadline=call.deadline, found=found)
        call.stage = Stage.SECURE
        return sock

    @property
    def is_connected(self) -> bool:
        return time.monotonic() - self.idle_since < IDLE_SECONDS and super().is_connected

    def send(self, data: Any) -> None:
        call = CALL.get()
        if self.sock is None:
            self.connect()
        call.stage = Stage.ANSWER
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            self.sock.settimeout(call.deadline.left())
            call.wrote = True
            self.sock.sendall(view[start : start + PIECE])


class SecureConnection(PlainConnection, HTTPSConnection):
    pass


class PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class SecurePool(PlainPool, HTTPSConnectionPool):
    ConnectionCls = SecureConnection
