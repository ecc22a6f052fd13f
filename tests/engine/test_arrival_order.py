"""What waits on a lane is told in the order in which it happened, whichever list told it (M43)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from integrations.engine import clock, polling, take_in
from integrations.engine.arrivals import _in_order
from integrations.models import Arrival, Connection, Delivery, Lane
from tests.conftest import World
from tests.engine.conftest import Bench

pytestmark = pytest.mark.django_db


def told(lane: Lane, *rows: tuple[str, int], source: str) -> None:
    """One delivery with these (their id, minutes from now) in it; no minutes: how a lead stands."""
    connection, now = lane.connection, clock.now()
    delivery = Delivery.unscoped.create(
        account=lane.account, connection=connection, source=source, state="taken", received_at=now
    )
    for their_id, minutes in rows:
        Arrival.unscoped.create(
            account=lane.account,
            connection=connection,
            delivery=delivery,
            lane=lane,
            kind="lead",
            their_id=their_id,
            event="done" if minutes else "",
            record={"when": (now + timedelta(minutes=minutes)).isoformat()},
            digest=their_id,
            received_at=now,
        )


def order(lane: Lane) -> list[str]:
    rows = Arrival.unscoped.filter(lane=lane).annotate(by=F("delivery__source")).order_by("pk")
    return [row.their_id for row in _in_order(rows)]


@pytest.fixture
def lane(world: World) -> Lane:
    connection = Connection.unscoped.create(account=world.account, partner="meetime", flow="centralisation")
    made: Lane = Lane.unscoped.create(account=world.account, connection=connection, key="deal:1")
    return made


def test_m43_lists_read_together_are_one_story(lane: Lane) -> None:
    told(lane, ("call after the win", 9), source="poll")
    told(lane, ("the win", 5), ("call before the win", 2), ("the lead", 0), source="poll")
    assert order(lane) == ["the lead", "call before the win", "the win", "call after the win"]


def test_m43_webhooks_are_told_as_they_came(lane: Lane) -> None:
    told(lane, ("second", 9), source="webhook")
    told(lane, ("first", 5), source="webhook")
    assert order(lane) == ["second", "first"]


def test_m43_results_are_read_before_activities(lane: Lane) -> None:
    kinds = [cursor.kind for cursor in polling.due_cursors(lane.connection, now=clock.now())]
    assert kinds.index("prospections") < kinds.index("activities")


def test_a_delivery_is_read_after_the_earlier_ones_of_its_connection(bench: Bench) -> None:
    """Promise 3: while another pump has the first one in hand, the second is not read past it."""
    first, second = (
        take_in.store_delivery(
            connection=bench.connection,
            source="webhook",
            headers={},
            body=b"{}",
            dedupe=None,
            now=clock.now(),
        )
        for _each in range(2)
    )
    assert first is not None
    assert second is not None
    assert take_in._read(second.pk) is False
    second.refresh_from_db()
    assert second.state == Delivery.State.RECEIVED
    assert [take_in._read(each.pk) for each in (first, second)] == [True, True]
