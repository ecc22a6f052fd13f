"""White Label paints the portal, legibly, and shows the account's own images (S3, S4)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts import brand_images, contrast, white_label
from accounts.contracting import switch_module
from accounts.models import BrandImage, User
from accounts.module_settings import InvalidSettings, set_module_settings, settings_of
from accounts.module_settings.checking import Unfit
from tests import factories
from tests.conftest import World

ClientOf = Callable[[User], Client]
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.fixture
def branded(world: World, tmp_path: Path, settings: Any) -> World:
    settings.MEDIA_ROOT = str(tmp_path)
    factories.module(account=world.account, slug="white_label")
    return world


def put(world: World, **values: Any) -> None:
    set_module_settings(account=world.account, slug="white_label", values=values, origin=factories.SYSTEM)


def picture(format: str = "PNG", size: tuple[int, int] = (60, 40), **saved: Any) -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", size, "#d81b60").save(written, format=format, **saved)
    return SimpleUploadedFile(f"logo.{format.lower()}", written.getvalue())


# --- Contrast -------------------------------------------------------------------------------------------


@given(COLOURS, COLOURS)
def test_s3_contrast_is_wcags(one: str, other: str) -> None:
    assert contrast.ratio(one, one) == 1
    assert contrast.ratio(one, other) == contrast.ratio(other, one)
    assert 1 <= contrast.ratio(one, other) <= 21.0000001


def test_s3_contrast_of_known_pairs() -> None:
    assert contrast.ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast.ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast.shown(2.996) == 2.99


@given(COLOURS)
def test_s3_the_suggested_colour_can_be_used_and_shades_are_legible(colour: str) -> None:
    near = contrast.nearest(colour)
    assert contrast.weakest(near).enough
    assert contrast.weakest(colour).enough is (near == colour)
    for theme, grounds in contrast.GROUNDS.items():
        made = contrast.shades(near, theme)
        for ground in (made.ground, made.hover):
            assert contrast.ratio(made.text, ground) >= contrast.TEXT
        for ground in (*grounds, made.soft):
            assert contrast.ratio(made.ink, ground) >= contrast.TEXT


def test_s3_the_measured_grounds_are_those_of_the_tokens() -> None:
    sheet = (django_settings.BASE_DIR / "static/portal/tokens.css").read_text(encoding="utf-8")
    light, dark = sheet.split(".dark {")
    for theme, part in (("light", light), ("dark", dark)):
        found = tuple(
            re.search(rf"--{name}: (#[0-9a-f]{{6}});", part)[1] for name in ("bg", "surface", "surface-2")
        )
        assert contrast.GROUNDS[theme] == found


@pytest.mark.parametrize("key", ["logo_color", "confirm_color"])
@pytest.mark.parametrize(
    ("colour", "ratio", "theme"), [("#ffeb00", "1,15", "claro"), ("#0b1f4b", "1,08", "escuro")]
)
def test_s3_a_colour_below_aa_is_refused_with_its_ratio_and_a_colour_that_serves(
    branded: World, key: str, colour: str, ratio: str, theme: str
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        put(branded, **{key: colour})
    near = caught.value.suggestions[key]
    assert f"{ratio}:1" in caught.value.errors[key][0]
    assert near in caught.value.errors[key][0]
    put(branded, **{key: near})
    assert settings_of(branded.account)["white_label"][key] == near


# --- The whole portal -------------------------------------------------------------------------------------


def sheet(client: Client) -> str:
    page = client.get(reverse("portal:tasks")).content.decode()
    link = re.search(r'href="(/brand\.css\?v=[0-9a-f]+)"', page)
    return link[1] if link else ""


def test_s4_colours_paint_every_page_of_this_account_only(
    branded: World, stranger: World, client_of: ClientOf
) -> None:
    admin = client_of(branded.seller)
    assert sheet(admin) == ""
    put(branded, confirm_color="#d81b60", logo_color="#1f6feb")
    url = sheet(admin)
    answer = admin.get(url)
    css = answer.content.decode()
    assert answer["Content-Type"].startswith("text/css")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    assert "--accent:#d81b60" in css
    assert "--brand:#1f6feb" in css
    assert ".dark.dark{" in css
    assert admin.get("/brand.css?v=old")["Cache-Control"] == "no-store"
    assert sheet(client_of(stranger.admin)) == ""
    assert client_of(stranger.admin).get(url).content == b""
    put(branded, confirm_color="")
    assert sheet(admin) not in ("", url), "another look has another address"


def test_s4_off_means_the_portals_own_look(branded: World, client_of: ClientOf) -> None:
    put(branded, confirm_color="#d81b60", tab_name="Acme")
    admin = client_of(branded.admin)
    assert "Acme</title>" in admin.get(reverse("portal:tasks")).content.decode()
    switch_module(account=branded.account, slug="white_label", enabled=False, origin=factories.SYSTEM)
    page = admin.get(reverse("portal:tasks")).content.decode()
    assert "brand.css" not in page
    assert "Acme" not in page
    assert "· Tomada</title>" in page


def test_s3_the_tab_has_the_chosen_name_everywhere(branded: World, client_of: ClientOf) -> None:
    put(branded, tab_name="Acme & Filhos | Vendas")
    page = client_of(branded.admin).get(reverse("portal:persons")).content.decode()
    assert "Acme &amp; Filhos | Vendas</title>" in page
    assert '<span class="brand-name">Acme &amp; Filhos | Vendas</span>' in page


def test_s3_no_pages_policy_is_wider_for_the_brand(branded: World, client_of: ClientOf) -> None:
    put(branded, confirm_color="#d81b60")
    policy = client_of(branded.admin).get(reverse("portal:tasks"))["Content-Security-Policy"]
    assert "img-src 'self' data:;" in policy
    assert "<style" not in white_label.stylesheet(settings_of(branded.account)["white_label"])


# --- Images -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_s3_a_logo_is_made_anew_as_png(branded: World, format: str) -> None:
    hidden = SimpleUploadedFile("logo", picture(format).read() + b"<script>alert(1)</script>")
    row = brand_images.store_image(
        account=branded.account, kind="light", file=hidden, origin=factories.SYSTEM
    )
    content = brand_images.bytes_of(row)
    assert content is not None
    assert content.startswith(b"\x89PNG")
    assert b"script" not in content
    assert row.content_type == "image/png"
    assert row.size == len(content)


def test_s3_a_logos_own_information_is_gone(branded: World) -> None:
    exif = Image.Exif()
    exif[0x010E] = "segredo da empresa"
    file = picture("JPEG", exif=exif)
    row = brand_images.store_image(account=branded.account, kind="light", file=file, origin=factories.SYSTEM)
    file.seek(0)
    assert b"segredo" in file.read()
    assert b"segredo" not in (brand_images.bytes_of(row) or b"")


def test_s3_a_big_logo_is_scaled_to_its_place(branded: World) -> None:
    row = brand_images.store_image(
        account=branded.account, kind="light", file=picture(size=(3000, 600)), origin=factories.SYSTEM
    )
    with Image.open(io.BytesIO(brand_images.bytes_of(row) or b"")) as image:
        assert image.size == (640, 128)


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
        SimpleUploadedFile("a.png", b"no picture"),
        SimpleUploadedFile("a.png", b""),
        SimpleUploadedFile("a.png", b"\x89PNG" + b"x" * (brand_images.MOST_BYTES + 1)),
        picture("GIF"),
        picture("BMP"),
        picture(size=(8, 8)),
        picture(size=(4001, 20)),
    ],
    ids=["svg", "text", "empty", "large", "gif", "bmp", "tiny", "wide"],
)
def test_s3_what_is_no_logo_is_refused_in_words_and_leaves_no_file(
    branded: World, tmp_path: Path, file: SimpleUploadedFile
) -> None:
    with pytest.raises(Unfit) as caught:
        brand_images.store_image(account=branded.account, kind="light", file=file, origin=factories.SYSTEM)
    assert caught.value.words.endswith(".")
    assert not BrandImage.unscoped.exists()
    assert not list(tmp_path.rglob("*.png"))


def test_s3_uploaded_logos_stand_in_the_frame_and_are_seen_by_this_account_only(
    branded: World, stranger: World, client_of: ClientOf
) -> None:
    admin, url = client_of(branded.admin), reverse("portal:module-settings", args=["white_label"])
    data = {
        "account": branded.account.pk,
        "custom_logos": "on",
        "logo_light": picture(),
        "tab_icon": picture(),
    }
    assert admin.post(url, data).status_code == 302
    chosen = settings_of(branded.account)["white_label"]
    page = admin.get(reverse("portal:tasks")).content.decode()
    logo, icon = (reverse("portal:brand-image", args=[chosen[key]]) for key in ("logo_light", "tab_icon"))
    assert f'<link rel="icon" href="{icon}"' in page
    assert page.count(f'src="{logo}"') == 2, "one logo serves both themes"
    answer = client_of(branded.seller).get(logo)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client_of(stranger.admin).get(logo).status_code == 404
    assert Client().get(logo).status_code == 302
    admin.post(url, {"account": branded.account.pk, "custom_logos": "on", "logo_dark": picture()})
    dark = reverse("portal:brand-image", args=[settings_of(branded.account)["white_label"]["logo_dark"]])
    page = admin.get(reverse("portal:tasks")).content.decode()
    assert f'on-light" src="{logo}"' in page
    assert f'on-dark" src="{dark}"' in page
    assert dark != logo
    removed = {"logo_light_remove": "1", "logo_dark_remove": "1"}
    admin.post(url, {"account": branded.account.pk, "custom_logos": "on", **removed})
    assert logo not in admin.get(reverse("portal:tasks")).content.decode()
    admin.post(url, {"account": branded.account.pk})
    assert icon not in admin.get(reverse("portal:tasks")).content.decode(), "the switch is off"


def test_s3_another_accounts_image_cannot_be_chosen(branded: World, stranger: World) -> None:
    theirs = brand_images.store_image(
        account=stranger.account, kind="light", file=picture(), origin=factories.SYSTEM
    )
    with pytest.raises(InvalidSettings):
        put(branded, logo_light=theirs.pk)


def test_s3_a_refused_page_keeps_no_image(branded: World, client_of: ClientOf, tmp_path: Path) -> None:
    url = reverse("portal:module-settings", args=["white_label"])
    data = {"account": branded.account.pk, "logo_light": picture(), "confirm_color": "#ffeb00"}
    answer = client_of(branded.admin).post(url, data)
    assert answer.status_code == 422
    assert 'data-set="id_confirm_color"' in answer.content.decode(), "the colour that serves is offered"
    assert not BrandImage.unscoped.exists()
    assert not list(tmp_path.rglob("*.png"))


def test_s3_the_preview_shows_both_themes_and_saves_nothing(branded: World, client_of: ClientOf) -> None:
    admin, url = client_of(branded.admin), reverse("portal:module-preview", args=["white_label"])
    page = admin.get(url, {"confirm_color": "#d81b60", "tab_name": "<b>Acme"}).content.decode()
    assert page.count("--accent:#d81b60") == 2
    assert "&lt;b&gt;Acme" in page
    refused = admin.get(url, {"confirm_color": "#ffeb00"}).content.decode()
    assert "1,15:1" in refused
    assert f'data-value="{contrast.nearest("#ffeb00")}"' in refused
    assert settings_of(branded.account)["white_label"]["confirm_color"] == ""
    assert admin.get(reverse("portal:module-preview", args=["tasks"])).status_code == 404
