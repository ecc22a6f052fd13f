"""Small files of each kind that image and attachment fields meet."""

from __future__ import annotations

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(
    format: str = "PNG", *, name: str = "foto.png", size: tuple[int, int] = (8, 6)
) -> SimpleUploadedFile:
    """A real picture; the browser's claim about its type is a lie that nobody may believe."""
    buffer = BytesIO()
    Image.new("RGB", size, "#0a7f5a").save(buffer, format=format)
    return SimpleUploadedFile(name, buffer.getvalue(), content_type="text/html")


def page(name: str = "foto.png") -> SimpleUploadedFile:
    """A web page that calls itself a picture."""
    return SimpleUploadedFile(name, b"<html><script>alert(1)</script></html>", content_type="image/png")


def svg(name: str = "logo.svg") -> SimpleUploadedFile:
    """A drawing with a script in it."""
    text = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    return SimpleUploadedFile(name, text, content_type="image/png")
