"""The logos of White Label: looked at, made anew as PNG, and kept under a random name (S3)."""

from __future__ import annotations

import io
import secrets
import warnings
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import Account, BrandImage
from accounts.module_settings.checking import Unfit
from accounts.origin import Origin
from accounts.services import audit

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_BYTES = 1024 * 1024
SMALLEST, BIGGEST = 16, 4000  # pixels of a side
SIZES = {
    BrandImage.Kind.LIGHT: (640, 160),
    BrandImage.Kind.DARK: (640, 160),
    BrandImage.Kind.ICON: (128, 128),
}
CONTENT_TYPE = "image/png"


def store_image(*, account: Account, kind: str, file: File[Any], origin: Origin) -> BrandImage:
    """Keeps what the picture shows, and nothing else that the file holds; Unfit says what is wrong with it.

    The picture is decoded, scaled down to its place and written anew as PNG: what else stood in the file
    (place, camera, anything hidden behind the picture) is gone.
    """
    content = _made_anew(file, SIZES[BrandImage.Kind(kind)])
    path = f"brand/{account.pk}/{secrets.token_hex(16)}.png"
    whole = Path(settings.MEDIA_ROOT) / path
    whole.parent.mkdir(parents=True, exist_ok=True)
    whole.write_bytes(content)
    try:
        with transaction.atomic():
            row = BrandImage.objects.of(account).create(
                account=account, kind=kind, path=path, content_type=CONTENT_TYPE, size=len(content)
            )
            audit(
                account=account,
                origin=origin,
                action="module.image",
                subject="white_label",
                data={"kind": str(kind), "image": row.pk},
            )
    except BaseException:
        whole.unlink(missing_ok=True)  # no row, no file
        raise
    return row


def bytes_of(row: BrandImage) -> bytes | None:
    """The picture, None where it is gone from the disk."""
    path = Path(settings.MEDIA_ROOT) / row.path
    return path.read_bytes() if path.is_file() else None


def forget_file(row: BrandImage) -> None:
    """Takes away the file of a row that was rolled back."""
    (Path(settings.MEDIA_ROOT) / row.path).unlink(missing_ok=True)


def _made_anew(file: File[Any], size: tuple[int, int]) -> bytes:
    if not file.size or file.size > MOST_BYTES:
        raise Unfit(_("The file is empty.") if not file.size else _("The file is too large: 1 MB at most."))
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                if not all(SMALLEST <= side <= BIGGEST for side in image.size):
                    limits = {"least": SMALLEST, "most": BIGGEST}
                    raise Unfit(_("Each side needs %(least)s to %(most)s pixels.") % limits)
                turned = ImageOps.exif_transpose(image)
                plain = turned.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        # Pillow's ways to say that these bytes are no such picture.
        raise Unfit(
            _("This is not a PNG, JPEG or WebP image. SVG is not taken: it can carry scripts.")
        ) from None
    plain.thumbnail(size, Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", plain.size)
    clean.paste(plain)  # pixels only: a copy would carry the file's own information
    written = io.BytesIO()
    clean.save(written, format="PNG", optimize=True)
    return written.getvalue()
