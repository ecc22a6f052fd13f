"""Custom values in a body: known fields, canonical text, users of the account only."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from accounts.rest.errors import not_here
from accounts.rest.fields import read_id, rows_of
from funnels.fields import FieldType
from funnels.models import CustomField
from funnels.values import Unreadable, canonical


class CustomValues(serializers.DictField):
    """Field key → text; merged key by key, "" empties a field. Numbers and booleans are taken as text."""

    def __init__(self, entity: str, **options: Any) -> None:
        self.entity = entity
        options.setdefault("help_text", "Field key → canonical text; only the keys given are changed.")
        options["child"] = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=10_000)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Canonical text by key; raises ValidationError with a sentence for each key that does not fit."""
        given = super().to_internal_value(data)
        account = self.context["request"].account
        rows = CustomField.objects.of(account).filter(entity=self.entity, key__in=list(given))
        fields = {field.key: field for field in rows}
        values: dict[str, str] = {}
        errors: dict[str, list[str]] = {}
        for key, text in given.items():
            try:
                values[key] = self._value(fields.get(key), key, text)
            except Unreadable as unreadable:
                errors[key] = [unreadable.words]
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def _value(self, field: CustomField | None, key: str, text: str) -> str:
        if field is None:
            raise Unreadable(_("There is no field “%(key)s” here.") % {"key": key})
        value = canonical(field.type, text, options=_options(field))
        if field.type == FieldType.USER and value:
            number = read_id(value)
            if number is None:
                raise Unreadable(_("Write an id, such as “42”."))
            if not rows_of(User, self.context["request"].account).filter(pk=number).exists():
                raise not_here(field=f"{self.field_name}.{key}")
        return value


def _options(field: CustomField) -> list[str]:
    return [one if isinstance(one, str) else str(one.get("value", "")) for one in field.options]
