"""Automations of funnels."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import ScopedRelation, ScopedRelations, Strict, Word
from accounts.rest.filters import Flag, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from integrations.api.shapes import AutomationShape, FiltersShape
from integrations.api.workflow import OfferShape, TrialShape, TryBody, offered
from integrations.automations import offers, services
from integrations.models import Automation, Connection
from integrations.workflow.checking import Book
from integrations.workflow.trial import try_on

MOST_VALUES = 20
LONGEST_VALUE = 2000


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MOST_VALUES,
        "additionalProperties": {
            "oneOf": [
                {"type": "string", "maxLength": LONGEST_VALUE},
                {"type": "integer", "minimum": 0, "maximum": 3650},
                {"type": "boolean"},
            ]
        },
    }
)
class Values(serializers.Field[Any, Any, Any, Any]):
    """Name → text, number, true or false; whether each fits is the declaration's to say."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The values as they came."""
        if not isinstance(data, dict) or len(data) > MOST_VALUES:
            raise serializers.ValidationError(_("Write an object of names and values."))
        for name, value in data.items():
            if not isinstance(value, str | int | bool) or len(str(value)) > LONGEST_VALUE:
                words = _("Write a text, a number, true or false.")
                raise serializers.ValidationError({str(name)[:100]: words})
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value


class AutomationChangesBody(Strict):
    """What can be changed on an automation."""

    stage = ScopedRelation(Stage)
    description = serializers.CharField(max_length=200)
    trigger = Word(Automation.Trigger)
    trigger_values = Values(
        required=False, help_text="Name → value, as `automations/actions/` declares for the trigger."
    )
    filters = FiltersShape(required=False)
    connection = ScopedRelation(
        Connection, required=False, allow_null=True, help_text="None for an action of the CRM's own."
    )
    action = serializers.CharField(
        max_length=60,
        help_text="A slug of the partner's `automation_actions`, or of `automations/actions/` (`crm.move`).",
    )
    parameters = Values(required=False, help_text="Name → value, as the action declares.")
    enabled = serializers.BooleanField(required=False)


class AutomationBody(AutomationChangesBody):
    """A new automation, the last of its funnel."""

    funnel = ScopedRelation(Funnel)


class OrderBody(Strict):
    """All automations of a funnel in their new order; the first that fits sends (M28)."""

    funnel = ScopedRelation(Funnel)
    automations = ScopedRelations(Automation, once=True, help_text="Each once.")


class Automations(Lists, Reads, Resource):
    """When this happens, if that holds, do this (M24)."""

    module = ("workflow", "deals")
    model, shows = Automation, AutomationShape
    related = ("funnel__account", "connection__account")
    filters = (
        IdFilter(name="funnel", model=Funnel, description="Of this funnel."),
        IdFilter(name="stage", model=Stage, description="Of this stage."),
        IdFilter(name="connection", model=Connection, description="Of this connection."),
        Flag(name="enabled", description="On or off."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List automations"),
        "retrieve": Operation(summary="Read an automation"),
        "create": Operation(
            summary="Create an automation",
            description="What M24 to M27 refuse answers 422 `not_allowed` in words.",
            request=AutomationBody,
            status=201,
        ),
        "partial_update": Operation(
            summary="Change an automation", request=AutomationChangesBody, versioned=True, errors=(422,)
        ),
        "destroy": Operation(summary="Delete an automation", status=204, versioned=True),
        "order": Operation(summary="Put a funnel's automations in order", request=OrderBody, status=204),
        "actions": Operation(
            summary="Read what the CRM's own automations offer",
            description="Triggers and actions with their parameters, and what each can be in this account. "
            "Partners' actions stand in `partners`.",
            response=OfferShape,
        ),
        "trial": Operation(
            summary="Try an automation on a card",
            description="Only the CRM's own; nothing is written and nobody is told.",
            request=TryBody,
            response=TrialShape,
        ),
    }

    def create(self, request: Request) -> Response:
        """An automation."""
        values = {"connection": None, **self.read()}
        return self.answer(services.create_automation(origin=request.origin, **values))

    def partial_update(self, request: Request, id: str) -> Response:
        """The automation as changed."""
        row = self.locked(id)
        return self.answer(services.update_automation(automation=row, origin=request.origin, **self.read()))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_automation(automation=self.locked(id), origin=request.origin)
        return Response(status=204)

    @action(detail=False, methods=["post"])
    def order(self, request: Request) -> Response:
        """Nothing; the list shows the order."""
        values = self.read()
        ids = [row.pk for row in values["automations"]]
        services.reorder(funnel=values["funnel"], ids=ids, origin=request.origin)
        return Response(status=204)

    @action(detail=False, methods=["get"])
    def actions(self, request: Request) -> Response:
        """Triggers and actions of the CRM."""
        return Response(OfferShape(offered(Book(request.account))).data)

    @action(detail=True, methods=["post"])
    def trial(self, _request: Request, id: str) -> Response:
        """What it would do."""
        row, deal = self.find(id), self.read()["deal"]
        if not offers.is_own(row):
            raise NotAllowed(
                _("Only an automation of the CRM's own can be tried: a partner's has its rehearsal.")
            )
        return Response(TrialShape(try_on(automation=row, deal=deal)).data)

    def show_context(self, rows: list[Any]) -> dict[str, Any]:
        """Why each does not run, asked for all rows together."""
        return {**self.get_serializer_context(), "stopped": offers.stopped_of(rows)}
