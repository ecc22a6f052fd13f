"""The catalogue of field types, built-in fields, and the canonical text of their values."""

from __future__ import annotations

import unicodedata

import phonenumbers
from django.db import models
from django.utils.translation import gettext_lazy as _


class FieldType(models.TextChoices):
    """The 21 types of the matrix (seed 000, table of field types)."""

    TEXT = "text", _("Simple text")
    LONG_TEXT = "long_text", _("Multi-line text")
    INTEGER = "integer", _("Integer")
    CURRENCY = "currency", _("Currency")
    DECIMAL = "decimal", _("Number with any decimals")
    OPTIONS = "options", _("Predefined options")
    DATE = "date", _("Date")
    TIME = "time", _("Time")
    CHECKBOX = "checkbox", _("Checkbox")
    CPF = "cpf", _("CPF")
    CNPJ = "cnpj", _("CNPJ")
    PERCENT = "percent", _("Percentage")
    ADDRESS = "address", _("Address")
    IMAGE = "image", _("Image")
    ATTACHMENT = "attachment", _("Attachment")
    COLOR = "color", _("Colour")
    DEVELOPER = "developer", _("Developer")
    USER = "user", _("User")
    PRODUCT = "product", _("Product")
    CLIENT = "client", _("Client")
    CURRENCY_SYMBOL = "currency_symbol", _("Currency symbol")


class Unreadable(ValueError):
    """A typed value that has no single reading; `words` says what to type instead."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def search_key(text: str) -> str:
    """Text as it is compared: without case, accents or doubled spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def email_key(email: str) -> str:
    """An e-mail as it is compared: trimmed, lower case, domain in its ASCII form without accents (M15)."""
    local, at, domain = email.strip().lower().rpartition("@")
    return f"{local}{at}{search_key(domain)}" if at else domain


def is_phone(typed: str) -> bool:
    """Whether it can be one: eight digits at least, or a number that some country has; 40 characters."""
    e164, key = phone_forms(typed)
    return len(typed) <= 40 and bool(e164 or len(key) >= 8)


def phone_forms(typed: str) -> tuple[str, str]:
    """A phone as (E.164 or "", key without the ninth digit of Brazilian mobiles)."""
    try:
        number = phonenumbers.parse(typed, "BR")
    except phonenumbers.NumberParseException:
        return "", "".join(filter(str.isdigit, typed))[-20:]
    if not phonenumbers.is_possible_number(number):
        return "", "".join(filter(str.isdigit, typed))[-20:]
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    digits = e164.lstrip("+")
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        return e164, digits[:4] + digits[5:]
    return e164, digits
