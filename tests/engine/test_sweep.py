"""Raw payloads and exchanges are forgotten in time, what waits is not (X8; house.md, "Exchange")."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from funnels.services import NotAllowed
from integrations.engine import clock, jobs, replay
from integrations.models import Arrival, Connection, Delivery, Exchange, Lane
from tests import factories
from tests.conftest import World

DAYS = (0, 29, 31)


@pytest.fixture
def connection(world: World) -> Connection:
    made: Connection = Connection.unscoped.create(account=world.account, partner="meetime")
    return made


def delivery(connection: Connection, *, days: int, **values: Any) -> Delivery:
    made: Delivery = Delivery.unscoped.create(
        account=connection.account,
        connection=connection,
        source="webhook",
        body=b"{}",
        headers={"date": "x"},
        received_at=clock.now() - timedelta(days=days),
        **{"state": Delivery.State.TAKEN, **values},
    )
    return made


def arrival(connection: Connection, *, days: int, state: str) -> Arrival:
    lane, _made = Lane.unscoped.get_or_create(account=connection.account, connection=connection, key="deal:1")
    made: Arrival = Arrival.unscoped.create(
        account=connection.account,
        connection=connection,
        delivery=delivery(connection, days=days),
        lane=lane,
        kind="lead",
        their_id="1",
        record={"id": "1"},
        digest="x",
        state=state,
        received_at=clock.now() - timedelta(days=days),
    )
    return made


def test_x8_exchanges_are_kept_for_the_accounts_days_and_no_longer(
    world: World, connection: Connection
) -> None:
    for days in DAYS:
        Exchange.unscoped.create(
            account=world.account,
            connection=connection,
            at=clock.now() - timedelta(days=days),
            method="GET",
            url=f"https://partner.example/{days}",
        )
    assert jobs.sweep() == 1
    left = Exchange.unscoped.order_by("pk").values_list("url", flat=True)
    assert list(left) == ["https://partner.example/0", "https://partner.example/29"]
    world.account.payload_days = 7
    world.account.save()
    assert jobs.sweep() == 1


def test_x8_raw_bodies_go_and_what_became_of_them_stays(connection: Connection) -> None:
    rows = [delivery(connection, days=days) for days in DAYS]
    waiting = delivery(connection, days=31, state=Delivery.State.RECEIVED)
    jobs.sweep()
    bodies = [bytes(Delivery.unscoped.get(pk=row.pk).body) for row in (*rows, waiting)]
    assert bodies == [b"{}", b"{}", b"", b"{}"]
    assert Delivery.unscoped.get(pk=rows[2].pk).state == Delivery.State.TAKEN


def test_x8_what_was_read_goes_unless_it_waits_and_cannot_be_taken_in_again(connection: Connection) -> None:
    failed = arrival(connection, days=31, state=Arrival.State.FAILED)
    waiting = arrival(connection, days=31, state=Arrival.State.WAITING)
    young = arrival(connection, days=1, state=Arrival.State.APPLIED)
    jobs.sweep()
    held = [Arrival.unscoped.get(pk=row.pk).record for row in (failed, waiting, young)]
    assert held == [{}, {"id": "1"}, {"id": "1"}]
    with pytest.raises(NotAllowed):
        replay.take_in_again(arrival=failed, origin=factories.SYSTEM)
