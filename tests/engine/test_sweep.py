"""What is kept for support only is forgotten in time (house.md, "Exchange": 30 days)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from integrations.engine import clock, jobs
from integrations.models import Connection, Exchange
from tests.conftest import World


def test_exchanges_are_kept_for_their_days_and_no_longer(world: World) -> None:
    connection = Connection.unscoped.create(account=world.account, partner="meetime")
    for days in (0, settings.EXCHANGE_DAYS - 1, settings.EXCHANGE_DAYS + 1):
        Exchange.unscoped.create(
            account=world.account,
            connection=connection,
            at=clock.now() - timedelta(days=days),
            method="GET",
            url=f"https://partner.example/{days}",
        )
    assert jobs.sweep() == 1
    left = Exchange.unscoped.order_by("pk").values_list("url", flat=True)
    assert list(left) == [
        "https://partner.example/0",
        f"https://partner.example/{settings.EXCHANGE_DAYS - 1}",
    ]
