"""An account with the module “Acesso à API”, an endpoint on loopback, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.endpoints import sender, services
from integrations.engine import clock
from integrations.http import Door
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint
from tests import factories
from tests.conftest import World
from tests.integrations.endpoints.receiver import Receiver


class Clock:
    """The store's time, moved by hand."""

    def __init__(self) -> None:
        self.at = timezone.now()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)

    def to_next_try(self) -> timedelta:
        """Moves to the moment of the earliest waiting delivery; returns how far that was."""
        due = EventDelivery.unscoped.filter(state="waiting").order_by("due_at").first().due_at
        rest = due - self.at
        self.at = max(self.at, due)
        return rest


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now", made)
    return made


@pytest.fixture
def way() -> Iterator[Door]:
    """A door that may go to loopback."""
    door = Door(allow_private=True)
    yield door
    door.close()


@pytest.fixture
def ours(world: World, settings: Any) -> World:
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    factories.module(account=world.account, slug="api")
    return world


Make = Callable[..., tuple[WebhookEndpoint, str]]


@pytest.fixture
def make(ours: World) -> Make:
    def made(url: str = "http://127.0.0.1:9/", events: tuple[str, ...] = ("*",), **more: Any) -> Any:
        values = {"account": ours.account, "origin": factories.SYSTEM, **more}
        return services.create_endpoint(url=url, events=events, **values)

    return made


def happen(world: World, **values: Any) -> Any:
    """A card, which is an event."""
    return factories.deal(funnel=world.funnel, **values)


def kinds(world: World) -> list[str]:
    return list(OutgoingEvent.objects.of(world.account).order_by("id").values_list("kind", flat=True))


def only(world: World) -> EventDelivery:
    found: EventDelivery = EventDelivery.objects.of(world.account).get()
    return found


@pytest.fixture
def drained(way: Door) -> Callable[[], int]:
    return lambda: sender.drain(way=way)


__all__ = ["Clock", "Make", "Receiver", "happen", "kinds", "only"]
