"""The modules of the account, for integrators: read, switched, set, and asked for (S2, S3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import contracting, problems
from accounts.models import ApiKey, Module, ModuleRequest, User
from accounts.module_settings import (
    DECLARED,
    InvalidSettings,
    Kind,
    Setting,
    declared_of,
    set_module_settings,
)
from accounts.module_settings.counters import counters
from accounts.module_settings.reading import chosen
from accounts.modules import MODULES, standing_of
from accounts.rest.fields import IdField, Strict
from accounts.rest.filters import Flag, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource

problems.register(contracting.NotContracted, 422, "not_contracted")
problems.register(InvalidSettings, 400, "invalid", more=InvalidSettings.members)


class SettingsField(serializers.Field[Any, Any, Any, Any]):
    """The module's settings by key; the service judges the values, each with its words."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """As it came."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Write an object: setting → value."))
        return {str(key): value for key, value in data.items()}

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class SettingsSchema(OpenApiSerializerFieldExtension):
    """How settings stand in the OpenAPI document: every key that any module has, from the declarations."""

    target_class = SettingsField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:  # noqa: ARG002  # the signature is the framework's
        """An object of the declared keys."""
        with override("en"):
            properties = {each.key: _schema(each) for each in DECLARED.values()}
        return {"type": "object", "properties": properties, "additionalProperties": False}


def _schema(setting: Setting) -> dict[str, Any]:
    words = f"{setting.label} ({setting.module}). Takes effect: {setting.effect}."
    if setting.kind is Kind.BOOL:
        return {"type": "boolean", "description": words}
    if setting.kind in (Kind.NUMBER, Kind.NEXT_NUMBER):
        limits = {"minimum": setting.minimum, "maximum": setting.maximum}
        return {"type": "integer", **limits, "description": words}
    if setting.kind is Kind.IMAGE:
        words += " The id of an image that was uploaded in the portal; null takes it away."
        return {"type": ["string", "null"], "pattern": "^[0-9]{1,19}$", "description": words}
    if setting.kind is Kind.COLOUR:
        return {"type": "string", "pattern": "^(#[0-9A-Fa-f]{6})?$", "description": words}
    if setting.choices:
        blank = [""] if setting.kind is Kind.ICON else []
        return {
            "type": "string",
            "enum": [*blank, *(value for value, _label in setting.choices)],
            "description": words,
        }
    return {"type": "string", "maxLength": setting.longest, "description": words}


class ModuleShape(Strict):
    """A module of the system; `later` ones cannot be switched on yet, `fixed` ones never off."""

    id = IdField()
    slug = serializers.CharField(read_only=True)
    label = serializers.SerializerMethodField()
    basic = serializers.SerializerMethodField()
    fixed = serializers.SerializerMethodField()
    later = serializers.SerializerMethodField()
    contracted = serializers.BooleanField(read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    requested_at = serializers.SerializerMethodField()
    settings = serializers.SerializerMethodField()
    version = serializers.IntegerField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_label(self, row: Module) -> str:
        """Its name for people."""
        known = MODULES.get(row.slug)
        return str(known.label) if known else row.slug

    def get_basic(self, row: Module) -> bool:
        """Part of every account."""
        return row.slug in MODULES and MODULES[row.slug].basic

    def get_fixed(self, row: Module) -> bool:
        """Cannot be switched off."""
        return row.slug in MODULES and MODULES[row.slug].fixed

    def get_later(self, row: Module) -> bool:
        """Its functions come in a later version."""
        return row.slug in MODULES and MODULES[row.slug].later

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_requested_at(self, row: Module) -> str | None:
        """When the account asked for it; null without an open request."""
        asked: str | None = self.context["requested"].get(row.slug)
        return asked

    @extend_schema_field(SettingsField)
    def get_settings(self, row: Module) -> dict[str, Any]:
        """What was chosen, else the defaults; only what may be set now."""
        shown: dict[str, Any] = self.context["settings"].get(row.slug, {})
        return shown


class ModuleBody(Strict):
    """Its switch, its settings, or both; settings that are not named stay."""

    enabled = serializers.BooleanField(required=False)
    settings = SettingsField(required=False)


class AskBody(Strict):
    """What the module is wanted for, in the account's own words."""

    text = serializers.CharField(required=False, allow_blank=True, max_length=500)


class Modules(Lists, Reads, Resource):
    """Modules: what the account has contracted, switched on and chosen (S2, S3)."""

    model, shows = Module, ModuleShape
    filters = (Flag(name="enabled", description="On or off."), Since())
    operations = {
        "list": Operation(summary="List modules"),
        "retrieve": Operation(summary="Read a module"),
        "partial_update": Operation(
            summary="Switch a module or change its settings",
            description="Only what is contracted can be switched on; switching off keeps all data (S4).",
            request=ModuleBody,
            versioned=True,
            errors=(422,),
        ),
        "ask": Operation(
            summary="Ask for a module that is not contracted",
            description="CS or support answer. Asking again changes nothing.",
            request=AskBody,
        ),
    }

    def partial_update(self, request: Request, id: str) -> Response:
        """The module as it stands now."""
        row, values = self.locked(id), self.read()
        given = {"account": request.account, "slug": row.slug, "origin": request.origin}
        if "settings" in values:
            set_module_settings(**given, values=values["settings"])
        if "enabled" in values:
            contracting.switch_module(**given, enabled=values["enabled"])
        return self.answer(row)

    @action(detail=True, methods=["post"], url_path="request")
    def ask(self, request: Request, id: str) -> Response:
        """The module, with the time of the request."""
        row = self.locked(id)
        assert isinstance(request.auth, ApiKey)  # HasApiKey saw to it
        user = User.objects.filter(pk=request.auth.created_by_id or 0).first()
        contracting.ask_for_module(
            account=request.account, slug=row.slug, user=user, origin=request.origin, **self.read()
        )
        return self.answer(row)

    def show_context(self, rows: list[Any]) -> dict[str, Any]:
        """Open requests and settings of these rows; a fixed number of queries."""
        account = self.request.account
        asked = ModuleRequest.objects.of(account).filter(answered_at=None).values_list("slug", "at")
        contracted = standing_of(account).contracted
        shown = {
            row.slug: {
                each.key: self._value(each, row)
                for each in declared_of(row.slug)
                if row.slug in contracted and (not each.needs or each.needs in contracted)
            }
            for row in rows
        }
        zoned = serializers.DateTimeField().to_representation
        requested = {slug: zoned(at) for slug, at in asked}
        return {**super().show_context(rows), "requested": requested, "settings": shown}

    def _value(self, setting: Setting, row: Module) -> Any:
        if setting.kind is Kind.NEXT_NUMBER:
            return counters[setting.name].read(self.request.account)[0]
        value = chosen(setting, row.settings)
        return str(value) if setting.kind is Kind.IMAGE and value is not None else value
