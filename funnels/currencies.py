"""The currencies that a field of the type "currency symbol" chooses from; kept as their ISO code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funnels.fields import Unreadable

CURRENCIES: dict[str, tuple[str, str | Promise]] = {
    "BRL": ("R$", gettext_lazy("Brazilian real")),
    "USD": ("US$", gettext_lazy("US dollar")),
    "EUR": ("€", gettext_lazy("Euro")),
    "GBP": ("£", gettext_lazy("Pound sterling")),
    "ARS": ("AR$", gettext_lazy("Argentine peso")),
    "BOB": ("Bs", gettext_lazy("Bolivian boliviano")),
    "CLP": ("CLP$", gettext_lazy("Chilean peso")),
    "COP": ("COP$", gettext_lazy("Colombian peso")),
    "MXN": ("MX$", gettext_lazy("Mexican peso")),
    "PEN": ("S/", gettext_lazy("Peruvian sol")),
    "PYG": ("₲", gettext_lazy("Paraguayan guarani")),
    "UYU": ("$U", gettext_lazy("Uruguayan peso")),
    "AUD": ("A$", gettext_lazy("Australian dollar")),
    "CAD": ("C$", gettext_lazy("Canadian dollar")),
    "CHF": ("Fr.", gettext_lazy("Swiss franc")),
    "CNY": ("CN¥", gettext_lazy("Chinese yuan")),
    "INR": ("₹", gettext_lazy("Indian rupee")),
    "JPY": ("¥", gettext_lazy("Japanese yen")),
}
_CODES = {symbol.casefold(): code for code, (symbol, _name) in CURRENCIES.items()}


def read_currency(typed: str) -> str:
    """The ISO code of a code, a symbol, or a symbol with its code as the choices show them."""
    words = typed.replace("(", " ").replace(")", " ").split()
    found = {word.upper() if word.upper() in CURRENCIES else _CODES.get(word.casefold()) for word in words}
    if len(found) != 1 or None in found:
        raise Unreadable(_("“%(text)s” is not a currency. Example: R$ or BRL.") % {"text": typed[:60]})
    return str(found.pop())


def show_currency(text: str) -> str:
    """Its symbol: R$; anything else as it is."""
    return CURRENCIES[text][0] if text in CURRENCIES else text


def choices() -> list[tuple[str, str]]:
    """(code, "R$ · Brazilian real (BRL)") in the order they are offered."""
    return [(code, f"{symbol} · {name} ({code})") for code, (symbol, name) in CURRENCIES.items()]
