"""What the CRM's own automations offer, what became of their runs, and what one would do (S7)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import IdField, ScopedRelation, Strict, Word
from accounts.rest.filters import Choice, IdFilter
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels.models import Deal
from integrations.api.connections import NothingBody
from integrations.api.shapes import StateWritten, TriedShape
from integrations.api.traffic import STATE_SINCE
from integrations.engine.explain import in_words, lines
from integrations.models import Automation, WorkflowRun
from integrations.workflow.checking import Book
from integrations.workflow.declaration import ACTIONS, TRIGGER_VALUES, Kind, Parameter
from integrations.workflow.replay import run_again
from integrations.workflow.told import sentence
from integrations.workflow.trial import Trial

Text = serializers.CharField
Moment = serializers.DateTimeField


class LinkShape(Strict):
    """One automation of a chain, and the card it acted on."""

    automation = Text(read_only=True)
    deal = Text(read_only=True)
    name = Text(read_only=True)


class WorkflowRunShape(Strict):
    """One automation of the CRM's own, on one deal, for one cause; done once and explained."""

    id = IdField()
    automation = ScopedRelation(Automation, read_only=True)
    deal = ScopedRelation(Deal, read_only=True)
    cause = Text(read_only=True, help_text="What set it off, such as `change:17` or `idle:2026-11-22T…`.")
    state = Word(WorkflowRun.State, read_only=True)
    reason = serializers.SerializerMethodField(help_text="Why it stopped, or what it did, in words.")
    chain = LinkShape(
        many=True, read_only=True, help_text="The automations that led to this run, the first one first."
    )
    tried = serializers.SerializerMethodField(help_text="The rules that were tried and what they saw (X1).")
    attempts = serializers.IntegerField(read_only=True)
    created_at = Moment(read_only=True)
    done_at = Moment(read_only=True, allow_null=True)
    updated_at = StateWritten()

    def get_reason(self, row: WorkflowRun) -> str:
        """In the caller's language."""
        return sentence(row)

    def get_tried(self, row: WorkflowRun) -> TriedShape(many=True):  # type: ignore[valid-type]  # read by the schema
        """In the caller's language."""
        return TriedShape(lines(row.tried), many=True).data

    def to_representation(self, instance: WorkflowRun) -> dict[str, Any]:
        """Ids as text, in the chain too."""
        shown: dict[str, Any] = super().to_representation(instance)
        shown["chain"] = [{**link, "automation": str(link["automation"])} for link in shown["chain"]]
        return shown


class WorkflowRuns(Lists, Reads, Resource):
    """What the CRM's own automations did, and why they did not (S7)."""

    module = ("workflow", "deals")
    model, shows = WorkflowRun, WorkflowRunShape
    related = ("automation",)
    filters = (
        IdFilter(name="automation", model=Automation, description="Of this automation."),
        IdFilter(name="deal", model=Deal, description="Of this deal."),
        Choice(name="state", choices=WorkflowRun.State.values, description="In this state."),
        STATE_SINCE,
    )
    operations = {
        "list": Operation(summary="List runs of automations"),
        "retrieve": Operation(summary="Read a run"),
        "replay": Operation(
            summary="Run again what was refused",
            description="Computed from the present; any other run answers 422 `not_allowed`.",
            request=NothingBody,
        ),
    }

    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """The run, waiting."""
        return self.answer(run_again(run=self.find(id), origin=request.origin, **self.read()))


class OfferedShape(Strict):
    """One thing that a parameter can be."""

    value = Text(read_only=True)
    label = Text(read_only=True)
    group = Text(read_only=True)


class OwnParameterShape(Strict):
    """A parameter: its name, what it holds, and what it can be where that is a list."""

    name = Text(read_only=True)
    label = Text(read_only=True)
    kind = serializers.ChoiceField(
        [kind.value for kind in Kind],
        read_only=True,
        help_text="`stage`, `who`, `field`, `watched`, `date`: one of `choices`. `days`: a number. `flag`: "
        "true or false. `value`: text that fits the field in `of`. `text`, `long_text`: text.",
    )
    required = serializers.BooleanField(read_only=True)
    of = Text(read_only=True)
    choices = OfferedShape(many=True, read_only=True)


class OwnActionShape(Strict):
    """An action that the CRM does by itself."""

    action = Text(read_only=True)
    label = Text(read_only=True)
    triggers = serializers.ListField(child=Text(), read_only=True, help_text="That it can be used with.")
    parameters = OwnParameterShape(many=True, read_only=True)


class TriggerShape(Strict):
    """A trigger and what it needs to know."""

    trigger = Word(Automation.Trigger, read_only=True)
    label = Text(read_only=True)
    trigger_values = OwnParameterShape(many=True, read_only=True)


class OfferShape(Strict):
    """What automations of this account can be made of, beside what partners add."""

    triggers = TriggerShape(many=True, read_only=True)
    actions = OwnActionShape(many=True, read_only=True)


class TryBody(Strict):
    """The card to try on."""

    deal = ScopedRelation(Deal)


class TrialShape(Strict):
    """What the automation would do to the card now; nothing was written."""

    in_stage = serializers.BooleanField(
        source="here", read_only=True, help_text="The card is in its stage; elsewhere no trigger comes."
    )
    holds = serializers.BooleanField(read_only=True, help_text="The filters let the card through.")
    tried = serializers.SerializerMethodField()
    would = serializers.SerializerMethodField(help_text="What it would do, in words; empty when nothing.")
    refused = Text(read_only=True, help_text="Why it would be refused, in words.")

    def get_tried(self, trial: Trial) -> TriedShape(many=True):  # type: ignore[valid-type]  # read by the schema
        """In the caller's language."""
        return TriedShape(lines(trial.tried), many=True).data

    def get_would(self, trial: Trial) -> str:
        """In the caller's language."""
        return in_words(trial.done["words"], trial.done["saw"]) if trial.done else ""


def offered(book: Book) -> dict[str, Any]:
    """Triggers and actions as declared, with this account's lists."""
    return {
        "triggers": [
            {
                "trigger": value,
                "label": label,
                "trigger_values": [_parameter(one, book) for one in TRIGGER_VALUES.get(value, ())],
            }
            for value, label in Automation.Trigger.choices
        ],
        "actions": [
            {
                "action": each.slug,
                "label": str(each.label),
                "triggers": list(each.triggers),
                "parameters": [_parameter(one, book) for one in each.parameters],
            }
            for each in ACTIONS.values()
        ],
    }


def _parameter(parameter: Parameter, book: Book) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "label": str(parameter.label),
        "kind": parameter.kind.value,
        "required": parameter.required,
        "of": parameter.of,
        "choices": [
            {"value": value, "label": label, "group": group}
            for group, options in book.choices(parameter, {})
            for value, label in options
        ],
    }
