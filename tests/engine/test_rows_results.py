"""Activities and results come back to the card (M33, M36, M39–M41, M43), through engine and sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from funnels import services
from funnels.models import Deal, InteractionRecord, Person, Task
from integrations.engine import clock, polling
from integrations.engine.caller import sealing, vault
from integrations.engine.explain import explain_deal
from integrations.models import Arrival, Enrollment, Lead
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, person, run_of, their_id, told

TABLE = [
    ("SEARCH", "simple"),
    ("CALL", "phone"),
    ("E_MAIL", "email"),
    ("SOCIAL_POINT", "simple"),
    ("WHATSAPP", "whatsapp"),
    ("MEETING", "meeting"),
    ("QUIZ", "simple"),
]
"""M33's table: what is done there → the type of the record here; the last is of no known type."""


@pytest.fixture
def three(bench: Bench, deal: Deal) -> dict[str, str]:
    """A card with three leads: our name → their id."""
    friends = [person(bench, name, f"{name.lower()}@padariasol.example") for name in ("Rui", "Lia")]
    services.set_related_contacts(deal=deal, persons=friends, origin=factories.SYSTEM)
    for name in ("Sem orçamento", "Sem contato"):
        services.add_loss_reason(funnel=bench.world.funnel, name=name, origin=factories.SYSTEM)
    enter(bench, deal)
    leads = {"Joana": lead_of(deal), **{each.name: lead_of(deal, each) for each in friends}}
    return {name: their_id(lead) for name, lead in leads.items()}


def fresh(deal: Deal) -> Deal:
    return Deal.unscoped.select_related("stage", "loss_reason").get(pk=deal.pk)


def states(deal: Deal) -> list[str]:
    rows = Lead.unscoped.filter(enrollment__deal=deal).order_by("pk")
    return [str(state) for state in rows.values_list("state", flat=True)]


def records(deal: Deal, **wanted: Any) -> list[InteractionRecord]:
    return list(InteractionRecord.unscoped.filter(deal=deal, **wanted).order_by("pk"))


# --- M33 ---


def test_m33_each_kind_of_activity_becomes_its_record_on_person_and_deal_and_never_twice(
    bench: Bench, deal: Deal
) -> None:
    enter(bench, deal)
    theirs = their_id(lead_of(deal))
    for kind, _record in TABLE:
        bench.act(theirs, "activities", type=kind, annotation=f"anotado: {kind}")
    bench.poll()
    found = {record.text.partition("anotado: ")[2]: record for record in records(deal)}
    assert {kind: found[kind].type for kind, _record in TABLE} == dict(TABLE)
    assert {record.person_id for record in found.values()} == {deal.person_id}
    bench.poll()
    bench.act(theirs, "win", lose_others=False)  # its news tells every activity once more
    bench.poll()
    assert len(records(deal)) == len(TABLE) + 1


def test_m33_the_activity_of_a_related_lead_is_on_its_own_person(
    bench: Bench, deal: Deal, three: dict[str, str]
) -> None:
    bench.act(three["Rui"], "activities", type="CALL", annotation="Falei com o Rui")
    bench.poll()
    (record,) = records(deal)
    assert (record.person, record.type) == (Person.unscoped.get(name="Rui"), "phone")


def test_m33_an_ignored_activity_leaves_no_record(bench: Bench, deal: Deal, three: dict[str, str]) -> None:
    bench.act(three["Joana"], "activities", type="CALL", status="IGNORED")
    bench.poll()
    assert records(deal) == []


# --- M39, M36 ---


@pytest.mark.parametrize(
    ("action", "status", "stage"),
    [(None, "open", 1), ("keep", "open", 1), ("win", "won", 1), ("move", "open", 2)],
)
def test_m39_each_win_action_is_applied_once_and_the_integration_ends(
    bench: Bench, deal: Deal, action: str | None, status: str, stage: int
) -> None:
    enter(bench, deal)
    if action:
        bench.win_action(action, bench.stages()[2] if action == "move" else None)
    bench.act(their_id(lead_of(deal)), "win", lose_others=False)
    bench.poll()
    after = fresh(deal)
    assert (after.status, after.stage) == (status, bench.stages()[stage])
    assert (run_of(deal).state, states(deal)) == (Enrollment.State.ENDED, ["won"])
    if action == "move":  # back by hand: the same news again does not move it a second time
        services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
        Arrival.unscoped.filter(event="won").update(digest="", state=Arrival.State.WAITING)
        bench.poll()
        bench.drain()
        assert fresh(deal).stage == bench.stages()[0]
    assert "was won in the cadence" in " ".join(told(deal))
    assert explain_deal(deal)[0].sent


