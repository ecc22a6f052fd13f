"""What every test may ask for: an account with its people, a stranger's account, and signed-in clients."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="tomada-tests-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Account, User
from tests import factories


def pytest_configure() -> None:
    """Passwords of tests guard nothing: a slow hash would be most of the suite's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass(frozen=True, kw_only=True)
class World:
    """An account with an administrator, a seller and a funnel of three stages."""

    account: Account
    admin: User
    seller: User
    funnel: object


@pytest.fixture
def world(db: None) -> World:
    return make_world("Casa", "casa.example")


@pytest.fixture
def stranger(db: None) -> World:
    """Another account, whose rows nobody of `world` may see."""
    return make_world("Estranha", "estranha.example")


def make_world(name: str, domain: str) -> World:
    account = factories.AccountFactory(name=name)
    admin = factories.member(account=account, email=f"admin@{domain}", administrator=True)
    seller = factories.member(account=account, email=f"vendas@{domain}", administrator=False)
    return World(account=account, admin=admin, seller=seller, funnel=factories.funnel(account=account))


@pytest.fixture
def account(world: World) -> Account:
    return world.account


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
