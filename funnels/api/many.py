"""Many persons, companies or deals in one call: what a row looks like and what it is matched by (S18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.rest.bulk import Bulk, Match, Row
from accounts.rest.errors import NotHere, not_here
from accounts.rest.fields import Strict, read_id, rows_of
from funnels import values
from funnels.api.bodies import CompanyBody, DealBody, PersonBody
from funnels.api.custom import as_text
from funnels.custom_text import CustomText
from funnels.fields import FieldType, Unreadable, email_key, search_key
from funnels.models import Company, CustomField, Deal, Person

CUSTOM = "custom."  # deals may be matched by a custom field that holds another system's number


class PersonRow(Row, PersonBody):
    """A person to find, make or change."""


class PersonsBody(Strict):
    """Up to 1,000 persons."""

    match = serializers.ChoiceField(
        ("email",), required=False, help_text="What a row without `id` is found by: `email`."
    )
    rows = PersonRow(many=True, help_text="1 to 1,000.")


class CompanyRow(Row, CompanyBody):
    """A company to find, make or change."""


class CompaniesBody(Strict):
    """Up to 1,000 companies."""

    match = serializers.ChoiceField(
        ("document", "name"),
        required=False,
        help_text="What a row without `id` is found by: `document` (CNPJ, the default) or `name`.",
    )
    rows = CompanyRow(many=True, help_text="1 to 1,000.")


class DealRow(Row, DealBody):
    """A deal to find, make or change; another stage moves it."""

    number = serializers.IntegerField(required=False, help_text="Of the deal that is meant; never given.")


class DealsBody(Strict):
    """Up to 1,000 deals."""

    match = serializers.CharField(
        max_length=80,
        required=False,
        help_text="What a row without `id` is found by: `number` (the default) or a custom field that holds "
        "your own reference, such as `custom.erp_id`.",
    )
    rows = DealRow(many=True, help_text="1 to 1,000.")


class ManyPersons(Bulk):
    """Persons by e-mail."""

    row_body = PersonBody

    def matched_by(self: Any, _match: str) -> Match:
        """By e-mail, compared without case."""
        rows = rows_of(Person, self.request.account).filter(is_ghost=False)
        return Match(
            sent=lambda row: email_key(_text(row, "email")),
            stored=lambda row: row.email_key,
            found=lambda keys: rows.filter(email_key__in=keys),
        )


class ManyCompanies(Bulk):
    """Companies by CNPJ or by name."""

    row_body = CompanyBody

    def matched_by(self: Any, match: str) -> Match:
        """By CNPJ, written in any way, or by name, without case and accents."""
        rows = rows_of(Company, self.request.account)
        if match == "name":
            return Match(
                sent=lambda row: search_key(_text(row, "name")),
                stored=lambda row: row.name_key,
                found=lambda keys: rows.filter(name_key__in=keys),
            )
        return Match(
            sent=lambda row: _canonical(FieldType.CNPJ, _text(row, "document")),
            stored=lambda row: row.document,
            found=lambda keys: rows.filter(document__in=keys),
        )


class ManyDeals(Bulk):
    """Deals by number, or by a custom field that holds the reference of another system."""

    row_body = DealBody
    pointers = ("id", "number")

    def matched_by(self: Any, match: str) -> Match:
        """A number that no deal has fails: numbers are the account's to give. A reference makes a deal."""
        rows = rows_of(Deal, self.request.account)
        if match in ("", "number"):
            return Match(
                sent=lambda row: str(read_id(row.get("number")) or ""),
                stored=lambda row: str(row.number),
                found=lambda keys: rows.filter(number__in=[key for key in keys if len(key) < 10]),
                check=_check_number,
                stranger=_stranger_number,
            )
        field = self._reference(match)
        return Match(
            sent=lambda row: _reference_of(field, row),
            stored=lambda row: str(row.custom.get(field.key, "")),
            found=lambda keys: rows.annotate(reference=CustomText(field.key)).filter(reference__in=keys),
        )

    def _reference(self: Any, match: str) -> CustomField:
        rows = CustomField.objects.of(self.request.account).filter(entity=CustomField.Entity.DEAL)
        key = match.removeprefix(CUSTOM) if match.startswith(CUSTOM) else ""
        field: CustomField | None = rows.filter(key=key).first() if key else None
        if field is None:
            words = _("Use “number”, or “custom.” and the key of a field of deals.")
            raise serializers.ValidationError({"match": [words]})
        return field


def _check_number(row: Mapping[str, Any]) -> None:
    if "number" in row and read_id(row["number"]) is None:
        raise serializers.ValidationError({"number": [_("Write a whole number above zero, such as 42.")]})


def _stranger_number(key: str) -> NotHere:
    words = _(
        "Nothing here has the number %(number)s. Numbers are given by the account: leave it out to make a "
        "new one."
    )
    return not_here(field="number", words=words % {"number": key})


def _text(row: Mapping[str, Any], name: str) -> str:
    """The text of that name; whatever else stands there the serializer refuses."""
    value = row.get(name, "")
    return value if isinstance(value, str) else ""


def _reference_of(field: CustomField, row: Mapping[str, Any]) -> str:
    """The row's reference as it would be stored; "" for none and for what the serializer refuses."""
    inner = row.get("custom")
    sent = inner.get(field.key, "") if isinstance(inner, Mapping) else ""
    if not isinstance(sent, str | int | float):
        return ""
    try:
        return values.canonical(field.type, as_text(field.type, sent))
    except Unreadable:
        return ""


def _canonical(type: str, text: str) -> str:
    """As it is stored; what has no reading matches nobody, and the serializer says why."""
    try:
        return values.canonical(type, text)
    except Unreadable:
        return ""
