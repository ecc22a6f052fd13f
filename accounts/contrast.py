"""How colours stand against each other (WCAG 2.2), and the shades that a brand's colour needs."""

from __future__ import annotations

import colorsys
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TEXT, SHAPE = 4.5, 3.0  # 1.4.3 and 1.4.11, level AA
WHITE, BLACK = "#ffffff", "#000000"
# The grounds of static/portal/tokens.css (a test compares): page, card, raised.
GROUNDS: dict[str, tuple[str, str, str]] = {
    "light": ("#f7f8f7", "#ffffff", "#f2f4f3"),
    "dark": ("#0e1210", "#161b19", "#1d2320"),
}
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, kw_only=True)
class Shades:
    """What one chosen colour becomes on one theme."""

    ground: str
    hover: str
    text: str  # on ground and hover
    soft: str
    ink: str  # as text on the theme's grounds and on soft


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The weakest contrast of a colour: on which theme, how strong, and how strong it has to be."""

    theme: str
    ratio: float
    needed: float

    @property
    def enough(self) -> bool:
        """Whether it reaches level AA."""
        return self.ratio >= self.needed


def is_colour(text: str) -> bool:
    """Whether it is "#rrggbb" in small letters."""
    return bool(_HEX.fullmatch(text))


def ratio(one: str, other: str) -> float:
    """The contrast of two colours: 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """White or black, whichever is read better on the colour; one of them always has 4.5:1."""
    return max(WHITE, BLACK, key=lambda ink: ratio(ink, colour))


def weakest(colour: str) -> Measure:
    """How the colour stands out from pages and cards of both themes: buttons and marks need 3:1."""
    measures = [
        Measure(theme=theme, ratio=min(ratio(colour, ground) for ground in grounds[:2]), needed=SHAPE)
        for theme, grounds in GROUNDS.items()
    ]
    return min(measures, key=lambda measure: measure.ratio)


def shown(number: float) -> float:
    """A ratio as it is told: rounded down, so that 2.996 does not read as enough."""
    return math.floor(number * 100) / 100


def nearest(colour: str) -> str:
    """The colour of the same hue, nearest in lightness, that stands out on both themes."""
    return _first(colour, lambda tried: weakest(tried).enough)


def shades(colour: str, theme: str) -> Shades:
    """The colour as ground, with what is written on it, and as ink; every pair has its ratio (WCAG AA)."""
    text = ink_on(colour)
    soft = mixed(colour, GROUNDS[theme][1], 0.12)
    grounds = (*GROUNDS[theme], soft)
    return Shades(
        ground=colour,
        hover=mixed(BLACK if text == WHITE else WHITE, colour, 0.14),  # away from its text
        text=text,
        soft=soft,
        ink=_first(colour, lambda tried: all(ratio(tried, ground) >= TEXT for ground in grounds)),
    )


def mixed(one: str, other: str, share: float) -> str:
    """`share` of the first colour in the second."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _hex([share * a + (1 - share) * b for a, b in pairs])


def _first(colour: str, fits: Callable[[str], bool]) -> str:
    """The nearest lightness that fits, darker and lighter in turn; black and white end the search."""
    red, green, blue = (channel / 255 for channel in _channels(colour))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    for step in range(256):
        for tried in (lightness - step / 255, lightness + step / 255):
            if 0 <= tried <= 1:
                made = _hex([channel * 255 for channel in colorsys.hls_to_rgb(hue, tried, saturation)])
                if fits(made):
                    return made
    return colour


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if (value := channel / 255) <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(channels: Sequence[float]) -> str:
    return "#" + "".join(f"{min(255, max(0, round(channel))):02x}" for channel in channels)
