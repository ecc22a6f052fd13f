"""Custom values in a body: known fields, canonical text, rows of the account only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.rest.errors import not_here
from funnels.choices import Missing, checked_all
from funnels.fields import FieldType, Unreadable
from funnels.models import CustomField
from funnels.numbers import as_typed, refuse_two_readings

NUMBERS = {FieldType.INTEGER, FieldType.CURRENCY, FieldType.DECIMAL, FieldType.PERCENT}


def as_text(type: str, sent: Any) -> str:
    """A JSON value as the text of a field of this type: a number is one, and "1.234" is no amount.

    People who type R$ 1.234 mean a thousand, a program may mean a fraction: Unreadable.
    """
    if type in NUMBERS and isinstance(sent, float):
        return as_typed(sent)
    if type == FieldType.CURRENCY:
        refuse_two_readings(str(sent))
    return str(sent)


class CustomValues(serializers.DictField):
    """Field key → text; merged key by key, "" empties a field. Numbers are taken as well."""

    def __init__(self, entity: str, **options: Any) -> None:
        self.entity = entity
        options.setdefault(
            "help_text", "Field key → canonical text or a number; only the keys given are changed."
        )
        options["child"] = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=10_000)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Canonical text by key; raises ValidationError with a sentence for each key that does not fit."""
        given = super().to_internal_value(data)
        kept = self._kept(data)
        given = {key: text for key, text in given.items() if key not in kept}
        account = self.context["request"].account
        rows = CustomField.objects.of(account).filter(entity=self.entity, key__in=list(given))
        fields = {field.key: field for field in rows}
        unknown = _("There is no field “%(key)s” here.")
        errors = {key: [unknown % {"key": key}] for key in given if key not in fields}
        typed: list[tuple[CustomField, str]] = []
        twofold: dict[str, Unreadable] = {}
        for key in (key for key in given if key in fields):
            try:
                typed.append((fields[key], as_text(fields[key].type, data[key])))
            except Unreadable as unreadable:
                twofold[key] = unreadable
        values, bad = checked_all(account, typed)
        bad |= twofold
        errors |= {key: [unreadable.words] for key, unreadable in bad.items()}
        missing = [key for key, unreadable in bad.items() if isinstance(unreadable, Missing)]
        if missing and len(missing) == len(errors):
            raise not_here(field=f"{self.field_name}.{missing[0]}", words=bad[missing[0]].words)
        if errors:
            raise serializers.ValidationError(errors)
        return kept | values

    def _kept(self, data: Mapping[str, Any]) -> dict[str, str]:
        """What the row that is changed has already: written back as read, it need not be choosable today."""
        row = self.root.instance
        stands = {} if row is None else row.custom
        return {key: text for key, text in data.items() if text and stands.get(key) == text}