@pytest.mark.parametrize("action", ["win", "move"])
def test_m36_m39_a_pending_checklist_leaves_the_card_with_a_task_for_its_owner(
    bench: Bench, deal: Deal, action: str
) -> None:
    enter(bench, deal)
    services.add_checklist_item(stage=bench.stages()[1], text="Visitar a loja", origin=factories.SYSTEM)
    bench.win_action(action, bench.stages()[2] if action == "move" else None)
    bench.act(their_id(lead_of(deal)), "win", lose_others=False)
    bench.poll()
    after = fresh(deal)
    assert (after.status, after.stage) == (Deal.Status.OPEN, bench.stages()[1])
    task = Task.unscoped.get(deal=deal)
    assert str(deal) in task.title != str(deal), "the title says what to do, and on which card"
    assert task.assignee == deal.owner
    assert "Visitar a loja" in task.text
    assert any("Visitar a loja" in line for line in told(deal))
    assert run_of(deal).state == Enrollment.State.ENDED


def test_m39_lose_the_others_yes_each_result_is_recorded(
    bench: Bench, deal: Deal, three: dict[str, str]
) -> None:
    bench.win_action("win")
    bench.act(three["Rui"], "win", lose_others=True)
    bench.poll()
    assert states(deal) == ["lost", "won", "lost"]
    assert fresh(deal).status == Deal.Status.WON
    assert {record.person.name for record in records(deal)} == {"Joana Prado", "Rui", "Lia"}


def test_m39_lose_the_others_no_nothing_of_theirs_is_taken_in_any_more(
    bench: Bench, deal: Deal, three: dict[str, str]
) -> None:
    bench.win_action("keep")
    bench.act(three["Joana"], "win", lose_others=False)
    bench.poll()
    assert any("2 more leads were open" in line for line in told(deal))
    before = len(records(deal))
    # The grace for answers of the same instant is a minute: what comes after it is not of this run.
    run = run_of(deal)
    run.ended_at = run.ended_at.replace(year=run.ended_at.year - 1) if run.ended_at else None
    run.save()
    bench.act(three["Rui"], "activities", type="CALL", annotation="tarde demais")
    bench.act(three["Rui"], "lose", lose_others=False)
    bench.poll()
    assert (len(records(deal)), states(deal)) == (before, ["won", "executing", "executing"])
    assert fresh(deal).status == Deal.Status.OPEN


# --- M40, M41 ---


def test_m40_one_lost_of_three_leaves_the_card_and_is_recorded_at_once(
    bench: Bench, deal: Deal, three: dict[str, str]
) -> None:
    bench.act(three["Rui"], "lose", reason="Sem orçamento", lose_others=False)
    bench.poll()
    assert (fresh(deal).status, run_of(deal).state) == (Deal.Status.OPEN, Enrollment.State.ACTIVE)
    (record,) = records(deal)
    assert record.person == Person.unscoped.get(name="Rui")
    assert "Sem orçamento" in record.text
    assert any("2 more leads are open" in line for line in told(deal))


def test_m40_the_deal_takes_the_reason_of_the_lead_whose_loss_closed_it(
    bench: Bench, deal: Deal, three: dict[str, str]
) -> None:
    for name, reason in (("Rui", "Sem orçamento"), ("Lia", "Sem orçamento"), ("Joana", "sem CONTATO")):
        bench.act(three[name], "lose", reason=reason, lose_others=False)
        bench.poll()
    after = fresh(deal)
    assert (after.status, str(after.loss_reason)) == (Deal.Status.LOST, "Sem contato")
    assert run_of(deal).state == Enrollment.State.ENDED


def test_m40_lose_the_others_yes_loses_the_deal(bench: Bench, deal: Deal, three: dict[str, str]) -> None:
    bench.act(three["Lia"], "lose", reason="Sem orçamento", lose_others=True)
    bench.poll()
    after = fresh(deal)
    assert (after.status, str(after.loss_reason)) == (Deal.Status.LOST, "Sem orçamento")
    assert states(deal) == ["lost", "lost", "lost"]


