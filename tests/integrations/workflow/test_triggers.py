"""S7: each trigger of the CRM's own automations, with what it does and when it does not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Module
from funnels import services
from funnels.models import Change, Deal, Task
from integrations.models import Automation, WorkflowRun
from tests import factories
from tests.integrations.workflow.flows import (
    EARLIER,
    ORIGIN,
    card,
    flow,
    on,
    passed,
    stages,
    states,
    sweep,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world) -> None:
    on(world)


def tasks() -> list[str]:
    return list(Task.unscoped.order_by("id").values_list("title", flat=True))


def test_s7_a_card_made_in_the_stage_has_entered_it(world) -> None:
    flow(world)
    deal = card(world)
    assert states() == ["waiting"]  # queued in the writer's transaction, done by the worker
    assert work() == ["done"]
    task = Task.unscoped.get()
    assert (task.title, task.deal, task.assignee, task.person) == ("Ligar", deal, world.seller, None)


def test_s7_moved_in_and_moved_out(world) -> None:
    flow(world, stage=stages(world)[1])
    deal = card(world)
    assert states() == []
    services.move_deal(deal=deal, stage=stages(world)[1], origin=ORIGIN)
    services.move_deal(deal=deal, stage=stages(world)[2], origin=ORIGIN)
    assert work() == ["done"]


def test_s7_reopened_is_not_entered(world) -> None:
    flow(world, trigger="reopened")
    deal = card(world)
    assert states() == []
    services.lose_deal(deal=deal, origin=ORIGIN)
    services.reopen_deal(deal=deal, origin=ORIGIN)
    assert work() == ["done"]
    assert tasks() == ["Ligar"]


@pytest.mark.parametrize(("trigger", "close"), [("won", services.win_deal), ("lost", services.lose_deal)])
def test_s7_won_and_lost(world, trigger: str, close) -> None:
    flow(world, trigger=trigger)
    deal = card(world)
    close(deal=deal, origin=ORIGIN)
    close(deal=deal, origin=ORIGIN)
    assert work() == ["done"]
    assert tasks() == ["Ligar"]


def test_s7_field_changed_only_that_field(world) -> None:
    flow(world, trigger="changed", trigger_values={"field": "deal.amount"})
    deal = card(world)
    services.update_deal(deal=deal, origin=ORIGIN, title="Outro")
    assert states() == []
    services.update_deal(deal=deal, origin=ORIGIN, amount=Decimal("10"))
    services.update_deal(deal=deal, origin=ORIGIN, amount=Decimal("10"))
    assert work() == ["done"]


def test_s7_custom_field_changed(world) -> None:
    for key in ("cor", "marca"):
        services.create_custom_field(
            account=world.account, entity="deal", key=key, label=key, type="text", origin=ORIGIN
        )
    flow(world, trigger="changed", trigger_values={"field": "deal.custom.cor"})
    deal = card(world)
    services.update_deal(deal=deal, origin=ORIGIN, custom={"marca": "x"})
    assert states() == []
    services.update_deal(deal=deal, origin=ORIGIN, custom={"cor": "azul"})
    assert work() == ["done"]


def test_s7_a_field_of_the_person_or_company_changed(world) -> None:
    flow(world, trigger="changed", trigger_values={"field": "person.email"})
    flow(world, trigger="changed", trigger_values={"field": "company.phone"}, description="Fone")
    person = services.create_person(account=world.account, name="Ana", origin=ORIGIN)
    company = services.create_company(account=world.account, name="Sol", origin=ORIGIN)
    here = card(world, person=person, company=company)
    card(world, person=person, stage=1)
    closed = card(world, person=person)
    services.lose_deal(deal=closed, origin=ORIGIN)
    services.update_person(person=person, origin=ORIGIN, name="Ana B")
    assert states() == []
    services.update_person(person=person, origin=ORIGIN, email="ana@x.example")
    services.update_company(company=company, origin=ORIGIN, phones=["11 99999-0000"])
    assert work() == ["done", "done"]
    assert {run.deal_id for run in WorkflowRun.unscoped.all()} == {here.pk}


def test_s7_filters_hold_or_the_run_says_what_it_saw(world) -> None:
    rule = {"field": "deal.amount", "operator": "more", "value": "100.00"}
    flow(world, filters={"all": True, "rules": [rule]})
    card(world, amount=Decimal("50"))
    card(world, amount=Decimal("500"))
    assert work() == ["skipped", "done"]
    run = WorkflowRun.unscoped.order_by("id").first()
    assert run.tried[0]["saw"]["filters"] == [{**rule, "saw": "50.00", "passed": False}]


def test_s7_several_automations_act_in_their_order(world) -> None:
    from integrations.automations.services import reorder

    first, second = (flow(world, description=name) for name in ("A", "B"))
    reorder(funnel=world.funnel, ids=[second.pk, first.pk], origin=ORIGIN)
    card(world)
    assert work() == ["done", "done"]
    ran = WorkflowRun.unscoped.order_by("id").values_list("automation__description", flat=True)
    assert list(ran) == ["B", "A"]


def test_s7_idle_once_for_each_idleness(world) -> None:
    flow(world, trigger="idle", trigger_values={"days": 3})
    deal = card(world)
    passed(deal, 2)
    assert sweep() == []
    passed(deal, 4)
    assert sweep() == ["done"]
    assert sweep() == ["done"]  # the task that it created is nobody's doing: still the same idleness
    services.update_deal(deal=deal, origin=ORIGIN, title="Mexido")
    assert sweep() == ["done"]
    passed(deal, 5)
    WorkflowRun.unscoped.update(created_at=timezone.now() - timedelta(days=10))
    assert sweep() == ["done", "done"]


@pytest.mark.parametrize("trigger", ["idle", "client_idle"])
def test_s7_what_automations_change_ends_no_idleness(world, trigger: str) -> None:
    """The three days' automation fires once on an untouched card, and the five days' one does fire."""
    sol = services.create_company(account=world.account, name="Sol", origin=ORIGIN)
    flow(world, "crm.fill_field", trigger=trigger, trigger_values={"days": 3}, description="A",
         parameters={"field": "deal.amount", "value": "10.00"})  # fmt: skip
    flow(world, "crm.remind", trigger=trigger, trigger_values={"days": 5}, description="B",
         parameters={"to": "owner", "text": "Parado"})  # fmt: skip
    deal, today = card(world, company=sol), timezone.now()
    for day in range(1, 12):
        sweep(now=today + timedelta(days=day))
    ran = WorkflowRun.unscoped.order_by("id").values_list("automation__description", "state")
    assert list(ran) == [("A", "done"), ("B", "done")]
    services.update_deal(deal=deal, origin=ORIGIN, title="Mexido")
    Change.unscoped.filter(deal=deal, origin_kind="system").update(at=today + timedelta(days=12))
    sweep(now=today + timedelta(days=16))
    assert ran.last() == ("A", "done")
    assert ran.all().count() == 3


def test_s7_a_card_that_an_automation_brings_has_its_days_in_the_stage(world) -> None:
    """Moved on after three days, it is not moved on again at once; and a circle of days ends, too."""
    for at, to in ((0, 1), (1, 0)):
        flow(world, "crm.move", stage=stages(world)[at], trigger="idle", trigger_values={"days": 3},
             parameters={"stage": str(stages(world)[to].pk)})  # fmt: skip
    deal, today = card(world), timezone.now()
    sweep(now=today + timedelta(days=3))
    Deal.unscoped.filter(pk=deal.pk).update(entered_stage_at=today + timedelta(days=3))
    assert sweep(now=today + timedelta(days=5)) == ["done"]
    assert sweep(now=today + timedelta(days=6)) == ["done", "done"]
    assert sweep(now=today + timedelta(days=30)) == ["done", "done"]


def test_s7_a_record_ends_idleness_and_a_closed_card_is_not_idle(world) -> None:
    flow(world, trigger="idle", trigger_values={"days": 3})
    spoken, closed = card(world), card(world)
    services.lose_deal(deal=closed, origin=ORIGIN)
    passed(spoken, 4)
    passed(closed, 4)
    services.log_interaction(
        account=world.account, type="phone", text="oi", occurred_at=timezone.now(), origin=ORIGIN, deal=spoken
    )
    assert sweep() == []


def test_s7_days_are_those_of_the_accounts_time_zone(world) -> None:
    """Idle for one day from midnight in São Paulo, not from midnight UTC and not after 24 hours."""
    flow(world, trigger="idle", trigger_values={"days": 1})
    deal = card(world)
    zone = ZoneInfo("America/Sao_Paulo")
    midnight = timezone.localtime(timezone=zone).replace(hour=0, minute=0, second=0, microsecond=0)
    passed(
        deal, (timezone.now() - midnight) / timedelta(days=1) + 0.01
    )  # a quarter of an hour before midnight
    assert sweep(now=midnight - timedelta(minutes=5)) == []
    assert sweep(now=midnight + timedelta(minutes=5)) == ["done"]


def test_s7_what_was_so_before_is_taken_only_where_it_is_asked_for(world) -> None:
    row = flow(world, trigger="idle", trigger_values={"days": 3})
    Automation.unscoped.update(updated_at=timezone.now())
    deal = card(world)
    passed(deal, 30)
    assert sweep() == []
    Automation.unscoped.filter(pk=row.pk).update(trigger_values={"days": 3, "existing": True})
    assert sweep() == ["done"]


@pytest.mark.parametrize("key", ["renova", "2024"])  # digits: from before such keys were refused
def test_s7_a_date_field_has_passed_when_its_day_is_over(world, key) -> None:
    services.ensure_custom_field(
        account=world.account, entity="deal", key=key, label="Renovação", type="date", origin=ORIGIN
    )
    flow(world, trigger="deadline", trigger_values={"date": f"deal.custom.{key}"})
    today = timezone.localtime(timezone=ZoneInfo("America/Sao_Paulo")).date()
    deal = card(world, custom={key: today.isoformat()})
    assert sweep() == []
    services.update_deal(deal=deal, origin=ORIGIN, custom={key: (today - timedelta(days=1)).isoformat()})
    assert sweep() == ["done"]
    assert sweep() == ["done"]
    services.update_deal(deal=deal, origin=ORIGIN, custom={key: (today - timedelta(days=2)).isoformat()})
    assert sweep() == ["done", "done"]


def test_s7_an_overdue_task(world) -> None:
    flow(world, "crm.remind", trigger="deadline", trigger_values={"date": "task"},
         parameters={"to": "owner", "text": "Atrasou"})  # fmt: skip
    deal = card(world)
    task = services.create_task(
        account=world.account,
        title="Ligar",
        deal=deal,
        origin=ORIGIN,
        due_at=timezone.now() + timedelta(hours=1),
    )
    done = services.create_task(
        account=world.account,
        title="Feita",
        deal=deal,
        origin=ORIGIN,
        due_at=timezone.now() - timedelta(hours=1),
    )
    services.complete_task(task=done, origin=ORIGIN)
    assert sweep() == []
    late = timezone.now() - timedelta(minutes=1)
    Task.unscoped.filter(pk=task.pk).update(due_at=late)
    assert sweep() == ["done"]
    assert sweep() == ["done"]
    assert WorkflowRun.unscoped.get().cause == f"task:{task.pk}:{late.isoformat()}"


@pytest.mark.parametrize("client", ["company", "person"])
def test_s7_client_inactive_looks_at_all_cards_and_records_of_the_client(world, client: str) -> None:
    flow(world, trigger="client_idle", trigger_values={"days": 7})
    make = services.create_company if client == "company" else services.create_person
    sol = make(account=world.account, name="Sol", origin=ORIGIN)
    first, other = card(world, **{client: sol}), card(world, stage=1, **{client: sol})
    lonely = card(world)  # no client: nobody's inactivity
    for deal, days in ((first, 10), (other, 3), (lonely, 10)):
        passed(deal, days)
    assert sweep() == []
    passed(other, 9)
    services.log_interaction(
        account=world.account,
        type="phone",
        text="x",
        occurred_at=timezone.now(),
        origin=ORIGIN,
        **{client: sol},
    )
    assert sweep() == []
    from funnels.models import InteractionRecord

    InteractionRecord.unscoped.update(created_at=timezone.now() - timedelta(days=8))
    assert sweep() == ["done"]
    assert WorkflowRun.unscoped.get().deal_id == first.pk
    assert sweep() == ["done"]


@pytest.mark.parametrize(
    ("trigger", "values"),
    [("idle", {"days": 3}), ("client_idle", {"days": 3}), ("deadline", {"date": "task"})],
)
def test_s7_the_clock_asks_as_often_for_many_cards(
    world, trigger, values, django_assert_max_num_queries
) -> None:
    flow(world, trigger=trigger, trigger_values=values)
    sol = services.create_company(account=world.account, name="Sol", origin=ORIGIN)
    for _n in range(30):
        deal = card(world, company=sol)
        services.create_task(
            account=world.account,
            title="x",
            deal=deal,
            origin=ORIGIN,
            due_at=timezone.now() - timedelta(hours=1),
        )
        passed(deal, 5)
    from integrations.workflow import clock

    with django_assert_max_num_queries(8):  # automations, modules, one or two to look, the time, one insert
        assert clock.sweep(now=timezone.now()) == 30


def test_s7_the_clock_goes_on_page_by_page(world, monkeypatch) -> None:
    from integrations.workflow import clock

    flow(world, trigger="idle", trigger_values={"days": 3})
    for _n in range(5):
        passed(card(world), 5)
    monkeypatch.setattr(clock, "PAGE", 2)
    monkeypatch.setattr(clock, "MOST", 3)
    assert [clock.sweep(now=timezone.now()) for _n in range(3)] == [3, 2, 0]


def test_s7_off_since_yesterday_is_not_caught_up(world) -> None:
    flow(world, trigger="idle", trigger_values={"days": 3, "existing": True})
    passed(card(world), 30)
    Module.unscoped.filter(account=world.account).update(updated_at=timezone.now())
    assert sweep() == []
    Module.unscoped.filter(account=world.account).update(updated_at=timezone.now() - EARLIER)
    Module.unscoped.filter(account=world.account).update(enabled=False)
    assert sweep() == []


def test_s7_another_accounts_cards_are_not_seen(world, stranger) -> None:
    on(stranger)
    flow(world)
    flow(world, trigger="idle", trigger_values={"days": 3})
    passed(factories.deal(funnel=stranger.funnel), 9)
    assert sweep() == []
