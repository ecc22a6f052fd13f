"""Custom fields on screens: rows that say who may write them, and the form of those that people write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.origin import Origin
from funnels import choices, services
from funnels.custom_widgets import RAW, Known, known_for, widget_of
from funnels.fields import FieldType
from funnels.models import CustomField, StoredFile
from funnels.values import Unreadable, canonical, is_colour, shown

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
    link: str = ""
    file: StoredFile | None = None

    @property
    def colour(self) -> str:
        """The colour to paint, only when it is surely one: it goes into a style."""
        return self.text if self.field.type == FieldType.COLOR and is_colour(self.text) else ""

    @property
    def is_code(self) -> bool:
        """Whether it is shown as it is written, blank for blank."""
        return self.field.type == FieldType.DEVELOPER


def fields_of(account: Account, entity: str) -> list[CustomField]:
    """The account's custom fields of deals, persons or companies, in their order."""
    return list(CustomField.objects.of(account).filter(entity=entity).order_by("position", "id"))


def rows(account: Account, fields: Sequence[CustomField], custom: Mapping[str, str]) -> list[Row]:
    """Every field with what it holds, for reading; at most five queries, whatever the fields are."""
    names = choices.named(account, ((field.type, custom.get(field.key, "")) for field in fields))
    return [_row(field, custom.get(field.key, ""), names) for field in fields]


def _row(field: CustomField, text: str, names: choices.Named) -> Row:
    file = names.files.get(int(text)) if field.type in choices.FILES and text.isdecimal() else None
    kind, _colon, number = text.partition(":")
    points = field.type == FieldType.CLIENT and names.name(field.type, text) and text not in names.gone
    return Row(
        field=field,
        text=names.words(field.type, text),
        why=str(WHY_LOCKED.get(CustomField.Writer(field.writer), "")),
        link=reverse(f"portal:{kind}", args=[int(number)]) if points else "",
        file=file,
    )


class CanonicalField(forms.CharField):
    """A custom field's input; cleans to canonical text. What nobody touched stays as it is stored."""

    def __init__(self, *, custom: CustomField, stored: str, offered: str, **kwargs: Any) -> None:
        super().__init__(required=False, label=custom.label, **kwargs)
        self.custom, self.stored, self.offered = custom, stored, offered

    def clean(self, value: Any) -> str:
        text = "" if value is None else str(value)
        if text.strip().replace("\r\n", "\n") == self.offered.strip():
            return self.stored
        if self.custom.type in choices.POINTING:
            return text.strip()  # looked up by the form, all in one go
        try:
            return canonical(self.custom.type, text, options=choices.option_names(self.custom))
        except Unreadable as unreadable:
            raise ValidationError(unreadable.words) from None


class FileValue(forms.Field):
    """A file's input; cleans to the stored id, "" or a file to keep."""

    def __init__(self, *, custom: CustomField, stored: str, **kwargs: Any) -> None:
        super().__init__(required=False, label=custom.label, **kwargs)
        self.custom, self.stored = custom, stored

    def clean(self, value: Any) -> UploadedFile | str:
        if value is None:
            return self.stored
        if isinstance(value, UploadedFile):
            try:
                services.refuse_file(value, image=self.custom.type == FieldType.IMAGE)
            except services.NotAllowed as refused:
                raise ValidationError(refused.words) from None
            return value
        return ""

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002 - Django's
        return data is not None


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
        self.account = account
        self._files: list[StoredFile] = []
        written = [field for field in fields if field.writer == CustomField.Writer.PEOPLE]
        known = known_for(account, written, custom)
        for field in written:
            self._add(field, custom.get(field.key, ""), known)

    def _add(self, field: CustomField, text: str, known: Known) -> None:
        widget = widget_of(field, text, known)
        if field.type in choices.FILES:
            self.fields[field.key] = FileValue(custom=field, stored=text, widget=widget)
            return
        offered = text if field.type in RAW else shown(field.type, text)
        self.fields[field.key] = CanonicalField(custom=field, stored=text, offered=offered, widget=widget)
        self.initial[field.key] = offered

    def clean(self) -> dict[str, Any] | None:
        """Users, products and clients, looked up in the account; a name in words is looked for, too."""
        cleaned = super().clean() or {}
        pointing = [
            (field.custom, cleaned[key])
            for key, field in self.fields.items()
            if isinstance(field, CanonicalField)
            and field.custom.type in choices.POINTING
            and cleaned.get(key, field.stored) != field.stored
        ]
        good, bad = choices.checked_all(self.account, pointing)
        cleaned |= good
        for custom, text in pointing:
            if custom.key in bad:
                try:
                    cleaned[custom.key] = choices.from_words(self.account, custom, text)
                except Unreadable as unreadable:
                    self.add_error(custom.key, unreadable.words)
        return cleaned

    @contextmanager
    def saving(self) -> Iterator[None]:
        """A transaction around `values()` and what is done with them: undone, its files go, too."""
        try:
            with transaction.atomic():
                yield
        except BaseException:
            for row in self._files:
                row.file.delete(save=False)
            raise

    def values(self, *, origin: Origin) -> dict[str, str]:
        """Canonical text by custom field key; files that were sent are kept now. Raises NotAllowed."""
        return {
            key: self._kept(value, origin) if isinstance(value, UploadedFile) else value
            for key, value in self.cleaned_data.items()
        }

    def _kept(self, file: UploadedFile, origin: Origin) -> str:
        row = services.store_file(account=self.account, file=file, name=file.name or "", origin=origin)
        self._files.append(row)
        return str(row.pk)
