"""Automations of funnels."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import ScopedRelation, ScopedRelations, Strict, Word
from accounts.rest.filters import Flag, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels.models import Funnel, Stage
from integrations.api.shapes import AutomationShape, FiltersShape
from integrations.automations import offers, services
from integrations.models import Automation, Connection


class AutomationChangesBody(Strict):
    """What can be changed on an automation."""

    stage = ScopedRelation(Stage)
    description = serializers.CharField(max_length=200)
    trigger = Word(Automation.Trigger)
    filters = FiltersShape(required=False)
    connection = ScopedRelation(Connection)
    action = serializers.CharField(max_length=60, help_text="A slug of the partner's `automation_actions`.")
    parameters = serializers.DictField(
        child=serializers.CharField(max_length=250),
        required=False,
        help_text="Name → value, as the action declares.",
    )
    enabled = serializers.BooleanField(required=False)


class AutomationBody(AutomationChangesBody):
    """A new automation, the last of its funnel."""

    funnel = ScopedRelation(Funnel)


class OrderBody(Strict):
    """All automations of a funnel in their new order; the first that fits sends (M28)."""

    funnel = ScopedRelation(Funnel)
    automations = ScopedRelations(Automation)


class Automations(Lists, Reads, Resource):
    """When this happens, if that holds, do this (M24)."""

    module = "workflow"
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
    }

    def create(self, request: Request) -> Response:
        """An automation."""
        return self.answer(services.create_automation(origin=request.origin, **self.read()))

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

    def show_context(self, rows: list[Any]) -> dict[str, Any]:
        """Why each does not run, asked for all rows together."""
        return {**self.get_serializer_context(), "stopped": offers.stopped_of(rows)}
