"""What associated fields, the matrix, back-fills and conflicts look like in answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.rest.fields import IdField, ScopedRelation, Strict, Word
from funnels.fields import FieldType
from funnels.models import CustomField
from integrations.api.shapes import Moment, Text, Versioned
from integrations.models import Connection
from mapping.models import Conflict, FieldMap


class FieldMapBody(Strict):
    """A field of ours and one of theirs (M10)."""

    entity = Word(FieldMap.Entity)
    key = Text(max_length=60, help_text="The custom field's key; title, amount and document are built in.")
    their_key = Text(max_length=120, help_text="`data.key` of a row of the partner's catalog of fields.")
    master = Word(FieldMap.Master, required=False, help_text="Who decides when both sides changed.")
    empty = Word(FieldMap.Empty, required=False, help_text="What an empty value does (X14).")


class FieldMapChanges(Strict):
    """What may change; another field is another association."""

    master = Word(FieldMap.Master, required=False)
    empty = Word(FieldMap.Empty, required=False)


class MapWarningShape(Strict):
    """Something that travels badly though the types fit: missing options, lengths, names."""

    code = Text(read_only=True)
    text = Text(source="words", read_only=True)
    options = serializers.ListField(child=Text(), read_only=True, help_text="Those that are missing.")


class FieldMapShape(Versioned):
    """One association; `drift` says why it stands still while the others go on."""

    connection = ScopedRelation(Connection, source="counterpart.connection", read_only=True, allow_null=True)
    entity = Word(FieldMap.Entity, read_only=True)
    key = Text(read_only=True)
    field = ScopedRelation(CustomField, read_only=True, allow_null=True, help_text="Null: built in.")
    our_type = Word(FieldType, read_only=True)
    their_kind = Text(source="kind", read_only=True)
    their_key = Text(read_only=True)
    their_name = Text(read_only=True)
    their_type = Text(read_only=True)
    master = Word(FieldMap.Master, read_only=True)
    empty = Word(FieldMap.Empty, read_only=True)
    fill = Text(read_only=True, help_text="The back-fill that was asked for last; empty: none.")
    fill_asked_at = Moment(read_only=True, allow_null=True)
    drift = serializers.SerializerMethodField(
        help_text="gone: no longer listed there; unfit, retyped: its type changed; empty: it travels."
    )
    warnings = serializers.SerializerMethodField()

    def get_drift(self, row: FieldMap) -> str:
        """From what the view read once for all rows."""
        return str(self.context.get("drift", {}).get(row.pk, ""))

    @extend_schema_field(MapWarningShape(many=True))
    def get_warnings(self, row: FieldMap) -> Any:
        """From what the view read once for all rows."""
        return MapWarningShape(self.context.get("warnings", {}).get(row.pk, ()), many=True).data


class OurTypeShape(Strict):
    """A type of our fields."""

    type = Text(read_only=True)
    label = Text(read_only=True)


class TheirTypeShape(OurTypeShape):
    """A type of the partner's fields; `longest` characters of text, null without limit."""

    longest = serializers.IntegerField(read_only=True, allow_null=True)


class PermittedShape(Strict):
    """Our type and theirs that may stand together."""

    ours = Text(read_only=True)
    theirs = Text(read_only=True)


class FixedShape(Strict):
    """A pair that is always associated (M11); `way`: both · there · here."""

    entity = Text(read_only=True)
    ours = Text(read_only=True)
    theirs = Text(read_only=True)
    way = Text(read_only=True)


@extend_schema_serializer(many=False)
class MatrixShape(Strict):
    """Which types fit together at this connection's partner (M13)."""

    our_types = OurTypeShape(many=True, read_only=True)
    their_types = TheirTypeShape(many=True, read_only=True)
    pairs = PermittedShape(many=True, read_only=True)
    fixed = FixedShape(many=True, read_only=True)


class FillBody(Strict):
    """Which values fill the running cards; empty: none, only from now on."""

    fill = Word(FieldMap.Fill, allow_blank=True)


class FillShape(Strict):
    """What a back-fill would do, lead by lead, and how far the last one is."""

    fill = Text(read_only=True)
    asked_at = Moment(read_only=True, allow_null=True)
    total = serializers.IntegerField(read_only=True, help_text="Leads in prospection.")
    same = serializers.IntegerField(read_only=True)
    here = serializers.IntegerField(read_only=True, help_text="Blank here only.")
    there = serializers.IntegerField(read_only=True, help_text="Blank there only.")
    apart = serializers.IntegerField(read_only=True, help_text="Different values.")
    unreadable = serializers.IntegerField(read_only=True, help_text="Values that cannot travel (M48).")
    done = serializers.IntegerField(read_only=True, help_text="Leads whose field is agreed on.")


class ConflictShape(Strict):
    """Both sides of one field changed apart: what each said and who won."""

    id = IdField()
    connection = ScopedRelation(Connection, source="counterpart.connection", read_only=True, allow_null=True)
    entity = Text(read_only=True)
    record = serializers.CharField(source="our_id", read_only=True, help_text="Our record's id.")
    their_id = Text(read_only=True)
    deal = serializers.SerializerMethodField()
    their_key = Text(read_only=True)
    label = Text(read_only=True)
    ours = Text(read_only=True)
    theirs = Text(read_only=True)
    winner = Word(Conflict.Winner, read_only=True)
    why = Text(read_only=True)
    at = Moment(read_only=True)

    def get_deal(self, row: Conflict) -> str | None:
        """The card's id as text."""
        return None if row.deal_id is None else str(row.deal_id)
