"""Webhook endpoints, what became of each event there, and what happened."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.filters import Choice, Filter, Flag, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource, found
from integrations.api.connections import NothingBody
from integrations.api.endpoint_shapes import (
    EventDeliveryShape,
    EventKindShape,
    EventKindsShape,
    OutgoingEventShape,
    ReplayedShape,
    ReplaySinceBody,
    RotateSecretBody,
    WebhookEndpointBody,
    WebhookEndpointChangesBody,
    WebhookEndpointShape,
    WebhookEndpointWithSecretShape,
)
from integrations.api.traffic import STATE_SINCE
from integrations.endpoints import services, signing
from integrations.endpoints.address import checked
from integrations.endpoints.kinds import KINDS, PING
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint
from integrations.vault import VaultLocked

SEALED = "sealed_secret"  # in an answer that is kept for its Idempotency-Key


class WebhookEndpoints(Lists, Reads, Resource):
    """Addresses that are told of the account's events, signed the Standard Webhooks way."""

    model, shows = WebhookEndpoint, WebhookEndpointShape
    filters = (Flag(name="enabled", description="On or off."), Since())
    operations = {
        "list": Operation(summary="List webhook endpoints"),
        "retrieve": Operation(summary="Read a webhook endpoint"),
        "create": Operation(
            summary="Create a webhook endpoint",
            description="The answer has the `secret`, this once. Private addresses and plain http answer 422 "
            "`not_allowed`. A key that may write here can read all that its events tell.",
            request=WebhookEndpointBody,
            response=WebhookEndpointWithSecretShape,
            status=201,
        ),
        "partial_update": Operation(
            summary="Change a webhook endpoint",
            description="`enabled` false cancels what waits; true forgets the failures.",
            request=WebhookEndpointChangesBody,
            versioned=True,
            remote=True,
            errors=(422,),
        ),
        "destroy": Operation(summary="Delete a webhook endpoint", status=204, versioned=True),
        "rotate_secret": Operation(
            summary="Make a new secret",
            description="The answer has the new `secret`, this once; the old one signs too for a while.",
            request=RotateSecretBody,
            response=WebhookEndpointWithSecretShape,
            versioned=True,
        ),
        "test": Operation(
            summary="Send a test event",
            description="A `ping`, to this endpoint alone; read the delivery to see its answer.",
            request=NothingBody,
            response=EventDeliveryShape,
            status=202,
        ),
        "replay": Operation(
            summary="Send failed events again",
            description="All that was given up or cancelled since that moment, with the same webhook-ids.",
            request=ReplaySinceBody,
            response=ReplayedShape,
        ),
    }

    def beforehand(self) -> None:
        """A new address's name is looked up; the body is read as a whole afterwards."""
        if self.action == "create":
            body = self.request.data
            url = body.get("url") if isinstance(body, dict) else None
            self.address = checked(url) if isinstance(url, str) else ""

    def create(self, request: Request) -> Response:
        """The endpoint and its secret, kept together with the answer: a crash leaves neither."""
        values = self.read()
        if not self.address:  # a number is no address, though it can be read as text
            raise services.NotAllowed(_("Write a whole web address, such as https://erp.example/tomada."))
        values["url"] = self.address
        row, secret = services.add_endpoint(account=request.account, origin=request.origin, **values)
        return self._with_secret(row, secret)

    def partial_update(self, request: Request, id: str) -> Response:
        """The endpoint as changed."""
        row = self.find(id)
        self.check_version(row)
        version = row.version if request.headers.get("If-Match") else None
        changed = services.update_endpoint(
            endpoint=row, version=version, origin=request.origin, **self.read()
        )
        return self.answer(changed)

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        services.delete_endpoint(endpoint=self.locked(id), origin=request.origin)
        return Response(status=204)

    @action(detail=True, methods=["post"], url_path="rotate-secret", url_name="rotate-secret")
    def rotate_secret(self, request: Request, id: str) -> Response:
        """The endpoint and its new secret."""
        row, secret = services.rotate_secret(endpoint=self.locked(id), origin=request.origin, **self.read())
        return self._with_secret(row, secret)

    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:
        """The delivery, waiting."""
        row = self.find(id)
        self.read()
        made = services.send_test(endpoint=row, origin=request.origin)
        return Response(EventDeliveryShape(made).data, status=202)

    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """How many."""
        row = self.find(id)
        count = services.replay_failed(endpoint=row, origin=request.origin, **self.read())
        return Response({"replayed": count})

    def replayed(self, body: Any) -> Any:
        """The secret opened again; null where the keys that sealed it are gone, or the endpoint is."""
        if not isinstance(body, dict) or SEALED not in body:
            return body
        row = WebhookEndpoint(pk=int(body["id"]))
        try:
            secret = signing.unseal(row, body[SEALED])
        except VaultLocked:
            secret = None
        return {**{name: value for name, value in body.items() if name != SEALED}, "secret": secret}

    def _with_secret(self, row: WebhookEndpoint, secret: str) -> Response:
        response = self.answer(row)
        context = self.get_serializer_context()
        shape = WebhookEndpointWithSecretShape
        fresh = self.find(str(row.pk))
        # What an Idempotency-Key keeps has the secret sealed.
        kept = {**shape(fresh, context=context).data, SEALED: signing.seal(fresh, secret)}
        response.remembered = kept  # type: ignore[attr-defined]
        response.data = shape(fresh, context={**context, "secret": secret}).data
        return response


