"""What is asked and answered over HTTP, the record of it, and which status is which error."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from integrations.contract import Denied, Malformed, PartnerError, Refused, Throttled, Unavailable, Unsure
from integrations.redaction import redact, redact_body, redact_headers, redact_url

READS = frozenset({"GET", "HEAD", "OPTIONS"})
REASON_CHARS = 500
RETRY_AFTER_DEFAULT = 5.0
# A day at most: a slip in a partner's clock must not silence a connection for years.
RETRY_AFTER_MOST = 86_400.0


def _(sentence: str) -> str:
    """Marks a sentence for translation where it is shown; this file is plain Python."""
    return sentence


NOT_JSON = _("The partner's answer is not JSON.")
DENIED = _("The partner does not accept these credentials.")
THROTTLED = _("The partner asks for fewer requests.")
REDIRECTS = _("The partner answers with another address; check the address of this connection.")
TROUBLE = _("The partner is having trouble right now.")
TROUBLE_UNSURE = _("The partner failed while working on this; it may have happened.")
NO_ANSWER = _("The partner's answer makes no sense.")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. `url` is absolute; at most one of `json` (any JSON value) and `body` is given.

    `secret_values`: every secret it carries, wherever it stands; they never leave in errors or records.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    secret_values: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.json is not None and self.body is not None:
            raise ValueError("a request has either json or a body")

    def __repr__(self) -> str:
        return f"Request({self.method} {redact_url(self.url, self.secret_values)})"

    @property
    def reads(self) -> bool:
        """Whether repeating it changes nothing over there."""
        return self.method.upper() in READS


@dataclass(frozen=True, kw_only=True)
class Response:
    """One answer, of any status. Header names are in lower case; `body` is decoded from gzip, not from text.

    Where `status` is 300 or more, `body` may be cut: the status alone says what happened.
    """

    method: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed_ms: int
    received_at: datetime
    secret_values: tuple[str, ...] = field(default=(), repr=False)

    @property
    def reads(self) -> bool:
        """Whether the request only read."""
        return self.method.upper() in READS

    def header(self, name: str) -> str:
        """That header's value, "" when absent; any case."""
        return self.headers.get(name.lower(), "")

    def text(self) -> str:
        """The body as text, in the declared charset or UTF-8; what does not decode is replaced."""
        declared = re.search(r"charset=[\"']?([\w.:-]+)", self.header("content-type"), re.IGNORECASE)
        try:
            return self.body.decode(declared[1] if declared else "utf-8-sig", errors="replace")
        except LookupError:
            return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> Any:
        """The body as JSON; Malformed when it is HTML, cut, empty, or holds NaN.

        After a write the caller decides: a 2xx says that it happened, so where nothing of the body is
        needed it is not read, and where their id is needed Malformed becomes Unsure.
        """
        try:
            return json.loads(self.text(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            pass  # raised below: the decoder's error carries the whole body
        raise Malformed(NOT_JSON)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, kw_only=True)
class ExchangeRecord:
    """One request and what came of it, all redacted, bodies at most 64 KiB each (house.md, "Exchange").

    `status` is None and the response parts are empty where no answer came; `error` says why, else "".
    `elapsed_ms` runs from before the name lookup to the last byte.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int | None
    response_headers: Mapping[str, str]
    response_body: str
    started_at: datetime
    elapsed_ms: int
    error: str


def record_exchange(
    *,
    request: Request,
    sent_url: str,
    sent_headers: Mapping[str, str],
    sent_body: bytes,
    response: Response | None,
    started_at: datetime,
    elapsed_ms: int,
    error: str,
) -> ExchangeRecord:
    """The redacted record of one exchange; `error` is technical text of any origin."""
    secrets = request.secret_values
    return ExchangeRecord(
        method=request.method.upper(),
        url=redact_url(sent_url, secrets),
        request_headers=redact_headers(sent_headers, secrets),
        request_body=redact_body(sent_body, secrets),
        status=response.status if response else None,
        response_headers=redact_headers(response.headers, secrets) if response else {},
        response_body=redact_body(response.body, secrets) if response else "",
        started_at=started_at,
        elapsed_ms=elapsed_ms,
        error=redact(error, secrets)[:2000],
    )


# --- Status → error -----------------------------------------------------------------------------------

DENYING = frozenset({401, 403})
# The server, or what stands before it, says that it did not begin: not implemented, busy, no network sign-in,
# and the proxies' own codes for a server that is down, unreachable or without TLS.
NOT_BEGUN = frozenset({501, 503, 505, 511, 521, 523, 525, 526})


def plain_words(text: str) -> str:
    """Text for a person: tags, scripts and extra space taken out, at most 500 characters."""
    text = re.sub(
        r"<!--.*?(?:-->|$)|<(script|style|title)\b.*?(?:</\1\s*>|$)", " ", text, flags=re.DOTALL | re.I
    )
    text = html.unescape(re.sub(r"<[^<>]*(?:>|$)", " ", text))
    text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:REASON_CHARS]


def their_words(response: Response) -> str:
    """The body as it stands: the words of a partner whose errors have no known shape."""
    return response.text()


def retry_after(response: Response) -> float:
    """Seconds to wait by Retry-After (seconds or an HTTP date), 0 to 86,400; 5 where it says nothing.

    A date counts from the partner's own Date header where there is one: clocks differ.
    """
    value = response.header("retry-after").strip()
    try:
        seconds = float(value)
    except ValueError:
        until = _http_date(value)
        if until is None:
            return RETRY_AFTER_DEFAULT
        seconds = (until - (_http_date(response.header("date")) or response.received_at)).total_seconds()
    if math.isnan(seconds):
        return RETRY_AFTER_DEFAULT
    return min(max(seconds, 0.0), RETRY_AFTER_MOST)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def raise_for(response: Response, *, words: Callable[[Response], str] = their_words) -> None:
    """Nothing for 2xx, else the contract's error (contract.py, "Errors"; house.md, "A partner").

    `words` finds the partner's own reason in the answer; Malformed from it (an error page where JSON was
    expected) falls back to the page's text. Secrets that the partner echoes are blanked.
    """
    error = _error_for(response, words)
    if error is not None:
        raise error


def _error_for(response: Response, words: Callable[[Response], str]) -> PartnerError | None:
    status = response.status
    if 200 <= status < 300:
        return None
    if status in DENYING:
        return Denied(_reason(response, words) or DENIED)
    if status == 429:
        return Throttled(_reason(response, words) or THROTTLED, after=retry_after(response))
    if 300 <= status < 400:
        return Refused(REDIRECTS)
    if 400 <= status < 500 and status != 408:
        return Refused(_reason(response, words) or f"HTTP {status}", status=status)
    if response.reads or status in NOT_BEGUN:
        return Unavailable(TROUBLE if status >= 400 else NO_ANSWER)
    return Unsure(TROUBLE_UNSURE)


def _reason(response: Response, words: Callable[[Response], str]) -> str:
    try:
        reason = words(response)
    except Malformed:
        reason = response.text()
    return plain_words(redact_body(reason.encode(errors="replace"), response.secret_values, limit=20_000))
