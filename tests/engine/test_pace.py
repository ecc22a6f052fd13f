"""Token buckets in the database: rate, burst, what is kept for people, clocks that go back (pain 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Account
from integrations.contract import Window
from integrations.engine.pace import Urgency, reserve
from integrations.models import Connection

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = Window(seconds=1.0, rate=1.0, burst=5)


@pytest.fixture
def connection(account: Account) -> Connection:
    row: Connection = Connection.unscoped.create(account=account, partner="meetime")
    return row


def ask(
    connection: Connection,
    *,
    at: float,
    cost: int = 1,
    urgency: Urgency = Urgency.LIVE,
    windows: tuple[Window, ...] = (SECOND,),
) -> float:
    return reserve(
        connection=connection, windows=windows, cost=cost, urgency=urgency, now=NOW + timedelta(seconds=at)
    )


def test_a_burst_then_one_a_second_and_a_fifth_is_kept_for_people(connection: Connection) -> None:
    assert [ask(connection, at=0) for _each in range(4)] == [0, 0, 0, 0]
    assert ask(connection, at=0) == pytest.approx(1.0)
    assert ask(connection, at=0, urgency=Urgency.PERSON) == 0
    assert ask(connection, at=0, urgency=Urgency.PERSON) == pytest.approx(1.0)
    assert ask(connection, at=2.1) == 0


def test_refused_takes_nothing(connection: Connection) -> None:
    for _each in range(4):
        ask(connection, at=0)
    waits = [ask(connection, at=0) for _each in range(5)]
    assert waits == [pytest.approx(1.0)] * 5


def test_a_clock_that_goes_back_gives_no_second_refill(connection: Connection) -> None:
    """Hosts whose clocks differ: time that was counted once is not counted again."""
    for _each in range(4):
        ask(connection, at=10)
    assert ask(connection, at=7) > 0
    assert ask(connection, at=10) == pytest.approx(1.0)
    assert ask(connection, at=8, urgency=Urgency.PERSON) == 0
    assert ask(connection, at=10, urgency=Urgency.PERSON) == pytest.approx(1.0)


def test_every_window_counts(connection: Connection) -> None:
    day = Window(seconds=86_400.0, rate=10.0, burst=10)
    taken = 0
    for second in range(100):
        taken += ask(connection, at=second, windows=(SECOND, day)) == 0
    assert taken == 8, "ten a day, a fifth of them kept for people"


def test_a_cost_above_the_bucket_is_borrowed(connection: Connection) -> None:
    """A call of many requests goes out when the bucket is full, and the next one waits for its debt."""
    assert ask(connection, at=0, cost=9) == 0
    assert ask(connection, at=1) > 4
