"""What travels: leads, the inbox, the outbox and the exchanges."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.filters import Choice, Filter, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource, found
from funnels.models import Deal, Person
from integrations.api.connections import NothingBody
from integrations.api.shapes import (
    ArrivalShape,
    DeliveryShape,
    ExchangeShape,
    LeadShape,
    OutboxActionShape,
    WholeExchangeShape,
)
from integrations.engine import replay
from integrations.models import Arrival, Connection, Exchange, Lead, OutboxAction

STATE_SINCE = Since(
    description="Rows that are new, or whose `state` was written, since then; see `updated_at`."
)
OF_CONNECTION = IdFilter(name="connection", model=Connection, description="Of this connection.")


class Leads(Lists, Reads, Resource):
    """Persons being prospected at partners."""

    module = "deals"
    model, shows = Lead, LeadShape
    related = ("enrollment",)
    filters = (
        IdFilter(name="connection", lookup="enrollment__connection", model=Connection, description="There."),
        IdFilter(name="deal", lookup="enrollment__deal", model=Deal, description="Of this deal."),
        IdFilter(name="person", model=Person, description="This person."),
        Choice(name="state", choices=Lead.State.values, description="In this state."),
        Since(),
    )
    operations = {"list": Operation(summary="List leads"), "retrieve": Operation(summary="Read a lead")}


class Inbox(Lists, Reads, Resource):
    """What partners told us, one row a thing."""

    module = "deals"
    model, shows = Arrival, ArrivalShape
    filters = (
        OF_CONNECTION,
        Choice(name="state", choices=Arrival.State.values, description="In this state."),
        Filter(name="kind", description="Of this kind."),
        Filter(name="their_id", description="With this id over there."),
        STATE_SINCE,
    )
    operations = {
        "list": Operation(summary="List what arrived"),
        "retrieve": Operation(summary="Read an arrival"),
        "delivery": Operation(summary="Read the delivery as it came", response=DeliveryShape),
        "replay": Operation(
            summary="Take an arrival in again",
            description="Only what failed or was ignored; what it did already stays done once (X4).",
            request=NothingBody,
        ),
    }

    @action(detail=True, methods=["get"])
    def delivery(self, _request: Request, id: str) -> Response:
        """The raw request or page that the arrival was in."""
        row = found(self.rows().select_related("delivery"), id)
        return Response(DeliveryShape(row.delivery, context=self.get_serializer_context()).data)

    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """The arrival, waiting."""
        return self.answer(replay.take_in_again(arrival=self.find(id), origin=request.origin, **self.read()))


class Outbox(Lists, Reads, Resource):
    """What is to be done at partners."""

    module = "deals"
    model, shows = OutboxAction, OutboxActionShape
    related = ("enrollment",)
    filters = (
        OF_CONNECTION,
        Choice(name="state", choices=OutboxAction.State.values, description="In this state."),
        IdFilter(name="deal", lookup="enrollment__deal", model=Deal, description="Of this deal."),
        IdFilter(name="lead", model=Lead, description="Of this lead."),
        STATE_SINCE,
    )
    operations = {
        "list": Operation(summary="List the outbox"),
        "retrieve": Operation(summary="Read an action"),
        "replay": Operation(
            summary="Send an action again",
            description="Only what was refused, given up or left to a person; computed from the present. One "
            "that may have happened asks for evidence first (X4).",
            request=NothingBody,
        ),
        "cancel": Operation(
            summary="Give an action up",
            description="Only what waits, was refused, given up or left to a person; else 422 "
            "`not_allowed`. It is not sent any more.",
            request=NothingBody,
        ),
    }

    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """The action, due."""
        return self.answer(replay.send_again(action=self.find(id), origin=request.origin, **self.read()))

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """The action, cancelled."""
        return self.answer(replay.cancel(action=self.find(id), origin=request.origin, **self.read()))


BODIES = ("request_headers", "request_body", "response_headers", "response_body")


class Exchanges(Lists, Resource):
    """HTTP requests to partners and their answers, kept for support."""

    module = "deals"
    model, shows = Exchange, ExchangeShape
    filters = (
        OF_CONNECTION,
        IdFilter(name="action", model=OutboxAction, description="For this outbox action."),
        Since(lookup="at__gte", description="Kept since this moment; exchanges never change."),
    )
    operations = {
        "list": Operation(summary="List exchanges, without headers and bodies"),
        "retrieve": Operation(summary="Read an exchange", response=WholeExchangeShape),
    }

    def rows(self) -> QuerySet[Any]:
        """A list carries no bodies: 200 of them could be 25 MB."""
        rows = super().rows()
        return rows.defer(*BODIES) if self.action == "list" else rows

    def retrieve(self, _request: Request, id: str) -> Response:
        """The whole exchange."""
        return Response(WholeExchangeShape(self.find(id), context=self.get_serializer_context()).data)
