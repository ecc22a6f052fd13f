"""Rules of results and ends that no other test would miss, were they taken out (tests/mutants; M36–M45)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from funnels import services
from funnels.models import Deal, InteractionRecord, Person
from integrations import contract
from integrations.engine import catalog, clock, take_in
from integrations.models import Arrival, Connection, Delivery, OutboxAction
from integrations.partners.meetime import setup
from mapping import services as mapping
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import enter, known_there, lead_of, person, run_of, their_id, told
from tests.engine.test_rows_ends import publish, state, status_there
from tests.engine.test_rows_following import updates
from tests.engine.test_rows_received import poll as poll_won
from tests.engine.test_rows_received import receiving, win  # noqa: F401 - a fixture

# --- M36, M39 ---


def test_m36_a_stage_of_another_funnel_is_refused_there_and_on_the_card(bench: Bench, deal: Deal) -> None:
    other = factories.funnel(account=bench.world.account, name="Pós-venda")
    both = [bench.world.funnel, other]
    setup.allow_funnels(connection=bench.connection, funnels=both, origin=factories.SYSTEM)
    publish(bench)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    delivery = heard(bench, "move", "77001", "stage_moved", lead, stage_id=str(other.stages.first().pk))
    assert delivery.arrivals.get().state == Arrival.State.APPLIED
    deal.refresh_from_db()
    assert (deal.funnel, deal.stage) == (bench.world.funnel, bench.stages()[1])
    (placed,) = [row for row in state(bench)["deals"] if row["id"] == str(deal.pk)]
    assert placed["message"]
    assert any("stayed where it was" in line for line in told(deal))


def heard(
    bench: Bench,
    kind: str,
    id: str,
    event: str,
    lead: str,
    *,
    run: str = "",
    when: datetime | None = None,
    **fields: Any,
) -> Delivery:
    """One thing as a polled page brings it, and what the worker makes of it."""
    now = clock.now()
    delivery = Delivery.unscoped.create(
        account=bench.world.account,
        connection=bench.connection,
        source="poll",
        state="taken",
        body=b"",
        received_at=now,
    )
    about = {"run": run} if kind == "lead" else {"lead": lead, "run": run}
    record = contract.Record(kind=kind, id=id, event=event, when=when or now, about=about, fields=fields)
    take_in.add_arrivals(delivery=delivery, records=[record], now=now)
    bench.drain()
    return delivery


@pytest.fixture
def two(bench: Bench, deal: Deal) -> dict[str, str]:
    """A sent card with Joana and Rui: their ids there."""
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    enter(bench, deal)
    return {"joana": their_id(lead_of(deal)), "rui": their_id(lead_of(deal, rui))}


def test_m39_the_others_stay_open_there(bench: Bench, deal: Deal, two: dict[str, str]) -> None:
    bench.act(two["joana"], "win", lose_others=False)
    bench.poll()
    bench.drain()
    assert run_of(deal).state == "ended"
    assert status_there(bench, two["rui"]) == "EXECUTING"


def test_m40_nobody_is_written_to(bench: Bench, deal: Deal, two: dict[str, str]) -> None:
    for lead in (two["rui"], two["joana"]):
        bench.act(lead, "lose", lose_others=False)
        bench.poll()
    deal.refresh_from_db()
    assert deal.status == "lost"
    assert mail.outbox == []


# --- M41 ---


def test_m41_each_funnel_is_told_with_its_own_reasons(bench: Bench) -> None:
    other = factories.funnel(account=bench.world.account, name="Pós-venda")
    both = [bench.world.funnel, other]
    setup.allow_funnels(connection=bench.connection, funnels=both, origin=factories.SYSTEM)
    services.add_loss_reason(funnel=bench.world.funnel, name="Preço", origin=factories.SYSTEM)
    services.add_loss_reason(funnel=other, name="Cancelou", origin=factories.SYSTEM)
    publish(bench)
    shown = {row["name"]: [each["name"] for each in row["lostReasons"]] for row in state(bench)["funnels"]}
    assert shown == {bench.world.funnel.name: ["Preço"], "Pós-venda": ["Cancelou"]}


def test_m41_a_reason_of_another_funnel_is_unknown_here(bench: Bench, deal: Deal) -> None:
    other = factories.funnel(account=bench.world.account, name="Pós-venda")
    services.add_loss_reason(funnel=other, name="Cancelou", origin=factories.SYSTEM)
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "lose", reason="Cancelou", lose_others=False)
    bench.poll()
    deal.refresh_from_db()
    assert (deal.status, deal.loss_reason, deal.loss_note) == ("lost", None, "Cancelou")


def test_m41_a_deleted_reason_stays_on_the_deals_that_carry_it(bench: Bench, deal: Deal) -> None:
    reason = services.add_loss_reason(funnel=bench.world.funnel, name="Preço", origin=factories.SYSTEM)
    services.lose_deal(deal=deal, reason=reason, origin=factories.SYSTEM)
    services.delete_loss_reason(reason=reason, origin=factories.SYSTEM)
    deal.refresh_from_db()
    assert str(deal.loss_reason) == "Preço"


# --- M43, M44 ---


def test_m43_after_the_end_no_field_goes_there(bench: Bench, deal: Deal, two: dict[str, str]) -> None:
    """Rui's lead stays open over there: only the end keeps his new name here."""
    bench.act(two["joana"], "win", lose_others=False)
    bench.poll()
    rui = Person.unscoped.get(email="rui@padariasol.example")
    services.update_person(person=rui, name="Rui Outro", origin=factories.SYSTEM)
    services.update_deal(deal=deal, title="Outro título", origin=factories.SYSTEM)
    bench.drain()
    assert updates(bench) == []
    assert not OutboxAction.unscoped.filter(kind="update_lead").exists()


