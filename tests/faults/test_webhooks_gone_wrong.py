"""News twice, out of order, late, unsigned or not at all: the card ends up the same (pains 3, 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from funnels.models import Deal, InteractionRecord
from integrations.engine import clock, listen, take_in
from integrations.models import Arrival, Delivery, Enrollment, Lead, OutboxAction
from integrations.partners.meetime.models import WinAction
from mapping.models import Link
from tests import factories
from tests.faults.site import Site
from tests.faults.story import Story, begin, compare_heard

pytestmark = pytest.mark.faults


@pytest.fixture
def story(site: Site) -> Story:
    story = begin(site)
    story.listen()
    return story


def sent(story: Story, who: str = "email") -> tuple[Deal, str]:
    deal = story.card(who)
    story.enter(deal)
    story.finish()
    return deal, story.their_id(deal)


def play(story: Story, lead: str) -> None:
    """Two activities and a win over there."""
    story.order(f"leads/{lead}/activities", type="CALL", annotation="Falamos")
    story.order(f"leads/{lead}/activities", type="WHATSAPP", annotation="Mensagem")
    story.order(f"leads/{lead}/win")


MISCHIEF = {
    "twice": {"kind": "webhook_twice"},
    "out of order": {"kind": "webhook_shuffled", "seconds": 0.4},
    "the activities after the win": {"kind": "webhook_delayed", "event": "ACTIVITY.FINISHED", "seconds": 0.6},
    "dropped": {"kind": "webhook_dropped"},
    "the win dropped": {"kind": "webhook_dropped", "event": "LEAD.WON"},
    "unsigned": {"kind": "webhook_unsigned"},
    "with a bad signature": {"kind": "webhook_bad_signature"},
}


@pytest.mark.parametrize("name", MISCHIEF)
def test_the_card_ends_up_the_same(site: Site, story: Story, name: str) -> None:
    """M33, M39: webhooks and polling together bring each thing once, whatever becomes of the webhooks."""
    deal, lead = sent(story)
    order = dict(MISCHIEF[name])
    site.misbehave(str(order.pop("kind")), **order)
    play(story, lead)
    story.heard()
    story.drain()
    story.poll()
    story.finish()
    compare_heard(story, deal, activities=2)
    forged = Delivery.unscoped.filter(connection=story.connection, state=Delivery.State.UNVERIFIED)
    assert forged.exists() is (name in ("unsigned", "with a bad signature"))
    assert len(story.ledger()) == 1, "taking in news sent something"


def test_late_by_days(site: Site, story: Story) -> None:
    """M43: what happened before the end is taken in days later, and moves nothing."""
    deal, lead = sent(story)
    site.misbehave("webhook_dropped", event="ACTIVITY.FINISHED")
    then = clock.now() - timedelta(days=4)
    story.order(f"leads/{lead}/activities", type="CALL", annotation="Há dias", executed_at=then.timestamp())
    story.order(f"leads/{lead}/win")
    story.heard()
    story.finish()
    version = Deal.unscoped.get(pk=deal.pk).version
    ended = Enrollment.unscoped.get(deal=deal)
    InteractionRecord.unscoped.filter(deal=deal, source__contains=":activity:").delete()
    # Days pass; then the very same page of activities is read for the first time.
    Arrival.unscoped.filter(connection=story.connection, kind="activity").delete()
    story.poll()
    story.finish()
    compare_heard(story, deal, activities=1)
    record = InteractionRecord.unscoped.get(deal=deal, source__contains=":activity:")
    assert abs(record.occurred_at - then) < timedelta(seconds=1)
    assert Deal.unscoped.get(pk=deal.pk).version == version
    assert Enrollment.unscoped.get(deal=deal).ended_at == ended.ended_at


def test_a_result_that_comes_before_its_receipt_waits_for_it(site: Site, story: Story) -> None:
    """The seller wins the lead while our sender still waits for the answer: the news is not put aside."""
    deal = story.card("email")
    site.misbehave("did_not_answer", method="POST", times=1)
    story.enter(deal)
    story.drain()
    assert story.state_of(deal) == "unsure"
    lead = str(story.ledger("lead.created")[0]["ids"]["lead"])
    play(story, lead)
    story.heard()
    story.drain()
    waiting = Arrival.unscoped.filter(connection=story.connection, state=Arrival.State.WAITING)
    assert waiting.exists(), "news of a lead that is being sent was not kept waiting"
    assert waiting.order_by("pk")[0].reason, "what the lane waits for does not say why"
    story.finish()
    compare_heard(story, deal, activities=2)


def test_news_put_aside_while_a_person_decided_is_taken_up_with_the_receipt(site: Site, story: Story) -> None:
    """The row was left to a person; her decision finds the lead, and its news of meanwhile."""
    from integrations.engine import replay

    deal = story.card("email")
    site.misbehave("did_not_answer", method="POST", times=1)
    story.enter(deal)
    story.drain()
    assert story.state_of(deal) == "unsure"
    action = OutboxAction.unscoped.get(enrollment__deal=deal, kind="send_lead")
    OutboxAction.unscoped.filter(pk=action.pk).update(state=OutboxAction.State.PERSON, due_at=None)
    play(story, str(story.ledger("lead.created")[0]["ids"]["lead"]))
    story.heard()
    story.finish()
    assert Arrival.unscoped.filter(connection=story.connection, state=Arrival.State.IGNORED).exists()
    replay.send_again(action=action, origin=factories.SYSTEM)
    story.finish()
    compare_heard(story, deal, activities=2)


def test_lost_taken_up_again_over_there_and_won(site: Site, story: Story) -> None:
    """A lead that was lost may be won later while another lead keeps the card open (M39, M40)."""
    from funnels import services

    deal = story.card("email")
    friend = services.create_person(
        account=story.account, name="Segunda", email=f"seg{deal.pk}@padaria.example", origin=factories.SYSTEM
    )
    services.set_related_contacts(deal=deal, persons=[friend], origin=factories.SYSTEM)
    story.enter(deal)
    story.finish()
    main = Lead.unscoped.get(enrollment__deal=deal, is_main=True)
    theirs = Link.unscoped.get(our_id=main.pk, entity="lead").their_id
    story.order(f"leads/{theirs}/lose", reason="Sem perfil")
    story.heard()
    story.finish()
    assert Lead.unscoped.get(pk=main.pk).state == "lost"
    assert Deal.unscoped.get(pk=deal.pk).status == Deal.Status.OPEN
    # Meetime's user takes the lead up again by hand and wins it.
    story.order(
        "leads",
        name="Já lá",
        email="ninguem@exemplo.com.br",
        cadence_id=int(story.automation.parameters["cadence"]),
    )
    record = {
        "kind": "lead", "id": theirs, "event": "won",
        "when": (clock.now() + timedelta(seconds=1)).isoformat(), "by": None, "reference": None, "about": {"run": "x"},
        "fields": {"cadence_id": story.automation.parameters["cadence"], "cadence": "", "owner_id": ""},
    }  # fmt: skip
    take_polled(story, [record])
    story.finish()
    assert Lead.unscoped.get(pk=main.pk).state == "won", [
        (row.event, row.state, row.reason) for row in Arrival.unscoped.filter(connection=story.connection)
    ]
    assert Deal.unscoped.get(pk=deal.pk).status == Deal.Status.WON
    # The older loss is read once more: something later is known, so nothing moves.
    lost = {**record, "event": "lost", "when": (clock.now() - timedelta(minutes=5)).isoformat()}
    take_polled(story, [lost])
    story.finish()
    assert Lead.unscoped.get(pk=main.pk).state == "won"
    assert Deal.unscoped.get(pk=deal.pk).status == Deal.Status.WON
    assert not Arrival.unscoped.filter(connection=story.connection, state=Arrival.State.FAILED).exists()


def take_polled(story: Story, records: list[dict[str, Any]]) -> None:
    """A polled page with these records, as polling stores it."""
    from integrations.engine.arrivals import record_of

    now = clock.now()
    delivery = Delivery.unscoped.create(
        account=story.account,
        connection=story.connection,
        source="poll",
        state="taken",
        body=b"[]",
        received_at=now,
    )
    take_in.add_arrivals(delivery=delivery, records=[record_of(record) for record in records], now=now)


def test_echo_a_bounded_number_of_requests(site: Site, story: Story) -> None:
    """Pain 2, promise 4: our own changes, applied by the connection, send nothing again, ever."""
    stages = list(story.funnel.stages.all())
    # The win moves the card into the very stage that sends: the worst case for an echo.
    WinAction.unscoped.filter(connection=story.connection).update(action="move", stage=stages[1])
    deal, lead = sent(story)
    from funnels import services

    services.move_deal(deal=deal, stage=stages[2], origin=factories.SYSTEM)
    play(story, lead)
    story.heard()
    story.finish()
    assert Deal.unscoped.get(pk=deal.pk).stage_id == stages[1].pk
    counts = []
    for _round in range(6):
        listen.make_due(story.connection.lanes.all(), due=clock.now())
        story.poll()
        story.finish()
        counts.append(
            (
                len([row for row in story.ledger("request", by="") if row["method"] != "GET"]),
                len(story.ledger()),
                OutboxAction.unscoped.filter(connection=story.connection).count(),
                Arrival.unscoped.filter(connection=story.connection).count(),
            )
        )
    assert len(story.ledger()) == 1, [row["kind"] for row in story.ledger()]
    assert len(set(counts)) == 1, f"something grows with every round: {counts}"


def test_the_loss_of_before_does_not_close_a_lead_that_we_reopened(site: Site, story: Story) -> None:
    """Pain 5, M32: lost over there just before our card reopened it; the news comes late."""
    deal = story.card("closed")
    story.enter(deal)
    story.finish()
    story.heard()
    story.poll()
    story.finish()
    assert Deal.unscoped.get(pk=deal.pk).status == Deal.Status.OPEN, "the old loss closed the new run"
    assert Lead.unscoped.get(enrollment__deal=deal).state == "executing"
    old = Arrival.unscoped.filter(connection=story.connection, event="lost")
    assert old.exists(), "the old loss never came; nothing is proven"
    assert {(row.state, bool(row.reason)) for row in old} == {(Arrival.State.IGNORED, True)}
    play(story, story.their_id(deal))
    story.heard()
    story.finish()
    compare_heard(story, deal, activities=2)
