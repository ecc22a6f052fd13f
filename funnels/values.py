"""Custom values between people and the database: typed text to canonical text, and back to words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from funnels.currencies import read_currency, show_currency
from funnels.documents import read_cnpj, read_cpf, show_cnpj, show_cpf
from funnels.fields import FieldType, Unreadable, search_key
from funnels.numbers import grouped, money, number, read_amount, read_decimal, read_whole, show_decimal

__all__ = [
    "Unreadable",
    "canonical",
    "grouped",
    "is_colour",
    "money",
    "number",
    "show_cnpj",
    "show_decimal",
    "shown",
]

LONGEST: dict[str, int] = {FieldType.LONG_TEXT: 10_000, FieldType.DEVELOPER: 10_000, FieldType.ADDRESS: 500}
LONGEST_LINE = 250  # every other type
_TRUE = {"true", "1", "sim", "s", "yes", "y", "on", "verdadeiro"}
_FALSE = {"false", "0", "nao", "n", "no", "off", "falso"}
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?|[hH]([0-9]{2})?)")
_ID = re.compile(r"0*[1-9][0-9]{0,17}")
_CLIENT = re.compile(r"(person|company):(0*[1-9][0-9]{0,17})")
_BLANKS = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')  # of a JSON text, outside its strings


def canonical(type: str, typed: str, *, options: Sequence[str] = ()) -> str:
    """The canonical text of a typed value of this field type; blank stays blank; raises Unreadable.

    Dates are ISO, times HH:MM, numbers plain decimals (amounts with two), checkboxes true/false, CPF and CNPJ
    their characters, currencies their ISO code, JSON compact; users, products and files are ids, clients
    "person:12" or "company:34" (whether such a row exists is funnels.choices' to say). Canonical text is its
    own canonical text.
    """
    text = typed.strip()
    if not text:
        return ""
    _refuse_unstorable(text)
    most = LONGEST.get(type, LONGEST_LINE)
    text = _LINES.get(type, _one_line)(text)
    if len(text) > most:
        raise Unreadable(
            _("It has %(count)s characters; %(most)s at most.") % {"count": len(text), "most": most}
        )
    if type == FieldType.OPTIONS and options:
        return _read_option(text, options)
    read = _READERS.get(type)
    return read(text) if read else text


def shown(type: str, text: str, *, users: Mapping[int, str] | None = None) -> str:
    """Canonical text as people read it, in the active language; what does not parse is shown as it is."""
    if not text:
        return ""
    if type == FieldType.USER and users and text.isdecimal():
        return users.get(int(text), text)
    show = _SHOWERS.get(type)
    if show is None:
        return text
    try:
        return show(text)
    except (ValueError, InvalidOperation):
        return text  # written by another hand in another form: better as it is than hidden


def is_colour(text: str) -> bool:
    """Whether it is #rrggbb."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def _refuse_unstorable(text: str) -> None:
    """NUL and lone surrogates, which no database column takes."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unreadable(_("This text has a character that cannot be kept."))


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()).strip()


def _several_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_option(text: str, options: Sequence[str]) -> str:
    if text in options:
        return text
    for alike in (str.casefold, search_key):  # as it is written, then without accents
        found = [option for option in options if alike(option) == alike(text)]
        if len(found) == 1:
            return found[0]
    raise Unreadable(_("Choose one of the options."))


def _read_date(text: str) -> str:
    for pattern, order in (
        (r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", (0, 1, 2)),
        (r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", (2, 1, 0)),
    ):
        found = re.fullmatch(pattern, text)
        if found:
            try:
                return date(*(int(found.groups()[place]) for place in order)).isoformat()
            except ValueError:
                break
    raise Unreadable(_("“%(text)s” is not a date. Example: 31/12/2026.") % {"text": text})


def _read_time(text: str) -> str:
    found = _TIME.fullmatch(text)
    try:
        if found:
            return time(int(found[1]), int(found[2] or found[3] or 0)).strftime("%H:%M")
    except ValueError:
        pass  # 25:00 looks like a time and is none: refused below like any other text
    raise Unreadable(_("“%(text)s” is not a time. Example: 14:30.") % {"text": text})


def _read_colour(text: str) -> str:
    if not is_colour(text):
        raise Unreadable(_("“%(text)s” is not a colour. Example: #0a7f5a.") % {"text": text})
    return text.lower()


def _read_checkbox(text: str) -> str:
    key = search_key(text)
    if key not in _TRUE | _FALSE:
        raise Unreadable(_("“%(text)s” is neither yes nor no.") % {"text": text})
    return "true" if key in _TRUE else "false"


def _read_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Unreadable(_("Write an id, such as “42”."))
    return str(int(text))


def _read_client(text: str) -> str:
    found = _CLIENT.fullmatch(text)
    if not found:
        raise Unreadable(_("Write “person:” or “company:” and the id, such as “person:42”."))
    return f"{found[1]}:{int(found[2])}"


def _read_json(text: str) -> str:
    """The same JSON without blanks; numbers and escapes stay as they were written."""
    try:
        json.loads(text, parse_constant=_no_constant, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise Unreadable(_('This is not valid JSON. Example: {"key": "value"}.')) from None
    return _BLANKS.sub(r"\1", text)


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _show_date(text: str) -> str:
    return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")


def _show_checkbox(text: str) -> str:
    key = search_key(text)
    return text if key not in _TRUE | _FALSE else _("Yes") if key in _TRUE else _("No")


_LINES: dict[str, Callable[[str], str]] = {
    FieldType.LONG_TEXT: _several_lines,
    FieldType.ADDRESS: _several_lines,
    FieldType.DEVELOPER: lambda text: text,
}
_READERS: dict[str, Callable[[str], str]] = {
    FieldType.INTEGER: read_whole,
    FieldType.CURRENCY: read_amount,
    FieldType.DECIMAL: read_decimal,
    FieldType.PERCENT: read_decimal,
    FieldType.DATE: _read_date,
    FieldType.TIME: _read_time,
    FieldType.CHECKBOX: _read_checkbox,
    FieldType.CPF: read_cpf,
    FieldType.CNPJ: read_cnpj,
    FieldType.COLOR: _read_colour,
    FieldType.DEVELOPER: _read_json,
    FieldType.CURRENCY_SYMBOL: read_currency,
    FieldType.USER: _read_id,
    FieldType.PRODUCT: _read_id,
    FieldType.CLIENT: _read_client,
    FieldType.IMAGE: _read_id,
    FieldType.ATTACHMENT: _read_id,
}
_SHOWERS: dict[str, Callable[[str], str]] = {
    FieldType.INTEGER: lambda text: grouped(Decimal(text)),
    FieldType.CURRENCY: lambda text: money(Decimal(text)),
    FieldType.DECIMAL: show_decimal,
    FieldType.PERCENT: lambda text: f"{show_decimal(text)}%",
    FieldType.DATE: _show_date,
    FieldType.CHECKBOX: _show_checkbox,
    FieldType.CPF: show_cpf,
    FieldType.CNPJ: show_cnpj,
    FieldType.CURRENCY_SYMBOL: show_currency,
}