def test_m43_what_waited_to_be_sent_is_cancelled_with_the_end(
    bench: Bench, deal: Deal, two: dict[str, str]
) -> None:
    lead = lead_of(deal)
    waiting = OutboxAction.unscoped.create(
        account=bench.world.account,
        connection=bench.connection,
        lane=lead.actions.first().lane,
        enrollment=lead.enrollment,
        lead=lead,
        kind="update_lead",
        reference="x",
        created_at=clock.now(),
        due_at=clock.now().replace(year=2100),
    )
    bench.act(two["joana"], "win", lose_others=False)
    bench.poll()
    waiting.refresh_from_db()
    assert waiting.state == OutboxAction.State.CANCELLED


def test_m43_news_of_the_first_run_that_come_late_are_the_first_runs(bench: Bench, deal: Deal) -> None:
    """An activity of the run that was lost belongs to it, though the lead has another run by now."""
    enter(bench, deal)
    theirs, first = their_id(lead_of(deal)), lead_of(deal).their_run
    bench.act(theirs, "lose", reason="Sem contato", lose_others=False)
    bench.poll()
    bench.automation.parameters = {"cadence": bench.cadence("HIGH").their_id, "start": "now"}
    bench.automation.save()
    services.reopen_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, deal)
    assert lead_of(deal, number=2).their_run != first
    before = lead_of(deal, number=2).state
    heard(bench, "lead", theirs, "lost", theirs, run=first, cadence_id="", cadence="", loss_reason="")
    heard(
        bench, "activity", "91001", "done", theirs, run=first, type="CALL", network="", name="", text="Tarde",
    )  # fmt: skip
    deal.refresh_from_db()
    assert (lead_of(deal, number=2).state, deal.status) == (before, "open")
    assert not InteractionRecord.unscoped.filter(deal=deal, text__contains="Tarde").exists()


