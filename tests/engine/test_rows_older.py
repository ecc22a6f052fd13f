"""A reading that was kept waiting is past when the lead was told something since (M37)."""

from __future__ import annotations

from funnels import services
from funnels.models import Deal, Person
from integrations import contract
from integrations.engine import clock, take_in
from integrations.engine.caller import PartnerCall
from integrations.models import Arrival, Delivery
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, their_id
from tests.engine.test_rows_following import there, updates


def test_m37_a_reading_from_before_our_last_edit_reverts_nothing(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    bench.act(lead, "update", custom={"ramoEmpresa": "Confeitaria"})
    now = clock.now()
    page = contract.partner("meetime").pull(PartnerCall(bench.connection), "leads", "", now=now)
    services.update_person(person=deal.person, name="Joana P. Prado", origin=factories.SYSTEM)
    bench.drain()
    delivery = Delivery.unscoped.create(
        account=bench.world.account,
        connection=bench.connection,
        source="poll",
        state="taken",
        received_at=now,
    )
    assert take_in.add_arrivals(delivery=delivery, records=page.records, now=now) == 1
    bench.drain()
    assert Person.unscoped.get(pk=deal.person_id).name == "Joana P. Prado"
    assert there(bench, lead)["name"] == "Joana P. Prado"
    assert Arrival.unscoped.get(delivery=delivery).state == "ignored"
    for name in ("Joana", "Joana P. Prado", "Joana"):  # A→B→A over there are as many changes
        bench.act(lead, "update", name=name)
        bench.poll()
        assert Person.unscoped.get(pk=deal.person_id).name == name
    assert len(updates(bench)) == 1
