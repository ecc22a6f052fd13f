"""What a setting's value may be, by its kind; a refusal is a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import contrast, nouns
from accounts.models import Account, BrandImage
from accounts.module_settings.declared import Kind, Setting

THEMES = {"light": gettext_lazy("the light theme"), "dark": gettext_lazy("the dark theme")}


class Unfit(Exception):
    """A value that a setting cannot have; `words` says why, `suggestion` is one that would do, or ""."""

    def __init__(self, words: str, *, suggestion: str = "") -> None:
        super().__init__(words)
        self.words, self.suggestion = words, suggestion


def checked(setting: Setting, raw: Any, account: Account) -> Any:
    """The value as it is kept; raises Unfit."""
    return _CHECKS[setting.kind](setting, raw, account)


def _text(setting: Setting, raw: Any, _account: Account) -> str:
    text = " ".join(_string(raw).split())
    if len(text) > setting.longest:
        raise Unfit(_("Write at most %(longest)s characters.") % {"longest": setting.longest})
    if not text.isprintable() or set("<>") & set(text):
        raise Unfit(_("Write it without the signs < and >."))
    if text and not setting.free and not nouns.plain(text):
        raise Unfit(_("Write it without the signs %(signs)s.") % {"signs": nouns.UNFIT_SHOWN})
    if text and not any(sign.isalnum() for sign in text):
        raise Unfit(_("Write a name with letters or digits."))
    return text


def _choice(setting: Setting, raw: Any, _account: Account) -> str:
    if _string(raw) not in {value for value, _label in setting.choices}:
        raise Unfit(_("Choose one of the list."))
    return str(raw)


def _icon(setting: Setting, raw: Any, account: Account) -> str:
    return _choice(setting, raw, account) if _string(raw) else ""


def _bool(_setting: Setting, raw: Any, _account: Account) -> bool:
    if not isinstance(raw, bool):
        raise Unfit(_("It is either on or off."))
    return raw


def _number(setting: Setting, raw: Any, _account: Account) -> int:
    text = str(raw).strip() if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
    if not setting.minimum <= number <= setting.maximum:
        limits = {"least": number_format(setting.minimum), "most": number_format(setting.maximum)}
        raise Unfit(_("Write a whole number from %(least)s to %(most)s.") % limits)
    return number


def _colour(_setting: Setting, raw: Any, _account: Account) -> str:
    """ "" or a colour that stands out from both themes at level AA, else the ratio and a colour that does."""
    colour = _string(raw).strip().lower()
    if not colour:
        return ""
    if not contrast.is_colour(colour):
        raise Unfit(_("Write the colour as #rrggbb, such as #0a7d5a."))
    measure = contrast.weakest(colour)
    if not measure.enough:
        near = contrast.nearest(colour)
        words = _(
            "The contrast of %(colour)s with %(theme)s is %(ratio)s:1; at least %(needed)s:1 is needed (WCAG "
            "AA). The nearest colour that can be used is %(near)s."
        ) % {
            "colour": colour,
            "theme": THEMES[measure.theme],
            "ratio": number_format(contrast.shown(measure.ratio), decimal_pos=2),
            "needed": number_format(measure.needed, decimal_pos=0),
            "near": near,
        }
        raise Unfit(words, suggestion=near)
    return colour


def _image(setting: Setting, raw: Any, account: Account) -> int | None:
    if raw in (None, ""):
        return None
    text = str(raw)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    if not BrandImage.objects.of(account).filter(pk=number, kind=setting.image).exists():
        raise Unfit(_("There is no such image in this account. Upload it first."))
    return number


def _string(raw: Any) -> str:
    if not isinstance(raw, str):
        raise Unfit(_("Write a text."))
    return raw


_CHECKS: dict[Kind, Callable[[Setting, Any, Account], Any]] = {
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.GENDER: _choice,
    Kind.ICON: _icon,
    Kind.BOOL: _bool,
    Kind.NUMBER: _number,
    Kind.NEXT_NUMBER: _number,
    Kind.COLOUR: _colour,
    Kind.IMAGE: _image,
}


def refuse_half_pairs(settings: list[Setting], values: dict[str, Any]) -> dict[str, str]:
    """{key: words} for names of which only the singular or only the plural would be filled in."""
    by_key = {setting.key: setting for setting in settings}
    return {
        setting.key: _("Fill it in as well: “%(other)s” has a name.")
        % {"other": capfirst(str(by_key[setting.beside].label))}
        for setting in settings
        if setting.beside and values.get(setting.beside) and not values.get(setting.key)
    }
