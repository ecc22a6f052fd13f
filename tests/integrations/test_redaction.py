"""No secret survives redaction, however it is spelled (house.md, "Exchange": redacted)."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.redaction import MASK, redact, redact_body, redact_headers, redact_url

# Lone surrogates travel over no wire; a secret of mask characters could not be told from the mask.
CHARS = st.characters(exclude_categories=["Cs"], exclude_characters="•")
AWKWARD = st.sampled_from(list("\\\"/+=%& '<>?#:\n\tçã€😀Az09-_."))
SECRETS = st.text(CHARS | AWKWARD, min_size=4, max_size=40)
AROUND = st.text(st.sampled_from("abc XYZ 019"), max_size=12)


def spellings(secret: str) -> dict[str, str]:
    """Every form of the secret that the brief names, by name."""
    quoted, plus = quote(secret, safe=""), quote_plus(secret)
    return {
        "raw": secret,
        "quote": quoted,
        "quote, slash safe": quote(secret),
        "quote_plus": plus,
        "lower hex": "".join(part.lower() if index % 2 else part for index, part in _escapes(quoted)),
        "quoted twice": quote(quoted, safe=""),
        "json": json.dumps(secret)[1:-1],
        "json, not ascii": json.dumps(secret, ensure_ascii=False)[1:-1],
        "json, slashes": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "json in json": json.dumps(json.dumps(secret))[3:-3],
        "hex": secret.encode().hex(),
        "HEX": secret.encode().hex().upper(),
    }


def _escapes(quoted: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    index = 0
    while index < len(quoted):
        step = 3 if quoted[index] == "%" else 1
        parts.append((1 if step == 3 else 0, quoted[index : index + step]))
        index += step
    return parts


@settings(max_examples=150, deadline=None)
@given(secret=SECRETS, before=AROUND, after=AROUND)
def test_no_spelling_of_a_secret_survives(secret: str, before: str, after: str) -> None:
    for name, form in spellings(secret).items():
        shown = redact(f"{before} {form} {after}", [secret])
        assert form not in shown, name
        assert MASK in shown, name


@settings(max_examples=150, deadline=None)
@given(
    secret=SECRETS,
    before=st.binary(max_size=7),
    after=st.binary(max_size=7),
    safe=st.booleans(),
    padded=st.booleans(),
)
def test_no_base64_of_a_secret_survives(
    secret: str, before: bytes, after: bytes, safe: bool, padded: bool
) -> None:
    encode = base64.urlsafe_b64encode if safe else base64.b64encode
    raw = secret.encode()
    text = encode(before + raw + after).decode()
    text = text if padded else text.rstrip("=")
    for written in (text, quote(text, safe=""), text.replace("/", "\\/")):
        shown = redact(f"x {written} y", [secret])
        # What only the secret's own bytes decide is gone, wherever the secret stood.
        first, last = -(-len(before) * 4 // 3), (len(before) + len(raw)) * 8 // 6
        assert MASK in shown
        assert text[first:last] not in shown


@settings(max_examples=60, deadline=None)
@given(secret=SECRETS, at=st.integers(min_value=0, max_value=400))
def test_a_cut_never_leaves_half_a_secret(secret: str, at: int) -> None:
    limit = 256
    body = ("." * at + f"|{secret}|" + "." * 30_000).encode()
    shown = redact_body(body, [secret], limit=limit)
    assert len(shown.encode()) <= limit
    assert secret[:3] not in shown.replace(MASK, "") or set(secret[:3]) <= {".", "|"}


def test_secrets_in_bytes_that_are_not_utf8() -> None:
    assert "senha" not in redact("x=senhaçã!".encode("latin-1"), ["senhaçã!"])
    assert "senha" not in redact("x=" + quote("senhaçã!", encoding="latin-1"), ["senhaçã!"])
    assert "c2Vu" not in redact(
        "Basic " + base64.b64encode("u:senhaçã!".encode("latin-1")).decode(), ["senhaçã!"]
    )


def test_several_secrets_longest_first() -> None:
    assert redact("abcd abcdefgh", ["abcd", "abcdefgh"]) == f"{MASK} {MASK}"
    assert redact("nothing here", ["", "absent"]) == "nothing here"


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "leak"}',
        '{"a": {"refresh_token":"leak", "n": 1}}',
        '{"password" : "le\\"leak"}',
        '{"api_key": 1234leak}'.replace("1234leak", "777"),
        '{"tokens": ["leak", "leak"]}',
        '{"client_secret": "leak',  # half a JSON
        '{"body": "{\\"access_token\\":\\"leak\\"}"}',
        "grant_type=x&client_secret=leak&b=2",
        "https://api.test/v1/x?token=leak&page=2",
        "https://api.test/cb?code=leak",
        "https://user:leak@api.test/",
        "Authorization: Bearer leak",
        "said {'Authorization': 'Bearer leak'} and failed",
        "Set-Cookie: sid=leak; Path=/",
        "X-Partner-Signature: leak",
        '{"\\u0074oken": "leak"}',
    ],
)
def test_what_stands_under_a_secrets_name_is_blanked_unknown(text: str) -> None:
    shown = redact(text, [])
    assert "leak" not in shown
    assert "777" not in shown
    assert MASK in shown


@pytest.mark.parametrize(
    "text",
    [
        '{"code": 400, "message": "lead not found", "FieldKey": "deal_1", "keys": 3}',
        "https://api.test/v1/leads?page=2&limit=100",
        "keyboard=yes&monkey=no",
        "Declined (code=E17)",
        "The lead has no e-mail: fill it in and send again.",
        '{"token": null, "has_token": true}',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text, ["hunter2-hunter2"]) == text


def test_headers_by_name_and_by_value() -> None:
    headers = {
        "Authorization": "abc",
        "Cookie": "abc",
        "set-cookie": "abc",
        "X-RD-Signature": "abc",
        "User-Key": "abc",
        "X-Api-Token": "abc",
        "Client-Secret": "abc",
        "Accept": "application/json",
        "X-Echo": "hunter2-hunter2",
    }
    assert redact_headers(headers, ["hunter2-hunter2"]) == {
        **dict.fromkeys(headers, MASK),
        "Accept": "application/json",
    }


def test_addresses_lose_user_fragment_and_secret_path() -> None:
    shown = redact_url("https://u:p@api.test/hooks/t0k3n-t0k3n?token=x&page=2#frag", ["t0k3n-t0k3n"])
    assert shown == f"https://api.test/hooks/{MASK}?token={MASK}&page=2"
    assert redact_url("http://[broken", ["broken"]) == f"http://[{MASK}"


@pytest.mark.parametrize(
    "text", ["\\" * 60_000, '"' * 60_000, "a" * 60_000, "a=" * 30_000, "<" * 60_000, "[1," * 20_000]
)
def test_hostile_bodies_cost_little(text: str) -> None:
    started = time.perf_counter()
    redact_body(text.encode(), ['\\\\"\\aa\\' * 4, "aaaaaaab", "s" * 2000])
    assert time.perf_counter() - started < 2


def test_a_secret_split_by_the_cut_does_not_slide_into_what_is_kept() -> None:
    secret = "0123456789" * 90
    shown = redact_body((secret * 80).encode(), [secret], limit=1024)
    assert shown.strip(MASK) == ""
