"""Files of image and attachment fields: what is kept, what is refused, and who gets it (M13)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.origin import Origin
from funnels import services
from funnels.models import StoredFile
from funnels.services import NotAllowed
from tests.conftest import World
from tests.funnels.conftest import Person
from tests.funnels.pictures import page, picture, svg


def keep(world: World, file: Any, by_hand: Origin, **more: Any) -> StoredFile:
    return services.store_file(account=world.account, file=file, name=file.name, origin=by_hand, **more)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_m13_an_image_is_known_by_its_bytes(world: World, by_hand: Origin, format: str) -> None:
    file = picture(format, name="../../retrato.html")
    row = keep(world, file, by_hand, image=True)
    assert (row.content_type, row.is_image, row.name) == (f"image/{format.lower()}", True, "retrato.html")
    assert row.sha256 == hashlib.sha256(Path(row.file.path).read_bytes()).hexdigest()
    assert row.created_by == world.seller
    place = Path(row.file.path).relative_to(settings.MEDIA_ROOT)
    assert place.parts[0] == str(world.account.pk)
    assert "retrato" not in str(place)
    assert len(place.name) >= 40


def test_m13_what_is_no_image_is_refused_as_one_and_kept_as_a_plain_file(
    world: World, by_hand: Origin
) -> None:
    bitmap = picture("BMP", name="foto.png")
    for file in (page(), svg(), bitmap, SimpleUploadedFile("x.png", b"\x89PNG\r\n\x1a\n broken")):
        with pytest.raises(NotAllowed):
            keep(world, file, by_hand, image=True)
    kept = keep(world, page("relatorio.html"), by_hand)
    assert (kept.content_type, kept.is_image) == ("application/octet-stream", False)
    assert StoredFile.unscoped.count() == 1


def test_m13_svg_empty_and_large_files_are_refused(world: World, by_hand: Origin) -> None:
    large = SimpleUploadedFile("x.bin", b"x" * (5 * 1024 * 1024 + 1))
    for file in (svg(), svg("logo.txt"), SimpleUploadedFile("leer.txt", b""), large):
        with pytest.raises(NotAllowed):
            keep(world, file, by_hand)
    assert keep(world, SimpleUploadedFile("x.bin", b"x" * 5 * 1024 * 1024), by_hand).size == 5 * 1024 * 1024


def test_m13_a_file_leaves_as_a_download_for_its_own_account_only(
    world: World, seller: Person, outsider: Person, by_hand: Origin
) -> None:
    row = keep(world, page("relatório final.html"), by_hand)
    answer = seller.get("file", row.pk)
    assert b"".join(answer.streaming_content).startswith(b"<html>")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "relat%C3%B3rio%20final.html" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert outsider.get("file", row.pk).status_code == 404
    assert seller.client.get(f"/files/{row.pk}0/").status_code == 404
    Path(row.file.path).unlink()
    assert seller.get("file", row.pk).status_code == 404


def test_m13_no_row_no_file(world: World, by_hand: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("the database went away")

    folder = Path(settings.MEDIA_ROOT) / str(world.account.pk)
    before = set(folder.rglob("*")) if folder.exists() else set()
    monkeypatch.setattr(StoredFile, "save", fail)
    with pytest.raises(RuntimeError):
        keep(world, picture(), by_hand)
    assert {each for each in folder.rglob("*") if each.is_file()} == {
        each for each in before if each.is_file()
    }
