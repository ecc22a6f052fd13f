"""What is told late, or of a lead that is another card's by now (M32, M34, M36, M39, M41–M43, M45, M47)."""

from __future__ import annotations

import pytest

from accounts.models import User
from funnels import services
from funnels.models import Deal, InteractionRecord, Person, Task
from integrations.engine import clock, polling, speak
from integrations.models import Arrival, Lead, OutboxAction
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.hands import due
from tests.engine.rows import enter, lead_of, run_of, their_id, told
from tests.engine.test_rows_ends import publish, state, status_there
from tests.engine.test_rows_received import poll as poll_won
from tests.engine.test_rows_received import switch
from tests.engine.test_rows_sending import card, switch_cadence
from tests.engine.test_rules_kept_results import heard, two  # noqa: F401 - a fixture


def read(bench: Bench, *kinds: str) -> None:
    """One list after the other, as their intervals may have it."""
    for kind in kinds:
        polling.due_cursors(bench.connection, now=clock.now())
        polling.poll(bench.connection, kind)
        bench.drain()


def stage_of(deal: Deal) -> int:
    return int(Deal.unscoped.get(pk=deal.pk).stage_id)


# --- M47, M32 ---


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Actions of the kinds named here find no place in the pace."""
    kinds: list[str] = []
    monkeypatch.setattr(
        speak, "_pace", lambda _connection, action, _now: 3600.0 if action.kind in kinds else 0.0
    )
    return kinds


def test_m47_m32_a_closing_that_waited_leaves_the_lead_that_passed_to_another_card(
    bench: Bench, deal: Deal, owner: User, held: list[str]
) -> None:
    enter(bench, deal)
    theirs = their_id(lead_of(deal))
    held.append("close_lead")
    services.lose_deal(deal=deal, origin=factories.SYSTEM)
    bench.drain()
    assert OutboxAction.unscoped.get(kind="close_lead").state == OutboxAction.State.WAITING
    switch_cadence(bench, "VERY_HIGH")
    second = card(bench, owner, deal.person, title="Segunda loja")
    enter(bench, second)
    assert lead_of(second).outcome == "updated"
    held.clear()
    OutboxAction.unscoped.filter(kind="close_lead").update(due_at=None)
    due(bench)
    bench.drain()
    bench.poll()
    second.refresh_from_db()
    assert (status_there(bench, theirs), second.status, run_of(second).state) == (
        "EXECUTING",
        "open",
        "active",
    )
    assert lead_of(deal).state == Lead.State.LEFT
    assert any("passed to the card" in line and "Segunda loja" in line for line in told(deal))
    assert OutboxAction.unscoped.get(kind="close_lead").state == OutboxAction.State.CANCELLED


# --- M2, M45 ---


def test_m2_m45_a_lead_of_the_former_flow_that_is_won_afterwards_makes_a_deal(
    bench: Bench, deal: Deal
) -> None:
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    connection = switch(bench, bench.stages()[2])
    poll_won(bench, connection)
    bench.act(lead, "win")
    poll_won(bench, connection)
    made = Deal.unscoped.exclude(pk=deal.pk).filter(account=bench.world.account)
    assert [(each.stage, each.person, each.status) for each in made] == [
        (bench.stages()[2], deal.person, "open")
    ]
    assert run_of(deal).state == "ended"


def test_m43_m45_what_was_won_before_the_switch_stays_news_of_its_card(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    lead, run = their_id(lead_of(deal)), lead_of(deal).their_run
    won_at = clock.now()
    switch(bench, bench.stages()[2])
    values = {"name": "Joana", "email": "joana@padariasol.example"}
    heard(
        bench, "lead", lead, "won", lead, run=run, when=won_at, values=values,
        cadence="", cadence_id="", owner_id="",
    )  # fmt: skip
    assert list(Deal.unscoped.filter(account=bench.world.account)) == [deal]
    assert lead_of(deal).state == Lead.State.WON


# --- M36, M39: a move told after the win ---


@pytest.mark.parametrize(("action", "stage"), [("move", 2), ("win", 1), ("keep", 0)])
def test_m36_m39_a_move_of_before_the_win_that_is_told_after_it(
    bench: Bench, deal: Deal, action: str, stage: int
) -> None:
    """It is later than nothing that the win did; where the win kept the card, it still counts (M43)."""
    bench.win_action(action, bench.stages()[2] if action == "move" else None)
    publish(bench)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    bench.act(lead, "stage", stage_id=str(bench.stages()[0].pk))
    bench.act(lead, "win", lose_others=False)
    read(bench, "prospections", "moves")
    assert stage_of(deal) == bench.stages()[stage].pk
    assert not Task.unscoped.filter(deal=deal).exists()
    assert Arrival.unscoped.get(event="stage_moved").state == Arrival.State.APPLIED
    assert any("was moved to" in line for line in told(deal))


def test_m36_a_card_moved_here_since_is_not_moved_by_what_is_told_after_the_end(
    bench: Bench, deal: Deal
) -> None:
    publish(bench)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    bench.act(lead, "stage", stage_id=str(bench.stages()[0].pk))
    bench.act(lead, "win", lose_others=False)
    read(bench, "prospections")
    services.move_deal(deal=deal, stage=bench.stages()[2], origin=factories.SYSTEM)
    read(bench, "moves")
    assert stage_of(deal) == bench.stages()[2].pk


# --- M39, M43: what happens just after the end ---


def test_m39_m43_just_after_a_win_only_the_losses_of_the_others_are_taken_in(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
) -> None:
    publish(bench)
    services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    bench.drain()
    bench.act(two["joana"], "win", lose_others=False)
    read(bench, "prospections")
    before = InteractionRecord.unscoped.filter(deal=deal).count()
    bench.act(two["rui"], "activities", type="CALL", annotation="tarde demais")
    bench.act(two["rui"], "stage", stage_id=str(bench.stages()[2].pk))
    bench.poll()
    assert InteractionRecord.unscoped.filter(deal=deal).count() == before
    assert stage_of(deal) == bench.stages()[0].pk
    assert run_of(deal).leads.get(person__email="rui@padariasol.example").state == "executing"


# --- M36, M34 ---


def test_m36_m34_a_move_made_from_a_lead_just_added_there_waits_for_the_lead(
    bench: Bench, deal: Deal
) -> None:
    publish(bench)
    enter(bench, deal)
    order = {"deal": str(deal.pk), "name": "Bia", "email": "bia@padariasol.example", "started": True}
    bia = str(bench.control("POST", "meetime/leads", order)["id"])
    bench.act(bia, "stage", stage_id=str(bench.stages()[2].pk))
    read(bench, "moves")
    assert Arrival.unscoped.get(event="stage_moved").state == Arrival.State.IGNORED, "nobody knows Bia yet"
    bench.poll()
    assert stage_of(deal) == bench.stages()[2].pk
    bench.poll()
    assert Person.unscoped.filter(email="bia@padariasol.example").count() == 1


# --- M39, M43: annotations that are read late ---


def test_m39_m43_annotations_read_late_bring_no_field_of_a_lead_left_open(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
    held: list[str],
) -> None:
    held.append("collect")
    bench.act(two["joana"], "win", lose_others=False)
    bench.poll()
    bench.act(two["rui"], "update", name="Rui de Lá", annotations="<p>Ficou</p>")
    held.clear()
    OutboxAction.unscoped.filter(kind="collect").update(due_at=None)
    due(bench)
    bench.drain()
    rui = Person.unscoped.get(email="rui@padariasol.example")
    assert rui.name == "Rui Lima"
    assert InteractionRecord.unscoped.filter(deal=deal, person=rui, text__contains="Ficou").exists()


# --- M36: tasks ---


def test_m36_each_blocked_move_or_win_has_its_task_and_none_twice_while_one_is_open(
    bench: Bench, deal: Deal
) -> None:
    publish(bench)
    enter(bench, deal)
    services.add_checklist_item(stage=bench.stages()[1], text="Visitar a loja", origin=factories.SYSTEM)
    bench.win_action("win")
    lead = their_id(lead_of(deal))
    for _try in range(2):
        bench.act(lead, "stage", stage_id=str(bench.stages()[2].pk))
        bench.poll()
    tasks = list(Task.unscoped.filter(deal=deal))
    assert len(tasks) == 1
    assert len([row for row in state(bench)["deals"] if row["message"]]) == 1
    services.complete_task(task=tasks[0], origin=factories.SYSTEM)
    bench.act(lead, "win", lose_others=False)
    bench.poll()
    assert Task.unscoped.filter(deal=deal, done_at=None).count() == 1
    Arrival.unscoped.filter(event="won").update(digest="")
    bench.poll()
    assert Task.unscoped.filter(deal=deal).count() == 2


# --- M41 ---


def test_m41_a_reason_renamed_between_its_choice_and_the_news_is_known_by_its_id(
    bench: Bench, deal: Deal
) -> None:
    reason = services.add_loss_reason(funnel=bench.world.funnel, name="Preço", origin=factories.SYSTEM)
    publish(bench)
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "lose", reason="Preço", lose_others=False)
    services.rename(row=reason, name="Sem verba", origin=factories.SYSTEM)
    bench.poll()
    deal.refresh_from_db()
    assert (deal.status, deal.loss_reason, deal.loss_note) == ("lost", reason, "")


def test_m41_a_number_of_their_own_reasons_is_none_of_ours(bench: Bench, deal: Deal) -> None:
    """An account that takes no funnels shows its own reasons, and their numbers may be those of ours."""
    bench.control("POST", "meetime/quirks", {"crm": False})
    services.add_loss_reason(funnel=bench.world.funnel, name="Preço", origin=factories.SYSTEM)
    publish(bench)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    ours = str(bench.world.funnel.loss_reasons.get().pk)
    heard(
        bench, "lead", lead, "lost", lead, run=lead_of(deal).their_run, cadence="", cadence_id="",
        loss_reason="Sem perfil", loss_reason_id=ours,
    )  # fmt: skip
    deal.refresh_from_db()
    assert (deal.status, deal.loss_reason, deal.loss_note) == ("lost", None, "Sem perfil")
