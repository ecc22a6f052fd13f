"""Did it happen? What a lost, cut or huge answer means for reads and writes (house.md, "raised | means")."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable

import pytest

from integrations import http_wire
from integrations.contract import (
    Malformed,
    Refused,
    Unavailable,
    Unsure,
)
from integrations.http import ExchangeRecord, raise_for
from integrations.http_guard import Guard
from tests.integrations.wire_server import (
    HEAD,
    Peer,
    WireServer,
    door,
    one,
    rst,
    send,
    until,
)

# --- Did it happen? --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "script",
    [
        lambda peer: None,
        rst,
        lambda peer: peer.say(b"HTTP/1.1 200 OK\r\nContent-Le"),
        lambda peer: peer.say(HEAD + b"Content-Type: text/html\r\n"),  # the blank line never came
        lambda peer: peer.say(HEAD + b"Content-Length: 50\r\n\r\n" + b'{"id": '),
        lambda peer: peer.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"),
        lambda peer: peer.say(b"this is not HTTP\r\n\r\n"),
    ],
    ids=["silent", "reset", "half head", "unended head", "half body", "half chunk", "no http"],
)
def test_a_lost_answer_is_unsure_for_writes_only(method: str, script: Callable[[Peer], None]) -> None:
    with WireServer(one(script)) as server, pytest.raises(Unavailable if method == "GET" else Unsure):
        send(server.url, method)


def test_a_closed_port_and_an_unknown_name_surely_did_not_happen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        send(f"http://127.0.0.1:{port}/", "POST")

    def resolve(*args: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(Unavailable, match="not found"):
        send("http://nowhere.test/", "POST", with_door=door(guard=Guard(allow_private=True, resolve=resolve)))


def test_idle_connections_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(peer: Peer) -> None:
        while peer.request():
            peer.answer()

    with WireServer(script) as server:
        way = door()
        send(server.url, with_door=way)
        send(server.url, with_door=way)
        assert server.accepted == 1
        monkeypatch.setattr(http_wire, "IDLE_SECONDS", 0.0)
        send(server.url, "POST", with_door=way)
        assert server.accepted == 2


def test_a_kept_connection_that_the_server_closed_is_not_written_to() -> None:
    closed = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.answer()
        peer.sock.shutdown(socket.SHUT_RDWR)
        closed.set()

    with WireServer(script) as server:
        way = door()
        send(server.url, with_door=way)
        assert closed.wait(2)
        time.sleep(0.05)
        assert send(server.url, "POST", with_door=way).status == 200
        assert server.accepted == 2


def test_a_kept_connection_that_dies_under_a_write_is_unsure_and_sent_once() -> None:
    asked: list[bytes] = []

    def script(peer: Peer) -> None:
        asked.append(peer.request())
        peer.answer()
        asked.append(peer.request())

    with WireServer(script) as server:
        way = door()
        send(server.url, with_door=way)
        with pytest.raises(Unsure):
            send(server.url, "POST", with_door=way)
        assert until(lambda: len(asked) == 2)
        time.sleep(0.05)
        assert server.accepted == 1
        assert len(asked) == 2


def test_the_cap_holds_also_for_gzip() -> None:
    huge, bomb = b"x" * 300_000, gzip.compress(b"x" * 5_000_000)
    for body, header in ((huge, "A: b"), (bomb, "Content-Encoding: gzip")):
        with WireServer(one(lambda peer, b=body, h=header: peer.answer(200, b, h))) as server:  # type: ignore[misc]
            way = door(cap_bytes=100_000)
            with pytest.raises(Malformed, match="too large"):
                send(server.url, with_door=way)
            # We hang up on a body that is too large; a loaded machine may see the broken connection first.
            with pytest.raises(Unsure, match=r"too large|without answering"):
                send(server.url, "POST", with_door=way)


def test_a_status_that_says_no_needs_no_whole_body() -> None:
    def half(peer: Peer) -> None:
        peer.say(b"HTTP/1.1 422 No\r\nContent-Length: 900\r\n\r\nno e-mail")

    ledger: list[ExchangeRecord] = []
    with WireServer(one(half)) as server:
        answer = send(server.url, "POST", ledger=ledger)
    with pytest.raises(Refused, match="no e-mail"):
        raise_for(answer)
    assert ledger[0].status == 422
    assert "IncompleteRead" in ledger[0].error


def test_a_redirect_is_not_followed() -> None:
    with WireServer(one(lambda peer: peer.answer(302, b"", "Location: /other"))) as server:
        answer = send(server.url, "POST")
        assert server.accepted == 1
    with pytest.raises(Refused, match="another address"):
        raise_for(answer)
