"""Why a card, a person or a lead was, or was not, sent: the rules with the values they saw (X1)."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import ScopedRelation, Strict, Word
from accounts.rest.resource import Operation, Resource
from funnels.models import Deal, Person
from integrations.api.shapes import (
    ExplanationShape,
    LeadShape,
    Moment,
    Text,
    TriedShape,
)
from integrations.engine import explain, explain_lead, explain_person
from integrations.engine.explain_person import Role
from integrations.engine.fieldstate import State
from integrations.models import Arrival, Connection, Lead, OutboxAction


@extend_schema_serializer(many=False)
class ExplanationsShape(Strict):
    """One for each connection."""

    results = ExplanationShape(many=True, read_only=True)


class HerLeadShape(Strict):
    """A person's lead in one run of a card, and what became of it."""

    lead = LeadShape(read_only=True)
    headline = Text(read_only=True)
    sent = serializers.BooleanField(read_only=True)
    last = Text(read_only=True, help_text="What last arrived about it, in words; empty when nothing did.")
    last_at = Moment(read_only=True, allow_null=True)


class PersonCardShape(Strict):
    """One card that a person is on."""

    deal = ScopedRelation(Deal, read_only=True)
    roles = serializers.ListField(child=Word(Role), read_only=True, help_text="What the person is on it.")
    explanations = ExplanationShape(many=True, read_only=True, help_text="One for each connection.")
    leads = HerLeadShape(many=True, read_only=True, help_text="The person's own, newest first.")


@extend_schema_serializer(many=False)
class PersonExplanationShape(Strict):
    """A person's newest cards, at most 20, each with why it was sent or not."""

    person = ScopedRelation(Person, read_only=True)
    headline = Text(read_only=True, help_text="Says when there is no card, or more than are shown.")
    count = serializers.IntegerField(read_only=True, help_text="How many cards there are in all.")
    results = PersonCardShape(source="cards", many=True, read_only=True)


class AskedShape(Strict):
    """An action about the lead: how it stands, and what the partner's answer proved."""

    id = ScopedRelation(OutboxAction, source="action", read_only=True)
    kind = Text(source="action.kind", read_only=True)
    label = Text(read_only=True)
    state = Word(OutboxAction.State, source="action.state", read_only=True)
    text = Text(read_only=True)
    attempts = serializers.IntegerField(source="action.attempts", read_only=True)
    evidence = serializers.DictField(read_only=True)
    created_at = Moment(source="action.created_at", read_only=True)
    done_at = Moment(source="action.done_at", read_only=True, allow_null=True)


class NewsShape(Strict):
    """Something that arrived about the lead, with the rules that it met."""

    id = ScopedRelation(Arrival, source="arrival", read_only=True)
    kind = Text(source="arrival.kind", read_only=True)
    event = Text(source="arrival.event", read_only=True)
    state = Word(Arrival.State, source="arrival.state", read_only=True)
    text = Text(read_only=True)
    tried = TriedShape(many=True, read_only=True)
    received_at = Moment(source="arrival.received_at", read_only=True)


class FieldStateShape(Strict):
    """How one associated field of the lead stands; a value that was never said is null."""

    key = Text(read_only=True, help_text="Their field.")
    entity = Text(read_only=True, help_text="Our record that the field is of: person, company or deal.")
    label = Text(read_only=True)
    their_label = Text(read_only=True)
    here = Text(read_only=True, allow_null=True, help_text="What it says here now.")
    sent = Text(read_only=True, allow_null=True, help_text="As we last sent it.")
    read = Text(read_only=True, allow_null=True, help_text="As it was last read over there.")
    state = Word(State, read_only=True)
    why = Text(read_only=True)


class RunParameterShape(Strict):
    """One parameter that the run was started with, in words."""

    label = Text(read_only=True)
    value = Text(read_only=True)


@extend_schema_serializer(many=False)
class LeadExplanationShape(Strict):
    """Everything about one lead: its run, what was asked, what arrived, how its fields stand."""

    lead = LeadShape(read_only=True)
    connection = ScopedRelation(Connection, read_only=True)
    partner = Text(source="connection.partner", read_only=True)
    headline = Text(read_only=True)
    sent = serializers.BooleanField(read_only=True)
    automation = Text(read_only=True, help_text="What started the run; empty when it was deleted.")
    parameters = RunParameterShape(many=True, read_only=True)
    started_at = Moment(source="lead.enrollment.started_at", read_only=True)
    ended_at = Moment(source="lead.enrollment.ended_at", read_only=True, allow_null=True)
    ended_why = Text(read_only=True)
    then = TriedShape(many=True, read_only=True, help_text="What the change that started the run met.")
    actions = AskedShape(many=True, read_only=True, help_text="The newest 20.")
    arrivals = NewsShape(source="news", many=True, read_only=True, help_text="The newest 20.")
    more_arrivals = serializers.BooleanField(source="older_news", read_only=True)
    field_states = FieldStateShape(source="fields", many=True, read_only=True)


class Explanations(Resource):
    """Why a card was, or was not, sent (X1)."""

    module = "deals"
    model, shows = Deal, ExplanationShape
    paged = False
    path_ids = {"deal": Deal}
    operations = {
        "list": Operation(
            summary="Explain why a deal was or was not sent",
            description="The rules themselves, with the values they saw.",
            response=ExplanationsShape,
        )
    }

    def list(self, _request: Request, deal: str) -> Response:
        """One explanation for each living connection."""
        lines = explain.explain_deal(self.find(deal))
        return Response({"results": ExplanationShape(lines, many=True).data})


class PersonExplanations(Resource):
    """Why a person's cards were, or were not, sent, and what became of her leads (X1)."""

    module = "deals"
    model, shows = Person, PersonExplanationShape
    paged = False
    path_ids = {"person": Person}
    operations = {
        "list": Operation(
            summary="Explain why a person was or was not sent",
            description="The newest 20 cards where the person is main contact, related contact, ghost or "
            "lead, each with the rules and the values they saw, and the person's own leads.",
        )
    }

    def list(self, _request: Request, person: str) -> Response:
        """Her cards."""
        told = explain_person.explain_person(self.find(person))
        return Response(PersonExplanationShape(told, context=self.get_serializer_context()).data)


class LeadExplanations(Resource):
    """Why a lead was, or was not, sent and what became of it (X1)."""

    module = "deals"
    model, shows = Lead, LeadExplanationShape
    paged = False
    path_ids = {"lead": Lead}
    operations = {
        "list": Operation(
            summary="Explain why a lead was or was not sent",
            description="Its run, the rules that the change met, what was asked of the partner, what arrived "
            "with the rules it met, and how each associated field stands.",
        )
    }

    def list(self, _request: Request, lead: str) -> Response:
        """The lead."""
        told = explain_lead.explain_lead(self.find(lead))
        return Response(LeadExplanationShape(told, context=self.get_serializer_context()).data)
