"""Reads the bodies of the API whole, also when chunked, before anything answers."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import problems

MOST = 8 * 1024 * 1024  # bytes that the largest call may have; each endpoint has its own limit below
CHUNK = 64 * 1024
READ_AWAY = 64 * 1024 * 1024  # beyond this the connection is simply closed


class SentBodyMiddleware:
    """A refusal that leaves its body unread breaks the caller's kept-alive connection, so none does.

    Of a body larger than MOST one byte more is kept, by which the endpoint's parser knows: it answers 413
    after the key was counted, as it does every other body that is too large for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self._next(request)
        chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        length = request.META.get("CONTENT_LENGTH") or ""
        announced = int(length) if length.isdecimal() and not chunked else 0
        if not (chunked or announced):
            return self._next(request)
        body = first_bytes(request, most=MOST, announced=None if chunked else announced)
        if len(body) < min(announced, MOST):
            return _cut_off(request)
        _put_back(request, body)
        return self._next(request)


def first_bytes(request: HttpRequest, *, most: int, announced: int | None) -> bytes:
    """The body, of a larger one `most` + 1 bytes; `announced`: its length, None where only its end tells.

    What is beyond is read away, so the sender gets the answer instead of a broken pipe.
    """
    stream: Any = request.META.get("wsgi.input", request)
    limit = READ_AWAY if announced is None else announced
    kept = bytearray()
    size = 0
    while size < limit:
        part = stream.read(min(CHUNK, limit - size))
        if not part:
            break
        size += len(part)
        kept += part[: most + 1 - len(kept)]
        if size > READ_AWAY:
            break
    return bytes(kept)


def _put_back(request: HttpRequest, body: bytes) -> None:
    """As Django itself leaves a body that it has read; the length is now known."""
    request._body = body  # type: ignore[attr-defined]  # noqa: SLF001  # it has no public way
    request._stream = BytesIO(body)  # type: ignore[attr-defined]  # noqa: SLF001
    request.META["CONTENT_LENGTH"] = str(len(body))


def _cut_off(request: HttpRequest) -> HttpResponse:
    """A part of a body would do something else than the whole."""
    with translation.override(translation.get_language_from_request(request)):
        words = _("The body ended before its announced length. Send it again.")
        return problems.response(status=400, code="malformed", detail=words)
