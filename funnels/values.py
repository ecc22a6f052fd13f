"""Custom values between people and the database: typed text to canonical text, and back to words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from funnels.fields import FieldType

_TRUE = {"true", "1", "sim", "yes"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{3})")
_PT_BR = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_EN = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class Unreadable(ValueError):
    """A typed value that has no single reading; `words` says what to type instead."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def number(typed: str, *, money: bool = False) -> Decimal:
    """A typed number; "1.234" alone has two readings and is refused with words (house.md, "Values").

    `money` reads it the Brazilian way, because amounts have two decimals at most: R$ 1.234 is 1234.
    Raises Unreadable.
    """
    text = typed.replace("R$", "").replace("%", "").replace("\xa0", "").replace(" ", "")
    if _THOUSANDS.fullmatch(text) and not money:
        raise Unreadable(
            _("“%(text)s” can be read in two ways. Write it without the separator.") % {"text": typed}
        )
    if _PT_BR.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if _EN.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    raise Unreadable(_("“%(text)s” is not a number. Example: 1.234,56.") % {"text": typed})


def grouped(value: Decimal, *, places: int | None = None) -> str:
    """A number with the separators of the reader's language: 1.234,56 or 1,234.56."""
    text = f"{value:,f}" if places is None else f"{value:,.{places}f}"
    if (get_language() or "pt-br").startswith("pt"):
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def money(value: Decimal | None) -> str:
    """Reais as people read them: R$ 1.234,56; blank for no value."""
    return "" if value is None else f"R$\xa0{grouped(Decimal(value), places=2)}"


def canonical(type: str, typed: str, *, options: Sequence[str] = ()) -> str:
    """The canonical text of a typed value of this field type; blank stays blank; raises Unreadable.

    Dates are ISO, times HH:MM, numbers plain decimals, checkboxes true/false, CPF and CNPJ their digits.
    """
    text = typed.strip()
    if not text:
        return ""
    if type == FieldType.OPTIONS and options and text not in options:
        raise Unreadable(_("Choose one of the options."))
    read = _READERS.get(type)
    return read(text) if read else text


def shown(type: str, text: str, *, users: Mapping[int, str] | None = None) -> str:
    """Canonical text as people read it, in the active language; what does not parse is shown as it is."""
    if not text:
        return ""
    if type == FieldType.USER and users and text.isdigit():
        return users.get(int(text), text)
    show = _SHOWERS.get(type)
    if show is None:
        return text
    try:
        return show(text)
    except (ValueError, InvalidOperation):
        return text  # written by another hand in another form: better as it is than hidden


def _read_integer(text: str) -> str:
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+", text):
        text = text.replace(".", "")
    if not re.fullmatch(r"[+-]?\d+", text):
        raise Unreadable(_("“%(text)s” is not a whole number.") % {"text": text})
    return str(int(text))


def _read_money(text: str) -> str:
    return f"{number(text, money=True):f}"


def _read_decimal(text: str) -> str:
    return f"{number(text):f}"


def _read_date(text: str) -> str:
    for pattern, order in (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})", (0, 1, 2)),
        (r"(\d{1,2})/(\d{1,2})/(\d{4})", (2, 1, 0)),
    ):
        found = re.fullmatch(pattern, text)
        if found:
            try:
                return date(*(int(found.groups()[place]) for place in order)).isoformat()
            except ValueError:
                break
    raise Unreadable(_("“%(text)s” is not a date. Example: 31/12/2026.") % {"text": text})


def _read_time(text: str) -> str:
    try:
        hour, minute = (int(part) for part in text.split(":")[:2])
        return time(hour, minute).strftime("%H:%M")
    except ValueError:
        raise Unreadable(_("“%(text)s” is not a time. Example: 14:30.") % {"text": text}) from None


def is_colour(text: str) -> bool:
    """Whether it is #rrggbb."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def _read_colour(text: str) -> str:
    if not is_colour(text):
        raise Unreadable(_("“%(text)s” is not a colour. Example: #0a7f5a.") % {"text": text})
    return text.lower()


def _read_checkbox(text: str) -> str:
    return "true" if text.lower() in _TRUE or text.lower() == "on" else "false"


def _digits(count: int, words: Callable[[str], str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        digits = re.sub(r"[.\-/\s]", "", text)
        if len(digits) != count or not digits.isalnum() or not digits[-2:].isdigit():
            raise Unreadable(words(text))
        return digits.upper()

    return read


def _bad_cpf(text: str) -> str:
    return _("“%(text)s” is not a CPF. It has 11 digits.") % {"text": text}


def _bad_cnpj(text: str) -> str:
    return _("“%(text)s” is not a CNPJ. It has 14 characters.") % {"text": text}


def _show_cpf(text: str) -> str:
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}" if len(text) == 11 else text


def show_cnpj(text: str) -> str:
    """12.345.678/0001-90 from its 14 characters; anything else as it is."""
    if len(text) != 14 or not text.isalnum():
        return text
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


_READERS: dict[str, Callable[[str], str]] = {
    FieldType.INTEGER: _read_integer,
    FieldType.CURRENCY: _read_money,
    FieldType.DECIMAL: _read_decimal,
    FieldType.PERCENT: _read_decimal,
    FieldType.DATE: _read_date,
    FieldType.TIME: _read_time,
    FieldType.CHECKBOX: _read_checkbox,
    FieldType.COLOR: _read_colour,
    FieldType.CPF: _digits(11, _bad_cpf),
    FieldType.CNPJ: _digits(14, _bad_cnpj),
}
_SHOWERS: dict[str, Callable[[str], str]] = {
    FieldType.INTEGER: lambda text: grouped(Decimal(text)),
    FieldType.CURRENCY: lambda text: money(Decimal(text)),
    FieldType.DECIMAL: lambda text: grouped(Decimal(text)),
    FieldType.PERCENT: lambda text: f"{grouped(Decimal(text))}%",
    FieldType.DATE: lambda text: date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT"),
    FieldType.CHECKBOX: lambda text: _("Yes") if text.lower() in _TRUE else _("No"),
    FieldType.CPF: _show_cpf,
    FieldType.CNPJ: show_cnpj,
}
