"""The one form of modules' settings, made of their declarations (S3); the service alone judges the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.module_settings import Kind, Setting

SEEN = "_seen"  # beside a counter: the number that the page showed


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One setting on the page; `value` is what counts or was typed, `suggestion` one that would do."""

    setting: Setting
    field: BoundField
    value: Any
    suggestion: str = ""


class SettingsForm(forms.Form):
    """A field for each setting; errors come from the service, with `refuse`."""

    def __init__(self, data: Any = None, *, settings: Sequence[Setting], values: Mapping[str, Any]) -> None:
        initial = {key: "" if value is None else value for key, value in values.items()}
        super().__init__(data, initial=initial, label_suffix="")
        self.settings, self.values, self.suggestions = list(settings), values, {}
        for setting in self.settings:
            self.fields[setting.key] = _field(setting)

    def refuse(self, errors: Mapping[str, list[str]], suggestions: Mapping[str, str]) -> None:
        """Puts the service's words on their fields."""
        self.suggestions = dict(suggestions)
        for key, sentences in errors.items():
            for words in sentences:
                self.add_error(key if key in self.fields else None, words)

    def groups(self) -> list[tuple[str, list[Shown]]]:
        """The settings as the page shows them, under their groups' titles."""
        found: dict[str, list[Shown]] = {}
        for setting in self.settings:
            bound = self[setting.key]
            value = self.values.get(setting.key) if setting.kind is Kind.IMAGE else bound.value()
            shown = Shown(
                setting=setting, field=bound, value=value, suggestion=self.suggestions.get(setting.key, "")
            )
            found.setdefault(str(setting.group), []).append(shown)
        return list(found.items())


def _field(setting: Setting) -> forms.Field:
    common: dict[str, Any] = {"label": setting.label, "help_text": setting.help, "required": False}
    if setting.kind in (Kind.CHOICE, Kind.GENDER):
        return forms.ChoiceField(widget=forms.RadioSelect, choices=list(setting.choices), **common)
    if setting.kind is Kind.ICON:
        offered = [("", _("The module's own")), *setting.choices]
        return forms.ChoiceField(widget=forms.RadioSelect, choices=offered, **common)
    if setting.kind is Kind.BOOL:
        return forms.BooleanField(**common)
    if setting.kind is Kind.IMAGE:
        accept = forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"})
        return forms.FileField(widget=accept, **common)
    if setting.kind in (Kind.NUMBER, Kind.NEXT_NUMBER):
        limits = {"min": setting.minimum, "max": setting.maximum, "inputmode": "numeric"}
        return forms.CharField(widget=forms.NumberInput(attrs=limits), max_length=20, **common)
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    if setting.kind is Kind.COLOUR:
        attrs |= {"placeholder": "#0a7d5a", "maxlength": "7", "data-colour": ""}
    else:
        attrs |= {"maxlength": str(setting.longest)}
    return forms.CharField(widget=forms.TextInput(attrs=attrs), max_length=200, **common)


def posted(request: HttpRequest, settings: Sequence[Setting]) -> dict[str, Any]:
    """What the page sends, by key, as the service takes it; images stand apart (posted_images).

    A counter that the person left as the page showed it is not sent: deals that were made meanwhile have
    moved it on.
    """
    return dict(_posted(request, settings))


def _posted(request: HttpRequest, settings: Sequence[Setting]) -> Iterator[tuple[str, Any]]:
    for setting in settings:
        raw = request.POST.get(setting.key, "")
        if setting.kind is Kind.BOOL:
            yield setting.key, setting.key in request.POST
        elif setting.kind is Kind.IMAGE:
            if f"{setting.key}_remove" in request.POST:
                yield setting.key, None
        elif setting.kind is not Kind.NEXT_NUMBER or raw != request.POST.get(setting.key + SEEN):
            yield setting.key, raw
