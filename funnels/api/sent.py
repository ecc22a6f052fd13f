"""Files in a request: multipart/form-data of a bounded size, and the field that takes one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser

from accounts.rest.errors import BodyTooLarge, MalformedBody
from funnels import services

MOST_BODY = services.MOST_BYTES + 64 * 1024  # the file and the form around it


class Sent(str):
    """A file of a body; as text its name and digest, by which a repeated request is known."""

    file: File[Any]

    @classmethod
    def of(cls, file: File[Any]) -> Sent:
        """The file, read once for its digest."""
        content = file.read()
        made = cls(f"{file.name}:{hashlib.sha256(content).hexdigest()}")
        made.file = ContentFile(content, name=file.name)
        return made


class BoundedMultiPart(MultiPartParser):
    """The form as a dictionary: fields as text, files as Sent."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises BodyTooLarge before anything is read, MalformedBody for what is no form."""
        length = str((parser_context or {})["request"].META.get("CONTENT_LENGTH") or "")
        if not length.isdecimal():
            raise MalformedBody(_("Say the body's length in Content-Length."))
        if int(length) > MOST_BODY:
            raise BodyTooLarge(_("The body is too large. Send one file of 5 MB at most."))
        try:
            parsed = super().parse(stream, media_type, dict(parser_context or {}))
        except ParseError:
            raise MalformedBody(_("The body is not a valid multipart/form-data form.")) from None
        files = {name: Sent.of(file) for name, file in parsed.files.items() if isinstance(file, File)}
        return {**parsed.data.dict(), **files}


class SentField(serializers.FileField):
    """One file; validates to the file itself."""

    def to_internal_value(self, data: Any) -> File[Any]:
        """The file."""
        if not isinstance(data, Sent):
            self.fail("invalid")
        return data.file
