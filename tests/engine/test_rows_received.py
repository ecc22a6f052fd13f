"""The flow that only receives won leads, and switching between the two (M1, M2, M15, M45)."""

from __future__ import annotations

from typing import Any

import pytest

from funnels import services
from funnels.models import Change, Company, Deal, Person, Stage, Task
from integrations.engine import catalog, clock, life, polling
from integrations.models import Connection, LinkedUser, OutboxAction, SyncEvent
from integrations.partners.meetime import setup
from mapping import services as mapping
from tests import factories
from tests.conftest import World
from tests.engine.conftest import TOKEN, Bench
from tests.engine.rows import enter, known_there, run_of


@pytest.fixture
def receiving(bench: Bench) -> Connection:
    """The bench's connection, deactivated and activated again with the other flow."""
    return switch(bench, bench.stages()[2])


def switch(bench: Bench, stage: Stage) -> Connection:
    life.deactivate(connection=bench.connection, origin=factories.SYSTEM)
    row = life.start(
        account=bench.world.account, partner="meetime", flow="won_leads", origin=factories.SYSTEM
    )
    row = life.validate(connection=row, credentials={"token": TOKEN}, origin=factories.SYSTEM)
    row = life.enable(connection=row, origin=factories.SYSTEM)
    with pytest.raises(life.NotReady, match=r"stage|estágio"):
        life.activate(connection=row, origin=factories.SYSTEM)
    setup.set_won_stage(connection=row, stage=stage, origin=factories.SYSTEM)
    for kind in ("cadences", "users", "custom_fields"):
        catalog.refresh(row, kind, now=clock.now())
    return life.activate(connection=row, origin=factories.SYSTEM)


def poll(bench: Bench, connection: Connection) -> None:
    polling.due_cursors(connection, now=clock.now())
    polling.poll(connection, "won")
    bench.drain()


def win(bench: Bench, **lead: Any) -> str:
    """A lead added and won there by Meetime's people."""
    made = bench.control("POST", "meetime/leads", {"started": True, **lead})
    bench.act(str(made["id"]), "win")
    return str(made["id"])


def test_m45_a_won_lead_makes_person_company_and_deal_in_the_chosen_stage(
    bench: Bench, receiving: Connection
) -> None:
    seller = LinkedUser.unscoped.filter(connection=receiving).first()
    win(
        bench,
        name="Nina Costa",
        email="nina@novafirma.example",
        phones=[{"phone": "(11) 98888-0000"}],
        company="Nova Firma",
        owner_id=int(seller.their_id),
    )
    poll(bench, receiving)
    deal = Deal.unscoped.get(account=bench.world.account)
    assert (deal.stage_id, deal.status, deal.owner_id) == (bench.stages()[2].pk, "open", seller.user_id)
    assert (deal.person.name, deal.person.email, deal.company.name) == (
        "Nina Costa",
        "nina@novafirma.example",
        "Nova Firma",
    )
    assert [each.typed for each in deal.person.phones.all()] == ["(11) 98888-0000"]
    poll(bench, receiving)
    assert Deal.unscoped.filter(account=bench.world.account).count() == 1, "the same win once"


def test_m45_the_same_lead_won_again_updates_its_open_deal_else_makes_a_new_one(
    bench: Bench, receiving: Connection
) -> None:
    lead = win(bench, name="Nina Costa", email="nina@novafirma.example", company="Nova Firma")
    poll(bench, receiving)
    first = Deal.unscoped.get(account=bench.world.account)
    cadence = int(bench.cadence("HIGH").their_id)
    for closed, count in ((False, 1), (True, 2)):
        if closed:
            services.lose_deal(deal=first, origin=factories.SYSTEM)
        bench.act(lead, "reopen", cadence_id=cadence)
        bench.act(lead, "win")
        poll(bench, receiving)
        assert Deal.unscoped.filter(account=bench.world.account).count() == count
    assert Person.unscoped.filter(account=bench.world.account).count() == 1


def test_m45_only_a_won_lead_acts_and_nothing_is_sent(
    bench: Bench, receiving: Connection, owner: Any
) -> None:
    made = bench.control(
        "POST", "meetime/leads", {"name": "Perdida", "email": "p@firma.example", "started": True}
    )
    bench.act(str(made["id"]), "lose")
    poll(bench, receiving)
    assert not Deal.unscoped.filter(account=bench.world.account).exists()
    person = services.create_person(
        account=bench.world.account, name="Aqui", email="aqui@firma.example", origin=factories.SYSTEM
    )
    card = factories.deal(funnel=bench.world.funnel, person=person, owner=owner)
    enter(bench, card)
    assert not OutboxAction.unscoped.filter(connection=receiving).exists()


