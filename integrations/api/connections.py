"""Connections: their life, the partner's own settings and the catalogs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.errors import NotHere
from accounts.rest.fields import Strict
from accounts.rest.filters import Choice, Filter, Since, WithDeleted
from accounts.rest.resource import Lists, Operation, Reads, Resource, found
from integrations.activation.sections import screens_of
from integrations.api import refusals, rehearsals
from integrations.api.discovery import PartnerSettings, any_of, settings_of
from integrations.api.shapes import CatalogItemShape, ConnectionShape, ShelfShape
from integrations.contract import KindSpec, partners
from integrations.engine import catalog, life
from integrations.models import CatalogItem, CatalogShelf, Connection

OPEN = (Connection.State.ENABLED, Connection.State.ACTIVE, Connection.State.PAUSED, Connection.State.BROKEN)


class ConnectionBody(Strict):
    """Which partner, and which of its flows."""

    partner = serializers.SlugField(max_length=40)
    flow = serializers.SlugField(max_length=20, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The partner is installed and offers the flow (M1)."""
        if attrs["partner"] not in partners():
            raise serializers.ValidationError({"partner": [_("There is no such partner.")]})
        flows = {flow.slug: flow for flow in screens_of(attrs["partner"]).flows}
        chosen = flows.get(attrs["flow"])
        if flows and chosen is None:
            words = _("Use one of: %(choices)s.") % {"choices": ", ".join(flows)}
            raise serializers.ValidationError({"flow": [words]})
        if chosen is not None and not chosen.available:
            raise serializers.ValidationError({"flow": [str(chosen.note)]})
        return attrs


class CredentialsBody(Strict):
    """The credentials by name, as the partner's declaration lists them."""

    credentials = serializers.DictField(
        child=serializers.CharField(max_length=4096),
        write_only=True,
        help_text="Kept encrypted, never shown.",
    )


class NothingBody(Strict):
    """An empty object."""


class ConnectionSettingsBody(Strict):
    """Replaced in the schema by the partners' own bodies."""


def _step(summary: str, description: str = "", **options: Any) -> Operation:
    return Operation(summary=summary, description=description, request=NothingBody, versioned=True, **options)


