"""The account's configuration as a file: read, planned, applied (X6)."""

from __future__ import annotations

from typing import Any

import yaml
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import problems
from accounts.rest.fields import Strict
from accounts.rest.resource import Operation, Resource
from accounts.rest.schema import ApiSchema
from integrations.configuration import services, words
from integrations.configuration.grammar import Document
from integrations.configuration.kinds import NotReadable
from integrations.configuration.reading import MOST_BYTES
from integrations.configuration.run import Act
from integrations.models import Connection

YAML = "application/yaml"
Text = serializers.CharField

problems.register(services.PlanChanged, 412, "plan_changed")
problems.register(
    NotReadable,
    422,
    "configuration_unreadable",
    words=gettext_lazy("The file cannot be read: see `mistakes`."),
    more=lambda refusal: {
        "errors": {"file": [str(each) for each in refusal.mistakes]},
        "mistakes": [
            {"line": each.line, "path": each.path, "words": each.words} for each in refusal.mistakes
        ],
    },
)


class ConfigurationShape(Strict):
    """The file as JSON: a header and the account's sections; docs/configuracao.md tells each key."""

    format = serializers.IntegerField(read_only=True)
    product = Text(read_only=True)
    account = Text(read_only=True)
    exported_at = Text(read_only=True)
    account_settings = serializers.DictField(read_only=True)
    modules = serializers.DictField(read_only=True)
    profiles = serializers.ListField(child=serializers.DictField(), read_only=True)
    teams = serializers.ListField(child=Text(), read_only=True)
    funnels = serializers.ListField(child=serializers.DictField(), read_only=True)
    connections = serializers.DictField(read_only=True)
    automations = serializers.ListField(child=serializers.DictField(), read_only=True)
    endpoints = serializers.ListField(child=serializers.DictField(), read_only=True)

    def get_fields(self) -> dict[str, Any]:
        """With the section "fields", which is no name for a serializer's own."""
        return {**super().get_fields(), "fields": serializers.DictField(read_only=True)}


class ConfigurationBody(Strict):
    """The file as text in `file`, or as an object in `configuration`."""

    file = Text(
        required=False, max_length=MOST_BYTES, trim_whitespace=False, help_text="The YAML file's text."
    )
    configuration = serializers.DictField(required=False, help_text="The same as an object.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("file" in attrs) == ("configuration" in attrs):
            raise serializers.ValidationError({"file": [_("Send either file or configuration.")]})
        return attrs


class PlannedConfigurationBody(ConfigurationBody):
    """The file again, with the digest of its plan."""

    digest = Text(max_length=64, help_text="Of the plan that is to be applied.")


@extend_schema_field({"description": "Any JSON value, null too."})
class AnyValue(serializers.JSONField):
    """Any value of JSON; a nullable JSONField would be either null or anything, of which null is both."""


class ConfigurationChangeShape(Strict):
    """One property: as it is here, as the file says."""

    what = Text(read_only=True)
    now = AnyValue(read_only=True)
    file = AnyValue(read_only=True)


class ConfigurationStepShape(Strict):
    """One line of the plan and why."""

    act = Text(read_only=True, help_text=", ".join(Act))
    kind = Text(read_only=True)
    path = serializers.ListField(child=Text(), read_only=True)
    changes = ConfigurationChangeShape(many=True, read_only=True)
    why = Text(read_only=True)


class ConfigurationPlanShape(Strict):
    """What applying does, in order; `digest` names exactly this plan."""

    digest = Text(read_only=True)
    changes = serializers.BooleanField(read_only=True, help_text="Whether applying changes anything.")
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    same = serializers.IntegerField(read_only=True, help_text="How many things are as the file says.")
    steps = ConfigurationStepShape(many=True, read_only=True)


class ConfigurationLineShape(Strict):
    """One property in words: as it is here, as the file says."""

    what = Text(read_only=True)
    now = Text(read_only=True)
    file = Text(read_only=True)


class ConfigurationDifferenceShape(Strict):
    """One thing that differs, line by line."""

    kind = Text(read_only=True)
    name = Text(read_only=True)
    act = Text(read_only=True, help_text=", ".join(act for act in Act if act != Act.KEEP))
    lines = ConfigurationLineShape(many=True, read_only=True)


class ConfigurationDifferencesShape(Strict):
    """What differs between the account and the file, as the portal shows it."""

    changes = serializers.BooleanField(read_only=True, help_text="Whether applying changes anything.")
    differences = ConfigurationDifferenceShape(many=True, read_only=True)


class FileSchema(ApiSchema):
    """Reading it also answers in YAML."""

    def get_response_serializers(self) -> Any:
        """The answers by status, and the file's own type."""
        found = super().get_response_serializers()
        return {**found, (200, YAML): OpenApiTypes.STR} if self.resource.action == "list" else found


class Configuration(Resource):
    """An account's configuration: what it is now, and a file's way in."""

    model, shows = Connection, ConfigurationShape
    schema = FileSchema()
    paged = False
    operations = {
        "list": Operation(
            summary="Read the configuration",
            description="Without any secret. With `Accept: application/yaml` the file itself.",
        ),
        "diff": Operation(
            summary="Compare a configuration file",
            description="What differs, in words and line by line; nothing is written.",
            request=ConfigurationBody,
            response=ConfigurationDifferencesShape,
        ),
        "plan": Operation(
            summary="Plan a configuration file",
            description="What applying it would do and why; nothing is written.",
            request=ConfigurationBody,
            response=ConfigurationPlanShape,
        ),
        "apply": Operation(
            summary="Apply a configuration file",
            description="Does what the plan of this digest says, in one transaction. Another plan meanwhile "
            "answers 412 `plan_changed`. What cannot be done is left out, what has to wait is kept.",
            request=PlannedConfigurationBody,
            response=ConfigurationPlanShape,
            errors=(412,),
        ),
    }

    def list(self, request: Request) -> Response | HttpResponse:
        """The document, or the file."""
        if "yaml" in request.headers.get("Accept", "").lower():
            return HttpResponse(services.export(request.account), content_type=f"{YAML}; charset=utf-8")
        return Response(services.data_of(request.account))

    @action(detail=False, methods=["post"])
    def diff(self, request: Request) -> Response:
        """The differences."""
        document, _digest = self._document()
        found = services.plan(account=request.account, document=document, origin=request.origin)
        told = {"changes": found.changes, "differences": words.differences(found.differing)}
        return Response(ConfigurationDifferencesShape(told).data)

    @action(detail=False, methods=["post"])
    def plan(self, request: Request) -> Response:
        """The plan."""
        document, _digest = self._document()
        found = services.plan(account=request.account, document=document, origin=request.origin)
        return _answer(found)

    @action(detail=False, methods=["post"])
    def apply(self, request: Request) -> Response:
        """The plan as it was done."""
        document, digest = self._document()
        found = services.apply(
            account=request.account, document=document, digest=digest, origin=request.origin
        )
        return _answer(found)

    def _document(self) -> tuple[Document, str]:
        values = self.read()
        raw = values.get("file")
        if raw is None:
            raw = yaml.safe_dump(values["configuration"], allow_unicode=True, sort_keys=False)
        return services.read(raw), str(values.get("digest", ""))


def _answer(found: services.Plan) -> Response:
    shown = ConfigurationPlanShape(
        {
            "digest": found.digest,
            "changes": found.changes,
            "counts": found.counted(),
            "same": found.same,
            "steps": found.steps,
        }
    )
    return Response(shown.data, headers={"ETag": f'"{found.digest}"'})
