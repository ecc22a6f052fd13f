"""The API through the real web server: chunked bodies count, large ones are told, refusals keep the line open."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.keys import issue_key
from accounts.models import Account
from accounts.sent_bodies import MOST
from funnels.models import Deal, Person
from tests import factories
from tests.faults.site import Site, granian

pytestmark = pytest.mark.faults

_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Line:
    """One connection to the server that is kept alive: a request after it was dropped raises."""

    connection: http.client.HTTPConnection
    account: Account
    headers: dict[str, str]

    def send(
        self, method: str, path: str, body: Any = None, *, chunked: bool = False, **more: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {**self.headers, **{name.replace("_", "-"): value for name, value in more.items()}}
        if chunked:
            data, headers["Transfer-Encoding"] = in_pieces(data), "chunked"
        self.connection.request(method, f"/api/v1/{path}", body=data, headers=headers, encode_chunked=chunked)
        self.connection.auto_open = 0  # type: ignore[misc]  # from now on a dropped line is an error
        answer = self.connection.getresponse()
        raw = answer.read()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, json.loads(raw) if raw else {}, told


def in_pieces(data: bytes) -> Iterator[bytes]:
    size = max(7, len(data) // 20)
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[str]:
    with granian(site) as address:
        yield address


@pytest.fixture
def line(site: Site, server: str) -> Iterator[Line]:
    account = factories.AccountFactory(name=f"Linha {next(_numbers)}")
    factories.profile(account=account, administrator=True)
    for module in ("api", "deals"):
        factories.module(account=account, slug=module)
    _row, key = issue_key(account=account, name="Prova", created_by=factories.SYSTEM)
    address = urlsplit(server)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}", "Accept-Language": "en"}
    yield Line(connection=connection, account=account, headers=headers)
    connection.close()


def test_a_chunked_body_is_read_like_any_other(line: Line) -> None:
    """JSON, bulk and a file; and one that is too large is told so."""
    status, ana, _headers = line.send("POST", "persons/", {"name": "Ana"}, chunked=True)
    assert (status, ana["name"]) == (201, "Ana")
    status, ana, _headers = line.send("PATCH", f"persons/{ana['id']}/", {"name": "Ana Lima"}, chunked=True)
    assert (status, ana["name"]) == (200, "Ana Lima")
    deal = factories.deal(funnel=factories.funnel(account=line.account))
    reason = line.send("POST", "loss-reasons/", {"funnel": str(deal.stage.funnel_id), "name": "Preço"})[1]
    status, _lost, _headers = line.send(
        "POST", f"deals/{deal.pk}/lose/", {"loss_reason": reason["id"]}, chunked=True
    )
    assert (status, Deal.unscoped.get(pk=deal.pk).loss_reason_id) == (200, int(reason["id"]))
    rows = {"match": "email", "rows": [{"name": f"P{n}", "email": f"p{n}@sol.example"} for n in range(50)]}
    status, done, _headers = line.send("POST", "persons/bulk/", rows, chunked=True)
    assert (status, done["created"]) == (200, 50)
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nola\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"
    status, file, _headers = line.send("POST", "files/", form, chunked=True, Content_Type=kind)
    assert (status, file["name"]) == (201, "a.txt"), file
    status, told, headers = line.send("POST", "persons/", b" " * (MOST + 1_000_000), chunked=True)
    assert (status, told["code"], "ratelimit-limit" in headers) == (413, "too_large", True)


def test_a_large_body_is_a_413_with_its_headers_whatever_its_size(line: Line) -> None:
    for path, size in (("persons/", 1_100_000), ("persons/bulk/", MOST + 1), ("persons/bulk/", 20_000_000)):
        status, told, headers = line.send("POST", path, b'{"rows": "' + b"x" * size + b'"}')
        assert (status, told["code"]) == (413, "too_large"), told
        assert "ratelimit-limit" in headers


def test_a_refusal_before_the_body_keeps_the_line_open(line: Line) -> None:
    """Every one of them on the same connection, each with more body than a server reads ahead."""
    person = Person.unscoped.create(account=line.account, name="Ana")
    body = {"name": "A" * 900_000}
    refused = [
        ("PUT", "persons/", 405, {}),
        ("POST", "persons/", 401, {"Authorization": "Bearer nobody"}),
        ("POST", "persons/bulk/", 401, {"Authorization": ""}),
        ("PATCH", f"persons/{person.pk}/", 400, {"If_Match": "what"}),
        ("PATCH", f"persons/{person.pk}/", 412, {"If_Match": 'W/"99"'}),
        ("POST", "persons/", 415, {"Content_Type": "text/plain"}),
        ("POST", "nope/", 404, {}),
        ("GET", "persons/", 200, {}),
    ]
    for method, path, wanted, headers in refused:
        status, told, _headers = line.send(
            method, path, {"name": "Ana"} if wanted == 412 else body, **headers
        )
        assert status == wanted, (method, path, told)
        assert line.send("GET", "persons/")[0] == 200
    large = b"x" * 30_000_000
    assert line.send("DELETE", "nope/", large)[0] == 404
    assert line.send("GET", "persons/")[0] == 200


@pytest.mark.parametrize(
    ("how", "sent"),
    [
        ("Content-Length: 500", '{"name": "Ana"}'),
        ("Transfer-Encoding: chunked", 'ff\\r\\n{"name": "Ana"'),  # granian tells a lost line as an end
    ],
)
def test_a_body_that_was_cut_off_does_nothing(line: Line, how: str, sent: str) -> None:
    lines = [
        f"POST /api/v1/persons/ HTTP/1.1\r\nHost: 127.0.0.1:{line.connection.port}\r\n{how}",
        *(f"{name}: {value}" for name, value in line.headers.items()),
    ]
    with socket.create_connection((line.connection.host, line.connection.port), timeout=10) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode() + sent.encode())
        wire.shutdown(socket.SHUT_WR)
        answer = wire.recv(4096)
    assert not answer.startswith(b"HTTP/1.1 2"), answer
    assert not Person.unscoped.filter(account=line.account).exists()
