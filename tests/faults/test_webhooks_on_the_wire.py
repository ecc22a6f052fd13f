"""Webhooks through the real web server: stored before the answer, never doubled; a bad one says why."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from funnels.models import InteractionRecord
from integrations.engine import clock, subscription
from integrations.models import Arrival, Delivery, PollCursor
from integrations.webhooks import webhook_secret
from tests.faults.site import Site, granian
from tests.faults.story import Story, begin

pytestmark = pytest.mark.faults

SENTENCES = {
    "cut_off": "The body ended before its announced length. Send it again.",
    "bad_signature": "The signature does not match. Check the webhook's secret.",
    "unknown_address": "This address belongs to no connection. Check it.",
    "method_not_allowed": "Send news with POST.",
    "too_large": "The body is larger than 8 MB. Send smaller parts.",
}


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[str]:
    with granian(site) as address:
        yield address


@pytest.fixture(scope="module")
def told(site: Site) -> Story:
    """A story whose one card is over there."""
    story = begin(site)
    story.listen()
    deal = story.card("email")
    story.enter(deal)
    story.finish()
    return story


@pytest.fixture
def story(told: Story) -> Story:
    Delivery.unscoped.filter(connection=told.connection).delete()
    InteractionRecord.unscoped.filter(account=told.account).delete()
    return told


class Wire:
    """Posts to one connection's address as its partner would."""

    def __init__(self, server: str, story: Story, *, slash: bool = True) -> None:
        self.host, self.port = urlsplit(server).hostname, urlsplit(server).port
        self.path = urlsplit(subscription.webhook_url(story.connection)).path
        self.path = self.path if slash else self.path.rstrip("/")
        self.secret = webhook_secret(story.connection)

    def headers(self, body: bytes, *, id: str = "", signed: bool = True) -> dict[str, str]:
        mark = base64.urlsafe_b64encode(
            hmac.new(self.secret.encode(), body, hashlib.sha256).digest()
        ).decode()
        return {
            "Content-Type": "application/json",
            **({"X-Meetime-Signature": mark} if signed else {}),
            **({"X-Meetime-Delivery": id} if id else {}),
        }

    def send(
        self,
        body: Any,
        *,
        headers: dict[str, str],
        method: str = "POST",
        path: str = "",
        chunked: bool = False,
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        connection = http.client.HTTPConnection(self.host or "", self.port, timeout=30)
        try:
            connection.request(method, path or self.path, body=body, headers=headers, encode_chunked=chunked)
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if raw else {}, dict(answer.getheaders())
        finally:
            connection.close()

    def post(self, body: bytes, *, id: str = "", signed: bool = True) -> tuple[int, dict[str, Any]]:
        return self.send(body, headers=self.headers(body, id=id, signed=signed))[:2]


def says(answer: dict[str, Any], *, status: int, code: str) -> None:
    """A problem with its code and its sentence in the language of the product."""
    with translation.override("pt-br"):
        words = gettext(SENTENCES[code])
    assert (answer["status"], answer["code"], answer["title"]) == (status, code, words)
    if (settings.BASE_DIR / "locale/pt_BR/LC_MESSAGES/django.mo").exists():
        assert words != SENTENCES[code], f"“{words}” is not translated"


def news(story: Story, number: int, *, note: str = "Falamos") -> bytes:
    """ACTIVITY.FINISHED of the story's lead."""
    lead = story.ledger("lead.created")[0]["ids"]
    body = {
        "event": "ACTIVITY.FINISHED",
        "activity": {
            "id": number, "type": "CALL", "name": "Ligação", "status": "FINISHED", "annotation": note,
            "executionDate": clock.now().isoformat(), "leadId": lead["lead"],
            "prospectionId": lead["prospection"],
        },
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False).encode()


def stored(story: Story) -> list[Delivery]:
    return list(Delivery.unscoped.filter(connection=story.connection).order_by("pk"))


@pytest.mark.parametrize("slash", [True, False], ids=["slash", "no slash"])
class TestEachAddress:
    """With and without the final slash it is the same address, and no answer is a redirect."""

    def test_chunked_is_stored_whole(self, server: str, story: Story, slash: bool) -> None:
        wire = Wire(server, story, slash=slash)
        body = news(story, 900_001, note="é" * 40_000)
        pieces = [body[at : at + 7_001] for at in range(0, len(body), 7_001)]
        headers = {**wire.headers(body), "Transfer-Encoding": "chunked"}
        status, answer, _headers = wire.send(iter(pieces), headers=headers, chunked=True)
        assert (status, answer) == (200, {"status": "stored"})
        assert [bytes(row.body) for row in stored(story)] == [body]
        story.drain()
        assert InteractionRecord.unscoped.filter(account=story.account).count() == 1

    def test_forged_is_refused_and_kept_apart(self, server: str, story: Story, slash: bool) -> None:
        wire = Wire(server, story, slash=slash)
        body = news(story, 900_002)
        for headers in (
            wire.headers(body, signed=False),
            {**wire.headers(body), "X-Meetime-Signature": "AAAA"},
            {**wire.headers(body), "X-Meetime-Signature": "não é base64"},
            wire.headers(body + b" "),
        ):
            headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
            status, answer, _headers = wire.send(body, headers=headers)
            assert status == 401
            says(answer, status=401, code="bad_signature")
        assert {row.state for row in stored(story)} == {"unverified"}
        story.drain()
        assert not Arrival.unscoped.filter(delivery__in=stored(story)).exists()

    def test_cut_off_is_refused_and_not_stored(self, server: str, story: Story, slash: bool) -> None:
        wire = Wire(server, story, slash=slash)
        body = news(story, 900_003)
        lines = [f"POST {wire.path} HTTP/1.1", f"Host: 127.0.0.1:{wire.port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in wire.headers(body).items()]
        with socket.create_connection((wire.host, wire.port), timeout=10) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + body[: len(body) // 2])
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(4096)
        # Some servers close without a word; what must not be is a 2xx or a stored half.
        assert not answer.startswith(b"HTTP/1.1 2"), answer
        assert stored(story) == []

    def test_five_megabytes_are_stored_and_twenty_are_not(
        self, server: str, story: Story, slash: bool
    ) -> None:
        wire = Wire(server, story, slash=slash)
        large = news(story, 900_004, note="x" * 5_000_000)
        assert wire.post(large)[0] == 200
        assert [len(bytes(row.body)) for row in stored(story)] == [len(large)]
        huge = b"x" * 20_000_000
        status, answer = wire.post(huge)
        assert status == 413
        says(answer, status=413, code="too_large")
        headers = {**wire.headers(huge), "Transfer-Encoding": "chunked"}
        pieces = (huge[at : at + 1_000_000] for at in range(0, len(huge), 1_000_000))
        status, answer, _headers = wire.send(pieces, headers=headers, chunked=True)
        assert status == 413
        says(answer, status=413, code="too_large")
        assert len(stored(story)) == 1

    def test_what_is_not_understood_is_stored_and_says_so(
        self, server: str, story: Story, slash: bool
    ) -> None:
        wire = Wire(server, story, slash=slash)
        odd = {
            "not JSON": (b"<xml/>", "failed"),
            "nothing": (b"", "failed"),
            "half a JSON": (b'{"event": "LEAD.W', "failed"),
            "a list": (b"[1, 2]", "failed"),
            "no event": (b'{"lead": {}}', "failed"),
            "an unknown event": (b'{"event": "LEAD.TELEPORTED"}', "ignored"),
            "deep": (b"[" * 100_000, "failed"),
            "odd types": (
                b'{"event": "LEAD.WON", "prospection": {"id": 1, "status": "WON", "lead": {"id": 2},'
                b' "cadence": [1], "salesman": "x", "activities": 5}}',
                "",
            ),
            "a NUL": (
                b'{"event": "ACTIVITY.FINISHED", "activity": {"id": 7, "status": "FINISHED", "leadId": 9,'
                b' "name": "a\\u0000b\\ud800"}}',
                "",
            ),
        }
        PollCursor.unscoped.filter(connection=story.connection).delete()
        far = clock.now().replace(year=clock.now().year + 1)
        PollCursor.unscoped.create(
            account=story.account, connection=story.connection, kind="activities", due_at=far
        )
        for number, (body, _state) in enumerate(odd.values()):
            assert wire.post(body, id=f"odd-{slash}-{number}")[0] == 200
        good = news(story, 900_005)
        assert wire.post(good)[0] == 200
        story.drain()
        *bad, last = stored(story)
        for name, (_body, state), row in zip(odd, odd.values(), bad, strict=True):
            assert row.state == state or not state, f"{name}: {row.state} {row.reason}"
            assert row.state != "received", f"{name} was left lying"
            assert row.reason or row.state == "taken", f"{name}: {row.state} does not say why"
        assert last.state == "taken", "a bad delivery stopped its neighbour"
        assert InteractionRecord.unscoped.filter(account=story.account, deal__isnull=False).count() == 1
        rung = PollCursor.unscoped.get(connection=story.connection).due_at
        assert rung is not None, "the cursor was lost"
        assert rung < far, "an unknown event rings the bell"

    def test_other_methods_and_addresses(self, server: str, story: Story, slash: bool) -> None:
        wire = Wire(server, story, slash=slash)
        end = "/" if slash else ""
        for method in ("GET", "PUT", "DELETE"):
            status, answer, headers = wire.send(None, headers={}, method=method)
            assert (status, {k.lower(): v for k, v in headers.items()}["allow"]) == (405, "POST")
            says(answer, status=405, code="method_not_allowed")
        token = wire.path.strip("/").rpartition("/")[2]
        for path in (
            f"/hooks/meetime/{'x' * 43}{end}",
            f"/hooks/other/{token}{end}",
            f"/hooks/meetime/short{end}",
            f"/hooks/meetime/{token}/more{end}",
            "/hooks/",
        ):
            body = news(story, 900_006)
            status, answer, _headers = wire.send(body, headers=wire.headers(body), path=path)
            assert status == 404, path
            says(answer, status=404, code="unknown_address")
        assert stored(story) == []


def test_a_hundred_at_once_of_one_message_are_one(server: str, story: Story) -> None:
    """Promise 2: the partner's own id of a message is unique in the store, not in a check before it."""
    wire, body = Wire(server, story), news(story, 910_000)
    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(lambda _n: wire.post(body, id="the-same"), range(100)))
    assert {status for status, _answer in answers} == {200}, answers[:3]
    assert sorted(answer["status"] for _status, answer in answers) == ["known"] * 99 + ["stored"]
    assert len(stored(story)) == 1


def test_a_hundred_different_at_once_are_a_hundred(server: str, story: Story) -> None:
    """Promise 1: every 2xx is a stored delivery, and each becomes one record."""
    wire = Wire(server, story)
    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(
            pool.map(lambda n: wire.post(news(story, 920_000 + n), id=f"different-{n}"), range(100))
        )
    assert {status for status, _answer in answers} == {200}, answers[:3]
    assert len(stored(story)) == 100
    story.drain()
    assert InteractionRecord.unscoped.filter(account=story.account).count() == 100


def test_only_the_last_hundred_forged_are_kept(server: str, story: Story) -> None:
    """A stranger who posts without end does not fill the store."""
    wire = Wire(server, story)
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda n: wire.post(news(story, 930_000 + n), signed=False), range(110)))
    assert 100 <= len(stored(story)) <= 103  # concurrent ones may each leave their own


def test_no_secret_of_an_address_reaches_the_servers_log(site: Site, server: str, story: Story) -> None:
    """The token in the address is a secret; the server's log does not hold it."""
    Wire(server, story).post(news(story, 940_000))
    logs = b"".join(path.read_bytes() for path in Path(site.folder).glob("granian-*.log"))
    assert story.connection.webhook_token.encode() not in logs
