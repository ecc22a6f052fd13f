"""Which status is which error, and in whose words (house.md, "raised | means")."""

from __future__ import annotations

import json

import pytest

from integrations.contract import (
    Denied,
    Malformed,
    PartnerError,
    Refused,
    Throttled,
    Unavailable,
    Unsure,
)
from integrations.http import Response, raise_for, retry_after
from tests.integrations.wire_server import (
    NOW,
    SECRET,
    WireServer,
    one,
    send,
)

# --- Status → error --------------------------------------------------------------------------------------


def answer(status: int, body: bytes = b"", method: str = "POST", **headers: str) -> Response:
    return Response(
        method=method,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body,
        elapsed_ms=1,
        received_at=NOW,
        secret_values=(SECRET,),
    )


STATUSES: list[tuple[int, type[PartnerError] | None, type[PartnerError] | None]] = [
    # status, for a read, for a write
    (200, None, None),
    (204, None, None),
    (301, Refused, Refused),
    (400, Refused, Refused),
    (401, Denied, Denied),
    (403, Denied, Denied),
    (404, Refused, Refused),
    (408, Unavailable, Unsure),
    (409, Refused, Refused),
    (410, Refused, Refused),
    (418, Refused, Refused),
    (422, Refused, Refused),
    (429, Throttled, Throttled),
    (500, Unavailable, Unsure),
    (501, Unavailable, Unavailable),
    (502, Unavailable, Unsure),
    (503, Unavailable, Unavailable),
    (504, Unavailable, Unsure),
    (520, Unavailable, Unsure),
    (521, Unavailable, Unavailable),
    (103, Unavailable, Unsure),
]


@pytest.mark.parametrize(("status", "read", "write"), STATUSES)
def test_each_status_is_one_error(
    status: int, read: type[PartnerError] | None, write: type[PartnerError] | None
) -> None:
    for method, expected in (("GET", read), ("POST", write)):
        if expected is None:
            raise_for(answer(status, method=method))
            continue
        with pytest.raises(PartnerError) as caught:
            raise_for(answer(status, method=method))
        assert type(caught.value) is expected
        assert caught.value.words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 5.0),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "soon"}, 5.0),
        ({"retry_after": "nan"}, 5.0),
        ({"retry_after": "inf"}, 86_400.0),
        ({"retry_after": "99999999999999999999"}, 86_400.0),
        ({"retry_after": "Mon, 02 Mar 2026 12:01:00 GMT"}, 60.0),
        ({"retry_after": "Mon, 02 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry_after": "Mon, 02 Mar 2026 15:00:30 GMT", "date": "Mon, 02 Mar 2026 15:00:00 GMT"}, 30.0),
    ],
)
def test_throttled_waits_exactly_what_was_asked(headers: dict[str, str], seconds: float) -> None:
    reply = answer(429, b"", **headers)
    assert retry_after(reply) == seconds
    with pytest.raises(Throttled) as caught:
        raise_for(reply)
    assert caught.value.after == seconds
    assert caught.value.whom is None


def test_429_over_the_wire() -> None:
    with WireServer(one(lambda peer: peer.answer(429, b"slow down", "Retry-After: 12"))) as server:
        reply = send(server.url, "POST")
    with pytest.raises(Throttled, match="slow down") as caught:
        raise_for(reply)
    assert caught.value.after == 12.0


def test_the_partners_words_are_plain_short_and_without_secrets() -> None:
    page = "<html><head><title>x</title><style>p{}</style></head><p>E-mail &amp; <b>phone</b>\n missing</p>"
    with pytest.raises(Refused) as caught:
        raise_for(answer(400, page.encode()))
    assert caught.value.words == "E-mail & phone missing"
    echo = json.dumps({"error": f"bad value {SECRET} " + "x" * 900}).encode()
    with pytest.raises(Refused) as caught:
        raise_for(answer(422, echo), words=lambda reply: reply.json()["error"])
    assert caught.value.words.startswith("bad value •••• xxx")
    assert len(caught.value.words) == 500
    with pytest.raises(Refused, match="Bad gateway page"):
        raise_for(answer(400, b"<h1>Bad gateway page</h1>"), words=lambda reply: reply.json()["error"])
    with pytest.raises(Refused, match="HTTP 404"):
        raise_for(answer(404))


@pytest.mark.parametrize(
    "body", [b"<html>ok</html>", b'{"id": ', b"", b"\xff\xfe\xfa", b"[" * 100_000, b'{"a": NaN}']
)
def test_a_200_that_is_no_json_is_malformed_and_not_quoted(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        answer(200, body, method="GET").json()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_json_with_a_mark_or_in_another_charset_is_read() -> None:
    assert answer(200, b'\xef\xbb\xbf{"a": 1}').json() == {"a": 1}
    assert answer(
        200, '{"a": "ção"}'.encode("latin-1"), content_type="application/json; charset=ISO-8859-1"
    ).json() == {"a": "ção"}
    assert answer(200, b"{}", content_type="application/json; charset=none-such").json() == {}
