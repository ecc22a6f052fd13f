"""One person's data, to take away or to erase (X8)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.errors import NotHere
from accounts.rest.fields import ScopedRelation, Strict
from accounts.rest.resource import Operation, Resource
from funnels.models import Person
from integrations.api.shapes import Moment, Text
from integrations.privacy import erase, export


class WhoseBody(Strict):
    """Whose data; a deleted person's is still kept."""

    person = ScopedRelation(Person, deleted=True)


class ExportShape(Strict):
    """Everything that is kept; each kind of trace is a list of rows as they are stored."""

    format = Text(read_only=True)
    exported_at = Moment(read_only=True)
    person = serializers.DictField(read_only=True)
    traces = serializers.DictField(child=serializers.ListField(child=serializers.DictField()), read_only=True)


class ErasedShape(Strict):
    """What was erased: kind of trace → rows."""

    rows = serializers.DictField(child=serializers.IntegerField(), read_only=True)


def whose(body: dict[str, Any]) -> Person:
    """The person, who was not erased yet; raises NotHere."""
    person: Person = body["person"]
    if erase.is_erased(person):
        raise NotHere
    return person


class Exports(Resource):
    """Everything that is kept about a person."""

    model, shows = Person, ExportShape
    paged = False
    operations = {
        "create": Operation(
            summary="Export a person's data",
            description="That it was asked for stands in the audit trail.",
            request=WhoseBody,
        )
    }

    def create(self, request: Request) -> Response:
        """The document."""
        told = export.export(person=whose(self.read()), origin=request.origin, now=timezone.now())
        head = {name: told.pop(name) for name in ("format", "exported_at", "person")}
        return Response({**head, "traces": told})


class Erasures(Resource):
    """A person erased everywhere."""

    model, shows = Person, ErasedShape
    paged = False
    operations = {
        "create": Operation(
            summary="Erase a person everywhere",
            description="This cannot be undone. Partners' news of the person are no longer kept; leads there "
            "stay. 422 while something of the person is being sent.",
            request=WhoseBody,
        )
    }

    def create(self, request: Request) -> Response:
        """What was erased."""
        rows = erase.erase(person=whose(self.read()), origin=request.origin, now=timezone.now())
        return Response({"rows": rows})
