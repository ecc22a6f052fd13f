"""Partners: what each is, asks for and can do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.errors import NotHere
from accounts.rest.fields import Strict
from accounts.rest.resource import Operation, Resource
from integrations.activation.sections import screens_of
from integrations.contract import Partner, partners
from integrations.engine import needs
from integrations.models import Connection

Text = serializers.CharField


class FlowShape(Strict):
    """One way to use the partner; an account uses one at a time (M1, M2)."""

    slug = Text(read_only=True)
    label = Text(read_only=True)
    available = serializers.BooleanField(read_only=True)


class CredentialShape(Strict):
    """One input of the credentials and where to find it (G7)."""

    name = Text(read_only=True)
    label = Text(read_only=True)
    help = Text(read_only=True)
    secret = serializers.BooleanField(read_only=True)
    max_length = serializers.IntegerField(read_only=True)


class KindShape(Strict):
    """A kind of thing that the partner lists; `catalog` kinds are read at connections/{id}/catalog/."""

    kind = Text(read_only=True)
    label = Text(read_only=True)
    catalog = serializers.BooleanField(read_only=True)


class PartnerActionShape(Strict):
    """Something the partner can be asked; `repeat` says what may happen after an unknown outcome."""

    action = Text(read_only=True)
    label = Text(read_only=True)
    repeat = Text(read_only=True)


class ChoiceShape(Strict):
    """One value of a parameter."""

    value = Text(read_only=True)
    label = Text(read_only=True)


class ParameterShape(Strict):
    """A parameter of an automation action: its choices, or the catalog kind whose `their_id` it takes."""

    name = Text(read_only=True)
    label = Text(read_only=True)
    catalog = Text(read_only=True, allow_null=True)
    choices = ChoiceShape(many=True, read_only=True)


class AutomationActionShape(Strict):
    """What automations can ask of the partner."""

    slug = Text(read_only=True)
    label = Text(read_only=True)
    triggers = serializers.ListField(child=Text(), read_only=True)
    parameters = ParameterShape(many=True, read_only=True)


class PartnerShape(Strict):
    """A partner's declaration; `missing_modules` have to be contracted and on first (G3)."""

    slug = Text(read_only=True)
    label = Text(read_only=True)
    summary = Text(read_only=True)
    modules = serializers.ListField(child=Text(), read_only=True)
    missing_modules = serializers.ListField(child=Text(), read_only=True)
    flows = FlowShape(many=True, read_only=True)
    credentials = CredentialShape(many=True, read_only=True)
    kinds = KindShape(many=True, read_only=True)
    actions = PartnerActionShape(many=True, read_only=True)
    automation_actions = AutomationActionShape(many=True, read_only=True)


@extend_schema_serializer(many=False)
class PartnersShape(Strict):
    """All of them, in one answer."""

    results = PartnerShape(many=True, read_only=True)


class Partners(Resource):
    """The catalogue of partners (G1)."""

    model, shows = Connection, PartnerShape
    paged = False
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9_-]+"
    path_words = {"slug": "The partner's name in addresses."}
    operations = {
        "list": Operation(summary="List partners", response=PartnersShape),
        "retrieve": Operation(summary="Read a partner's declaration"),
    }

    def list(self, request: Request) -> Response:
        """Every installed partner."""
        return Response({"results": [self._shown(request, each) for each in partners().values()]})

    def retrieve(self, request: Request, slug: str) -> Response:
        """One partner."""
        partner = partners().get(slug)
        if partner is None:
            raise NotHere(_("There is no partner “%(slug)s”.") % {"slug": slug})
        return Response(self._shown(request, partner))

    def _shown(self, request: Request, partner: Partner) -> dict[str, Any]:
        missing = needs.missing_modules(account=request.account, partner=partner.slug)
        return dict(PartnerShape(declaration(partner, missing)).data)


def declaration(partner: Partner, missing: list[str]) -> dict[str, Any]:
    """The declaration as PartnerShape shows it, in the reader's language."""
    return {
        "slug": partner.slug,
        "label": str(partner.label),
        "summary": str(partner.summary),
        "modules": partner.demands(),
        "missing_modules": missing,
        "flows": [
            {"slug": flow.slug, "label": str(flow.label), "available": flow.available}
            for flow in screens_of(partner.slug).flows
        ],
        "credentials": [
            {
                "name": each.name,
                "label": str(each.label),
                "help": str(each.help),
                "secret": each.secret,
                "max_length": each.max_length,
            }
            for each in partner.credentials
        ],
        "kinds": [
            {"kind": kind, "label": str(spec.label), "catalog": spec.catalog}
            for kind, spec in partner.kinds.items()
        ],
        "actions": [
            {"action": name, "label": str(spec.label), "repeat": spec.repeat.value}
            for name, spec in partner.actions.items()
        ],
        "automation_actions": [
            {
                "slug": each.slug,
                "label": str(each.label),
                "triggers": list(each.triggers),
                "parameters": [_parameter(name, *spec) for name, spec in each.parameters.items()],
            }
            for each in partner.automation_actions
        ],
    }


def _parameter(name: str, label: Any, source: Any) -> dict[str, Any]:
    listed = isinstance(source, str)
    choices = [] if listed else [{"value": value, "label": str(words)} for value, words in source]
    catalog = source.removeprefix("catalog:") if listed else None
    return {"name": name, "label": str(label), "catalog": catalog, "choices": choices}