def test_m43_history_stays_on_both_sides(bench: Bench, deal: Deal, two: dict[str, str]) -> None:
    bench.act(two["rui"], "activities", type="CALL", annotation="Falei")
    bench.poll()
    bench.act(two["joana"], "win", lose_others=True)
    bench.poll()
    run = run_of(deal)
    assert (run.state, [lead.state for lead in run.leads.order_by("pk")]) == ("ended", ["won", "lost"])
    assert InteractionRecord.unscoped.filter(deal=deal, text__contains="Falei").exists()
    there = {str(row["id"]): row["status"] for row in bench.control("GET", "meetime/leads")["data"]}
    assert (there[two["joana"]], there[two["rui"]]) == ("WON", "LOST")


def test_m44_a_won_lead_of_no_card_makes_no_deal(bench: Bench) -> None:
    stranger = str(known_there(bench, "EXECUTING")["id"])
    profile_stage = bench.stages()[0]
    setup.set_won_stage(connection=bench.connection, stage=profile_stage, origin=factories.SYSTEM)
    values = {"name": "Nina", "email": "nina@novafirma.example", "company": "Nova Firma"}
    heard(bench, "lead", stranger, "won", stranger, run="1", values=values, cadence="", owner_id="")
    assert not Deal.unscoped.filter(account=bench.world.account).exists()
    assert Arrival.unscoped.get().state == Arrival.State.IGNORED


# --- M45 ---


def test_m45_a_lost_lead_told_by_webhook_makes_nothing(bench: Bench, receiving: Connection) -> None:  # noqa: F811
    values = {"name": "Nina", "email": "nina@novafirma.example", "company": "Nova Firma"}
    heard(bench, "lead", "5", "lost", "5", run="1", values=values, cadence="", owner_id="", loss_reason="")
    assert not Deal.unscoped.filter(account=bench.world.account).exists()
    assert not Person.unscoped.filter(account=bench.world.account).exists()


def test_m45_mapped_fields_come_with_the_won_lead(bench: Bench, receiving: Connection) -> None:  # noqa: F811
    for entity in ("person", "company", "deal"):
        field = services.ensure_custom_field(
            account=bench.world.account, entity=entity, key=f"campo_{entity}", label=f"Campo {entity}",
            type="text", origin=factories.SYSTEM,
        )  # fmt: skip
        theirs = {
            "person": "native.position",
            "company": "custom.ramoEmpresa",
            "deal": "custom.valorEstimado",
        }
        row = next(
            each for each in catalog.items(receiving, "custom_fields") if each.data["key"] == theirs[entity]
        )
        mapping.add_map(
            counterpart=receiving.counterpart, kind="lead", entity=entity, key=field.key,
            their_key=theirs[entity], their_name=row.name, their_type=row.data["type"], origin=factories.SYSTEM,
        )  # fmt: skip
    win(
        bench,
        name="Nina",
        email="nina@novafirma.example",
        company="Nova Firma",
        position="Sócia",
        custom={"ramoEmpresa": "Padaria", "valorEstimado": "10"},
    )
    poll_won(bench, receiving)
    deal = Deal.unscoped.get(account=bench.world.account)
    assert (deal.company.custom["campo_company"], deal.custom["campo_deal"]) == ("Padaria", "10")


def test_m45_the_same_win_told_again_makes_no_second_deal_once_the_first_is_closed(
    bench: Bench,
    receiving: Connection,  # noqa: F811
) -> None:
    lead = win(bench, name="Nina", email="nina@novafirma.example", company="Nova Firma")
    poll_won(bench, receiving)
    deal = Deal.unscoped.get(account=bench.world.account)
    services.win_deal(deal=deal, origin=factories.SYSTEM)
    record = Arrival.unscoped.get(event="won").record
    heard(bench, "lead", lead, "won", lead, run=record["about"]["run"], **record["fields"])
    assert Deal.unscoped.filter(account=bench.world.account).count() == 1
    assert InteractionRecord.unscoped.filter(deal=deal).count() == 1
