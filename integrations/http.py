"""The only door to the network: one deadline, a size cap, guarded addresses, every exchange recorded."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from integrations.contract import Malformed, PartnerError, Refused, Unavailable, Unsure
from integrations.http_answer import (
    ExchangeRecord,
    Request,
    Response,
    raise_for,
    record_exchange,
    retry_after,
)
from integrations.http_guard import Deadline, Guard, PrivateAddress
from integrations.http_wire import CALL, PIECE, Call, PlainPool, SecurePool, Stage

__all__ = ["Door", "ExchangeRecord", "Request", "Response", "raise_for", "retry_after"]

CAP_BYTES = 2_000_000
USER_AGENT = "Tomada/1"

BAD_REQUEST = "The address or the credentials hold characters that cannot be sent."
PRIVATE = "This address lies inside a private network; only public addresses are reached."
PLAIN_HTTP = "This address is not secure; it has to begin with https://."
TOO_LARGE = "The partner's answer is too large."


class _TooLarge(Exception):
    pass


class Door:
    """The way out; one per process, made after any fork, shared by its threads.

    - No retry, redirect, cookie, proxy, .netrc or environment: what is sent is what was asked, once.
    - TLS is always verified, against `ca_bundle` (a file) or certifi's. Plain http only to
      hosts that may be private.
    - Private, loopback, link-local, multicast and metadata addresses are refused, on the connected socket
      too, unless `allow_private`, or the host is in `allow_hosts` (lower case, no port).
    - Connections are kept for IDLE_SECONDS. One that dies under a write before any answer is Unsure: the
      partner may have worked on it before closing, and nobody here can tell.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        allow_hosts: Iterable[str] = (),
        cap_bytes: int = CAP_BYTES,
        pool_hosts: int = 32,
        pool_size: int = 16,
        ca_bundle: str | None = None,
        guard: Guard | None = None,
    ) -> None:
        hosts = frozenset(host.lower() for host in allow_hosts)
        self._guard = guard or Guard(allow_private=allow_private, allow_hosts=hosts)
        self._cap = cap_bytes
        self._verify: bool | str = ca_bundle or True
        self._adapter = HTTPAdapter(pool_connections=pool_hosts, pool_maxsize=pool_size, max_retries=0)
        self._adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def close(self) -> None:
        """Closes the kept connections."""
        self._adapter.close()

    def send(
        self,
        request: Request,
        *,
        deadline_seconds: float,
        now: Callable[[], datetime],
        ledger: Callable[[ExchangeRecord], None] | None = None,
    ) -> Response:
        """The answer, whatever its status (see raise_for), within `deadline_seconds` from now.

        Raises Refused (address not allowed or not valid), Unavailable (surely did not happen, or only read),
        Unsure (a write that may have happened), Malformed (a read's answer over the cap). None of them has
        a cause, a context or a secret. `ledger` gets one record for every send, before this returns or
        raises; what it raises goes through. `now` gives aware UTC times.
        """
        started_at, started = now(), time.monotonic()
        call = Call(deadline=Deadline.within(deadline_seconds), guard=self._guard)
        payload = _payload(request)
        url, headers = request.url, dict(request.headers)
        failure: PartnerError | None = None
        response: Response | None = None
        detail = ""
        token = CALL.set(call)
        try:
            prepared = _prepare(request, payload)
            url, headers = prepared.url or url, dict(prepared.headers)
            self._check_scheme(url)
            status, answered, body, detail = self._exchange(prepared, call)
            response = Response(
                method=request.method.upper(),
                status=status,
                headers=answered,
                body=body,
                elapsed_ms=_since(started),
                received_at=now(),
                secret_values=request.secret_values,
            )
        except PartnerError as error:
            failure = error
        except (
            PrivateAddress,
            _TooLarge,
            requests.RequestException,
            HTTPError,
            http.client.HTTPException,
        ) as error:
            failure, detail = _failure(call, request, error), _chain(error)
        except (OSError, ValueError) as error:
            failure, detail = _failure(call, request, error), _chain(error)
        finally:
            CALL.reset(token)
        if ledger is not None:
            ledger(
                record_exchange(
                    request=request,
                    sent_url=url,
                    sent_headers=headers,
                    sent_body=payload or b"",
                    response=response,
                    started_at=started_at,
                    elapsed_ms=_since(started),
                    error=f"{type(failure).__name__}: {failure.words} {detail}".strip()
                    if failure
                    else detail,
                )
            )
        # Raised outside the handlers: no library error, which quotes headers and addresses, rides along.
        if response is None:
            raise failure or Unavailable(Stage.ANSWER.value[1])
        return response

    def _check_scheme(self, url: str) -> None:
        parts = requests.compat.urlparse(url)
        if parts.scheme == "https" or (
            parts.scheme == "http" and self._guard.permits_private(parts.hostname or "")
        ):
            return
        raise Refused(PLAIN_HTTP)

    def _exchange(
        self, prepared: requests.PreparedRequest, call: Call
    ) -> tuple[int, dict[str, str], bytes, str]:
        left = call.deadline.left()
        answer = self._adapter.send(
            prepared, stream=True, timeout=(left, left), verify=self._verify, proxies={}
        )
        try:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            body, broken = self._body(answer)
            return answer.status_code, headers, body, broken
        finally:
            answer.close()

    def _body(self, answer: requests.Response) -> tuple[bytes, str]:
        """The body, and what broke it off where the status alone says what happened (300 and more)."""
        pieces: list[bytes] = []
        try:
            pieces.extend(self._pieces(answer))
        except (_TooLarge, HTTPError, http.client.HTTPException, OSError) as error:
            if answer.status_code < 300:
                raise
            return b"".join(pieces)[: self._cap], _chain(error)
        return b"".join(pieces), ""

    def _pieces(self, answer: requests.Response) -> Iterator[bytes]:
        size = 0
        while piece := answer.raw.read1(PIECE, decode_content=True):
            yield piece
            size += len(piece)
            if size > self._cap:
                raise _TooLarge("the body is over the cap")


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _payload(request: Request) -> bytes | None:
    if request.json is None:
        return request.body
    return json.dumps(request.json, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _prepare(request: Request, payload: bytes | None) -> requests.PreparedRequest:
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
    if request.json is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    merged = requests.structures.CaseInsensitiveDict({**headers})
    merged.update(request.headers)
    # The libraries stop line breaks only; a NUL would be cut or refused somewhere on the way.
    if any(
        (ord(char) < 32 and char != "\t") or char == "\x7f" for value in merged.values() for char in value
    ):
        raise Refused(BAD_REQUEST)
    # Not through a Session: that is where cookies, redirects, .netrc and the environment live.
    return requests.Request(
        request.method.upper(), request.url, headers=dict(merged), params=dict(request.params), data=payload
    ).prepare()


def _failure(call: Call, request: Request, error: Exception) -> PartnerError:
    """Which error of the contract it is; the words come from tables, never from the library."""
    if isinstance(error, PrivateAddress):
        return Refused(PRIVATE)
    if isinstance(error, _TooLarge):
        return Malformed(TOO_LARGE) if request.reads else Unsure(TOO_LARGE)
    # What requests, http.client and the IDNA codec refuse to send are ValueErrors, before any byte left;
    # so is a certificate's error, which is about them.
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError) and not call.wrote:
        return Refused(BAD_REQUEST)
    words = call.stage.value[0 if call.deadline.passed else 1]
    return Unsure(words) if call.wrote and not request.reads else Unavailable(words)


def _chain(error: BaseException) -> str:
    """The library's errors from outside in, for support; redacted before it is kept."""
    texts: list[str] = []
    link: BaseException | None = error
    while link is not None and len(texts) < 5:
        texts.append(f"{type(link).__name__}({link})")
        link = link.__cause__ or link.__context__
    return " < ".join(texts)
