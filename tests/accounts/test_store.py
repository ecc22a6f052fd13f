"""A restarted server leaves a pool of dead connections: one person's error, not everybody's."""

from __future__ import annotations

import pytest
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connections

from accounts import store

pytestmark = [pytest.mark.django_db, pytest.mark.any_store]


class Pool:
    """What a pool is asked."""

    closed, drained = False, 0

    def drain(self) -> None:
        self.drained += 1


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    mine = Pool()
    monkeypatch.setattr(connections["default"], "pool", mine, raising=False)
    return mine


def told(error: Exception) -> None:
    try:
        raise error
    finally:  # the error is in hand, as when Django's handler sends it
        got_request_exception.send(sender=None, request=None)


def fails(error: Exception) -> None:
    with pytest.raises(type(error)):
        told(error)


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("gone")])
def test_a_page_that_met_a_dead_connection_makes_the_pool_anew(pool: Pool, error: Exception) -> None:
    fails(error)
    assert pool.drained == 1


def test_another_error_leaves_the_pool_alone(pool: Pool) -> None:
    fails(ValueError("wrong"))
    assert pool.drained == 0


def test_a_closed_pool_is_not_drained(pool: Pool) -> None:
    pool.closed = True
    store.drain()
    assert pool.drained == 0
