"""Inputs of the CRM's forms: amounts, quantities, phones, files, and rows that are searched for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext

from funnels import services, values
from funnels.fields import is_phone

PHONES = 6
BIGGEST = Decimal(10) ** 12  # reais; an amount is below it


class MoneyField(forms.CharField):
    """An amount in reais typed the Brazilian way; cleans to Decimal or None."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "placeholder": "0,00", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return values.grouped(value, places=2) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            amount = values.number(text, money=True)
        except values.Unreadable as unreadable:
            raise ValidationError(unreadable.words) from None
        if amount < 0:
            raise ValidationError(gettext("An amount is never below zero."))
        if amount >= BIGGEST:
            raise ValidationError(gettext("This amount is too big."))
        if amount != round(amount, 2):
            raise ValidationError(gettext("Type an amount in reais with two decimals at most."))
        return round(amount, 2)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True


class PhonesWidget(forms.Widget):
    """One input for each number, and one more to add; they share the field's name."""

    template_name = "funnels/parts/phones.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["numbers"] = [*(value or []), ""][:PHONES]
        context["most"] = PHONES
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002 - Django's
        return [typed.strip() for typed in data.getlist(name) if typed.strip()]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002 - Django's
        return name not in data


class PhonesField(forms.Field):
    """Several phones; cleans to a list as typed; every one needs at least eight digits."""

    widget = PhonesWidget

    def clean(self, value: Any) -> list[str]:
        numbers = list(dict.fromkeys(value or []))
        for typed in numbers:
            if not is_phone(typed):
                raise ValidationError(
                    gettext("“%(phone)s” is not a phone. Example: (11) 98765-4321.") % {"phone": typed}
                )
        return numbers

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])


class QuantityField(MoneyField):
    """How many of something, typed the Brazilian way; cleans to a Decimal above zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs["placeholder"] = "1"

    def prepare_value(self, value: Any) -> Any:
        return values.show_decimal(f"{value:f}") if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        text = forms.CharField.clean(self, value).strip()
        try:
            quantity = values.number(text or "1")
        except values.Unreadable as unreadable:
            raise ValidationError(unreadable.words) from None
        if not 0 < quantity < services.BIGGEST_QUANTITY or quantity != round(quantity, 3):
            raise ValidationError(gettext("Type a quantity above zero, with three decimals at most."))
        return quantity


class RowPicker(forms.Widget):
    """Searches for a row while one types (kind: product · client); its value is the row's id, or the words
    that were typed where nothing was chosen; `words` is what the value is called."""

    template_name = "funnels/parts/row_picker.html"

    def __init__(self, *, kind: str, words: str = "", value: str = "", placeholder: str = "") -> None:
        super().__init__()
        self.kind, self.words, self.value, self.placeholder = kind, words, value, placeholder

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        known = str(value or "") == self.value
        context |= {
            "address": reverse("portal:choose", args=[self.kind]),
            "words": self.words if known else str(value or ""),
            "chosen": self.value if known else "",
            "placeholder": self.placeholder,
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:  # noqa: ARG002 - Django's
        typed = data.get(f"{name}_words")
        if typed is None:
            return str(data.get(name, ""))  # a plain select or a program sends the id alone
        return str(data.get(name) or typed) if typed.strip() else ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002 - Django's
        return name not in data and f"{name}_words" not in data


class UploadInput(forms.Widget):
    """A file to send; shows the one that is there, with a tick to take it away.

    Its value is the file sent, "" for one taken away, None for no change.
    """

    template_name = "funnels/parts/upload.html"
    needs_multipart_form = True

    def __init__(self, *, image: bool, kept: Any = None) -> None:
        super().__init__()
        self.image, self.kept = image, kept

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        # A form that comes back has lost the file: no page can put it into a browser's input again.
        lost = value.name if isinstance(value, UploadedFile) else ""
        size = {"most": services.MOST_BYTES // 1024**2}
        return context | size | {"image": self.image, "kept": self.kept, "lost": lost, "cleared": value == ""}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> UploadedFile | str | None:
        return files.get(name) or ("" if data.get(f"{name}_clear") else None)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}_clear" not in data


def local_datetime() -> forms.DateTimeInput:
    """The browser's own date-and-time input, in the account's zone."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
