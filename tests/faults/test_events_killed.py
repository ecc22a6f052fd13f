"""A sender of our events killed from outside: nothing lost, and what comes twice has the same id (S18)."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import Module
from accounts.services import create_account
from integrations.endpoints import services
from integrations.models import EventDelivery
from tests import factories
from tests.faults.site import Site, wait_for
from tests.integrations.endpoints.receiver import Receiver

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc (Linux)"),
]


@pytest.mark.parametrize(("step", "times"), [("speaking", 1), ("answered", 2)])
def test_a_sender_killed_at(site: Site, step: str, times: int) -> None:
    victim, rescuer = site.pump(stop_at=step, SENDER="1"), site.pump(SENDER="1")
    account, _admin = create_account(
        name="Eventos", admin_email=f"{step}@eventos.example", modules=["api"], origin=factories.SYSTEM
    )
    assert Module.objects.of(account).filter(slug="api", enabled=True).exists()
    with Receiver() as theirs:
        _row, secret = services.create_endpoint(
            account=account, url=theirs.url, events=["deal.created"], origin=factories.SYSTEM
        )
        victim.go()
        deal = factories.deal(funnel=factories.funnel(account=account))
        victim.wait_until_stopped(step)
        victim.kill()
        rescuer.go()
        deliveries = EventDelivery.objects.of(account)
        wait_for("delivered", lambda: deliveries.filter(state="delivered").exists(), seconds=30)
        assert len(theirs.got) == times
        assert {got.verified(secret)["data"]["object"]["id"] for got in theirs.got} == {str(deal.pk)}
        assert {got.headers["webhook-id"] for got in theirs.got} == {deliveries.get().event.uid}
    assert "Traceback" not in rescuer.said(), rescuer.said()
