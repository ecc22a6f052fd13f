"""The account's own look (S4): colours as a stylesheet, name and logos, while White Label is on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from accounts import contrast
from accounts.module_settings.reading import settings_for
from accounts.modules import modules_on

SLUG = "white_label"
OWN_NAME = "Tomada"


@dataclass(frozen=True, kw_only=True)
class Brand:
    """What the frame shows: `key` changes with the colours, "" without any; images by their ids."""

    name: str = OWN_NAME
    key: str = ""
    logo_light: int | None = None
    logo_dark: int | None = None
    tab_icon: int | None = None


def brand_of(request: HttpRequest) -> Brand:
    """The look of the request's account; the portal's own without one and while the module is off."""
    if getattr(request, "account", None) is None or SLUG not in modules_on(request):
        return Brand()
    chosen = settings_for(request)[SLUG]
    images = chosen if chosen["custom_logos"] else {}
    light, dark = images.get("logo_light"), images.get("logo_dark")
    return Brand(
        name=chosen["tab_name"] or OWN_NAME,
        key=key_of(chosen),
        logo_light=light or dark,
        logo_dark=dark or light,
        tab_icon=images.get("tab_icon"),
    )


def key_of(chosen: Mapping[str, Any]) -> str:
    """Names one stylesheet: browsers may keep it for ever; "" where the colours are the portal's own."""
    css = stylesheet(chosen)
    return hashlib.sha256(css.encode()).hexdigest()[:16] if css else ""


def stylesheet(chosen: Mapping[str, Any]) -> str:
    """Custom properties of tokens.css for both themes; its own stay where no colour was chosen."""
    # Twice the class: a page's own style sheets come in any order, and these have to win.
    places = {"light": ":root:root,.light.light", "dark": ".dark.dark"}
    rules = []
    for theme, selector in places.items():
        if values := properties(chosen, theme):
            rules.append(f"{selector}{{{';'.join(f'{name}:{value}' for name, value in values.items())}}}")
    return "\n".join(rules)


def properties(chosen: Mapping[str, Any], theme: str) -> dict[str, str]:
    """{custom property: value} of one theme; every value is made here of a checked colour."""
    values: dict[str, str] = {}
    for key, prefix in (("confirm_color", "--accent"), ("logo_color", "--brand")):
        colour = chosen.get(key) or ""
        if contrast.is_colour(colour):
            made = contrast.shades(colour, theme)
            values |= {
                prefix: made.ground,
                f"{prefix}-hover": made.hover,
                f"{prefix}-text": made.text,
                f"{prefix}-soft": made.soft,
                f"{prefix}-ink": made.ink,
            }
    return values
