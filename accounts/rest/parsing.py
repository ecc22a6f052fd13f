"""Reads a JSON body of a bounded size and nothing that the database could choke on; answers are JSON too."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from accounts.rest.errors import BodyTooLarge, MalformedBody

MAX_BODY = 1024 * 1024
DEEPEST = 32
SHOWN = 60  # characters of what is quoted in a refusal


class BoundedJSON(JSONParser):
    """DRF's JSON parser reads the stream past Django's own limit, so the cap stands here: `most` bytes."""

    most = MAX_BODY
    apart: ClassVar[str] = ""  # the member whose rows are looked at one by one (bulk.py)

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  # DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """The decoded object; MalformedBody, BodyTooLarge, ValidationError for text that cannot be kept."""
        raw = stream.read(self.most + 1)
        if len(raw) > self.most:
            raise BodyTooLarge(
                _("The body is too large. Send at most %(most)s MiB.") % {"most": self.most >> 20}
            )
        if not raw.strip():
            return {}
        try:
            body = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_named_once,
                parse_constant=_refuse_number,
                parse_float=_finite,
            )
            _refuse_deep(body, DEEPEST)
        except (ValueError, RecursionError):
            raise MalformedBody from None
        if not isinstance(body, dict):
            raise MalformedBody(_("The body must be one JSON object."))
        if errors := unkept({name: value for name, value in body.items() if name != self.apart}):
            raise ValidationError(errors)
        return body


class AlwaysJSON(BaseContentNegotiation):
    """JSON whatever Accept says: an error would have to be told in it anyway."""

    def select_parser(self, request: Request, parsers: Sequence[Any]) -> Any:
        """The one parser, when the body is JSON; none answers 415."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002  # DRF's signature
        renderers: Sequence[Any],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[Any, str]:
        """The one renderer."""
        return renderers[0], renderers[0].media_type


def unkept(body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field → sentences for text with NUL or half a surrogate pair: legal JSON that no column takes.

    A field inside another is named with its path, one in a list by the list's name.
    """
    words = _("It has a character that cannot be kept (such as \\u0000). Leave it out.")
    return {path: [words] for path in _odd_paths(body, "")}


def _odd_paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{_readable(name)}" if path else _readable(name)
            if _is_odd(name):
                yield below
            yield from _odd_paths(inner, below)
    elif isinstance(value, list):
        for inner in value:
            yield from _odd_paths(inner, path)
    elif isinstance(value, str) and _is_odd(value):
        yield path


def _is_odd(text: str) -> bool:
    return "\0" in text or _readable(text) != text


def _readable(text: str) -> str:
    """The text as an answer can show it: half pairs are written as their escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; MalformedBody where a name comes twice: nobody knows which of them was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(name for name, _value in pairs)
        name = _readable(next(name for name, times in counted.items() if times > 1))[:SHOWN]
        words = _("The body names “%(name)s” twice. Name each field once.") % {"name": name}
        raise MalformedBody(words, errors={name: [words]})
    return found


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _refuse_number(text: str) -> Any:
    words = _("“%(number)s” is not a number that can be kept. Send a finite one.")
    raise MalformedBody(words % {"number": text[:SHOWN]})


def _refuse_deep(value: Any, depth: int) -> None:
    """ValueError for nesting that no body of ours has."""
    if depth == 0:
        raise ValueError(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _refuse_deep(each, depth - 1)
