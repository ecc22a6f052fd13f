"""The door: what is sent, one deadline, the record (engine.md, "Pace and time"; house.md, "Exchange")."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.contract import (
    Unavailable,
    Unsure,
)
from integrations.http import ExchangeRecord, Request
from integrations.http_guard import Guard
from tests.integrations.wire_server import (
    HEAD,
    NOW,
    SECRET,
    SOON,
    Peer,
    WireServer,
    door,
    one,
    rst,
    send,
)

# --- An answer, and what is sent -------------------------------------------------------------------------


def test_an_answer_with_everything_that_was_asked() -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        seen.append(peer.request())
        peer.answer(
            201, b'{"id": "7", "nome": "A\xc3\xa7\xc3\xa3o"}', "X-Request-Id: r1", "Set-Cookie: sid=1"
        )
        seen.append(peer.request())
        peer.answer()

    with WireServer(script) as server:
        way = door()
        answer = send(
            f"{server.url}/v2/leads", "post", with_door=way, json={"nome": "ção"}, params={"limit": "2"}
        )
        again = send(f"{server.url}/v2/leads", with_door=way)
    assert (answer.status, answer.json(), answer.header("X-REQUEST-ID")) == (
        201,
        {"id": "7", "nome": "Ação"},
        "r1",
    )
    assert answer.method == "POST"
    assert answer.received_at == NOW
    assert 0 <= answer.elapsed_ms < 500
    assert again.status == 200
    assert server.accepted == 1
    head, body = seen[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/leads?limit=2 HTTP/1.1\r\n")
    assert json.loads(body) == {"nome": "ção"}
    assert b"user-agent: tomada" in head.lower()
    assert b"cookie" not in seen[1].lower()  # what they set is not kept


def test_nothing_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login u password p\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        seen.append(peer.request())
        peer.answer()

    with WireServer(script) as server:
        assert send(server.url).status == 200
    assert b"authorization" not in seen[0].lower()


def test_gzip_and_chunks_are_read() -> None:
    packed = gzip.compress(b'{"ok": true}')
    chunks = b"%x\r\n%b\r\n" % (4, packed[:4]) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed) - 4, packed[4:])
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    with WireServer(one(lambda peer: peer.say(head + chunks))) as server:
        assert send(server.url).json() == {"ok": True}


# --- One deadline over everything ------------------------------------------------------------------------

SLOW = {
    "hangs": lambda peer: peer.hang(),
    "drips headers": lambda peer: peer.drip(HEAD + b"X-A: 1\r\n" * 99),
    "drips lines": lambda peer: [peer.say(HEAD), *(peer.drip(b"X-A: 1\r\n", 0.02) for _ in range(40))],
    "drips body": lambda peer: [peer.say(HEAD + b"Content-Length: 500\r\n\r\n"), peer.drip(b"x" * 500)],
    "drips chunks": lambda peer: [
        peer.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        *(peer.drip(b"1\r\nx\r\n") for _ in range(90)),
    ],
    "continues for ever": lambda peer: [peer.drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01) for _ in range(99)],
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", list(SLOW))
def test_no_server_outlasts_the_deadline(name: str, method: str) -> None:
    ledger: list[ExchangeRecord] = []
    started = time.monotonic()
    outcome = Unavailable if method == "GET" else Unsure
    with WireServer(one(SLOW[name])) as server, pytest.raises(outcome, match="in time"):
        send(server.url, method, seconds=0.3, ledger=ledger)
    assert 0.25 < time.monotonic() - started < SOON
    assert len(ledger) == 1
    assert ledger[0].status is None
    assert ledger[0].error


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_does_not_accept_was_never_asked(method: str) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        started = time.monotonic()
        with pytest.raises(Unavailable, match="cannot be reached"):
            send(f"http://127.0.0.1:{port}/", method, seconds=0.3)
        assert time.monotonic() - started < SOON
        for sock in waiting:
            sock.close()


def test_a_name_lookup_that_hangs_ends_at_the_deadline() -> None:
    free = threading.Event()

    def resolve(*args: object) -> list[object]:
        free.wait(5)
        return []

    way = door(guard=Guard(allow_private=True, resolve=resolve))
    started = time.monotonic()
    with pytest.raises(Unavailable, match="not found in time"):
        send("http://slow.test/", "POST", with_door=way, seconds=0.3)
    assert time.monotonic() - started < SOON
    free.set()


def test_a_partner_that_does_not_read_ends_at_the_deadline() -> None:
    with WireServer(lambda peer: peer.hang()) as server:
        started = time.monotonic()
        with pytest.raises(Unsure):
            send(server.url, "POST", body=b"x" * 30_000_000, seconds=0.4)
        assert time.monotonic() - started < SOON  # redacting and cutting the body is not the partner's time


# --- Every send is recorded, no secret leaves ------------------------------------------------------------


def test_every_send_is_recorded_redacted() -> None:
    ledger: list[ExchangeRecord] = []
    echo = json.dumps({"you": SECRET, "refresh_token": "unknown-one"}).encode()
    with WireServer(one(lambda peer: peer.answer(200, echo, "Set-Cookie: sid=unknown-two"))) as server:
        send(
            f"{server.url}/x/y",
            "POST",
            ledger=ledger,
            params={"token": "unknown-three", "q": SECRET, "page": "2"},
            headers={"Authorization": SECRET, "X-Trace": "t1"},
            json={"password": "unknown-four", "text": f"see {SECRET}", "name": "Ana"},
        )
    record = ledger[0]
    everything = repr(record)
    assert "unknown-" not in everything
    assert SECRET not in everything
    assert "s3cr3t" not in everything
    assert (record.method, record.status, record.started_at, record.error) == ("POST", 200, NOW, "")
    assert record.url.startswith(f"{server.url}/x/y?token=••••")
    assert record.url.endswith("page=2")
    assert record.request_headers["X-Trace"] == "t1"
    assert json.loads(record.request_body) == {"password": "••••", "text": "see ••••", "name": "Ana"}


def test_bodies_are_kept_up_to_64_kib() -> None:
    ledger: list[ExchangeRecord] = []
    with WireServer(one(lambda peer: peer.answer(200, b"y" * 200_000))) as server:
        send(server.url, "POST", ledger=ledger, body=b"x" * 200_000)
    assert ledger[0].request_body == "x" * 65_536
    assert ledger[0].response_body == "y" * 65_536


@pytest.mark.parametrize("script", [lambda peer: None, lambda peer: peer.hang(), rst])
def test_errors_carry_no_secret_and_no_cause(script: Callable[[Peer], None]) -> None:
    ledger: list[ExchangeRecord] = []
    with WireServer(one(script)) as server, pytest.raises(Unsure) as caught:
        send(
            f"{server.url}/p/{SECRET}",
            "POST",
            ledger=ledger,
            seconds=0.2,
            params={"token": SECRET},
            headers={"Authorization": "s3cr3t"},
        )
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert "s3cr3t" not in repr(error) + str(error.args) + repr(ledger)
    assert ledger[0].error.startswith("Unsure: ")
    assert ledger[0].elapsed_ms >= 0


def test_a_request_prints_without_its_secrets() -> None:
    request = Request(
        method="GET",
        url=f"https://api.test/?token=abc&q={SECRET}",
        headers={"Authorization": "abc"},
        json={"a": "abc"},
        secret_values=(SECRET,),
    )
    assert repr(request) == "Request(GET https://api.test/?token=••••&q=••••)"
    with pytest.raises(ValueError, match="either"):
        Request(method="POST", url="https://api.test/", json={}, body=b"")


def test_many_threads_share_one_door() -> None:
    def script(peer: Peer) -> None:
        while asked := peer.request():
            peer.answer(200, asked.split(b" ")[1])

    way, answers = door(), []
    with WireServer(script) as server:

        def work(number: int) -> None:
            answers.append((number, send(f"{server.url}/{number}", with_door=way, seconds=3).body))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [(number, b"/%d" % number) for number in range(20)]
