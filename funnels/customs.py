"""Custom fields on screens: one form field for each type, and rows that say who may write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from funnels import queries
from funnels.fields import FieldType
from funnels.models import CustomField
from funnels.values import Unreadable, canonical, is_colour, shown

NOT_TYPED = {FieldType.IMAGE, FieldType.ATTACHMENT, FieldType.DEVELOPER}
WHY_LOCKED = {
    CustomField.Writer.SYSTEM: _("Written by the integration. It cannot be edited here."),
    CustomField.Writer.ONCE: _("Written once by the integration. It never changes after that."),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A custom field with its value in words; `why` says why people cannot write it."""

    field: CustomField
    text: str
    why: str

    @property
    def colour(self) -> str:
        """The colour to paint, only when it is surely one: it goes into a style."""
        return self.text if self.field.type == FieldType.COLOR and is_colour(self.text) else ""


def fields_of(account: Account, entity: str) -> list[CustomField]:
    """The account's custom fields of deals, persons or companies, in their order."""
    return list(CustomField.objects.of(account).filter(entity=entity).order_by("position", "id"))


def rows(fields: Sequence[CustomField], custom: Mapping[str, str], users: Mapping[int, str]) -> list[Row]:
    """Every field with what it holds, for reading."""
    return [
        Row(
            field=field,
            text=shown(field.type, custom.get(field.key, ""), users=users),
            why=str(WHY_LOCKED.get(CustomField.Writer(field.writer), "")),
        )
        for field in fields
    ]


def option_names(field: CustomField) -> list[str]:
    """A field's options as text; partners' fields keep them as {"value", …}."""
    return [one if isinstance(one, str) else str(one.get("value", "")) for one in field.options]


class CanonicalField(forms.CharField):
    """A custom field's input; cleans to canonical text."""

    def __init__(self, *, custom: CustomField, **kwargs: Any) -> None:
        super().__init__(required=False, label=custom.label, **kwargs)
        self.custom = custom

    def clean(self, value: Any) -> str:
        text = "" if value is None else str(value)
        try:
            return canonical(self.custom.type, text, options=option_names(self.custom))
        except Unreadable as unreadable:
            raise ValidationError(unreadable.words) from None


class CustomForm(forms.Form):
    """The custom fields that people may write; `values()` is what they typed, by key."""

    prefix = "custom"

    def __init__(
        self,
        *args: Any,
        account: Account,
        fields: Sequence[CustomField],
        custom: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        users = dict(queries.members(account).values_list("pk", "name"))
        for field in fields:
            if field.writer != CustomField.Writer.PEOPLE or field.type in NOT_TYPED:
                continue
            text = custom.get(field.key, "")
            widget = WIDGETS.get(field.type, _line)(field, users, text)
            self.fields[field.key] = CanonicalField(custom=field, widget=widget)
            self.initial[field.key] = text if field.type in RAW else shown(field.type, text)

    def values(self) -> dict[str, str]:
        """Canonical text by custom field key."""
        return dict(self.cleaned_data)


# Types whose inputs want the canonical text itself; the others show it in the reader's language.
RAW = {FieldType.DATE, FieldType.TIME, FieldType.CHECKBOX, FieldType.USER, FieldType.COLOR, FieldType.OPTIONS}

Made = Callable[[CustomField, Mapping[int, str], str], forms.Widget]


def _line(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
    length = 250 if field.type == FieldType.TEXT else 2000
    return forms.TextInput(attrs={"maxlength": length})


def _numeric(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


def _lines(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
    return forms.Textarea(attrs={"rows": 3})


def _browser(type: str) -> Made:
    def made(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
        return forms.TextInput(attrs={"type": type})

    return made


def _options(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
    names = option_names(field)
    kept = [text] if text and text not in names else []  # written by an integration: still shown
    return forms.Select(choices=[("", "—"), *((option, option) for option in [*names, *kept])])


def _yes_no(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
    return forms.Select(choices=[("", "—"), ("true", _("Yes")), ("false", _("No"))])


def _user(field: CustomField, users: Mapping[int, str], text: str) -> forms.Widget:  # noqa: ARG001
    choices = [(str(pk), name) for pk, name in users.items()]
    if text and text not in dict(choices):
        choices.append((text, text))
    return forms.Select(choices=[("", "—"), *choices])


WIDGETS: dict[str, Made] = {
    FieldType.LONG_TEXT: _lines,
    FieldType.ADDRESS: _lines,
    FieldType.INTEGER: _numeric,
    FieldType.CURRENCY: _numeric,
    FieldType.DECIMAL: _numeric,
    FieldType.PERCENT: _numeric,
    FieldType.CPF: _numeric,
    FieldType.OPTIONS: _options,
    FieldType.CHECKBOX: _yes_no,
    FieldType.USER: _user,
    FieldType.DATE: _browser("date"),
    FieldType.TIME: _browser("time"),
    FieldType.COLOR: _browser("color"),
}
