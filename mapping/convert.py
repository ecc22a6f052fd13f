"""Values between our canonical text and a partner's pt-BR text, by type, both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext_noop as _

from funnels.fields import FieldType, Unreadable, search_key
from funnels.values import LONGEST, LONGEST_LINE, canonical
from mapping import written
from mapping.written import Unconvertible

__all__ = ["Names", "Shape", "Unconvertible", "heard", "told"]

SELECT = "select"
"""Their type of field that holds one of its options; in every other one stands text."""

TOO_LONG = _("The text is longer than %(longest)s characters.")
COMES_BACK_OTHER = _("“%(text)s” would come back as another value.")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One side of a pair: our FieldType or their type, the options by name, and how many characters fit."""

    type: str
    options: Sequence[str] = ()
    longest: int | None = None


class Names(Protocol):
    """Names of users, products and clients by canonical reference ("42", "person:7"), and back."""

    def name(self, type: str, ref: str) -> str | None:
        """How the row is called; None when there is none."""

    def refs(self, type: str, name: str) -> Sequence[str]:
        """Every row that is called this, case and accents ignored."""


def told(value: str, ours: Shape, theirs: Shape, names: Names) -> str:
    """Their text for a canonical value of ours (M48); "" stays "".

    What is told is heard as the same value again (an address: as the same line), else Unconvertible.
    """
    if not value.strip():
        return ""
    value = _bare(value, ours)
    text = _tell(value, ours, theirs, names)
    if not _comes_back(value, text, ours, theirs, names):
        raise Unconvertible(COMES_BACK_OTHER, text=value)
    return text


def heard(text: str, ours: Shape, theirs: Shape, names: Names) -> str:
    """Our canonical value for a text of theirs (M48); blank is "".

    What is heard can be told again and is heard the same, else Unconvertible.
    """
    if not text.strip():
        return ""
    value = _hear(text, ours, names)
    if not _comes_back(value, _tell(value, ours, theirs, names), ours, theirs, names):
        raise Unconvertible(COMES_BACK_OTHER, text=text)
    return value


def _comes_back(value: str, text: str, ours: Shape, theirs: Shape, names: Names) -> bool:
    """Whether a text told for a value is heard as that value.

    Canonical text comes back to the letter. A number kept before it was canonical ("1234.5" for an amount)
    counts by what it is worth, and a text by its words.
    """
    if not value.strip() or not text.strip():
        return False
    back = _hear(text, ours, names)
    if ours.type == FieldType.ADDRESS:
        return _tell(back, ours, theirs, names) == text
    if ours.type in _NUMBERS:
        return Decimal(back) == Decimal(value)
    return back == (_read(value, ours) if ours.type in _TEXTS else value)


def _bare(value: str, ours: Shape) -> str:
    """A CPF or CNPJ that was stored before documents were canonical, as it would be stored now."""
    if ours.type not in _DOCUMENTS:
        return value
    try:
        return canonical(ours.type, value)
    except Unreadable:
        return value  # telling it says what is wrong, with the text as it stands


def _tell(value: str, ours: Shape, theirs: Shape, names: Names) -> str:
    tell, _back = _way(ours)
    text = tell(value, ours, names)
    if theirs.type == SELECT:
        text = _option(text, theirs.options, _("The partner's field has no option “%(text)s”."))
    return _fits(text, theirs.longest)


def _hear(text: str, ours: Shape, names: Names) -> str:
    _there, hear = _way(ours)
    return _fits(hear(text.strip(), ours, names), ours.longest)


def _fits(text: str, longest: int | None) -> str:
    if longest is not None and len(text) > longest:
        raise Unconvertible(TOO_LONG, longest=longest)
    return text


def _option(text: str, options: Sequence[str], missing: str) -> str:
    """The option as its side spells it: the very same, else the only one alike but for case, then accents."""
    if text in options:
        return text
    for alike in (str.casefold, search_key):
        found = {option for option in options if alike(option) == alike(text)}
        if len(found) == 1:
            return found.pop()
    raise Unconvertible(_("“%(text)s” can be more than one of the options.") if found else missing, text=text)


# --- Types ----------------------------------------------------------------------------------------------

Step = Callable[[str, Shape, Names], str]
"""A text of one side, our shape and the names → the text of the other side."""

_TEXTS = {FieldType.TEXT, FieldType.LONG_TEXT}
_DOCUMENTS = {FieldType.CPF, FieldType.CNPJ}
_NUMBERS = {FieldType.INTEGER, FieldType.CURRENCY, FieldType.DECIMAL, FieldType.PERCENT}
_NOT_READ: dict[str, str] = {
    FieldType.INTEGER: written.WHOLE,
    FieldType.CURRENCY: written.AMOUNT,
    FieldType.DECIMAL: written.NUMBER,
    FieldType.PERCENT: written.NUMBER,
    FieldType.DATE: written.DATE,
    FieldType.TIME: written.TIME,
    FieldType.CHECKBOX: written.YES_NO,
    FieldType.CPF: written.CPF,
    FieldType.CNPJ: written.CNPJ,
    FieldType.CURRENCY_SYMBOL: written.CURRENCY,
}
_SECONDS = re.compile(r"[0-9]+:[0-9]+:(?!00(?:\.0+)?$).*")


