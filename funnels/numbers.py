"""Numbers and amounts as people type and read them, and as they are kept: plain decimal text."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from funnels.fields import Unreadable

# A thousand or a fraction: nobody can tell. A leading zero makes it a fraction.
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_PT_BR = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
_EN = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_WHOLE = re.compile(r"[+-]?(?:[0-9]{1,30}|[1-9][0-9]{0,2}(?:(?:\.[0-9]{3}){1,9}|(?:,[0-9]{3}){1,9}))")
LONGEST = 250  # characters of a number
BIGGEST_AMOUNT = Decimal(10) ** 15


def number(typed: str, *, money: bool = False) -> Decimal:
    """A typed number; "1.234" alone has two readings and is refused with words (house.md, "Values").

    `money` reads it the Brazilian way, because amounts have two decimals at most: R$ 1.234 is 1234.
    Raises Unreadable.
    """
    if not money:
        refuse_two_readings(typed)
    text = _bare(typed)
    if len(text) <= LONGEST:
        if _PT_BR.fullmatch(text):
            return Decimal(text.replace(".", "").replace(",", "."))
        if _EN.fullmatch(text):
            return Decimal(text.replace(",", ""))
        if _PLAIN.fullmatch(text):
            return Decimal(text)
    raise Unreadable(_("“%(text)s” is not a number. Example: 1.234,56.") % {"text": typed[:60]})


def refuse_two_readings(typed: str) -> None:
    """Raises Unreadable for "1.234" and "1,234": a thousand or a fraction."""
    if _TWO_READINGS.fullmatch(_bare(typed)):
        raise Unreadable(
            _("“%(text)s” can be read in two ways. Write it without the separator.") % {"text": typed}
        )


def as_typed(value: float) -> str:
    """A program's number as text with one reading: 1.234 gets a zero behind it; infinity stays a word."""
    if not isfinite(value):
        return str(value)
    exact = Decimal(repr(value))
    if exact == exact.to_integral_value():
        return str(int(exact))
    return f"{exact:f}0" if _TWO_READINGS.fullmatch(f"{exact:f}") else f"{exact:f}"


def _bare(typed: str) -> str:
    return typed.replace("R$", "").replace("%", "").replace("\xa0", "").replace(" ", "")


def grouped(value: Decimal, *, places: int | None = None) -> str:
    """A number with the separators of the reader's language: 1.234,56 or 1,234.56."""
    text = f"{value:,f}" if places is None else f"{value:,.{places}f}"
    if (get_language() or "pt-br").startswith("pt"):
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def money(value: Decimal | None) -> str:
    """Reais as people read them: R$ 1.234,56; blank for no value."""
    return "" if value is None else f"R$\xa0{grouped(Decimal(value), places=2)}"


def read_whole(typed: str) -> str:
    """A whole number of 30 digits at most, its thousands grouped or not."""
    if not _WHOLE.fullmatch(typed):
        raise Unreadable(_("“%(text)s” is not a whole number.") % {"text": typed[:60]})
    return str(int(typed.replace(".", "").replace(",", "")))


def read_decimal(typed: str) -> str:
    """A number with every decimal that was typed; what would have two readings gets a zero behind it."""
    value = number(typed)
    text = f"{value if value else value.copy_abs():f}"
    return f"{text}0" if _TWO_READINGS.fullmatch(text) else text


def read_amount(typed: str) -> str:
    """An amount with exactly two decimals: never rounded, what has more is refused."""
    value = number(typed, money=True)
    if abs(value) >= BIGGEST_AMOUNT or value != round(value, 2):
        raise Unreadable(
            _("“%(text)s” is not an amount: it has two decimals at most.") % {"text": typed[:60]}
        )
    return f"{value if value else value.copy_abs():.2f}"


def show_decimal(text: str) -> str:
    """The number in the reader's language, written so that it reads back: 1234, but 12.345,6."""
    value = Decimal(text)
    words = grouped(value)
    if not _TWO_READINGS.fullmatch(words):
        return words
    return f"{value:f}" if value == value.to_integral_value() and "." not in text else f"{words}0"
