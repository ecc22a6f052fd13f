"""A sandbox of the partner's, an active connection to it, and a person who plays the partner's user."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Membership, User
from funnels.models import Deal, Stage
from integrations.engine import catalog, clock, life, polling, pump
from integrations.models import Automation, CatalogItem, Connection
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import WinAction
from integrations.sandbox.server import Sandbox
from tests import factories
from tests.conftest import World

TOKEN = "sandbox-meetime-token"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Everything a story needs; `act` plays the partner's user, `hear` brings her webhooks in."""

    world: World
    sandbox: Sandbox
    connection: Connection
    automation: Automation
    since: int  # the ledger outlives worlds: what other tests did stands before this line

    def control(self, method: str, path: str, body: object | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.sandbox.url}/_control/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def act(self, lead: str, what: str, **body: object) -> Any:
        return self.control("POST", f"meetime/leads/{lead}/{what}", body)

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        address = f"ledger?kind={kind}&limit=1000&since={self.since}"
        found: list[dict[str, Any]] = self.control("GET", address)["data"]
        return found

    def drain(self) -> int:
        return pump.drain()

    def poll(self) -> None:
        """Reads results and activities from the partner and applies them."""
        for kind in ("leads", "activities", "moves", "prospections"):
            polling.due_cursors(self.connection, now=clock.now())
            polling.poll(self.connection, kind)
        self.drain()

    def win_action(self, action: str, stage: Stage | None = None) -> None:
        """What a won lead does to its deal from now on (M8)."""
        pair = {
            "connection": self.connection,
            "funnel": self.world.funnel,
            "cadence_id": str(self.automation.parameters["cadence"]),
        }
        setup.set_win_action(
            **pair,
            action=action,
            stage=stage,
            win_action=WinAction.unscoped.filter(**pair).first(),
            origin=factories.SYSTEM,
        )

    def stages(self) -> list[Stage]:
        return list(self.world.funnel.stages.all())

    def cadence(self, priority: str = "MEDIUM") -> CatalogItem:
        rows = catalog.items(self.connection, "cadences")
        return next(row for row in rows if row.data["priority"] == priority)


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox(port=0, webhook_spacing=(0.05,), webhook_tries=3) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Sandbox:
    """A fresh world at the partner's for each test; pace lifted, so that stories are quick."""
    request = urllib.request.Request(f"{_sandbox.url}/_control/reset", method="POST", data=b"{}")
    urllib.request.urlopen(request, timeout=10).read()
    for path, body in (("meetime/pace", {"rate": 10_000, "burst": 10_000}),):
        request = urllib.request.Request(
            f"{_sandbox.url}/_control/{path}",
            method="POST",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).read()
    urllib.request.urlopen(
        urllib.request.Request(f"{_sandbox.url}/_control/mischief", method="DELETE"), timeout=10
    ).read()
    return _sandbox


@pytest.fixture
def bench(world: World, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Bench:
    settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    from integrations.engine import caller, pace

    caller.door.cache_clear()
    monkeypatch.setattr(pace, "reserve", lambda **_given: 0.0)
    return activate(world, sandbox)


def activate(world: World, sandbox: Sandbox) -> Bench:
    factories.module(account=world.account, slug="workflow")
    connection = life.start(
        account=world.account, partner="meetime", flow="centralisation", origin=factories.SYSTEM
    )
    connection = life.validate(connection=connection, credentials={"token": TOKEN}, origin=factories.SYSTEM)
    connection = life.enable(connection=connection, origin=factories.SYSTEM)
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=factories.SYSTEM)
    seller_profile = world.seller.memberships.get().profile
    setup.set_default_profile(connection=connection, profile=seller_profile, origin=factories.SYSTEM)
    for kind in ("cadences", "users"):
        catalog.refresh(connection, kind, now=clock.now())
    connection = life.activate(connection=connection, origin=factories.SYSTEM)
    cadence = next(row for row in catalog.items(connection, "cadences") if row.data["priority"] == "MEDIUM")
    stage = list(world.funnel.stages.all())[1]
    automation = Automation.unscoped.create(
        account=world.account,
        funnel=world.funnel,
        stage=stage,
        description="Enviar para a Meetime",
        trigger="entered",
        action="meetime.send_lead",
        connection=connection,
        parameters={"cadence": cadence.their_id, "start": "now"},
    )
    return Bench(
        world=world,
        sandbox=sandbox,
        connection=connection,
        automation=automation,
        since=len(sandbox.ledger),
    )


@pytest.fixture
def owner(bench: Bench) -> User:
    """A seller who is linked to the partner."""
    from integrations.models import LinkedUser

    linked: User = LinkedUser.unscoped.filter(connection=bench.connection).first().user
    assert Membership.objects.of(bench.world.account).filter(user=linked).exists()
    return linked


@pytest.fixture
def deal(bench: Bench, owner: User) -> Deal:
    from funnels import services

    person = services.create_person(
        account=bench.world.account,
        name="Joana Prado",
        email="joana@padariasol.example",
        phones=["(48) 99911-2233"],
        origin=factories.SYSTEM,
    )
    return factories.deal(funnel=bench.world.funnel, person=person, owner=owner)