class Connections(Lists, Reads, Resource):
    """One account's links to partners."""

    model, shows = Connection, ConnectionShape
    filters = (
        Filter(name="partner", description="Of this partner."),
        Choice(name="state", choices=Connection.State.values, description="In this state."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List connections"),
        "retrieve": Operation(summary="Read a connection"),
        "create": Operation(
            summary="Start a connection",
            description="An account has one living connection to a partner: if there is one, it is "
            "answered with 200. Another flow while it is in use answers 409 `flow_taken`.",
            request=ConnectionBody,
            status=201,
            also=(200,),
        ),
        "validate": Operation(
            summary="Check credentials at the partner",
            description="Asks the partner live, at most 5 seconds; kept only when they open the door (M3).",
            request=CredentialsBody,
            remote=True,
            versioned=True,
        ),
        "enable": _step("Enable a connection", "Opens its settings; needs validated credentials (M4)."),
        "activate": _step(
            "Activate a connection", "From now on changes travel; `not_ready` lists what is `missing` (M5)."
        ),
        "pause": _step("Pause a connection", "What arrives is stored, nothing is sent."),
        "resume": _step("Resume a connection", "What waited goes out, in order."),
        "deactivate": _step(
            "Deactivate a connection", "Credentials are forgotten, nothing is deleted (G6).", remote=True
        ),
        "rehearse": rehearsals.REHEARSE,
        "own_settings": Operation(summary="Read the partner's settings of a connection"),
        "change_settings": Operation(
            summary="Change the partner's settings of a connection",
            description="They open when the connection is enabled (M4) and stay open.",
            request=ConnectionSettingsBody,
            errors=(409, 422),
            versioned=True,
        ),
    }

    def create(self, request: Request) -> Response:
        """A draft, or the living connection."""
        values = self.read()
        living = Connection.objects.of(request.account).exclude(state=Connection.State.INACTIVE)
        known = living.filter(partner=values["partner"]).exists()
        row = life.start(account=request.account, origin=request.origin, **values)
        response = self.answer(row)
        if known:
            response.status_code = 200
        return response

    @action(detail=True, methods=["post"])
    def validate(self, request: Request, id: str) -> Response:
        """The connection with its new credentials; no transaction is held while the partner is asked."""
        row = self.find(id)
        self.check_version(row)
        values = refusals.with_known_credentials(row.partner, self.read())
        return self.answer(life.validate(connection=row, origin=request.origin, **values))

    @action(detail=True, methods=["post"])
    def enable(self, request: Request, id: str) -> Response:
        """The connection, its settings open."""
        return self._stepped(request, id, life.enable)

    @action(detail=True, methods=["post"])
    def activate(self, request: Request, id: str) -> Response:
        """The connection, active."""
        return self._stepped(request, id, life.activate)

    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:
        """The connection, paused."""
        return self._stepped(request, id, life.pause)

    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:
        """The connection, active again."""
        return self._stepped(request, id, life.resume)

    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, id: str) -> Response:
        """The connection, ended; no transaction is held while the partner is asked."""
        row = self.find(id)
        self.check_version(row)
        return self.answer(life.deactivate(connection=row, origin=request.origin, **self.read()))

    @action(detail=True, methods=["post"])
    def rehearse(self, _request: Request, id: str) -> Response:
        """What sending would make of open cards; nothing is sent or written (X2)."""
        row = self.find(id)
        return rehearsals.answer(row, self.read())

    def _stepped(self, request: Request, id: str, step: Any) -> Response:
        return self.answer(step(connection=self.locked(id), origin=request.origin, **self.read()))

    @action(detail=True, methods=["get"], url_path="settings", url_name="settings")
    def own_settings(self, _request: Request, id: str) -> Response:
        """The partner's own."""
        row = self.find(id)
        return self._show_settings(row, _settings(row))

    @own_settings.mapping.patch
    def change_settings(self, request: Request, id: str) -> Response:
        """The settings as changed."""
        row = self.locked(id)
        if row.state not in OPEN:
            raise life.WrongState(_("Enable the integration before changing its settings."))
        own = _settings(row)
        body = own.body(data=request.data, partial=True, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        own.write(row, body.validated_data, request.origin)
        return self._show_settings(self.find(id), own)

    def _show_settings(self, row: Connection, own: PartnerSettings) -> Response:
        shown = own.shape(own.read(row), context=self.get_serializer_context()).data
        return Response(shown, headers={"ETag": f'W/"{row.version}"'})

    def described(self, operation: Operation) -> tuple[Any, Any]:
        """Settings have the bodies and answers of the partners that have them."""
        if self.action == "own_settings":
            return None, any_of("ConnectionSettings", "shape")
        if self.action == "change_settings":
            return any_of("ConnectionSettingsChanges", "body"), any_of("ConnectionSettings", "shape")
        return super().described(operation)


def _settings(row: Connection) -> PartnerSettings:
    own = settings_of(row.partner)
    if own is None:
        raise NotHere(_("This partner has no settings of its own."))
    return own


@extend_schema_serializer(many=False)
class ShelvesShape(Strict):
    """All of them, in one answer."""

    results = ShelfShape(many=True, read_only=True)


class OfConnection(Resource):
    """What hangs below one connection."""

    path_ids = {"connection": Connection}

    def connection(self) -> Connection:
        """The connection of the address; raises NotHere."""
        rows = Connection.objects.of(self.request.account)
        row: Connection = found(rows, self.kwargs["connection"])
        return row

    def kinds(self) -> dict[str, KindSpec]:
        """The kinds that the connection's partner lists and we keep."""
        partner = partners().get(self.connection().partner)
        return {kind: spec for kind, spec in partner.kinds.items() if spec.catalog} if partner else {}


class Catalogs(OfConnection):
    """Which kinds we keep of a connection, and how old they are."""

    model, shows = CatalogShelf, ShelfShape
    paged = False
    operations = {"list": Operation(summary="List the catalogs of a connection", response=ShelvesShape)}

    def list(self, request: Request, **_path: str) -> Response:
        """Every kind, read or not yet."""
        rows = CatalogShelf.objects.of(request.account).filter(connection=self.connection())
        shelves = {row.kind: row for row in rows}
        shown = [shelf_shown(kind, spec, shelves.get(kind)) for kind, spec in self.kinds().items()]
        return Response({"results": ShelfShape(shown, many=True).data})


class CatalogItems(Lists, OfConnection):
    """What a partner lists: cadences, users, fields, reasons."""

    model, shows = CatalogItem, CatalogItemShape
    path_words = {"kind": "A kind that the partner declares with `catalog`."}
    filters = (
        Filter(name="their_id", description="With this id over there."),
        WithDeleted(
            name="include_gone",
            lookup="gone_at",
            description="List rows too that the partner no longer lists.",
        ),
    )
    operations = {
        "list": Operation(summary="List what the partner lists"),
        "create": Operation(
            summary="Ask for a new reading",
            description="The worker reads it; it is there when `read_at` passes `wanted_at`.",
            request=NothingBody,
            response=ShelfShape,
            status=202,
        ),
    }

    def rows(self) -> QuerySet[Any]:
        """The rows of one kind of one connection."""
        if self.kwargs["kind"] not in self.kinds():
            raise NotHere(_("This partner has no such catalog."))
        return super().rows().filter(connection=self.connection(), kind=self.kwargs["kind"])

    def create(self, _request: Request, kind: str, **_path: str) -> Response:
        """The catalog's age; the reading follows."""
        self.read()
        spec = self.kinds().get(kind)
        if spec is None:
            raise NotHere(_("This partner has no such catalog."))
        row = self.connection()
        catalog.want(row, kind)
        return Response(ShelfShape(shelf_shown(kind, spec, catalog.shelf(row, kind))).data, status=202)


def shelf_shown(kind: str, spec: KindSpec, row: CatalogShelf | None) -> dict[str, Any]:
    """A shelf as ShelfShape shows it; one that was never read has no times."""
    return {
        "kind": kind,
        "label": str(spec.label),
        "read_at": row.read_at if row else None,
        "wanted_at": row.wanted_at if row else None,
        "last_error": row.last_error if row else "",
    }
