"""The stand-in misbehaves as ordered, and the ledger says what truly happened (engine.md, last part)."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest


def _order(talker: Any, kind: str, **more: Any) -> dict[str, Any]:
    return talker.control("POST", "mischief", {"partner": "meetime", "kind": kind, "times": 1, **more})


def _created(talker: Any, seq: int) -> int:
    return len(talker.happened(seq, "lead.created"))


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("401", 401, {"error": "Unauthorized"}),
        ("429", 429, "Rate exceeded."),
        ("500", 500, {"error": "Internal Server Error"}),
        ("503", 503, "Service Unavailable"),
    ],
)
def test_refusals_do_nothing(talker: Any, kind: str, status: int, body: Any) -> None:
    seq = len(talker.happened())
    _order(talker, kind)
    told = talker.send(name="x", email="x@x.com.br")
    assert told[:2] == (status, body)
    assert "retry-after" not in told[2]
    assert _created(talker, seq) == 0
    entry = talker.happened(seq, "request")[-1]
    assert (entry["mischief"], entry["performed"], entry["status"]) == (kind, False, status)
    assert talker.send(name="x", email="x@x.com.br")[0] == 200, "only once"


def test_429_with_retry_after(talker: Any) -> None:
    _order(talker, "429_retry_after", seconds=7)
    status, _, headers = talker.api("GET", "/company")
    assert (status, headers["retry-after"]) == (429, "7")


def test_garbled_answers(talker: Any) -> None:
    seq = len(talker.happened())
    _order(talker, "html", path="/v2/users")
    status, page, headers = talker.api("GET", "/users")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert "Manutenção" in page
    _order(talker, "empty")
    assert talker.api("GET", "/users")[:2] == (200, "")
    _order(talker, "half_json", method="POST")
    assert talker.api("GET", "/users")[0] == 200, "the order is for POST"
    with pytest.raises(json.JSONDecodeError):
        talker.send(name="Meio", email="meio@x.com.br")
    assert _created(talker, seq) == 1


def test_did_it_but_did_not_answer(talker: Any) -> None:
    seq = len(talker.happened())
    _order(talker, "did_not_answer", method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        talker.send(name="Feito", email="feito@x.com.br")
    assert _created(talker, seq) == 1
    assert talker.lead("feito@x.com.br")["open"]
    entry = talker.happened(seq, "request")[-1]
    assert (entry["mischief"], entry["performed"], entry["status"]) == ("did_not_answer", True, 0)


def test_did_late_and_late(talker: Any) -> None:
    for kind in ("did_late", "late"):
        seq = len(talker.happened())
        _order(talker, kind, seconds=0.4, method="POST")
        talker.connection.timeout = 0.15
        talker.connection.close()
        with pytest.raises(TimeoutError):
            talker.send(name="Tarde", email=f"{kind}@x.com.br")
        talker.connection.timeout = 5
        assert _created(talker, seq) == (1 if kind == "did_late" else 0)
        time.sleep(0.4)
        assert _created(talker, seq) == 1, "late does it in the end, though nobody waits any more"


def test_hang_does_nothing_and_drip_takes_its_time(talker: Any) -> None:
    seq = len(talker.happened())
    _order(talker, "hang", seconds=0.3)
    began = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        talker.send(name="x", email="hang@x.com.br")
    assert time.monotonic() - began >= 0.3
    assert _created(talker, seq) == 0
    _order(talker, "drip", seconds=0.5)
    began = time.monotonic()
    status, company, _ = talker.api("GET", "/company")
    assert 0.4 < time.monotonic() - began < 2
    assert (status, set(company)) == (200, {"id", "name"})


def test_rate_times_skip_and_clear(talker: Any) -> None:
    talker.control("POST", "mischief", {"partner": "meetime", "kind": "500", "rate": 0.5, "seed": 3})
    told = [talker.api("GET", "/company")[0] for _ in range(40)]
    assert 8 < told.count(500) < 32
    rules = talker.control("DELETE", "mischief")["rules"]
    assert rules == []
    assert talker.api("GET", "/company")[0] == 200
    _order(talker, "500", times=2, skip=1)
    assert [talker.api("GET", "/company")[0] for _ in range(4)] == [200, 500, 500, 200]
    assert talker.control("GET", "mischief")["rules"][0]["fired"] == 2
    assert "kind" in _refused(talker, {"partner": "meetime", "kind": "explode"})
    assert "partner" in _refused(talker, {"kind": "500"})


def _refused(talker: Any, order: dict[str, Any]) -> str:
    return str(talker.control("POST", "mischief", order, status=400)["error"])


def _win_something(talker: Any) -> int:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    talker.control("POST", f"meetime/leads/{number}/win", {})
    return int(number)


def test_webhook_twice_is_one_message(talker: Any, inbox: Any, subscribed: str, sandbox: Any) -> None:
    _order(talker, "webhook_twice")
    _win_something(talker)
    (first, body), (second, again) = inbox.wait_for(2)
    assert sandbox.courier.settle(timeout=2)
    assert first["X-Meetime-Delivery"] == second["X-Meetime-Delivery"]
    assert body == again
    assert len(inbox.arrived) == 2


def test_webhook_dropped_unsigned_and_forged(talker: Any, inbox: Any, subscribed: str, sandbox: Any) -> None:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    seq = len(talker.happened())
    _order(talker, "webhook_dropped")
    talker.control("POST", f"meetime/leads/{number}/activities", {"type": "CALL"})
    assert sandbox.courier.settle(timeout=1)
    assert inbox.arrived == []
    assert len(talker.happened(seq, "webhook.dropped")) == 1
    _order(talker, "webhook_unsigned")
    talker.control("POST", f"meetime/leads/{number}/activities", {"type": "CALL"})
    headers, _ = inbox.wait_for(1)[0]
    assert "X-Meetime-Signature" not in headers
    _order(talker, "webhook_bad_signature", event="LEAD.WON")
    talker.control("POST", f"meetime/leads/{number}/activities", {"type": "CALL"})
    good = inbox.wait_for(2)[1]
    talker.control("POST", f"meetime/leads/{number}/win", {})
    bad = inbox.wait_for(3)[2]
    assert _signed(*good, subscribed)
    assert not _signed(*bad, subscribed)


def _signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    import base64
    import hashlib
    import hmac

    expected = base64.urlsafe_b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return headers["X-Meetime-Signature"] == expected


def test_webhook_delayed_and_shuffled(talker: Any, inbox: Any, subscribed: str) -> None:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    _order(talker, "webhook_shuffled", times=3, seconds=0.3)
    began = time.monotonic()
    for at in range(3):
        talker.control("POST", f"meetime/leads/{number}/activities", {"type": "CALL", "annotation": str(at)})
    told = [each["activity"]["annotation"] for each in inbox.events(3)]
    assert time.monotonic() - began >= 0.25
    assert sorted(told) == ["0", "1", "2"]
    assert told != ["0", "1", "2"]
    _order(talker, "webhook_delayed", seconds=0.3)
    talker.control("POST", f"meetime/leads/{number}/win", {})
    time.sleep(0.15)
    assert len(inbox.arrived) == 3
    inbox.wait_for(4)


def _annotated(talker: Any, number: int, count: int, *, start: int = 0) -> None:
    for at in range(start, start + count):
        talker.control("POST", f"meetime/leads/{number}/activities", {"type": "CALL", "annotation": str(at)})


def _told(inbox: Any, count: int) -> list[str]:
    return [each["activity"]["annotation"] for each in inbox.events(count)]


def test_webhook_shuffled_holds_a_number_and_draws_the_order(
    talker: Any, inbox: Any, subscribed: str, sandbox: Any
) -> None:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    orders = []
    for seed in (4, 4, 5):
        inbox.arrived.clear()
        talker.control("DELETE", "mischief")
        _order(talker, "webhook_shuffled", times=6, hold=6, seed=seed)
        _annotated(talker, number, 5)
        time.sleep(0.1)
        assert inbox.arrived == []
        assert talker.control("GET", "webhooks")["waiting"] > 0
        _annotated(talker, number, 1, start=5)
        orders.append(_told(inbox, 6))
        assert sandbox.courier.settle(timeout=1), "nothing is left behind"
    assert orders[0] == orders[1] != orders[2]
    assert all(sorted(order) == list("012345") != order for order in orders)


def test_webhook_shuffled_lets_go_when_told(talker: Any, inbox: Any, subscribed: str, sandbox: Any) -> None:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    _order(talker, "webhook_shuffled", times=None, hold=50)
    _annotated(talker, number, 3)
    time.sleep(0.1)
    assert inbox.arrived == []
    talker.control("POST", "webhooks", {"release": True})
    assert _told(inbox, 3) == ["2", "1", "0"]
    assert sandbox.courier.settle(timeout=1)


def test_all_webhooks_dropped_or_doubled_until_told_otherwise(
    talker: Any, inbox: Any, subscribed: str, sandbox: Any
) -> None:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    _order(talker, "webhook_dropped", times=None)
    _annotated(talker, number, 5)
    assert sandbox.courier.settle(timeout=1)
    assert inbox.arrived == []
    talker.control("DELETE", "mischief")
    _order(talker, "webhook_twice", times=None)
    _annotated(talker, number, 3)
    assert sorted(_told(inbox, 6)) == ["0", "0", "1", "1", "2", "2"]


def test_a_webhook_nobody_takes_is_given_up(talker: Any, inbox: Any, subscribed: str, sandbox: Any) -> None:
    talker.control("POST", "webhooks", {"spacing": [0.01], "tries": 3})
    inbox.answers = [500, 401, 503]
    seq = len(talker.happened())
    _win_something(talker)
    assert sandbox.courier.settle(timeout=3)
    assert [entry["status"] for entry in talker.happened(seq, "webhook.failed")] == [500, 401, 503]
    assert len(talker.happened(seq, "webhook.given_up")) == 1


def test_a_hundred_webhooks_at_once_all_arrive(talker: Any, inbox: Any, subscribed: str) -> None:
    number = talker.lead("cliente.aberto@exemplo.com.br")["id"]
    for at in range(100):
        talker.control("POST", f"meetime/leads/{number}/activities", {"type": "CALL", "annotation": str(at)})
    told = {each["activity"]["annotation"] for each in inbox.events(100)}
    assert told == {str(at) for at in range(100)}
