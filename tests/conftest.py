"""What every test may ask for: an account with its people, a stranger's account, and signed-in clients."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="tomada-tests-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core import mail as sent_mail
from django.core.mail import EmailMessage
from django.test import Client
from post_office.connections import connections

from accounts import mail
from accounts.models import Account, User
from tests import factories

LONGEST = (
    "faults/",
    "journeys/",
    "security/",
    "admin/test_every_screen.py",
    "api/test_schemathesis.py",
    "engine/test_card_model.py",
    "house/test_many_rows.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: begun last, one of two workers would wait minutes for the other."""
    items.sort(key=lambda item: not item.nodeid.removeprefix("tests/").startswith(LONGEST))


def pytest_configure() -> None:
    """What only costs time in tests: slow hashes that guard nothing, every static file listed for each client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


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


@pytest.fixture
def mailbox(db: None, settings: Any) -> Callable[[], list[EmailMessage]]:
    """Call it: what is queued is delivered, and all e-mails so far come back."""
    backend = "django.core.mail.backends.locmem.EmailBackend"
    settings.POST_OFFICE = {**settings.POST_OFFICE, "BACKENDS": {"default": backend}}
    connections.close()  # post_office keeps the backend of before

    def look() -> list[EmailMessage]:
        mail.deliver()
        return list(sent_mail.outbox)

    return look
