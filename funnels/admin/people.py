"""Staff's screens of persons and companies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from accounts.origin import Origin
from accounts.staff import Related, digits
from accounts.staff_acts import Edit
from accounts.staff_forms import by_row, by_time
from funnels import models as crm
from funnels import services, values
from funnels.admin.section import Crm, CustomValuesForm
from funnels.fields import FieldType, Unreadable, email_key, phone_forms, search_key


class PhonesForm(CustomValuesForm):
    """A person or company with her numbers, one a line."""

    phones = forms.CharField(
        label=_("Phones, one a line"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["phones"].initial = "\n".join(self.instance.phones.values_list("typed", flat=True))

    def clean_phones(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["phones"].splitlines() if line.strip()]


class PersonForm(PhonesForm):
    """A person; one who was erased at her request has to be allowed again."""

    again = forms.BooleanField(
        label=_("The person wants to be known here again"), required=False, widget=UnfoldBooleanWidget()
    )


@admin.register(crm.Person)
class PersonAdmin(Crm):
    """Persons."""

    icon, rank = "contacts", 120
    form = PersonForm
    list_display = ("name", "email", "company", "account", "is_ghost", "updated_at", "deleted_at")
    list_filter = (by_row("account"), "is_ghost", by_time("updated_at"))
    finders = {"email_key": email_key, "name_key__startswith": search_key, "pk": digits}
    adds = ("account", "name", "email", "phones", "company", "again")
    writes = ("name", "email", "phones", "company", "custom")
    related = (
        Related(model="funnels.Deal", field="person", columns=("number", "title", "stage", "status")),
        Related(model="funnels.Phone", field="person", columns=("typed", "e164")),
        Related(model="funnels.InteractionRecord", field="person", columns=("occurred_at", "type", "author")),
    )

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.create_person(**values, origin=origin)

    def update(self, edit: Edit) -> None:
        services.update_person(person=edit.row, version=edit.version, origin=edit.origin, **edit.values)

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, crm.Person)
        services.delete_person(person=row, origin=origin)


class CompanyForm(PhonesForm):
    """A company, her CNPJ with its check digits."""

    def clean_document(self) -> str:
        typed: str = self.cleaned_data["document"]
        if typed == self.instance.document:
            return typed  # stored before its digits were looked at
        try:
            return values.canonical(FieldType.CNPJ, typed)
        except Unreadable as unreadable:
            raise ValidationError(unreadable.words) from None


@admin.register(crm.Company)
class CompanyAdmin(Crm):
    """Companies."""

    icon, rank = "domain", 130
    form = CompanyForm
    list_display = ("name", "document", "account", "updated_at", "deleted_at")
    list_filter = (by_row("account"), by_time("updated_at"))
    finders = {"name_key__startswith": search_key, "pk": digits}
    adds = ("account", "name", "document", "phones")
    writes = ("name", "document", "phones", "custom")
    related = (
        Related(model="funnels.Deal", field="company", columns=("number", "title", "stage", "status")),
        Related(model="funnels.Person", field="company", columns=("name", "email")),
    )

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.create_company(**values, origin=origin)

    def update(self, edit: Edit) -> None:
        services.update_company(company=edit.row, version=edit.version, origin=edit.origin, **edit.values)


def phone_key(typed: str) -> str:
    """The key that a typed number is compared by."""
    return phone_forms(typed)[1]


@admin.register(crm.Phone)
class PhoneAdmin(Crm):
    """Numbers; written with their person or company."""

    icon, rank = "call", 135
    list_display = ("typed", "e164", "person", "company", "account")
    list_filter = (by_row("account"),)
    finders = {"key": phone_key}
