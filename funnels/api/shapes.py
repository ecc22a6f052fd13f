"""What the CRM's resources look like in answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from accounts.rest.fields import IdField, ScopedRelation, ScopedRelations, Strict, Word
from funnels.choices import option_names
from funnels.fields import FieldType
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
    Product,
    Stage,
)


class Versioned(Strict):
    """A row with its version and times."""

    id = IdField()
    version = serializers.IntegerField(
        read_only=True, help_text="Counts its changes; the ETag is made of it."
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


def _to(model: Any, **options: Any) -> ScopedRelation:
    return ScopedRelation(model, read_only=True, **options)


class StageOfFunnelShape(Strict):
    """A stage inside its funnel."""

    id = IdField()
    name = serializers.CharField(read_only=True)
    position = serializers.IntegerField(read_only=True)


class FunnelShape(Versioned):
    """A funnel and its stages in order."""

    name = serializers.CharField(read_only=True)
    position = serializers.IntegerField(read_only=True)
    stages = StageOfFunnelShape(many=True, read_only=True)


class StageShape(Versioned):
    """A stage."""

    funnel = _to(Funnel)
    name = serializers.CharField(read_only=True)
    position = serializers.IntegerField(read_only=True)


class LossReasonShape(Versioned):
    """Why a deal of a funnel can be lost."""

    funnel = _to(Funnel)
    name = serializers.CharField(read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ChecklistItemShape(Versioned):
    """Something to be done in a stage."""

    stage = _to(Stage)
    text = serializers.CharField(read_only=True)
    mandatory = serializers.BooleanField(read_only=True)
    position = serializers.IntegerField(read_only=True)


class ConditionRuleShape(Strict):
    """One comparison; fields and operators as automations' filters name them."""

    field = serializers.CharField(max_length=120)
    operator = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=250, required=False, allow_blank=True, allow_null=True)


class ConditionShape(Strict):
    """All comparisons, or any of them; none holds always."""

    all = serializers.BooleanField(required=False, default=True)
    rules = ConditionRuleShape(many=True, required=False)


class RequirementShape(Versioned):
    """A field that a card needs to go past a stage, if the condition holds (S8)."""

    stage = _to(Stage)
    field = serializers.CharField(read_only=True, help_text="As automations' filters name it: deal.amount.")
    text = serializers.CharField(read_only=True, help_text="What people read when it is missing.")
    condition = ConditionShape(read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    position = serializers.IntegerField(read_only=True)


class WithPhones(Versioned):
    """A row with phones and custom values."""

    phones = serializers.SerializerMethodField(help_text="As typed, the preferred one first.")
    custom = serializers.DictField(child=serializers.CharField(), read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)

    def get_phones(self, row: Any) -> list[str]:
        """The phones as typed."""
        return [phone.typed for phone in row.phones.all()]


class PersonShape(WithPhones):
    """A person; a ghost stands in for a card without a contact."""

    name = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True)
    company = _to(Company, allow_null=True)
    is_ghost = serializers.BooleanField(read_only=True)


class CompanyShape(WithPhones):
    """A company."""

    name = serializers.CharField(read_only=True)
    document = serializers.CharField(read_only=True)


class RelatedIds(ScopedRelations):
    """The related contacts of a card, from the rows fetched with it."""

    def get_attribute(self, instance: Any) -> list[int]:
        """The persons' ids."""
        return [row.person_id for row in instance.related_contacts.all()]


class ProductShape(Versioned):
    """A product; a deleted one stays on the deals that have it."""

    name = serializers.CharField(read_only=True)
    code = serializers.CharField(read_only=True)
    price = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, allow_null=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ProductLineShape(Strict):
    """A product on a card; `price` is that of one, null where it is not agreed."""

    product = _to(Product)
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3, read_only=True)
    price = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, allow_null=True)


