"""Files for image and attachment fields: looked at, and kept under a random name."""

from __future__ import annotations

import hashlib
import warnings
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from accounts.models import Account, User
from accounts.origin import Origin
from funnels.models import StoredFile
from funnels.services.journal import NotAllowed

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 50_000_000
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
ANY = "application/octet-stream"


def refuse_file(file: File[Any], *, image: bool = False) -> str:
    """The content type that the bytes prove: an image's own, else application/octet-stream.

    Raises NotAllowed for an empty file, one above 5 MB, any SVG (it can carry scripts) and, where an
    `image` is asked for, what is none of PNG, JPEG, WebP and GIF.
    """
    if not file.size:
        raise NotAllowed(_("This file is empty."))
    if file.size > MOST_BYTES:
        raise NotAllowed(_("This file is too large: 5 MB at most."))
    found = _image_type(file)
    if image and not found:
        raise NotAllowed(_("This is not an image: send a PNG, JPEG, WebP or GIF."))
    if not found and _is_svg(file):
        raise NotAllowed(_("SVG files are not kept here, because they can carry scripts."))
    return found or ANY


def store_file(
    *, account: Account, file: File[Any], name: str, origin: Origin, image: bool = False
) -> StoredFile:
    """Keeps the file under MEDIA_ROOT; raises NotAllowed as refuse_file does."""
    content_type = refuse_file(file, image=image)
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    row = StoredFile(
        account=account,
        name=_plain_name(name),
        content_type=content_type,
        size=file.size,
        sha256=digest.hexdigest(),
        created_by=User.objects.filter(pk=origin.id).first() if origin.kind == "user" and origin.id else None,
        origin=str(origin),
    )
    row.file.save(row.name, file, save=False)
    try:
        with transaction.atomic():
            row.save()
    except BaseException:
        row.file.delete(save=False)  # no row, no file
        raise
    return row


def _image_type(file: File[Any]) -> str:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=list(FORMATS)) as image:
                found, (width, height) = FORMATS[str(image.format)], image.size
                image.verify()
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return ""  # Pillow's ways to say that these bytes are no such image
    return found if width * height <= MOST_PIXELS else ""


def _is_svg(file: File[Any]) -> bool:
    file.seek(0)
    start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    name = str(file.name or "").lower()
    return name.endswith((".svg", ".svgz")) or (start.startswith(b"<") and b"<svg" in start)


def _plain_name(name: str) -> str:
    """The name without folders and control characters, its ending kept; 200 characters at most."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    return plain[:200] if len(plain) <= 200 or not dot else f"{stem[: 199 - len(ending[:20])]}.{ending[:20]}"
