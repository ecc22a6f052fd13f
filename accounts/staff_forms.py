"""Forms and filters of the staff admin: a row's version rides along, refusals come back as errors."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from accounts.staff_shown import label_of


class StaffForm(forms.ModelForm):
    """`seen_version`: the version that the page showed; `refused`: what the service said to the values."""

    refused: ClassVar[str] = ""
    seen_version = forms.IntegerField(label="", widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = getattr(self.instance, "version", None)

    def clean(self) -> dict[str, Any] | None:
        if self.refused:
            raise ValidationError(self.refused)
        return super().clean()

    def changed_values(self) -> dict[str, Any]:
        """What the person changed, cleaned, by field."""
        names = [name for name in self.changed_data if name != "seen_version"]
        return {name: self.cleaned_data[name] for name in names}


class RelatedRowForm(AutocompleteDropdownForm):
    """unfold's, on the default manager: tenants' `objects` refuses to run without an account."""

    class Media(AutocompleteDropdownForm.Media):
        pass

    def __init__(
        self,
        request: Any,  # noqa: ARG002 - the signature is given
        name: str,
        label: str,
        choices: tuple[Any, ...],  # noqa: ARG002 - the signature is given
        field: Any,
        model_admin: Any,
        multiple: bool = False,  # noqa: ARG002 - the signature is given
        **kwargs: Any,
    ) -> None:
        forms.Form.__init__(self, **kwargs)
        self.fields[name] = forms.ModelChoiceField(
            label=label,
            required=False,
            queryset=field.remote_field.model._default_manager.all(),  # noqa: SLF001 - meant for subclasses
            widget=AutocompleteSelect(
                field, model_admin.admin_site, attrs={"class": "unfold-filter-autocomplete"}
            ),
        )


class Labelled:
    """A filter whose title is the field's translated label."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)  # type: ignore[call-arg]  # a filter follows in the MRO
        self.title = label_of(field)


class RelatedRowFilter(Labelled, AutocompleteSelectFilter):
    """A filter by a related row that is searched for, never listed."""

    form_class = RelatedRowForm


class ChoiceFilter(Labelled, ChoicesDropdownFilter):
    """A filter by one of the field's choices."""


class TimeFilter(Labelled, RangeDateTimeFilter):
    """A filter by a span of time."""


def by_row(name: str) -> tuple[str, type[RelatedRowFilter]]:
    """A list filter by a foreign key."""
    return name, RelatedRowFilter


def by_choice(name: str) -> tuple[str, type[ChoiceFilter]]:
    """A list filter by choices."""
    return name, ChoiceFilter


def by_time(name: str) -> tuple[str, type[TimeFilter]]:
    """A list filter by a date and time."""
    return name, TimeFilter