class EventDeliveries(Lists, Reads, Resource):
    """What became of each event at one endpoint."""

    model, shows = EventDelivery, EventDeliveryShape
    related = ("event",)
    path_ids = {"endpoint": WebhookEndpoint}
    filters = (
        Choice(name="state", choices=EventDelivery.State.values, description="In this state."),
        IdFilter(name="event", model=OutgoingEvent, description="Of this event."),
        STATE_SINCE,
    )
    operations = {
        "list": Operation(summary="List an endpoint's deliveries"),
        "retrieve": Operation(summary="Read a delivery"),
        "replay": Operation(
            summary="Send a delivery again",
            description="Whatever became of it, with the same webhook-id.",
            request=NothingBody,
        ),
    }

    def rows(self) -> QuerySet[Any]:
        """Of this endpoint only."""
        endpoints = WebhookEndpoint.objects.of(self.request.account)
        return super().rows().filter(endpoint=found(endpoints, self.kwargs["endpoint"]))

    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str, **_path: str) -> Response:
        """The delivery, due."""
        row = found(self.rows().select_related("endpoint__account"), id)
        self.read()
        return self.answer(services.replay(delivery=row, origin=request.origin))


class Events(Lists, Reads, Resource):
    """What happened and was asked for by an endpoint, kept as long as raw payloads."""

    model, shows = OutgoingEvent, OutgoingEventShape
    filters = (
        Choice(name="type", lookup="kind", choices=[*KINDS, PING], description="Of this kind."),
        Filter(name="webhook_id", lookup="uid", description="With this webhook-id."),
        Since(
            name="since",
            lookup="at__gte",
            description="Since this moment (ISO 8601 with a time zone); looks back 60 seconds.",
        ),
    )
    operations = {"list": Operation(summary="List events"), "retrieve": Operation(summary="Read an event")}


class EventKinds(Resource):
    """Every kind of event there is."""

    model, shows = OutgoingEvent, EventKindShape
    paged = False
    operations = {"list": Operation(summary="List the kinds of event", response=EventKindsShape)}

    def list(self, _request: Request) -> Response:
        """The table."""
        shown = [
            {"type": kind.slug, "label": str(kind.label), "object": kind.shape} for kind in KINDS.values()
        ]
        return Response({"results": shown})
