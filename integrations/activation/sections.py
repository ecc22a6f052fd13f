"""What a partner adds to the shared screens: flows, settings sections, and sentences of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from accounts.portal import PortalRequest
from integrations.models import Connection

Words = str | Promise
Context = Callable[[PortalRequest, Connection], Mapping[str, Any]]
Handler = Callable[[PortalRequest, Connection], str]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One way to use a partner (M1). `steps` explain it; a flow not `available` is shown and says `note`."""

    slug: str
    label: Words
    summary: Words
    steps: Sequence[Words] = ()
    recommended: bool = False
    available: bool = True
    note: Words = ""


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """A piece of a section that htmx asks for anew: its template and what it shows."""

    template: str
    context: Context


@dataclass(frozen=True, kw_only=True)
class Section:
    """One card of settings, open from "enabled" on. `actions` write and return the sentence to show;
    they raise funnels.services.NotAllowed with words when they refuse. `keeps`: actions whose form shows
    what was posted (its context reads request.POST) when they refuse it."""

    slug: str
    title: Words
    template: str
    context: Context
    actions: Mapping[str, Handler] = field(default_factory=dict)
    fragments: Mapping[str, Fragment] = field(default_factory=dict)
    keeps: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Screens:
    """Everything that a partner shows. `not_offered` is why its automation actions may not stand on a funnel
    that Partner.offers refuses (M9, M24); `stops` says what deactivation ends (G6)."""

    flows: Sequence[Flow] = ()
    sections: Sequence[Section] = ()
    not_offered: Words = ""
    stops: Sequence[Words] = ()


_SCREENS: dict[str, Screens] = {}
_PLAIN = Screens()


def register_screens(*, slug: str, screens: Screens) -> None:
    """Called once by the partner's AppConfig.ready, beside contract.register."""
    _SCREENS[slug] = screens


def screens_of(slug: str) -> Screens:
    """What the partner adds; a partner without own screens has credentials and nothing to set."""
    return _SCREENS.get(slug, _PLAIN)
