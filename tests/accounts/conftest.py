"""Pages and API endpoints that only these tests mount, and a request-free cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def test_urls(settings: object) -> None:
    settings.ROOT_URLCONF = "tests.accounts.urls"  # type: ignore[attr-defined]
