"""A member of staff who may everything, signed in, and the rows that every screen hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.admin import rows


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
def desk(chief: User) -> Client:
    client = Client()
    client.force_login(chief)
    return client


@pytest.fixture
def base(world: Any) -> rows.Base:
    return rows.base(world)
