"""S7: chains that go in a circle end, and say so in words; a person's hand begins anew."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.models import Notice
from accounts.origin import Origin
from funnels import services
from funnels.models import Deal
from funnels.timeline import stream
from integrations.models import WorkflowRun
from integrations.workflow import queueing
from integrations.workflow.queueing import chain_words
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, stages, states, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world):
    on(world)
    with translation.override("en"):
        yield


def test_s7_two_that_undo_each_other_stop_with_the_whole_chain_in_words(world) -> None:
    mover(world, at=0, to=1, name="A")
    mover(world, at=1, to=0, name="B")
    deal = card(world)
    assert work() == ["done", "done", "loop"]
    looped = WorkflowRun.unscoped.get(state="loop")
    assert chain_words(looped) == "A → B → A"
    assert "circle" in looped.reason
    deal.refresh_from_db()
    assert deal.stage == stages(world)[0]
    told = Notice.unscoped.filter(kind="workflow").first()
    assert "A → B → A" in told.words % told.values
    entry = next(one for one in stream(deal)[0] if "circle" in one.text)
    assert "A → B → A" in entry.text


def test_s7_one_that_sets_itself_off(world) -> None:
    flow(
        world,
        "crm.fill_field",
        description="Estrela",
        trigger="changed",
        trigger_values={"field": "deal.title"},
        parameters={"field": "deal.title", "value": "{deal.title}★"},
    )
    deal = card(world)
    services.update_deal(deal=deal, origin=ORIGIN, title="Mercado")
    assert work() == ["done", "loop"]
    deal.refresh_from_db()
    assert deal.title == "Mercado★"
    assert chain_words(WorkflowRun.unscoped.get(state="loop")) == "Estrela → Estrela"


def test_s7_a_persons_hand_begins_a_new_chain(world) -> None:
    mover(world, at=0, to=1, name="A")
    deal = card(world)
    work()
    services.move_deal(deal=deal, stage=stages(world)[0], origin=Origin.user(world.admin))
    assert work() == ["done", "done"]


def test_s7_a_chain_longer_than_twenty_ends(world, monkeypatch) -> None:
    monkeypatch.setattr(queueing, "LONGEST", 1)
    mover(world, at=0, to=1, name="A")
    mover(world, at=1, to=2, name="B")
    flow(world, stage=stages(world)[2], description="C")
    card(world)
    assert work() == ["done", "loop"]
    assert chain_words(WorkflowRun.unscoped.get(state="loop")) == "A → B"


def test_s7_other_cards_of_the_same_person_are_no_circle(world) -> None:
    """The chain reaches another card by the person: each card is acted on once."""
    flow(
        world,
        "crm.fill_field",
        description="Nome",
        trigger="changed",
        trigger_values={"field": "person.name"},
        parameters={"field": "person.name", "value": "{person.name}."},
    )
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    for _n in range(2):
        card(world, person=person)
    services.update_person(person=person, origin=ORIGIN, name="Bia")
    work()
    person.refresh_from_db()
    assert set(states()) == {"done", "loop"}
    assert person.name.startswith("Bia.")
    assert len(person.name) < 10


@pytest.mark.parametrize("cards", [3, 5])
def test_s7_cards_that_share_a_person_do_not_set_each_other_off_for_ever(world, cards: int) -> None:
    """Each card's run changes what all of them watch: every card is acted on once, the rest says why not."""
    flow(
        world,
        "crm.fill_field",
        description="Nome",
        trigger="changed",
        trigger_values={"field": "person.name"},
        parameters={"field": "person.name", "value": "{deal.title}"},
    )
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    for number in range(cards):
        card(world, person=person, title=f"Card {number}")
    services.update_person(person=person, origin=Origin.user(world.admin), name="Bia")
    ran = work()
    assert ran.count("done") == cards
    assert ran.count("loop") <= cards
    assert set(ran) == {"done", "loop"}
    looped = WorkflowRun.unscoped.filter(state="loop").first()
    assert (looped.reason, chain_words(looped)) == (queueing.CIRCLE, "Nome → Nome")
    assert Notice.unscoped.filter(kind="workflow", user=world.admin).count() == 1
    services.update_person(person=person, origin=Origin.user(world.admin), name="Caio")
    assert work().count("done") == 2 * cards  # a person's hand begins anew


def test_s7_two_roads_to_one_automation_are_one_run_with_the_newest_values(world) -> None:
    for name, value in (("A", "10.00"), ("B", "20.00")):
        flow(world, "crm.fill_field", description=name, parameters={"field": "deal.amount", "value": value})
    flow(
        world,
        "crm.fill_field",
        description="C",
        trigger="changed",
        trigger_values={"field": "deal.amount"},
        parameters={"field": "deal.title", "value": "Vale {deal.amount}"},
    )
    deal = card(world)
    assert work() == ["done", "done", "done"]
    deal.refresh_from_db()
    assert deal.title.endswith("20.00")


def test_s7_one_cause_sets_off_so_many_runs_and_no_more(world, monkeypatch) -> None:
    monkeypatch.setattr(queueing, "MOST", 1)
    mover(world, at=0, to=1, name="A")
    for name in ("B", "C"):
        flow(world, stage=stages(world)[1], description=name)
    card(world)
    assert work() == ["done", "done", "loop"]
    looped = WorkflowRun.unscoped.get(state="loop")
    assert (looped.reason, chain_words(looped)) == (queueing.TOO_MANY, "A → C")


def test_s7_a_circle_through_a_partner_ends_too(world) -> None:
    """Ours moves it there, the partner's news move it back, at once: the second time is the last."""
    mover(world, at=0, to=1, name="A")
    deal = card(world)
    partner = Origin.connection(connection_id=7, label="Meetime")
    assert work() == ["done"]
    services.move_deal(deal=deal, stage=stages(world)[0], origin=partner)
    assert work() == ["done", "loop"]
    assert Deal.unscoped.get(pk=deal.pk).stage == stages(world)[0]


def test_s7_a_partners_move_after_a_persons_hand_sets_it_off(world) -> None:
    mover(world, at=0, to=1, name="A")
    deal = card(world)
    work()
    services.update_deal(deal=deal, origin=Origin.user(world.admin), title="Mexido")
    services.move_deal(
        deal=deal, stage=stages(world)[0], origin=Origin.connection(connection_id=7, label="M")
    )
    assert work() == ["done", "done"]


def test_s7_the_card_shows_its_runs_with_chain_and_reason(world, client_of) -> None:
    mover(world, at=0, to=1, name="A")
    mover(world, at=1, to=0, name="B")
    deal = card(world)
    work()
    shown = client_of(world.admin).get(f"/deals/{deal.pk}/").content.decode()
    assert "A → B → A" in shown
    assert 'id="panel-workflow"' in shown


def test_s7_a_card_without_runs_shows_no_panel(world, client_of) -> None:
    deal = card(world)
    assert 'id="panel-workflow"' not in client_of(world.admin).get(f"/deals/{deal.pk}/").content.decode()
