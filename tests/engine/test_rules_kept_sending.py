"""Rules of sending that no other test would miss, were they taken out (tests/mutants; M7–M32, M45)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from funnels import services
from funnels.conditions import deal_values, evaluate
from funnels.models import Deal, Person
from integrations.automations.offers import catalog_choices
from integrations.engine.explain import explain_deal
from integrations.models import CatalogItem, Connection, Enrollment, Lead
from integrations.partners.meetime import setup
from integrations.partners.meetime.partner import Meetime
from tests import factories
from tests.conftest import World
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, person, run_of, sent_by_us, their_id
from tests.integrations.shown import automation_of, ready


def test_m7_m9_a_funnel_allowed_again_sends_again_but_nothing_by_itself(bench: Bench, deal: Deal) -> None:
    setup.allow_funnels(connection=bench.connection, funnels=[], origin=factories.SYSTEM)
    enter(bench, deal)
    setup.allow_funnels(connection=bench.connection, funnels=[bench.world.funnel], origin=factories.SYSTEM)
    bench.drain()
    assert sent_by_us(bench) == [], "M7: allowing sends nothing, not even what entered before"
    services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, deal)
    assert sent_by_us(bench) == ["lead.created"], "M9: it resumes"


@pytest.mark.parametrize("state", ["draft", "validated", "enabled", "paused", "broken", "inactive"])
def test_m24_no_automation_is_made_while_it_is_not_connected(world: World, state: str) -> None:
    """Everything else fits: an allowed funnel, a cadence that is listed."""
    connection = ready(world.account, world.funnel)
    Connection.unscoped.filter(pk=connection.pk).update(state=state)
    connection.refresh_from_db()
    with pytest.raises(services.NotAllowed):
        automation_of(connection, world.funnel)
    Connection.unscoped.filter(pk=connection.pk).update(state="active")
    connection.refresh_from_db()
    assert automation_of(connection, world.funnel).enabled


def test_m25_won_and_lost_exist_for_other_actions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = ready(world.account, world.funnel)
    (action,) = Meetime.automation_actions
    other = replace(action, slug="meetime.other", triggers=("won", "lost"))
    monkeypatch.setattr(Meetime, "automation_actions", (action, other))
    made = [
        automation_of(connection, world.funnel, action="meetime.other", trigger=trigger).trigger
        for trigger in ("won", "lost")
    ]
    assert made == ["won", "lost"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deal.title", "Padaria Sol"),
        ("products.name", "Pão"),
        ("person.name", "Rita"),
        ("company.name", "Sol SA"),
        ("deal.custom.porte", "Grande"),
    ],
)
def test_m26_filters_see_the_card_its_products_person_and_company(
    world: World, field: str, value: str
) -> None:
    account = world.account
    services.ensure_custom_field(
        account=account, entity="deal", key="porte", label="Porte", type="text", origin=factories.SYSTEM
    )
    bread = services.create_product(account=account, name="Pão", origin=factories.SYSTEM)
    card = factories.deal(
        funnel=world.funnel,
        person=services.create_person(account=account, name="Rita", origin=factories.SYSTEM),
        company=services.create_company(account=account, name="Sol SA", origin=factories.SYSTEM),
        products=[services.Line(product=bread)],
        custom={"porte": "Grande"},
    )
    rule = {"field": field, "operator": "equals", "value": value}
    passed, seen = evaluate({"rules": [rule]}, deal_values(card))
    assert (passed, seen[0]["saw"]) == (True, value)


def test_m27_a_cadence_that_is_gone_is_no_choice(world: World) -> None:
    connection = ready(world.account, world.funnel)
    CatalogItem.objects.of(world.account).filter(their_id="1").update(gone_at=timezone.now())
    assert catalog_choices(connection=connection, kind="cadences") == [("2", "Inbound")]


def test_m27_a_cadence_that_does_not_run_there_comes_last_and_says_so(world: World) -> None:
    connection = ready(world.account, world.funnel)
    last, first = CatalogItem.objects.of(world.account).filter(kind="cadences").order_by("name")
    CatalogItem.objects.of(world.account).filter(pk=last.pk).update(data={**last.data, "active": False})
    (running, resting) = catalog_choices(connection=connection, kind="cadences")
    assert running == (first.their_id, first.name)
    assert resting[0] == last.their_id
    assert resting[1].startswith(f"{last.name} (")


@pytest.mark.parametrize(("start", "status"), [("now", "EXECUTING"), ("wait", "WAITING")])
def test_m27_the_lead_starts_at_once_or_waits_for_the_seller(
    bench: Bench, deal: Deal, start: str, status: str
) -> None:
    bench.automation.parameters = {**bench.automation.parameters, "start": start}
    bench.automation.save()
    enter(bench, deal)
    rows: list[dict[str, Any]] = bench.control("GET", "meetime/leads")["data"]
    lead = next(row for row in rows if str(row["id"]) == their_id(lead_of(deal)))
    assert lead["status"] == status


# --- M31 ---


@pytest.fixture
def alone(bench: Bench, owner: User) -> Deal:
    """A card with a company and no main contact."""
    company = services.create_company(
        account=bench.world.account, name="Padaria Lua", origin=factories.SYSTEM
    )
    return factories.deal(funnel=bench.world.funnel, company=company, owner=owner)


def test_m31_related_contacts_do_not_replace_the_ghost_as_main_lead(bench: Bench, alone: Deal) -> None:
    rui = person(bench)
    services.set_related_contacts(deal=alone, persons=[rui], origin=factories.SYSTEM)
    enter(bench, alone)
    main = lead_of(alone)
    assert (main.person.name, main.person.is_ghost) == ("Padaria Lua", True)
    assert not lead_of(alone, rui).is_main


def test_m31_sent_again_the_card_keeps_its_one_ghost(bench: Bench, alone: Deal) -> None:
    enter(bench, alone)
    first = lead_of(alone).person
    assert (first.name, first.is_ghost) == ("Padaria Lua", True), "named after the company, not the card"
    bench.act(their_id(lead_of(alone)), "lose", lose_others=False)
    bench.poll()
    services.reopen_deal(deal=alone, stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, alone)
    assert lead_of(alone, number=2).person == first
    assert Person.unscoped.filter(is_ghost=True).count() == 1


def test_m31_someone_makes_the_ghost_a_contact(bench: Bench, alone: Deal) -> None:
    enter(bench, alone)
    ghost = lead_of(alone).person
    services.make_contact(person=ghost, origin=factories.SYSTEM)
    ghost.refresh_from_db()
    alone.refresh_from_db()
    assert (ghost.is_ghost, alone.person) == (False, ghost)
    assert run_of(alone).state == Enrollment.State.ACTIVE, "its lead goes on"


# --- M32 ---


def test_m32_the_former_card_goes_on_with_the_leads_it_keeps(bench: Bench, deal: Deal, owner: User) -> None:
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    enter(bench, deal)
    bench.automation.parameters = {"cadence": bench.cadence("VERY_HIGH").their_id, "start": "now"}
    bench.automation.save()
    second = factories.deal(funnel=bench.world.funnel, person=deal.person, owner=owner, title="Segunda loja")
    enter(bench, second)
    assert (lead_of(deal).state, lead_of(deal, rui).state) == (Lead.State.LEFT, Lead.State.EXECUTING)
    assert (run_of(deal).state, run_of(second).state) == ("active", "active")


def test_m32_the_sending_card_links_to_the_one_that_holds_the_lead(
    bench: Bench, deal: Deal, owner: User, client_of: Callable[[User], Client]
) -> None:
    enter(bench, deal)
    second = factories.deal(funnel=bench.world.funnel, person=deal.person, owner=owner, title="Segunda loja")
    enter(bench, second)
    page = client_of(bench.world.admin).get(f"/deals/{second.pk}/").content.decode()
    assert f'href="/deals/{deal.pk}/"' in page


# --- M45 ---


def test_m45_the_receiving_flow_sends_nothing_and_says_why(bench: Bench, deal: Deal) -> None:
    """Whatever stands in the tables: only the flow decides."""
    Connection.unscoped.filter(pk=bench.connection.pk).update(flow="won_leads")
    enter(bench, deal)
    assert sent_by_us(bench) == []
    assert not Enrollment.unscoped.exists()
    (each,) = explain_deal(deal)
    with translation.override("en"):
        assert (each.sent, [(line.row, line.passed) for line in each.then]) == (False, [("M45", False)])
