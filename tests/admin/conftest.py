"""A member of staff who may everything, signed in, with one account's data open, and the rows of screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.admin import rows
from tests.factories import opened


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def chief(db: None) -> User:
    return User.objects.create_superuser(
        email="suporte@tomada.example", password="a-long-password-1", name="Suporte"
    )


@pytest.fixture
def desk(chief: User, world: Any) -> Client:
    """Signed in, with the data of `world.account` open."""
    client = Client()
    client.force_login(chief)
    opened(chief, world.account)
    return client


@pytest.fixture
def base(world: Any) -> rows.Base:
    return rows.base(world)