def test_m15_known_people_and_companies_are_found_by_email_cnpj_and_name(
    bench: Bench, receiving: Connection
) -> None:
    account = bench.world.account
    nina = services.create_person(
        account=account, name="Nina", email="NINA@novafirma.example", origin=factories.SYSTEM
    )
    by_cnpj = services.create_company(
        account=account, name="Razão Social SA", document="11.444.777/0001-61", origin=factories.SYSTEM
    )
    by_name = services.create_company(account=account, name="Padaria São João", origin=factories.SYSTEM)
    mapping.add_map(
        counterpart=receiving.counterpart,
        kind="lead",
        entity="company",
        key="document",
        their_key="custom.cnpj",
        their_name="CNPJ",
        their_type="text",
        origin=factories.SYSTEM,
    )
    win(
        bench,
        name="Nina",
        email="nina@novafirma.example",
        company="Outro nome",
        custom={"cnpj": "11.444.777/0001-61"},
    )
    win(bench, name="Edu", email="edu@padaria.example", company="PADARIA SAO JOAO")
    poll(bench, receiving)
    deals = {deal.person.email.lower(): deal for deal in Deal.unscoped.filter(account=account)}
    assert deals["nina@novafirma.example"].person == nina
    assert deals["nina@novafirma.example"].company == by_cnpj
    assert deals["edu@padaria.example"].company == by_name
    assert Company.unscoped.filter(account=account).count() == 2


def test_m45_s8_a_card_that_lacks_a_required_field_waits_in_the_stage_that_asks_for_it(
    bench: Bench, receiving: Connection
) -> None:
    """What the lead tells counts; what it does not is a line on the card and a task, never a refusal."""
    key = services.create_custom_field(
        account=bench.world.account, entity="deal", label="Ramo", type="text", origin=factories.SYSTEM
    ).key
    mapping.add_map(
        counterpart=receiving.counterpart,
        kind="lead",
        entity="deal",
        key=key,
        their_key="custom.cnpj",
        their_name="CNPJ",
        their_type="text",
        origin=factories.SYSTEM,
    )
    stages = bench.stages()
    for stage, field in ((stages[0], f"deal.custom.{key}"), (stages[1], "deal.amount")):
        services.add_requirement(stage=stage, field=field, text=field, origin=factories.SYSTEM)
    win(bench, name="Nina", email="nina@novafirma.example", custom={"cnpj": "11444777000161"})
    poll(bench, receiving)
    deal = Deal.unscoped.get(account=bench.world.account)
    assert (deal.stage_id, deal.custom[key]) == (stages[1].pk, "11444777000161")
    entered = Change.unscoped.filter(deal=deal, entity="deal", kind__in=("created", "moved"))
    assert [line.fields["stage"] for line in entered] == [[None, stages[1].pk]]
    said = SyncEvent.unscoped.get(deal=deal, severity="warning")
    assert said.saw == {"stage": stages[2].name, "items": "deal.amount"}
    task = Task.unscoped.get(deal=deal)
    assert str(deal) in task.title != str(deal), "the title says what to do, and on which card"
    assert "deal.amount" in task.text
    assert task.assignee == deal.owner


def test_m2_switching_ends_what_ran_in_the_other_flow(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    assert run_of(deal).state == "active"
    with pytest.raises(life.FlowTaken):
        life.start(account=bench.world.account, partner="meetime", flow="won_leads", origin=factories.SYSTEM)
    switch(bench, bench.stages()[0])
    assert run_of(deal).state == "ended"


def test_m1_both_flows_are_offered(world: World) -> None:
    from integrations.activation.sections import screens_of

    flows = screens_of("meetime").flows
    assert [(flow.slug, flow.available, flow.recommended) for flow in flows] == [
        ("centralisation", True, True),
        ("won_leads", True, False),
    ]


def test_m45_a_won_lead_that_was_there_before_is_not_taken(bench: Bench, receiving: Connection) -> None:
    known_there(bench, "WON")
    poll(bench, receiving)
    assert not Deal.unscoped.filter(account=bench.world.account).exists()


def test_m45_x14_won_again_without_a_company_the_deal_keeps_its_own(
    bench: Bench, receiving: Connection
) -> None:
    lead = win(bench, name="Nina Costa", email="nina@novafirma.example", company="Nova Firma")
    poll(bench, receiving)
    bench.act(lead, "update", company="")
    bench.act(lead, "reopen", cadence_id=int(bench.cadence("HIGH").their_id))
    bench.act(lead, "win")
    poll(bench, receiving)
    firm = Company.unscoped.get(account=bench.world.account)
    assert Deal.unscoped.get(account=bench.world.account).company_id == firm.pk
