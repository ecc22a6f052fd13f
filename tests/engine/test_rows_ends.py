"""Stage moves from there, annotations, the end of a run from here, and reasons and stages told (M36, M41, M42, M47)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from funnels import services
from funnels.models import Deal, InteractionRecord, Task
from integrations import contract
from integrations.engine import catalog, clock
from integrations.models import Connection, Enrollment, OutboxAction
from integrations.partners.meetime import setup
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, person, run_of, their_id, told


def publish(bench: Bench) -> None:
    catalog.refresh(bench.connection, "funnels", now=clock.now())


def state(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = bench.control("GET", "meetime/state")
    return found


def status_there(bench: Bench, lead: str) -> str:
    rows: list[dict[str, Any]] = bench.control("GET", "meetime/leads")["data"]
    return str(next(row for row in rows if str(row["id"]) == lead)["status"])


def texts(deal: Deal) -> list[str]:
    return list(InteractionRecord.unscoped.filter(deal=deal).order_by("pk").values_list("text", flat=True))


# --- M36, M41: what Meetime lists of ours ---


def test_m36_m41_the_allowed_funnels_stages_and_reasons_are_told_and_follow(bench: Bench) -> None:
    reason = services.add_loss_reason(
        funnel=bench.world.funnel, name="Sem orçamento", origin=factories.SYSTEM
    )
    factories.funnel(account=bench.world.account, name="Outro funil")
    publish(bench)
    (row,) = state(bench)["funnels"]
    assert (row["name"], [each["name"] for each in row["stages"]]) == (
        bench.world.funnel.name,
        [stage.name for stage in bench.stages()],
    )
    assert [each["name"] for each in row["lostReasons"]] == ["Sem orçamento"]
    shelf = catalog.shelf(bench.connection, "funnels")
    services.rename(row=reason, name="Sem verba", origin=factories.SYSTEM)
    shelf.refresh_from_db()
    assert "funnels" in catalog.due(bench.connection, now=clock.now()), "a change is told at once"
    publish(bench)
    assert [each["name"] for each in state(bench)["funnels"][0]["lostReasons"]] == ["Sem verba"]
    services.delete_loss_reason(reason=reason, origin=factories.SYSTEM)
    publish(bench)
    assert state(bench)["funnels"][0]["lostReasons"] == []
    setup.allow_funnels(connection=bench.connection, funnels=[], origin=factories.SYSTEM)
    publish(bench)
    assert state(bench)["funnels"] == []


def test_m36_m41_an_account_without_these_calls_is_told_nothing_and_the_shelf_says_so(bench: Bench) -> None:
    bench.control("POST", "meetime/quirks", {"crm": False})
    publish(bench)
    shelf = catalog.shelf(bench.connection, "funnels")
    assert shelf is not None
    assert "does not take funnels" in shelf.last_error
    assert shelf.unsupported
    assert "funnels" not in catalog.due(bench.connection, now=clock.now() + timedelta(minutes=5))
    assert contract.partner("meetime").settings(bench.connection.pk)["takes_funnels"] is False


def test_m36_m41_an_outage_while_telling_is_no_no_and_running_cards_are_placed_afterwards(
    bench: Bench, deal: Deal
) -> None:
    def outage() -> None:
        bench.control("POST", "mischief", {"partner": "meetime", "kind": "500", "path": "/v2/crm/funnels"})
        with pytest.raises(contract.PartnerError):
            publish(bench)
        bench.control("DELETE", "mischief")
        soon = clock.now() + timedelta(seconds=61)
        assert "funnels" in catalog.due(bench.connection, now=soon), "an hour would be long"
        Connection.unscoped.update(clock_until=None, failures=0, failing_since=None)

    def stage_there() -> list[str]:
        bench.drain()
        return [row["stageId"] for row in state(bench)["deals"] if row["id"] == str(deal.pk)]

    outage()
    shelf = catalog.shelf(bench.connection, "funnels")
    assert (shelf.unsupported, bool(shelf.last_error)) == (False, True)
    enter(bench, deal)
    assert stage_there() == [], "sent before they were told of funnels"
    publish(bench)
    assert stage_there() == [str(bench.stages()[1].pk)]
    outage()
    services.move_deal(deal=deal, stage=bench.stages()[2], origin=factories.SYSTEM)
    assert stage_there() == [str(bench.stages()[2].pk)]
    publish(bench)
    assert bench.drain() == 0, "nobody is told twice"


def test_m36_a_card_moved_there_moves_here_and_they_know_where_it_stands(bench: Bench, deal: Deal) -> None:
    publish(bench)
    enter(bench, deal)
    stage = bench.stages()[2]
    lead = their_id(lead_of(deal))
    services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    bench.drain()
    (placed,) = [row for row in state(bench)["deals"] if row["id"] == str(deal.pk)]
    assert placed["stageId"] == str(bench.stages()[0].pk), "M36: the place is told"
    bench.act(lead, "stage", stage_id=str(stage.pk))
    bench.poll()
    deal.refresh_from_db()
    assert deal.stage_id == stage.pk
    (placed,) = [row for row in state(bench)["deals"] if row["id"] == str(deal.pk)]
    assert (placed["stageId"], placed["message"]) == (str(stage.pk), None)


def test_m36_a_pending_checklist_refuses_with_what_is_missing_there_and_on_the_card(
    bench: Bench, deal: Deal
) -> None:
    publish(bench)
    services.add_checklist_item(stage=bench.stages()[1], text="Orçamento aprovado", origin=factories.SYSTEM)
    enter(bench, deal)
    services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    services.move_deal(deal=deal, stage=bench.stages()[1], origin=factories.SYSTEM)
    bench.drain()
    bench.act(their_id(lead_of(deal)), "stage", stage_id=str(bench.stages()[2].pk))
    bench.poll()
    deal.refresh_from_db()
    assert deal.stage_id == bench.stages()[1].pk
    (placed,) = [row for row in state(bench)["deals"] if row["id"] == str(deal.pk)]
    assert "Orçamento aprovado" in placed["message"]
    assert any("Orçamento aprovado" in line for line in told(deal))
    task = Task.unscoped.get(deal=deal)
    assert str(deal) in task.title != str(deal), "the title says what to do, and on which card"
    assert (task.assignee, "Orçamento aprovado" in task.text) == (deal.owner, True)


# --- M42: annotations ---


def test_m42_a_won_lead_brings_every_leads_annotations_to_its_own_person(bench: Bench, deal: Deal) -> None:
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    enter(bench, deal)
    main, other = their_id(lead_of(deal)), their_id(lead_of(deal, rui))
    bench.act(other, "update", annotations="<p>Fala com &amp; depois</p><p>de sexta</p>")
    bench.act(main, "win", annotations="Fechou por telefone")
    bench.poll()
    bench.drain()
    notes = {
        record.person_id: record.text
        for record in InteractionRecord.unscoped.filter(deal=deal, text__startswith="Anotações")
    }
    assert notes == {
        deal.person_id: "Anotações da Meetime\n\nFechou por telefone",
        rui.pk: "Anotações da Meetime\n\nFala com & depois\nde sexta",
    }
    bench.poll()
    assert InteractionRecord.unscoped.filter(deal=deal, text__startswith="Anotações").count() == 2


def test_m42_one_of_two_lost_brings_no_annotations_yet(bench: Bench, deal: Deal) -> None:
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    enter(bench, deal)
    bench.act(their_id(lead_of(deal, rui)), "lose", annotations="Não quis")
    bench.poll()
    assert not [text for text in texts(deal) if text.startswith("Anotações")]
    assert [text for text in texts(deal) if text.startswith("Lead perdido")], "the result is there at once"
    bench.act(their_id(lead_of(deal)), "lose")
    bench.poll()
    bench.drain()
    assert [text for text in texts(deal) if text.startswith("Anotações")] == [
        "Anotações da Meetime\n\nNão quis"
    ]


# --- M47: closed here ---


def test_m47_won_here_wins_the_open_leads_there_and_ends(bench: Bench, deal: Deal) -> None:
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    enter(bench, deal)
    services.win_deal(deal=deal, origin=factories.SYSTEM)
    bench.drain()
    assert {status_there(bench, their_id(lead)) for lead in run_of(deal).leads.all()} == {"WON"}
    assert run_of(deal).state == Enrollment.State.ENDED
    assert {lead.state for lead in run_of(deal).leads.all()} == {"won"}
    bench.poll()
    assert len([text for text in texts(deal) if text.startswith("Lead ganho")]) == 2, "each once"


def test_m47_lost_here_loses_there_with_the_reason(bench: Bench, deal: Deal) -> None:
    reason = services.add_loss_reason(
        funnel=bench.world.funnel, name="Sem interesse", origin=factories.SYSTEM
    )
    publish(bench)
    enter(bench, deal)
    services.lose_deal(deal=deal, reason=reason, origin=factories.SYSTEM)
    bench.drain()
    lead = their_id(lead_of(deal))
    assert status_there(bench, lead) == "LOST"
    (lost,) = bench.ledger("lead.lost")
    assert lost["body"]["reason"] == "Sem interesse"


def test_m47_where_there_is_no_call_the_owner_gets_a_task(bench: Bench, deal: Deal) -> None:
    bench.control("POST", "meetime/quirks", {"crm": False})
    enter(bench, deal)
    services.win_deal(deal=deal, origin=factories.SYSTEM)
    bench.drain()
    task = Task.unscoped.get(deal=deal)
    assert "Joana Prado" in task.text
    assert task.assignee == deal.owner
    assert run_of(deal).state == Enrollment.State.ENDED
    assert not OutboxAction.unscoped.filter(state__in=OutboxAction.OPEN).exists()


@pytest.mark.parametrize("what", ["deleted", "another funnel"])
def test_m47_deleted_or_in_a_funnel_not_allowed_leaves_the_leads_open_there(
    bench: Bench, deal: Deal, what: str
) -> None:
    enter(bench, deal)
    if what == "deleted":
        services.delete_deal(deal=deal, origin=factories.SYSTEM)
    else:
        other = factories.funnel(account=bench.world.account, name="Pós-venda")
        services.move_deal(deal=deal, stage=other.stages.first(), origin=factories.SYSTEM)
    bench.drain()
    assert status_there(bench, their_id(lead_of(deal))) == "EXECUTING"
    assert run_of(deal).state == Enrollment.State.ENDED
    assert any("stay as they are" in line for line in told(deal))


def test_m43_after_the_end_changes_are_not_sent(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "win")
    bench.poll()
    services.update_person(person=deal.person, name="Outro nome", origin=factories.SYSTEM)
    bench.drain()
    assert [row for row in bench.ledger("lead.edited") if row["by"] == "api"] == []


def test_m35_a_contact_added_after_the_sending_is_not_sent_and_the_card_says_so(
    bench: Bench, deal: Deal
) -> None:
    enter(bench, deal)
    services.set_related_contacts(deal=deal, persons=[person(bench)], origin=factories.SYSTEM)
    bench.drain()
    assert len(bench.ledger("lead.created")) == 1
    assert any("Rui Lima came to the card after it was sent" in line for line in told(deal))