def test_m41_a_reason_unknown_here_is_not_created_and_its_words_stay(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "lose", reason="Motivo só de lá", lose_others=False)
    bench.poll()
    after = fresh(deal)
    assert (after.status, after.loss_reason) == (Deal.Status.LOST, None)
    assert any("Motivo só de lá" in record.text for record in records(deal))
    assert bench.world.funnel.loss_reasons.count() == 0


# --- M43 and the webhook's road ---


def test_m43_an_activity_of_before_the_end_that_arrives_late_is_taken_in(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    theirs = their_id(lead_of(deal))
    done = clock.now().timestamp()
    bench.act(theirs, "activities", type="CALL", annotation="a tempo", executed_at=done)
    bench.act(theirs, "win", lose_others=False)
    polling.due_cursors(bench.connection, now=clock.now())
    polling.poll(bench.connection, "prospections")
    bench.drain()
    assert run_of(deal).state == Enrollment.State.ENDED
    polling.poll(bench.connection, "activities")
    bench.drain()
    assert [record.type for record in records(deal)] == ["simple", "phone"]


def test_m39_m33_the_same_news_by_webhook_and_by_poll_happens_once(
    bench: Bench, deal: Deal, client: Client
) -> None:
    """A signed LEAD.WON with its activities, then the poll of the same: one win, one record each."""
    enter(bench, deal)
    lead = lead_of(deal)
    bench.win_action("win")
    theirs = their_id(lead)
    bench.act(theirs, "activities", type="CALL", annotation="Falei")
    bench.act(theirs, "activities", type="MEETING", annotation="Reunimos")
    bench.act(theirs, "win", lose_others=False)
    inside = bench.control("GET", f"meetime/leads/{theirs}")
    body = json.dumps({"event": "LEAD.WON", "prospection": won_payload(bench, lead, theirs, inside)}).encode()
    secret = "segredo-do-webhook"
    bench.connection.sealed_webhook = vault().seal({"secret": secret}, context=sealing(bench.connection))
    bench.connection.save()
    signature = base64.urlsafe_b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    for delivery in ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"):
        answer = client.post(
            f"/hooks/meetime/{bench.connection.webhook_token}/",
            data=body,
            content_type="application/json",
            headers={"X-Meetime-Signature": signature, "X-Meetime-Delivery": delivery},
        )
        assert answer.status_code < 300
    bench.drain()
    assert fresh(deal).status == Deal.Status.WON
    first = [(record.type, record.person_id) for record in records(deal)]
    bench.poll()
    assert [(record.type, record.person_id) for record in records(deal)] == first
    assert sorted(type for type, _person in first) == ["meeting", "phone", "simple"]


def won_payload(bench: Bench, lead: Lead, theirs: str, inside: dict[str, Any]) -> dict[str, Any]:
    """LEAD.WON of this lead in the documented shape, from what the lists say."""
    from integrations.engine.caller import PartnerCall
    from integrations.partners.meetime.client import Client as Meetime

    client = Meetime(PartnerCall(bench.connection))
    (run,) = client.runs(theirs)
    done = list(client.every("/prospections/activities", lead_id=theirs))
    return {
        "id": int(run["id"]),
        "lead": {"id": int(theirs), "name": inside["name"], "email": inside["email"], "phones": []},
        "cadence": {"id": int(run["cadence_id"]), "name": run["cadence"]},
        "endDate": run["end_date"],
        "status": "WON",
        "salesman": None,
        "activities": [],
        "extraActivities": [
            {
                "id": int(row["id"]),
                "status": "FINISHED",
                "scope": row["scope"],
                "executionDate": row["execution_date"],
                "type": row["type"],
                "annotation": row["activity_annotation"],
                "executedBy": None,
            }
            for row in done
        ],
        "meetings": [
            {"id": 6001, "startDate": row["execution_date"], "title": "Reunião"}
            for row in done
            if row["type"] == "MEETING"
        ],
    }


def test_m33_news_of_a_lead_that_is_not_ours_is_ignored_and_counted(
    bench: Bench, deal: Deal, owner: User
) -> None:
    rows = bench.control("GET", "meetime/leads")["data"]
    stranger = next(row for row in rows if row["status"] == "EXECUTING")
    bench.act(str(stranger["id"]), "activities", type="CALL")
    bench.act(str(stranger["id"]), "win", lose_others=False)
    bench.poll()
    assert set(Arrival.unscoped.values_list("state", flat=True)) == {Arrival.State.IGNORED}
    assert not InteractionRecord.unscoped.exists()
