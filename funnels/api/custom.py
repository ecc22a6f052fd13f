"""Custom values in a body: known fields, canonical text, rows of the account only."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.rest.errors import not_here
from funnels.choices import Missing, checked_all
from funnels.models import CustomField


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
        unknown = _("There is no field “%(key)s” here.")
        errors = {key: [unknown % {"key": key}] for key in given if key not in fields}
        typed = [(fields[key], text) for key, text in given.items() if key in fields]
        values, bad = checked_all(account, typed)
        errors |= {key: [unreadable.words] for key, unreadable in bad.items()}
        missing = [key for key, unreadable in bad.items() if isinstance(unreadable, Missing)]
        if missing and len(missing) == len(errors):
            raise not_here(field=f"{self.field_name}.{missing[0]}", words=bad[missing[0]].words)
        if errors:
            raise serializers.ValidationError(errors)
        return values
