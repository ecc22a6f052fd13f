"""What the CRM's tests share: signed-in clients that post the account's id, and the origins of changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.origin import Origin
from tests.conftest import World

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone at the portal."""

    client: Client
    account_id: int

    def get(self, screen: str, /, *args: Any, query: str = "", **headers: Any) -> Any:
        return self.client.get(reverse(f"portal:{screen}", args=args) + query, **headers)

    def post(self, screen: str, /, *args: Any, account: Any = "own", **data: Any) -> Any:
        sent = {"account": self.account_id if account == "own" else account, **data}
        sent = {key: value for key, value in sent.items() if value is not None}
        return self.client.post(reverse(f"portal:{screen}", args=args), sent)

    def script(self, screen: str, /, *args: Any, **data: Any) -> Any:
        """A post as board.js and live.js make it."""
        headers = {"x-account": str(self.account_id), "accept": JSON}
        return self.client.post(reverse(f"portal:{screen}", args=args), data, headers=headers)


def person_of(world: World, user: User) -> Person:
    client = Client()
    client.force_login(user)
    return Person(client=client, account_id=world.account.pk)


@pytest.fixture
def admin(world: World) -> Person:
    return person_of(world, world.admin)


@pytest.fixture
def seller(world: World) -> Person:
    return person_of(world, world.seller)


@pytest.fixture
def outsider(stranger: World) -> Person:
    """An administrator of another account."""
    return person_of(stranger, stranger.admin)


@pytest.fixture
def by_hand(world: World) -> Origin:
    """A person as the origin."""
    return Origin.user(world.seller)
