"""S7: what waited while people went on is not done any more, and says why."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.origin import Origin
from funnels import services
from funnels.models import Deal, Task
from integrations.models import WorkflowRun
from integrations.workflow import clock, stale
from integrations.workflow.replay import run_again
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, passed, stages, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world) -> None:
    on(world)


def reason() -> str:
    return WorkflowRun.unscoped.latest("id").reason


def test_s7_a_card_that_a_person_moved_on_is_not_dragged_back(world) -> None:
    mover(world, at=0, to=1, name="A")
    deal = card(world)
    services.move_deal(deal=deal, stage=stages(world)[2], origin=Origin.user(world.seller))
    assert work() == ["skipped"]
    assert reason() == stale.LEFT
    assert Deal.unscoped.get(pk=deal.pk).stage == stages(world)[2]


def test_s7_nor_by_running_again_what_was_refused(world) -> None:
    item = services.add_checklist_item(stage=stages(world)[0], text="Assinar", origin=ORIGIN, mandatory=True)
    mover(world, at=0, to=1, name="A")
    deal = card(world)
    assert work() == ["refused"]
    services.mark_checklist_item(deal=deal, item=item, done=True, origin=ORIGIN)
    services.move_deal(deal=deal, stage=stages(world)[2], origin=Origin.user(world.seller))
    run_again(run=WorkflowRun.unscoped.get(), origin=Origin.user(world.admin))
    assert work() == ["skipped"]
    assert reason() == stale.LEFT
    assert Deal.unscoped.get(pk=deal.pk).stage == stages(world)[2]


def test_s7_a_closed_card_is_not_moved(world) -> None:
    mover(world, at=0, to=1, name="A")
    services.lose_deal(deal=card(world), origin=Origin.user(world.seller))
    assert work() == ["skipped"]
    assert reason() == stale.CLOSED


@pytest.mark.parametrize(("go_on", "done"), [(True, "skipped"), (False, "done")])
def test_s7_what_time_set_off_is_not_said_of_a_card_that_somebody_moved_on(world, go_on, done) -> None:
    flow(world, trigger="idle", trigger_values={"days": 3})
    deal = card(world)
    passed(deal, 5)
    clock.sweep(now=timezone.now())
    if go_on:
        services.move_deal(deal=deal, stage=stages(world)[1], origin=Origin.user(world.seller))
    assert work() == [done]
    assert Task.unscoped.exists() is not go_on


def test_s7_owner_and_field_stay_as_somebody_wrote_them_since(world) -> None:
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    flow(world, "crm.change_owner", parameters={"owner": f"user:{world.admin.pk}"})
    flow(world, "crm.fill_field", parameters={"field": "person.name", "value": "Robô"})
    flow(world, "crm.fill_field", parameters={"field": "deal.amount", "value": "10.00"})
    flow(world)
    deal = card(world, owner=None, person=person)
    by_hand = Origin.user(world.seller)
    services.update_deal(deal=deal, owner=world.seller, origin=by_hand)
    services.update_person(person=person, name="Ana Bia", origin=by_hand)
    services.move_deal(deal=deal, stage=stages(world)[1], origin=by_hand)
    assert work() == ["skipped", "skipped", "done", "done"]  # it did enter: its value and its task come late
    assert WorkflowRun.unscoped.earliest("id").reason == stale.CHANGED
    deal.refresh_from_db()
    person.refresh_from_db()
    assert (deal.owner, person.name, str(deal.amount)) == (world.seller, "Ana Bia", "10.00")


def test_s7_two_automations_of_a_stage_do_not_outdate_each_other(world) -> None:
    """The first moves the card on; the second still fills its field, for nobody went on meanwhile."""
    mover(world, at=0, to=1, name="A")
    flow(world, "crm.fill_field", parameters={"field": "deal.amount", "value": "10.00"})
    flow(world, "crm.move", description="C", parameters={"stage": str(stages(world)[2].pk)})
    deal = card(world)
    assert work() == ["done", "done", "skipped"]
    deal.refresh_from_db()
    assert (deal.stage, str(deal.amount)) == (stages(world)[1], "10.00")
