"""The bodies that the CRM's resources take."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import User
from accounts.rest.fields import MomentField, ScopedRelation, ScopedRelations, Strict, Word
from funnels import values
from funnels.api.custom import CustomValues
from funnels.api.lines import ProductLineBody
from funnels.api.sent import SentField
from funnels.api.shapes import ConditionShape
from funnels.fields import FieldType, Unreadable, is_phone
from funnels.models import (
    CheckIn,
    ChecklistItem,
    Company,
    CustomField,
    Deal,
    Funnel,
    InteractionRecord,
    LossReason,
    Person,
    Stage,
)


class PhonesField(serializers.ListField):
    """Phones as typed, the preferred one first; what has no number in it is none, as in forms."""

    def __init__(self, **options: Any) -> None:
        options["child"] = serializers.CharField(max_length=40)
        super().__init__(max_length=20, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        """The texts; those that the row has already may be written back, whoever wrote them."""
        numbers: list[str] = super().to_internal_value(data)
        odd = [typed for typed in numbers if not is_phone(typed)]
        if odd and self.root.instance is not None:
            known = set(self.root.instance.phones.values_list("typed", flat=True))
            odd = [typed for typed in odd if typed not in known]
        if odd:
            words = _("“%(phone)s” is not a phone. Example: (11) 98765-4321.")
            raise serializers.ValidationError(words % {"phone": odd[0]})
        return numbers


class NameBody(Strict):
    """A new name."""

    name = serializers.CharField(max_length=120)


class FunnelBody(Strict):
    """A funnel with its first stages."""

    name = serializers.CharField(max_length=120)
    stages = serializers.ListField(
        child=serializers.CharField(max_length=120), min_length=1, max_length=50, help_text="Names, in order."
    )


class InFunnelBody(Strict):
    """A stage or a loss reason of a funnel."""

    funnel = ScopedRelation(Funnel)
    name = serializers.CharField(max_length=120)


class ChecklistItemBody(Strict):
    """Something to be done in a stage."""

    stage = ScopedRelation(Stage)
    text = serializers.CharField(max_length=200)
    mandatory = serializers.BooleanField(required=False, default=True)


class ChecklistItemChangesBody(Strict):
    """What can be changed on a checklist item."""

    text = serializers.CharField(max_length=200)
    mandatory = serializers.BooleanField()


class RequirementBody(Strict):
    """A required field of a stage."""

    stage = ScopedRelation(Stage)
    field = serializers.CharField(max_length=80)
    text = serializers.CharField(max_length=200, required=False, allow_blank=True)
    condition = ConditionShape(required=False)


class RequirementChange(Strict):
    """What changes of a requirement."""

    field = serializers.CharField(max_length=80, required=False)
    text = serializers.CharField(max_length=200, required=False, allow_blank=True)
    condition = ConditionShape(required=False)
    enabled = serializers.BooleanField(required=False)


class PersonBody(Strict):
    """A person."""

    name = serializers.CharField(max_length=200)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phones = PhonesField(required=False)
    company = ScopedRelation(Company, required=False, allow_null=True)
    custom = CustomValues("person", required=False)


class CompanyBody(Strict):
    """A company."""

    name = serializers.CharField(max_length=200)
    document = serializers.CharField(max_length=18, required=False, allow_blank=True, help_text="CNPJ.")
    phones = PhonesField(required=False)
    custom = CustomValues("company", required=False)

    def validate_document(self, text: str) -> str:
        """Its 14 characters; a CNPJ whose check digits do not fit is refused."""
        try:
            return values.canonical(FieldType.CNPJ, text)
        except Unreadable as unreadable:
            raise serializers.ValidationError(unreadable.words) from None


class DealChangesBody(Strict):
    """What can be changed on a card; its place and status have actions of their own."""

    title = serializers.CharField(max_length=200)
    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, required=False, allow_null=True, help_text="In reais, as text."
    )
    owner = ScopedRelation(User, required=False, allow_null=True)
    person = ScopedRelation(Person, required=False, allow_null=True, help_text="The main contact.")
    company = ScopedRelation(Company, required=False, allow_null=True)
    related = ScopedRelations(
        Person,
        required=False,
        standing=lambda deal: deal.related_contacts.values_list("person_id", flat=True),
        help_text="Related contacts; replaces the list.",
    )
    products = ProductLineBody(many=True, required=False, help_text="Replaces the list.")
    custom = CustomValues("deal", required=False)


class DealBody(DealChangesBody):
    """A new card."""

    stage = ScopedRelation(Stage, help_text="Where it starts; the stage says the funnel.")


class StageBody(Strict):
    """Where a card goes."""

    stage = ScopedRelation(Stage)


class ReopenBody(Strict):
    """Where a card is opened again; its last stage when left out."""

    stage = ScopedRelation(Stage, required=False, allow_null=True)


class LossBody(Strict):
    """Why a card is lost."""

    loss_reason = ScopedRelation(LossReason, required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ChecklistMarkBody(Strict):
    """A checklist item of the card, done or not."""

    item = ScopedRelation(ChecklistItem)
    done = serializers.BooleanField(required=False, default=True)


class NothingBody(Strict):
    """An empty object."""


class InteractionRecordBody(Strict):
    """A contact that took place, on a person, a card, a company or several of them."""

    type = Word(InteractionRecord.Type, required=False, default=InteractionRecord.Type.SIMPLE.value)
    text = serializers.CharField(max_length=100_000, allow_blank=True)
    occurred_at = MomentField(required=False, help_text="Now when left out.")
    author = serializers.CharField(max_length=160, required=False, allow_blank=True)
    person = ScopedRelation(Person, required=False, allow_null=True)
    deal = ScopedRelation(Deal, required=False, allow_null=True)
    company = ScopedRelation(Company, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """On something it must be."""
        if not any(attrs.get(name) for name in ("person", "deal", "company")):
            raise serializers.ValidationError(_("Say which person, deal or company it is about."))
        return attrs


class TaskBody(Strict):
    """Something somebody has to do."""

    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=100_000, required=False, allow_blank=True)
    deal = ScopedRelation(Deal, required=False, allow_null=True)
    person = ScopedRelation(Person, required=False, allow_null=True)
    assignee = ScopedRelation(User, required=False, allow_null=True)
    responsibles = ScopedRelations(
        User,
        required=False,
        standing=lambda task: task.responsibles.values_list("user_id", flat=True),
        help_text="Replaces the list; only while the account uses the field.",
    )
    due_at = MomentField(required=False, allow_null=True)


class CheckInBody(Strict):
    """Somebody arrived or left; kept once for each user and kind."""

    kind = Word(CheckIn.Kind)
    user = ScopedRelation(User, help_text="Who was there.")
    latitude = serializers.DecimalField(max_digits=20, decimal_places=12, help_text="Degrees, as text.")
    longitude = serializers.DecimalField(max_digits=20, decimal_places=12, help_text="Degrees, as text.")
    accuracy = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=1_000_000, help_text="In metres."
    )
    use_as_place = serializers.BooleanField(
        required=False, help_text="The client whose place is unknown has it here from now on."
    )


class ProductBody(Strict):
    """A product."""

    name = serializers.CharField(max_length=200)
    code = serializers.CharField(max_length=60, required=False, allow_blank=True)
    price = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        allow_null=True,
        help_text="In reais, as text.",
    )


def _options(**more: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=250), max_length=200, help_text="For type options.", **more
    )


class FieldBody(Strict):
    """A custom field; its key and type never change."""

    entity = Word(CustomField.Entity)
    key = serializers.SlugField(max_length=60, required=False, help_text="Made from the label when left out.")
    label = serializers.CharField(max_length=120)
    type = Word(FieldType)
    options = _options(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Options belong to one type, and that type needs them."""
        if bool(attrs.get("options")) != (attrs["type"] == FieldType.OPTIONS):
            raise serializers.ValidationError(
                {"options": [_("Give options for the type “options”, and only there.")]}
            )
        return attrs


class FieldChangesBody(Strict):
    """A new label, and options behind those there are."""

    label = serializers.CharField(max_length=120, required=False)
    add_options = _options(required=False)


class FileBody(Strict):
    """A file of 5 MB at most, as multipart/form-data."""

    file = SentField(help_text="Any file but SVG; fields of the type image take PNG, JPEG, WebP and GIF.")
