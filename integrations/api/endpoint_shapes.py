"""What webhook endpoints, deliveries and events look like in bodies and answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import IdField, MomentField, ScopedRelation, Strict, Word
from integrations.api.shapes import Moment, StateWritten, Text, Versioned
from integrations.endpoints import services, verdict
from integrations.endpoints.kinds import ALL, KINDS
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint

EVENTS = [ALL, *KINDS]


def _to(model: Any) -> ScopedRelation:
    return ScopedRelation(model, read_only=True)


class Reason(Text):
    """A kept reason in the caller's language, with the endpoint's own words as it said them."""

    def to_representation(self, value: str) -> str:
        """The sentence; "" where there is none."""
        return verdict.in_words(value)


class WebhookEndpointShape(Versioned):
    """An address that is told of the account's events; its secret is never shown again."""

    url = Text(read_only=True)
    description = Text(read_only=True)
    events = serializers.ListField(child=Text(), read_only=True, help_text='Kinds of event; ["*"] is all.')
    enabled = serializers.BooleanField(read_only=True)
    failing_since = Moment(read_only=True, allow_null=True)
    off_since = Moment(read_only=True, allow_null=True, help_text="Switched off by us, see `last_error`.")
    last_error = Reason(read_only=True)
    old_secret_until = Moment(
        source="before_until", read_only=True, allow_null=True, help_text="Two signatures until then."
    )


class WebhookEndpointWithSecretShape(WebhookEndpointShape):
    """The same with its signing secret, told this once and to a repetition by its Idempotency-Key."""

    secret = serializers.SerializerMethodField(
        help_text="“whsec_…”; null only in a repeated answer that was sealed with a key no longer in use."
    )

    def get_secret(self, _row: WebhookEndpoint) -> str | None:
        """The secret in clear."""
        secret: str | None = self.context.get("secret")
        return secret


class WebhookEndpointChangesBody(Strict):
    """What can be changed on an endpoint."""

    url = Text(max_length=500)
    description = Text(max_length=200, required=False, allow_blank=True)
    events = serializers.ListField(
        child=serializers.ChoiceField(EVENTS),
        min_length=1,
        max_length=len(EVENTS),
        help_text='Kinds of event as GET /events/kinds/ lists them; ["*"] is all, later ones too.',
    )
    enabled = serializers.BooleanField(required=False)


class WebhookEndpointBody(WebhookEndpointChangesBody):
    """A new endpoint."""


class RotateSecretBody(Strict):
    """How long the old secret goes on signing beside the new one."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=services.LONGEST_OVERLAP, required=False, default=services.OVERLAP_HOURS
    )


class ReplaySinceBody(Strict):
    """From when on."""

    since = MomentField()


class ReplayedShape(Strict):
    """How many are on their way again."""

    replayed = serializers.IntegerField(read_only=True)


class EventDeliveryShape(Strict):
    """One event for one endpoint, and what became of it."""

    id = IdField()
    endpoint = _to(WebhookEndpoint)
    event = _to(OutgoingEvent)
    kind = Text(source="event.kind", read_only=True)
    webhook_id = Text(source="event.uid", read_only=True)
    state = Word(EventDelivery.State, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    status = serializers.IntegerField(read_only=True, allow_null=True, help_text="The last answer's.")
    reason = Reason(read_only=True)
    due_at = Moment(read_only=True, help_text="While it waits: when it is tried next.")
    first_tried_at = Moment(read_only=True, allow_null=True)
    delivered_at = Moment(read_only=True, allow_null=True)
    updated_at = StateWritten()


class OutgoingEventShape(Strict):
    """Something that happened and that some endpoint asked for, as it is told."""

    id = IdField()
    webhook_id = Text(source="uid", read_only=True)
    type = Text(source="kind", read_only=True)
    timestamp = Moment(source="at", read_only=True)
    data = serializers.DictField(read_only=True)


class EventKindShape(Strict):
    """One kind of event; `object` is the schema of `data.object`."""

    type = Text(read_only=True)
    label = Text(read_only=True)
    object = Text(read_only=True)


class EventKindsShape(Strict):
    """All of them, in one answer."""

    results = EventKindShape(many=True, read_only=True)
