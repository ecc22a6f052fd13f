"""What connections, automations and their traffic look like in answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import IdField, ScopedRelation, Strict, Word
from funnels.models import Deal, Funnel, Person, Stage
from integrations.models import (
    Arrival,
    Automation,
    Connection,
    Delivery,
    Enrollment,
    Lead,
    OutboxAction,
)
from integrations.redaction import redact_body

Text = serializers.CharField
Moment = serializers.DateTimeField


class StateWritten(Moment):
    """When the state of a row was last written; null on rows older than the column."""

    def __init__(self) -> None:
        words = "When `state` was last written; null on rows from before that was kept."
        super().__init__(read_only=True, allow_null=True, help_text=words)


def _to(model: Any, **options: Any) -> ScopedRelation:
    return ScopedRelation(model, read_only=True, **options)


class Versioned(Strict):
    """A row with its version and times."""

    id = IdField()
    version = serializers.IntegerField(
        read_only=True, help_text="Counts its changes; the ETag is made of it."
    )
    created_at = Moment(read_only=True)
    updated_at = Moment(read_only=True)


class ConnectionShape(Versioned):
    """One account's link to one account of a partner; credentials are never shown."""

    partner = Text(read_only=True)
    state = Word(Connection.State, read_only=True)
    state_reason = Text(read_only=True)
    flow = Text(read_only=True)
    remote_id = Text(read_only=True, help_text="The account over there.")
    remote_name = Text(read_only=True)
    last_error = Text(read_only=True)
    failures = serializers.IntegerField(read_only=True, help_text="In a row.")
    failing_since = Moment(read_only=True, allow_null=True)
    clock_until = Moment(read_only=True, allow_null=True, help_text="Not tried again before.")
    activated_at = Moment(read_only=True, allow_null=True)


class ShelfShape(Strict):
    """A kind that the partner lists and we keep, and how old our reading is."""

    kind = Text(read_only=True)
    label = Text(read_only=True)
    read_at = Moment(read_only=True, allow_null=True)
    wanted_at = Moment(read_only=True, allow_null=True, help_text="A new reading was asked for.")
    last_error = Text(read_only=True)


class CatalogItemShape(Strict):
    """One row that the partner lists: a cadence, a user, a field, a reason."""

    id = IdField()
    kind = Text(read_only=True)
    their_id = Text(read_only=True)
    name = Text(read_only=True)
    data = serializers.DictField(read_only=True)
    gone_at = Moment(read_only=True, allow_null=True, help_text="The partner no longer lists it.")


class FilterRuleShape(Strict):
    """One condition of an automation."""

    field = Text(max_length=120)
    operator = Text(max_length=40)
    value = Text(max_length=250, required=False, allow_blank=True, allow_null=True)


class FiltersShape(Strict):
    """The conditions of an automation: all of them, or any; none always holds (M26)."""

    all = serializers.BooleanField(required=False, default=True)
    rules = FilterRuleShape(many=True, required=False)


