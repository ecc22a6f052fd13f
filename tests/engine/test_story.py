"""A card becomes a lead and comes back won or lost (M28, M29, M33, M39, M40)."""

from __future__ import annotations

from funnels import services
from funnels.models import Deal, InteractionRecord
from integrations.models import Arrival, Enrollment, Exchange, Lead, OutboxAction
from mapping.models import Link
from tests import factories
from tests.engine.conftest import Bench


def send(bench: Bench, deal: Deal) -> str:
    """Moves the card into the sending stage and returns the lead's id at the partner."""
    services.move_deal(deal=deal, stage=bench.stages()[1], origin=factories.SYSTEM)
    bench.drain()
    lead = Lead.unscoped.get(enrollment__deal=deal, is_main=True)
    return Link.unscoped.get(our_id=lead.pk, entity="lead").their_id


def test_m28_a_card_that_enters_the_stage_becomes_a_lead(bench: Bench, deal: Deal) -> None:
    their_id = send(bench, deal)
    lead = bench.control("GET", f"meetime/leads/{their_id}")
    assert lead["email"] == "joana@padariasol.example"
    assert lead["externalReference"] == f"{deal.pk}.{Lead.unscoped.get().pk}"
    made = [row for row in bench.ledger("lead.created") if row["ids"]["lead"] == int(their_id)]
    assert [row["by"] for row in made] == ["api"]
    deal.refresh_from_db()
    assert deal.custom["meetime_latest_cadence"] == bench.cadence().name
    assert OutboxAction.unscoped.get().state == OutboxAction.State.DONE
    assert Enrollment.unscoped.get().state == Enrollment.State.ACTIVE
    assert Exchange.unscoped.filter(action=OutboxAction.unscoped.get()).count() == 3


def test_m33_m39_activity_and_win_come_back_by_polling(bench: Bench, deal: Deal) -> None:
    their_id = send(bench, deal)
    bench.win_action("win")
    bench.act(their_id, "activities", type="CALL", annotation="Falei com a Joana")
    bench.act(their_id, "win", lose_others=False)
    bench.poll()
    deal.refresh_from_db()
    assert deal.status == Deal.Status.WON
    call = InteractionRecord.unscoped.get(type="phone")
    assert (call.deal_id, call.person_id) == (deal.pk, deal.person_id)
    assert "Falei com a Joana" in call.text
    assert Enrollment.unscoped.get().state == Enrollment.State.ENDED
    assert Lead.unscoped.get().state == Lead.State.WON
    before = InteractionRecord.unscoped.count()
    bench.poll()
    assert InteractionRecord.unscoped.count() == before
    assert not Arrival.unscoped.filter(state=Arrival.State.FAILED).exists()


def test_m40_the_last_open_lead_lost_loses_the_deal(bench: Bench, deal: Deal) -> None:
    friend = services.create_person(
        account=bench.world.account, name="Rui Lima", email="rui@padariasol.example", origin=factories.SYSTEM
    )
    services.set_related_contacts(deal=deal, persons=[friend], origin=factories.SYSTEM)
    reason = services.add_loss_reason(
        funnel=bench.world.funnel, name="Sem orçamento", origin=factories.SYSTEM
    )
    main = send(bench, deal)
    other = Link.unscoped.get(our_id=Lead.unscoped.get(is_main=False).pk).their_id
    bench.act(main, "lose", reason="Sem orçamento", lose_others=False)
    bench.poll()
    deal.refresh_from_db()
    assert deal.status == Deal.Status.OPEN
    bench.act(other, "lose", reason="Sem orçamento", lose_others=False)
    bench.poll()
    deal.refresh_from_db()
    assert (deal.status, deal.loss_reason) == (Deal.Status.LOST, reason)
    assert Enrollment.unscoped.get().state == Enrollment.State.ENDED