def _way(ours: Shape) -> tuple[Step, Step]:
    way = _WAYS.get(ours.type)
    if way is None:
        raise Unconvertible(_("Fields of this type cannot be associated."))
    return way


def _read(text: str, ours: Shape, *, seen: str = "") -> str:
    """What the CRM itself reads when a person types this (funnels.values); refusals name what was `seen`."""
    try:
        return canonical(ours.type, text)
    except Unreadable:
        longest = LONGEST.get(ours.type, LONGEST_LINE)
        if len(text) > longest:
            raise Unconvertible(TOO_LONG, longest=min(longest, ours.longest or longest)) from None
        words = _NOT_READ.get(ours.type, _("This text has a character that cannot be kept."))
        if words == written.NUMBER and written.two_readings(text.rstrip(" %")):
            words = _("“%(text)s” can be read in two ways. Write it without the separator.")
        raise Unconvertible(words, text=seen or text) from None


def _as_read(tell: Callable[[str], str], ready: Callable[[str], str] = str) -> tuple[Step, Step]:
    """A type that is written by `tell` and read by the CRM, the text made `ready` for it."""
    return (
        lambda value, _ours, _names: tell(value),
        lambda text, ours, _names: _read(ready(text), ours, seen=text),
    )


def _text(value: str, ours: Shape, names: Names) -> str:  # noqa: ARG001
    return _read(value, ours)


def _zeros(length: int) -> Callable[[str], str]:
    """Digits alone, filled up with the zeros that a number loses; the check digits say whether it is so."""
    return lambda text: text.zfill(length) if re.fullmatch(r"[0-9]+", text) else text


def _minutes(text: str) -> str:
    """An hour without seconds: the CRM would drop them, and nothing is cut on the way."""
    if _SECONDS.fullmatch(text):
        raise Unconvertible(written.TIME, text=text)
    return text


def _our_option(text: str, ours: Shape, names: Names) -> str:  # noqa: ARG001
    return _option(text, ours.options, _("The field has no option “%(text)s”."))


def _named(type: FieldType, *, gone: str, unknown: str, shared: str) -> tuple[Step, Step]:
    """A type that points at a row: told by its name, heard by the only row of that name."""

    def tell(ref: str, _ours: Shape, names: Names) -> str:
        name = (names.name(type, ref) or "").strip()
        if not name:
            raise Unconvertible(gone)
        return name

    def hear(text: str, _ours: Shape, names: Names) -> str:
        refs = names.refs(type, text)
        if len(refs) != 1:
            raise Unconvertible(shared if refs else unknown, text=text)
        return refs[0]

    return tell, hear


# Images, attachments, colours and developer fields have no way: they are associated with nothing (M13).
_WAYS: dict[str, tuple[Step, Step]] = {
    FieldType.TEXT: (_text, _text),
    FieldType.LONG_TEXT: (_text, _text),
    FieldType.ADDRESS: _as_read(written.line),
    FieldType.INTEGER: _as_read(written.whole),
    FieldType.CURRENCY: _as_read(written.amount),
    FieldType.DECIMAL: _as_read(written.decimal),
    FieldType.PERCENT: _as_read(written.percent),
    FieldType.DATE: _as_read(written.day),
    FieldType.TIME: _as_read(written.hour, _minutes),
    FieldType.CHECKBOX: _as_read(written.yes_no),
    FieldType.CPF: _as_read(written.cpf, _zeros(11)),
    FieldType.CNPJ: _as_read(written.cnpj, _zeros(14)),
    FieldType.CURRENCY_SYMBOL: _as_read(written.currency),
    FieldType.OPTIONS: (_our_option, _our_option),
    FieldType.USER: _named(
        FieldType.USER,
        gone=_("The user of this field no longer exists."),
        unknown=_("No user is called “%(text)s”."),
        shared=_("More than one user is called “%(text)s”."),
    ),
    FieldType.PRODUCT: _named(
        FieldType.PRODUCT,
        gone=_("The product of this field no longer exists."),
        unknown=_("No product is called “%(text)s”."),
        shared=_("More than one product is called “%(text)s”."),
    ),
    FieldType.CLIENT: _named(
        FieldType.CLIENT,
        gone=_("The client of this field no longer exists."),
        unknown=_("No client is called “%(text)s”."),
        shared=_("More than one client is called “%(text)s”."),
    ),
}
