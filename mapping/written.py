"""How canonical values are written in pt-BR, whatever language the reader of the portal speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext_noop as _

from funnels.currencies import CURRENCIES
from funnels.documents import show_cnpj, show_cpf


class Unconvertible(ValueError):
    """A value that cannot stand on the other side; nothing changes (M48).

    `words` is an English message id and `saw` what stands in its places: `gettext(words) % saw`.
    """

    def __init__(self, words: str, **saw: str | int) -> None:
        super().__init__(words % saw)
        self.words = words
        self.saw: Mapping[str, str | int] = saw


WHOLE = _("“%(text)s” is not a whole number.")
NUMBER = _("“%(text)s” is not a number. Example: 1.234,56.")
AMOUNT = _("“%(text)s” is not an amount: it has two decimals at most.")
DATE = _("“%(text)s” is not a date. Example: 31/12/2026.")
TIME = _("“%(text)s” is not a time. Example: 14:30.")
YES_NO = _("“%(text)s” is neither yes nor no.")
CPF = _("“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.")
CNPJ = _("“%(text)s” is not a CNPJ: it has 14 characters, the last two computed from the others.")
CURRENCY = _("“%(text)s” is not a currency. Example: R$ or BRL.")

# Numbers have any number of digits: they are text from end to end.
_WHOLE = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_THOUSAND_OR_FRACTION = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def two_readings(number: str) -> bool:
    """Whether nobody can tell if it is a thousand or a fraction: "1.234"."""
    return _THOUSAND_OR_FRACTION.fullmatch(number) is not None


def whole(value: str) -> str:
    """1234567, without separators."""
    if not _WHOLE.fullmatch(value):
        raise Unconvertible(WHOLE, text=value)
    return value


def decimal(value: str) -> str:
    """1.234,56 with every decimal; never with two readings: 1234, and 1,2340 for one and 234 thousandths."""
    sign, units, decimals = _parts(value, NUMBER)
    text = f"{sign}{_grouped(units)}{f',{decimals}' if decimals else ''}"
    if not two_readings(text):
        return text
    return f"{text}0" if decimals else f"{sign}{units}"


def amount(value: str) -> str:
    """1.234,50, always with two decimals; more would be rounded and are refused."""
    sign, units, decimals = _parts(value, AMOUNT)
    cents = decimals.rstrip("0").ljust(2, "0")
    if len(cents) > 2:
        raise Unconvertible(AMOUNT, text=value)
    return f"{sign}{_grouped(units)},{cents}"


def percent(value: str) -> str:
    """12,5%."""
    return f"{decimal(value)}%"


def day(value: str) -> str:
    """31/12/2026 from 2026-12-31."""
    found = _DAY.fullmatch(value)
    try:
        if found:
            date(int(found[1]), int(found[2]), int(found[3]))
            return f"{found[3]}/{found[2]}/{found[1]}"
    except ValueError:
        pass  # 2026-02-31 looks like a date and is none: refused below like any other text
    raise Unconvertible(DATE, text=value)


def hour(value: str) -> str:
    """14:30."""
    if not _HOUR.fullmatch(value):
        raise Unconvertible(TIME, text=value)
    return value


def yes_no(value: str) -> str:
    """Sim or Não."""
    if value not in ("true", "false"):
        raise Unconvertible(YES_NO, text=value)
    return "Sim" if value == "true" else "Não"


def cpf(value: str) -> str:
    """123.456.789-09."""
    if not re.fullmatch(r"[0-9]{11}", value):
        raise Unconvertible(CPF, text=value)
    return show_cpf(value)


def cnpj(value: str) -> str:
    """12.345.678/0001-95; its first twelve characters may be letters since 2026."""
    if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", value):
        raise Unconvertible(CNPJ, text=value)
    return show_cnpj(value)


def currency(value: str) -> str:
    """R$ from BRL."""
    if value not in CURRENCIES:
        raise Unconvertible(CURRENCY, text=value)
    return CURRENCIES[value][0]


def line(value: str) -> str:
    """A text of several lines as one: line breaks become ", ", without doubling a comma that ends a line."""
    *before, last = [part.strip() for part in value.splitlines() if part.strip()] or [""]
    return ", ".join([*(part.rstrip(", ") for part in before if part.strip(", ")), last])


def _parts(value: str, words: str) -> tuple[str, str, str]:
    found = _DECIMAL.fullmatch(value)
    if found is None:
        raise Unconvertible(words, text=value)
    return found[1], found[2], found[3] or ""


def _grouped(units: str) -> str:
    return re.sub(r"(?<=[0-9])(?=(?:[0-9]{3})+$)", ".", units)
