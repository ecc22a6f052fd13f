"""What partners add to the API: each partner's `api.py` may hold SETTINGS and ROUTES."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer

from accounts.origin import Origin
from accounts.rest.fields import Strict
from accounts.rest.resource import Resource
from integrations.contract import partners
from integrations.models import Connection

Route = tuple[str, type[Resource], str]


@dataclass(frozen=True, kw_only=True)
class PartnerSettings:
    """A partner's own settings: `read` gives what `shape` shows, `write` takes the values of `body`.

    They are a part of their connection: a change raises its version, which `shape` shows as `version`.
    """

    shape: type[Strict]
    body: type[Strict]
    read: Callable[[Connection], Mapping[str, Any]]
    write: Callable[[Connection, Mapping[str, Any], Origin], None]


@cache
def modules() -> Mapping[str, ModuleType]:
    """The `api.py` of every registered partner that has one, by slug."""
    found = {}
    for slug, partner in partners().items():
        name = f"{type(partner).__module__.rpartition('.')[0]}.api"
        if find_spec(name):
            found[slug] = import_module(name)
    return found


def settings_of(slug: str) -> PartnerSettings | None:
    """The partner's own settings, or None where it has none."""
    settings: PartnerSettings | None = getattr(modules().get(slug), "SETTINGS", None)
    return settings


def routes() -> list[Route]:
    """What partners add below /api/v1/."""
    return [route for module in modules().values() for route in getattr(module, "ROUTES", ())]


def any_of(name: str, part: str) -> Any:
    """The serializer of every partner's settings for the OpenAPI document: one of them, by partner."""
    known = [getattr(settings, part) for slug in modules() if (settings := settings_of(slug))]
    if len(known) == 1:
        return known[0]
    return PolymorphicProxySerializer(component_name=name, serializers=known, resource_type_field_name=None)
