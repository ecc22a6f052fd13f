"""An account ready to rehearse: cadences, a seller who sells there, an automation, and cards in the entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone, translation

from accounts.models import User
from funnels import services
from funnels.models import Deal, Person
from integrations.models import Automation, CatalogItem, Connection, LinkedUser
from integrations.rehearsal.result import CardShown, Rehearsal
from integrations.rehearsal.run import rehearse
from tests import factories
from tests.conftest import World
from tests.integrations.shown import automation_of, ready

ORIGIN = factories.SYSTEM


@dataclass(frozen=True, kw_only=True)
class House:
    """The connection with its automation, and what stories do with them."""

    world: World
    connection: Connection
    automation: Automation
    seller: User

    def rehearse(self, **asked: Any) -> Rehearsal:
        with translation.override("en"):
            return rehearse(connection=self.connection, now=timezone.now(), **asked)

    def only(self, **asked: Any) -> CardShown:
        (card,) = self.rehearse(**asked).cards
        return card

    def person(self, name: str = "Joana Prado", email: str = "joana@sol.example", **more: Any) -> Person:
        return services.create_person(
            account=self.world.account, name=name, email=email, origin=ORIGIN, **more
        )

    def deal(self, person: Person | None = None, **more: Any) -> Deal:
        given = {"owner": self.seller, "person": person, **more}
        return factories.deal(funnel=self.world.funnel, **given)

    def listed(self, kind: str, their_id: str, name: str, **data: Any) -> CatalogItem:
        return CatalogItem.unscoped.create(
            account_id=self.connection.account_id,
            connection=self.connection,
            kind=kind,
            their_id=their_id,
            name=name,
            data=data,
        )


@pytest.fixture
def house(world: World) -> House:
    connection = ready(world.account, world.funnel)
    for item in CatalogItem.unscoped.filter(connection=connection, kind="cadences"):
        CatalogItem.unscoped.filter(pk=item.pk).update(data={"priority": "MEDIUM", "focus": "OUTBOUND"})
    CatalogItem.unscoped.create(
        account=world.account,
        connection=connection,
        kind="users",
        their_id="31",
        name="Carla",
        data={"email": "carla@exemplo.example", "active": True},
    )
    LinkedUser.unscoped.create(account=world.account, connection=connection, their_id="31", user=world.seller)
    return House(
        world=world,
        connection=connection,
        automation=automation_of(connection, world.funnel),
        seller=world.seller,
    )


@pytest.fixture
def field_of() -> Callable[[CardShown, str], Any]:
    """One line of a card's main lead by neutral key."""

    def find(card: CardShown, key: str) -> Any:
        return next(line for line in card.leads[0].fields if line.field == key)

    return find
