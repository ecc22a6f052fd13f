"""What tests of leases and races do by hand: make lanes due, move a card, bring activities."""

from __future__ import annotations

from funnels import services
from funnels.models import Deal
from integrations import contract
from integrations.engine import clock, listen, take_in
from integrations.models import Arrival, Delivery
from tests import factories
from tests.engine.conftest import Bench


def due(bench: Bench) -> None:
    listen.make_due(bench.connection.lanes.all(), due=clock.now())


def enter(bench: Bench, deal: Deal) -> None:
    services.move_deal(deal=deal, stage=bench.stages()[1], origin=factories.SYSTEM)


def delivered(bench: Bench, *, theirs: str, count: int) -> list[Arrival]:
    """That many activities of a lead, as a polled page brings them."""
    now = clock.now()
    delivery = Delivery.unscoped.create(
        account=bench.world.account,
        connection=bench.connection,
        source="poll",
        state="taken",
        body=b"",
        received_at=now,
    )
    records = [
        contract.Record(
            kind="activity", id=str(7000 + number), event="done", when=now, about={"lead": theirs, "run": ""},
            fields={"type": "CALL", "name": "Ligação", "network": "", "text": f"nº {number}"},
        )
        for number in range(count)
    ]  # fmt: skip
    take_in.add_arrivals(delivery=delivery, records=records, now=now)
    return list(Arrival.unscoped.filter(delivery=delivery).order_by("pk"))