class FileShape(Strict):
    """A file that image and attachment fields can hold, by its id."""

    id = IdField()
    name = serializers.CharField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True, help_text="In bytes.")
    sha256 = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class DealShape(Versioned):
    """A card."""

    number = serializers.IntegerField(read_only=True)
    title = serializers.CharField(read_only=True)
    status = Word(Deal.Status, read_only=True)
    funnel = _to(Funnel)
    stage = _to(Stage)
    entered_stage_at = serializers.DateTimeField(read_only=True)
    closed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    loss_reason = _to(LossReason, allow_null=True)
    loss_note = serializers.CharField(read_only=True)
    owner = _to(User, allow_null=True)
    person = _to(Person, allow_null=True)
    company = _to(Company, allow_null=True)
    related = RelatedIds(Person, read_only=True)
    products = ProductLineShape(many=True, read_only=True)
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, read_only=True, allow_null=True)
    custom = serializers.DictField(child=serializers.CharField(), read_only=True)
    deleted_at = serializers.DateTimeField(read_only=True, allow_null=True)


class TickShape(Strict):
    """A checklist item as it stands on a card."""

    item = _to(ChecklistItem)
    stage = _to(Stage, source="item.stage")
    text = serializers.CharField(source="item.text", read_only=True)
    mandatory = serializers.BooleanField(source="item.mandatory", read_only=True)
    done = serializers.BooleanField(read_only=True)
    done_at = serializers.DateTimeField(read_only=True, allow_null=True)


@extend_schema_serializer(many=False)
class ChecklistShape(Strict):
    """A card's checklist, stage by stage."""

    results = TickShape(many=True, read_only=True)


class CheckInShape(Strict):
    """Somebody arrived or left (S3)."""

    id = IdField()
    kind = Word(CheckIn.Kind, read_only=True)
    user = _to(User, allow_null=True)
    at = serializers.DateTimeField(read_only=True)
    latitude = serializers.DecimalField(max_digits=9, decimal_places=6, read_only=True)
    longitude = serializers.DecimalField(max_digits=9, decimal_places=6, read_only=True)
    accuracy = serializers.IntegerField(read_only=True, allow_null=True, help_text="In metres.")
    distance = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Metres from the client; null while its place is unknown."
    )
    outside = serializers.BooleanField(read_only=True, help_text="Beyond the account's radius.")


class ResponsibleIds(ScopedRelations):
    """The responsibles of a task, by id."""

    def get_attribute(self, instance: Any) -> list[int]:
        """From what was fetched with the task."""
        return sorted(row.user_id for row in instance.responsibles.all())


class InteractionRecordShape(Versioned):
    """A contact that took place."""

    type = Word(InteractionRecord.Type, read_only=True)
    text = serializers.CharField(read_only=True)
    occurred_at = serializers.DateTimeField(read_only=True)
    author = serializers.CharField(read_only=True)
    person = _to(Person, allow_null=True)
    deal = _to(Deal, allow_null=True)
    company = _to(Company, allow_null=True)
    check_ins = CheckInShape(many=True, read_only=True)
    origin = serializers.CharField(read_only=True, help_text="Who wrote it, such as api:7 or connection:3.")


class TaskShape(Versioned):
    """Something somebody has to do."""

    title = serializers.CharField(read_only=True)
    text = serializers.CharField(read_only=True)
    deal = _to(Deal, allow_null=True)
    person = _to(Person, allow_null=True)
    assignee = _to(User, allow_null=True)
    responsibles = ResponsibleIds(User, read_only=True)
    check_ins = CheckInShape(many=True, read_only=True)
    due_at = serializers.DateTimeField(read_only=True, allow_null=True)
    done_at = serializers.DateTimeField(read_only=True, allow_null=True)
    origin = serializers.CharField(read_only=True)


class FieldShape(Versioned):
    """A custom field."""

    entity = Word(CustomField.Entity, read_only=True)
    key = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    type = Word(FieldType, read_only=True)
    options = serializers.SerializerMethodField()
    writer = Word(CustomField.Writer, read_only=True)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_options(self, row: CustomField) -> list[Any]:
        """The options as people see them."""
        return option_names(row)


class BuiltInFieldShape(Strict):
    """A field that every account has."""

    entity = Word(CustomField.Entity, read_only=True)
    key = serializers.CharField(read_only=True)
    label = serializers.CharField(read_only=True)
    type = Word(FieldType, read_only=True)


class BuiltInFieldsShape(Strict):
    """All of them, in one answer."""

    results = BuiltInFieldShape(many=True, read_only=True)
