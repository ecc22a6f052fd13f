"""Reads a JSON body of a bounded size and nothing that the database could choke on; answers are JSON too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from accounts.rest.errors import BodyTooLarge, MalformedBody

MAX_BODY = 1024 * 1024
DEEPEST = 32


class BoundedJSON(JSONParser):
    """DRF's JSON parser reads the stream past Django's own limit, so the cap stands here: `most` bytes."""

    most = MAX_BODY

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002  # DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """The decoded object; raises MalformedBody or BodyTooLarge."""
        raw = stream.read(self.most + 1)
        if len(raw) > self.most:
            raise BodyTooLarge(
                _("The body is too large. Send at most %(most)s MiB.") % {"most": self.most >> 20}
            )
        if not raw.strip():
            return {}
        try:
            body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
            # Lone surrogates and NUL are legal JSON that no database column takes.
            json.dumps(body, ensure_ascii=False).encode("utf-8")
            _refuse_odd(body, DEEPEST)
        except (ValueError, RecursionError):
            raise MalformedBody from None
        if not isinstance(body, dict):
            raise MalformedBody(_("The body must be one JSON object."))
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


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _refuse_odd(value: Any, depth: int) -> None:
    """ValueError for NUL in any text and for nesting that no body of ours has."""
    if depth == 0 or (isinstance(value, str) and "\0" in value):
        raise ValueError(value)
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _refuse_odd(each, depth - 1)
