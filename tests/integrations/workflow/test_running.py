"""S7: who runs it: two runners, accounts in turn, the threads beside the pump, and the module off."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts.models import Module
from accounts.modules import stops, switched
from funnels import services
from funnels.models import Deal, Task
from funnels.services import NotAllowed
from integrations.automations.services import delete_automation, update_automation
from integrations.models import WorkflowRun
from integrations.workflow import clock, runner
from integrations.workflow.replay import run_again
from tests import factories
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, passed, stages, states, work


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def together(work, *, how_many: int = 2) -> None:
    """The same in threads of their own, each with its own connection."""

    def alone() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=alone) for _n in range(how_many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.django_db(transaction=True)
def test_s7_two_runners_do_each_run_once_and_each_cards_in_order() -> None:
    from tests.conftest import make_world

    world = make_world("Casa", "casa.example")
    on(world)
    flow(
        world, "crm.fill_field", description="A", parameters={"field": "deal.title", "value": "{deal.title}1"}
    )
    flow(
        world, "crm.fill_field", description="B", parameters={"field": "deal.title", "value": "{deal.title}2"}
    )
    flow(world, description="C")
    deals = [card(world, title="x") for _n in range(6)]
    together(runner.work_off)
    assert set(states()) == {"done"}
    assert {Deal.unscoped.get(pk=deal.pk).title for deal in deals} == {"x12"}
    assert Task.unscoped.count() == 6
    assert set(WorkflowRun.unscoped.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_s7_a_team_of_two_runners_still_takes_turns() -> None:
    from accounts.models import Membership, Team, TeamMember
    from tests.conftest import make_world

    world = make_world("Casa", "casa.example")
    on(world)
    team = Team.unscoped.create(account=world.account, name="T")
    for place in Membership.unscoped.filter(account=world.account):
        TeamMember.unscoped.create(account=world.account, team=team, membership=place)
    flow(world, "crm.change_owner", parameters={"owner": f"team:{team.pk}"})
    for _n in range(6):
        card(world, owner=None)
    together(runner.work_off)
    owners = list(Deal.unscoped.values_list("owner", flat=True))
    assert {owners.count(owner) for owner in set(owners)} == {3}


@pytest.mark.django_db(transaction=True)
def test_s7_the_threads_beside_the_pump_do_it_within_a_second_and_end() -> None:
    from tests.conftest import make_world

    world = make_world("Casa", "casa.example")
    on(world)
    mover(world, at=0, to=1, name="A")
    stop = threading.Event()
    with runner.beside(stop):
        card(world)
        until = time.monotonic() + 5
        while states() != ["done"] and time.monotonic() < until:
            time.sleep(0.02)
        run = WorkflowRun.unscoped.get()
    assert stop.is_set()
    assert run.state == "done"
    assert (run.done_at - run.created_at).total_seconds() < 1


@pytest.mark.django_db
def test_s7_accounts_take_turns(world, stranger, monkeypatch) -> None:
    monkeypatch.setattr(runner, "IN_A_ROW", 2)
    order = []
    taken = runner.take

    def take(run_id: int) -> bool:
        done = taken(run_id)
        order.extend([WorkflowRun.unscoped.get(pk=run_id).account_id] if done else [])
        return done

    monkeypatch.setattr(runner, "take", take)
    for each, count in ((world, 5), (stranger, 1)):
        on(each)
        flow(each)
        for _n in range(count):
            factories.deal(funnel=each.funnel)
    assert runner.work_off() == 6
    assert stranger.account.pk in order[:3]


@pytest.mark.django_db
def test_s7_a_waiting_run_of_the_same_card_keeps_the_later_ones(world) -> None:
    on(world)
    flow(world, description="A")
    flow(world, description="B")
    card(world)
    first = WorkflowRun.unscoped.order_by("id").first()
    WorkflowRun.unscoped.filter(pk=first.pk).update(due_at=timezone.now() + timezone.timedelta(hours=1))
    other = card(world)
    work()
    assert WorkflowRun.unscoped.filter(deal=other, state="done").count() == 2
    assert WorkflowRun.unscoped.filter(deal=first.deal, state="waiting").count() == 2


@pytest.mark.django_db
def test_s4_module_off_queues_nothing_runs_nothing_and_on_again_only_what_is_new(world) -> None:
    on(world)
    row = flow(world)
    idle = flow(world, trigger="idle", trigger_values={"days": 3})
    card(world)
    assert states() == ["waiting"]
    switch(world, on=False)
    assert states() == ["skipped"]
    assert "switched off" in WorkflowRun.unscoped.get().reason
    quiet = card(world)
    passed(quiet, 10)
    clock.sweep(now=timezone.now())
    assert work() == ["skipped"]
    for edit in (
        lambda: update_automation(automation=row, origin=ORIGIN, enabled=False),
        lambda: delete_automation(automation=idle, origin=ORIGIN),
        lambda: run_again(run=WorkflowRun.unscoped.get(), origin=ORIGIN),
    ):
        with pytest.raises(NotAllowed, match="Workflow"):
            edit()
    switch(world, on=True)
    Module.unscoped.filter(account=world.account).update(updated_at=timezone.now())
    clock.sweep(now=timezone.now())
    card(world)
    assert work() == ["skipped", "done"]


@pytest.mark.django_db
def test_s4_a_run_that_waits_is_not_done_even_if_nobody_told_it(world) -> None:
    on(world)
    flow(world)
    card(world)
    Module.unscoped.filter(account=world.account, slug="workflow").update(enabled=False)
    assert work() == ["skipped"]
    assert not Task.unscoped.exists()


@pytest.mark.django_db
def test_g3_says_beforehand_what_stops(world) -> None:
    on(world)
    flow(world)
    card(world)
    said = [sentence for ask in stops for sentence in ask(world.account, "workflow")]
    assert "1 automation of the CRM stops." in said
    assert "1 action that waits is not done." in said


@pytest.mark.django_db
def test_s7_nothing_is_queued_where_the_writers_transaction_is_undone(world) -> None:
    from django.db import transaction

    on(world)
    flow(world, stage=stages(world)[1])
    deal = card(world)
    with transaction.atomic():
        services.move_deal(deal=deal, stage=stages(world)[1], origin=ORIGIN)
        assert states() == ["waiting"]
        transaction.set_rollback(True)
    assert states() == []


@pytest.mark.django_db
def test_s7_an_account_without_automations_pays_one_question(world, django_assert_num_queries) -> None:
    deal = card(world)
    from accounts.origin import Origin
    from funnels.models import Change
    from integrations.workflow.listen import on_changed

    news = list(Change.unscoped.filter(deal=deal, kind="created"))
    with django_assert_num_queries(1):
        on_changed(changes=news, origin=Origin.system())


def switch(world, *, on: bool) -> None:
    Module.unscoped.filter(account=world.account, slug="workflow").update(enabled=on)
    switched.send(sender=Module, account=world.account, slug="workflow", on=on)
