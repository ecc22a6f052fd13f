"""Associated fields of a connection, its matrix, back-fills, and the conflicts of an account."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.filters import Choice, Filter, IdFilter, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource
from funnels.fields import FieldType
from funnels.models import Deal
from integrations.activation.mapping import doing, fills
from integrations.activation.mapping.groups import Both, groups_of
from integrations.activation.mapping.theirs import mappable_of
from integrations.api.connections import OfConnection
from integrations.api.mapping_shapes import (
    ConflictShape,
    FieldMapBody,
    FieldMapChanges,
    FieldMapShape,
    FillBody,
    FillShape,
    MatrixShape,
)
from integrations.engine import filling
from integrations.models import Connection
from mapping import matrix, services
from mapping.models import Conflict, FieldMap


class FieldMaps(Lists, Reads, OfConnection):
    """Associated fields of a connection (M10–M14)."""

    model, shows = FieldMap, FieldMapShape
    related = ("field", "counterpart__connection")
    filters = (
        Choice(name="entity", choices=FieldMap.Entity.values, description="Of persons, companies or deals."),
        Filter(name="their_key", description="With this field of theirs."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List associated fields"),
        "retrieve": Operation(summary="Read an associated field"),
        "create": Operation(
            summary="Associate a field",
            description="Types have to fit (`matrix`) and a field of theirs is associated once over all "
            "entities (M49), else 422 with words. `warnings` tell what travels badly.",
            request=FieldMapBody,
            status=201,
        ),
        "partial_update": Operation(
            summary="Change an associated field",
            description="Also follows their field's new name, and its new type where that still fits.",
            request=FieldMapChanges,
            versioned=True,
            errors=(422,),
        ),
        "destroy": Operation(
            summary="Remove an associated field",
            description="What stands in the fields of either side stays.",
            status=204,
            versioned=True,
        ),
        "preview": Operation(
            summary="Preview a back-fill and read its progress",
            description="Compares the field on every lead in prospection; writes nothing.",
            response=FillShape,
        ),
        "ask": Operation(
            summary="Fill the running cards",
            description="`blanks` fills what is blank on either side, `ours` and `theirs` overwrite.",
            request=FillBody,
            response=FillShape,
            status=202,
        ),
    }

    def rows(self) -> QuerySet[Any]:
        """Of this connection only; one that was never validated has none."""
        return super().rows().filter(counterpart=self.connection().counterpart_id)

    def show_context(self, rows: list[Any]) -> dict[str, Any]:
        """Drift and warnings, read once for all rows."""
        context = super().show_context(rows)
        if rows:
            lines = [line for group in groups_of(Both.of(self.connection())) for line in group.lines]
            context["drift"] = {line.map.pk: line.drift for line in lines}
            context["warnings"] = {line.map.pk: line.warnings for line in lines}
        return context

    def create(self, request: Request, **_path: str) -> Response:
        """An association."""
        row = doing.associate(connection=self.connection(), origin=request.origin, **self.read())
        return self.answer(row)

    def partial_update(self, request: Request, id: str, **_path: str) -> Response:
        """The association as changed; what is not given stays."""
        values = {"master": None, "empty": None, **self.read()}
        row = self.locked(self.find(id).pk)
        doing.change(
            connection=self.connection(), row=row, version=row.version, origin=request.origin, **values
        )
        return self.answer(row)

    def destroy(self, request: Request, id: str, **_path: str) -> Response:
        """Nothing."""
        row = self.locked(self.find(id).pk)
        services.remove_map(row, origin=request.origin)
        return Response(status=204)

    @action(detail=True, methods=["get"], url_path="fill", url_name="fill")
    def preview(self, _request: Request, id: str, **_path: str) -> Response:
        """What both sides hold, and how far the last back-fill is."""
        return self._fill(self.find(id))

    @preview.mapping.post
    def ask(self, request: Request, id: str, **_path: str) -> Response:
        """The same, the back-fill under way."""
        row = self.find(id)
        fills.ask(connection=self.connection(), row=row, origin=request.origin, **self.read())
        return self._fill(self.find(id), status=202)

    def _fill(self, row: FieldMap, *, status: int = 200) -> Response:
        connection = self.connection()
        found = filling.preview(connection=connection, field_map=row, most=0)
        done, _total = filling.progress(connection=connection, field_map=row)
        counts = {name: getattr(found, name) for name in COUNTS}
        shown = {"fill": row.fill, "asked_at": row.fill_asked_at, "done": done, **counts}
        return Response(FillShape(shown).data, status=status)


COUNTS = ("total", "same", "here", "there", "apart", "unreadable")


class Matrices(OfConnection):
    """Which types of fields fit together (M13)."""

    model, shows = FieldMap, MatrixShape
    paged = False
    operations = {"list": Operation(summary="Read the matrix of field types", response=MatrixShape)}

    def list(self, _request: Request, **_path: str) -> Response:
        """The partner's declaration as the database keeps it."""
        connection = self.connection()
        spec = mappable_of(connection)
        pairs = matrix.pairs_of(connection.partner)
        shown = {
            "our_types": [{"type": type, "label": str(label)} for type, label in FieldType.choices],
            "their_types": [
                {"type": type, "label": str(each.label), "longest": each.longest}
                for type, each in spec.types.items()
            ],
            "pairs": [{"ours": ours, "theirs": theirs} for ours, theirs in sorted(pairs)],
            "fixed": list(spec.fixed),
        }
        return Response(MatrixShape(shown).data)


class Conflicts(Lists, Reads, Resource):
    """Fields that changed apart on both sides, and who won."""

    module = "deals"
    model, shows = Conflict, ConflictShape
    related = ("counterpart__connection",)
    filters = (
        IdFilter(
            name="connection", lookup="counterpart__connection", model=Connection, description="Of this one."
        ),
        IdFilter(name="deal", lookup="deal_id", model=Deal, description="Of this deal."),
        Since(
            name="since",
            lookup="at__gte",
            description="Since this moment (ISO 8601 with a time zone); looks back 60 seconds.",
        ),
    )
    operations = {
        "list": Operation(summary="List conflicts"),
        "retrieve": Operation(summary="Read a conflict"),
    }