class AutomationShape(Versioned):
    """When this happens, if that holds, do this."""

    funnel = _to(Funnel)
    stage = _to(Stage)
    order = serializers.IntegerField(source="position", read_only=True)
    description = Text(read_only=True)
    trigger = Word(Automation.Trigger, read_only=True)
    trigger_values = serializers.DictField(read_only=True, help_text="What the trigger needs to know.")
    filters = serializers.DictField(read_only=True)
    connection = _to(Connection, allow_null=True, help_text="None for an action of the CRM's own.")
    action = Text(read_only=True)
    parameters = serializers.DictField(read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    stopped = serializers.SerializerMethodField(
        help_text="Why it does not run, in words; empty when it does."
    )

    def get_stopped(self, row: Automation) -> str:
        """From the one answer that the view asked for all rows together."""
        return str(self.context.get("stopped", {}).get(row.pk, ""))


class LeadShape(Versioned):
    """One person being prospected at a partner, in one run of a deal."""

    enrollment = _to(Enrollment)
    connection = _to(Connection, source="enrollment.connection")
    deal = _to(Deal, source="enrollment.deal")
    run = serializers.IntegerField(
        source="enrollment.number", read_only=True, help_text="The deal's run, from 1."
    )
    run_state = Word(Enrollment.State, source="enrollment.state", read_only=True)
    person = _to(Person)
    is_main = serializers.BooleanField(read_only=True)
    state = Word(Lead.State, read_only=True)
    sent_at = Moment(read_only=True, allow_null=True)
    closed_at = Moment(read_only=True, allow_null=True)
    public_url = Text(read_only=True, help_text="Its page over there.")


class TriedShape(Strict):
    """One rule that was tried and the values it saw."""

    row = Text(read_only=True, help_text="The requirement it comes from.")
    passed = serializers.BooleanField(read_only=True)
    text = Text(read_only=True)
    saw = serializers.DictField(read_only=True)


class ExplanationShape(Strict):
    """Why a card was, or was not, sent to one connection (X1)."""

    connection = _to(Connection)
    partner = Text(source="connection.partner", read_only=True)
    headline = Text(read_only=True)
    sent = serializers.BooleanField(read_only=True)
    tried = TriedShape(many=True, read_only=True, help_text="What the rules say now.")
    then = TriedShape(many=True, read_only=True, help_text="What they said at the last change.")


class ArrivalShape(Strict):
    """One thing that a partner told us."""

    id = IdField()
    connection = _to(Connection)
    delivery = _to(Delivery)
    kind = Text(read_only=True)
    their_id = Text(read_only=True)
    event = Text(read_only=True)
    record = serializers.DictField(read_only=True)
    state = Word(Arrival.State, read_only=True)
    reason = Text(read_only=True)
    tried = serializers.ListField(child=serializers.DictField(), read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    received_at = Moment(read_only=True)
    applied_at = Moment(read_only=True, allow_null=True)
    updated_at = StateWritten()


class DeliveryShape(Strict):
    """One webhook request or polled page as it came, secrets blanked, at most 64 kB of the body."""

    id = IdField()
    connection = _to(Connection)
    source = Word(Delivery.Source, read_only=True)
    state = Word(Delivery.State, read_only=True)
    reason = Text(read_only=True)
    headers = serializers.DictField(read_only=True)
    body = serializers.SerializerMethodField()
    received_at = Moment(read_only=True)

    def get_body(self, row: Delivery) -> str:
        """As text."""
        return redact_body(bytes(row.body), ())


class OutboxActionShape(Strict):
    """Something to be done at a partner, what became of it and what comes next."""

    id = IdField()
    connection = _to(Connection)
    deal = _to(Deal, source="enrollment.deal", allow_null=True)
    enrollment = _to(Enrollment, allow_null=True)
    lead = _to(Lead, allow_null=True)
    kind = Text(read_only=True)
    reference = Text(read_only=True)
    state = Word(OutboxAction.State, read_only=True)
    reason = Text(read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    receipt = serializers.DictField(read_only=True)
    created_at = Moment(read_only=True)
    due_at = Moment(read_only=True, allow_null=True)
    done_at = Moment(read_only=True, allow_null=True)
    updated_at = StateWritten()


class ExchangeShape(Strict):
    """One HTTP request to a partner and its answer, secrets blanked."""

    id = IdField()
    connection = _to(Connection)
    action = _to(OutboxAction, allow_null=True)
    at = Moment(read_only=True)
    method = Text(read_only=True)
    url = Text(read_only=True)
    status = serializers.IntegerField(read_only=True, allow_null=True)
    elapsed_ms = serializers.IntegerField(read_only=True)
    error = Text(read_only=True)


class WholeExchangeShape(ExchangeShape):
    """The same with headers and bodies, each at most 64 kB."""

    request_headers = serializers.DictField(read_only=True)
    request_body = Text(read_only=True)
    response_headers = serializers.DictField(read_only=True)
    response_body = Text(read_only=True)
