"""A card becomes leads (M16, M27–M32, X1), through the engine against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from accounts.origin import Origin
from funnels import queries, services
from funnels.models import Deal, Person
from integrations.engine import catalog, clock, replay
from integrations.engine.explain import explain_deal
from integrations.models import Automation, Enrollment, Lead, LinkedUser, OutboxAction
from integrations.partners.meetime import seeing
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import (
    action_of,
    enter,
    known_there,
    lead_of,
    person,
    run_of,
    sent_by_us,
    their_id,
    told,
)


def switch_cadence(bench: Bench, priority: str) -> None:
    bench.automation.parameters = {"cadence": bench.cadence(priority).their_id, "start": "now"}
    bench.automation.save()


def card(bench: Bench, owner: User, who: Person | None, **other: Any) -> Deal:
    return factories.deal(funnel=bench.world.funnel, person=who, owner=owner, **other)


def why(deal: Deal) -> tuple[str, bool, list[tuple[str, bool]]]:
    """(headline, sent, what the last change met) of the only connection."""
    (each,) = explain_deal(deal)
    return each.headline, each.sent, [(line.row, line.passed) for line in each.then]


# --- M28 ---


@pytest.mark.parametrize("who", ["user", "api", "automation"])
def test_m28_moved_by_hand_by_the_api_or_by_another_automation_it_is_sent(
    bench: Bench, deal: Deal, who: str
) -> None:
    origins = {
        "user": Origin.user(bench.world.seller),
        "api": Origin.api(key_id=5, label="ERP"),
        "automation": Origin(kind="automation", id=9, label="Outra automação"),
    }
    enter(bench, deal, origins[who])
    assert sent_by_us(bench) == ["lead.created"]
    assert run_of(deal).automation == bench.automation


def test_m28_created_directly_in_the_stage_it_is_sent(bench: Bench, owner: User) -> None:
    made = card(bench, owner, person(bench), stage=1)
    bench.drain()
    assert sent_by_us(bench) == ["lead.created"]
    assert run_of(made).state == Enrollment.State.ACTIVE


def test_m28_moved_by_the_integration_itself_it_is_not_sent(bench: Bench, deal: Deal) -> None:
    enter(bench, deal, Origin.connection(connection_id=bench.connection.pk, label="Meetime"))
    assert not Enrollment.unscoped.exists()
    _headline, sent, then = why(deal)
    assert (sent, then) == (False, [("M28", False)])


def test_m28_of_several_that_fit_the_first_in_order_sends(bench: Bench, deal: Deal) -> None:
    high = bench.cadence("HIGH")
    row = Automation.unscoped.get(pk=bench.automation.pk)
    row.pk, row.position, row.parameters = None, 5, {"cadence": high.their_id, "start": "now"}
    row.save()
    Automation.unscoped.filter(pk=bench.automation.pk).update(position=9)
    enter(bench, deal)
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_CADENCE] == high.name
    assert run_of(deal).automation_id == row.pk


def test_m26_a_filter_that_does_not_fit_keeps_the_card_here_and_says_what_it_saw(
    bench: Bench, deal: Deal
) -> None:
    bench.automation.filters = {
        "all": True,
        "rules": [{"field": "deal.title", "operator": "equals", "value": "Outra coisa"}],
    }
    bench.automation.save()
    enter(bench, deal)
    assert sent_by_us(bench) == []
    _headline, sent, then = why(deal)
    assert not sent
    assert then[-1] == ("M26", False)


def test_m43_m28_a_card_reopened_starts_run_two_and_finds_its_lead_again(bench: Bench, deal: Deal) -> None:
    row = Automation.unscoped.get(pk=bench.automation.pk)
    row.pk, row.trigger = None, "reopened"
    row.save()
    enter(bench, deal)
    theirs = their_id(lead_of(deal))
    bench.act(theirs, "lose", reason="Sem contato", lose_others=False)
    bench.poll()
    deal.refresh_from_db()
    assert deal.status == Deal.Status.LOST
    before = dict(deal.custom)
    switch_cadence(bench, "HIGH")
    row.parameters = bench.automation.parameters
    row.save()
    services.reopen_deal(deal=deal, origin=factories.SYSTEM)
    bench.drain()
    assert sent_by_us(bench) == ["lead.created", "lead.reopened"]
    second = lead_of(deal, number=2)
    assert (their_id(second), second.outcome, run_of(deal, 2).state) == (theirs, "reopened", "active")
    deal.refresh_from_db()
    assert deal.custom[seeing.INITIAL_CADENCE] == before[seeing.INITIAL_CADENCE], "M43: the first stays"
    assert deal.custom[seeing.LATEST_CADENCE] == bench.cadence("HIGH").name
    bench.act(theirs, "win", lose_others=False)
    bench.poll()
    assert run_of(deal, 2).state == Enrollment.State.ENDED
    second.refresh_from_db()
    assert second.state == Lead.State.WON
    assert lead_of(deal, number=1).state == Lead.State.LOST, "late news finds its own run"


def test_m28_a_card_in_prospection_is_not_sent_twice(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, deal)
    assert sent_by_us(bench) == ["lead.created"]
    assert why(deal)[2][-1] == ("M28", False)


# --- M29, M30, M31 ---


def test_m29_main_and_three_related_become_four_leads_of_one_deal(bench: Bench, deal: Deal) -> None:
    friends = [person(bench, f"Pessoa {at}", f"p{at}@padariasol.example") for at in range(3)]
    services.set_related_contacts(deal=deal, persons=friends, origin=factories.SYSTEM)
    enter(bench, deal)
    assert sent_by_us(bench) == ["lead.created"] * 4
    there = bench.control("GET", f"meetime/leads?deal={deal.pk}")["data"]
    assert [row["email"] for row in there] == ["joana@padariasol.example", *(each.email for each in friends)]
    assert lead_of(deal).person_id == deal.person_id
    assert Lead.unscoped.filter(enrollment__deal=deal, is_main=False).count() == 3


def test_m35_a_related_contact_added_afterwards_is_not_sent(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    services.set_related_contacts(deal=deal, persons=[person(bench)], origin=factories.SYSTEM)
    bench.drain()
    assert sent_by_us(bench) == ["lead.created"]


def test_m30_without_contact_and_company_nothing_is_sent_and_the_card_says_why(
    bench: Bench, owner: User
) -> None:
    empty = card(bench, owner, None)
    enter(bench, empty)
    assert sent_by_us(bench) == []
    assert "main contact's name or e-mail, or the company's name" in told(empty)[-1]
    _headline, sent, then = why(empty)
    assert not sent
    assert then[-1] == ("M30", False)


def test_m31_a_company_alone_is_sent_as_a_ghost_once_and_reused(bench: Bench, owner: User) -> None:
    company = services.create_company(
        account=bench.world.account, name="Padaria Lua", phones=["(48) 3333-4444"], origin=factories.SYSTEM
    )
    alone = card(bench, owner, None, company=company)
    enter(bench, alone)
    ghost = Person.unscoped.get(ghost_of=alone)
    assert (ghost.name, ghost.is_ghost, lead_of(alone).person) == ("Padaria Lua", True, ghost)
    assert ghost not in queries.contacts(bench.world.account)
    there = bench.control("GET", f"meetime/leads/{their_id(lead_of(alone))}")
    assert there["name"] == "Padaria Lua"
    bench.act(their_id(lead_of(alone)), "lose", lose_others=False)
    bench.poll()
    services.reopen_deal(deal=alone, stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, alone)
    assert run_of(alone, 2).state == Enrollment.State.ACTIVE
    assert lead_of(alone, number=2).person == ghost
    assert Person.unscoped.filter(is_ghost=True).count() == 1


# --- M32 ---


def test_m32_a_closed_lead_is_reopened_in_the_new_cadence(bench: Bench, owner: User) -> None:
    there = known_there(bench, "LOST")
    sent = card(bench, owner, person(bench, "Quem perdeu", there["email"].upper()))
    enter(bench, sent)
    assert sent_by_us(bench) == ["lead.reopened"]
    assert (lead_of(sent).outcome, their_id(lead_of(sent))) == ("reopened", str(there["id"]))
    assert told(sent)[-1].startswith("Quem perdeu was a closed lead and was reopened in the cadence")


def test_m32_an_open_lead_takes_a_cadence_of_higher_priority(bench: Bench, owner: User) -> None:
    there = known_there(bench, "EXECUTING")
    switch_cadence(bench, "HIGH")
    sent = card(bench, owner, person(bench, "Quem segue", there["email"]))
    enter(bench, sent)
    assert sent_by_us(bench) == ["lead.updated"]
    assert lead_of(sent).outcome == "updated"
    assert "has higher priority" in told(sent)[-1]
    sent.refresh_from_db()
    assert sent.custom[seeing.LATEST_CADENCE] == bench.cadence("HIGH").name


@pytest.mark.parametrize("priority", ["LOW", "MEDIUM"])
def test_m32_an_open_lead_is_left_by_a_lower_or_equal_one_and_no_field_is_written(
    bench: Bench, owner: User, priority: str
) -> None:
    there = known_there(bench, "EXECUTING")
    switch_cadence(bench, priority)
    sent = card(bench, owner, person(bench, "Quem fica", there["email"]))
    enter(bench, sent)
    assert sent_by_us(bench) == ["lead.left"]
    lead = lead_of(sent)
    assert (lead.outcome, lead.state) == ("left", Lead.State.LEFT)
    assert any("left as it is" in line for line in told(sent))
    sent.refresh_from_db()
    assert [key for key in sent.custom if key.startswith("meetime_")] == []
    assert run_of(sent).state == Enrollment.State.ENDED, "nothing of this card is there"


def test_m32_a_related_contact_is_judged_on_its_own(bench: Bench, deal: Deal) -> None:
    there = known_there(bench, "LOST")
    friend = person(bench, "Amiga", there["email"])
    services.set_related_contacts(deal=deal, persons=[friend], origin=factories.SYSTEM)
    enter(bench, deal)
    assert sent_by_us(bench) == ["lead.created", "lead.reopened"]
    assert (lead_of(deal).outcome, lead_of(deal, friend).outcome) == ("created", "reopened")


def test_m32_a_lead_taken_by_another_card_passes_to_it_and_the_former_run_ends(
    bench: Bench, deal: Deal, owner: User
) -> None:
    enter(bench, deal)
    theirs = their_id(lead_of(deal))
    switch_cadence(bench, "VERY_HIGH")
    second = card(bench, owner, deal.person, title="Segunda loja")
    enter(bench, second)
    assert sent_by_us(bench) == ["lead.created", "lead.updated"]
    assert (run_of(deal).state, run_of(second).state) == ("ended", "active")
    assert lead_of(deal).state == Lead.State.LEFT
    assert any("passed to the card" in line and "Segunda loja" in line for line in told(deal))
    bench.win_action("win")
    bench.act(theirs, "win", lose_others=False)
    bench.poll()
    second.refresh_from_db()
    deal.refresh_from_db()
    assert (lead_of(second).state, deal.status) == (Lead.State.WON, Deal.Status.OPEN)
    assert run_of(second).state == Enrollment.State.ENDED


def test_m32_left_as_it_is_the_card_names_the_one_that_holds_the_lead(
    bench: Bench, deal: Deal, owner: User
) -> None:
    enter(bench, deal)
    second = card(bench, owner, deal.person, title="Segunda loja")
    enter(bench, second)
    assert sent_by_us(bench) == ["lead.created", "lead.left"]
    assert any("holds the lead" in line and str(deal) in line for line in told(second))
    assert (run_of(deal).state, lead_of(deal).state) == ("active", Lead.State.EXECUTING)


# --- M27, X4 ---


def test_m27_a_cadence_deleted_before_sending_is_refused_in_words_and_sent_again_once_mended(
    bench: Bench, deal: Deal
) -> None:
    wanted = str(bench.automation.parameters["cadence"])
    bench.control("POST", f"meetime/cadences/{wanted}/delete")
    enter(bench, deal)
    action = action_of(deal)
    assert action.state == OutboxAction.State.REFUSED
    assert action.reason
    assert sent_by_us(bench) == []
    assert any(action.reason in line for line in told(deal)), "the card says so"
    assert not why(deal)[1]
    run = run_of(deal)
    run.parameters = {**run.parameters, "cadence": bench.cadence("HIGH").their_id}
    run.save()
    replay.send_again(action=action, origin=factories.SYSTEM)
    bench.drain()
    assert sent_by_us(bench) == ["lead.created"]
    assert why(deal)[1]


def test_m27_a_cadence_known_to_be_gone_stops_the_automation_before_anything_is_sent(
    bench: Bench, deal: Deal
) -> None:
    bench.control("POST", f"meetime/cadences/{bench.automation.parameters['cadence']}/delete")
    catalog.refresh(bench.connection, "cadences", now=clock.now())
    enter(bench, deal)
    assert not OutboxAction.unscoped.exists()
    assert "no longer exists" in told(deal)[-1]
    assert why(deal)[2][-1] == ("M27", False)


# --- M16 ---


def test_m16_the_seller_in_the_field_wins_over_the_cards_owner(bench: Bench, deal: Deal, owner: User) -> None:
    other = LinkedUser.unscoped.exclude(user=owner).select_related("user").first()
    assert other is not None
    services.update_deal(
        deal=deal, custom={seeing.LATEST_OWNER: str(other.user_id)}, origin=Origin.user(bench.world.seller)
    )
    enter(bench, deal)
    there = bench.control("GET", f"meetime/leads/{their_id(lead_of(deal))}")
    assert str(there["owner_id"]) == other.their_id
    deal.refresh_from_db()
    assert deal.custom[seeing.INITIAL_OWNER] == str(other.user_id)


def test_m16_an_owner_who_does_not_sell_there_sends_nothing_and_the_card_says_why(bench: Bench) -> None:
    sent = card(bench, bench.world.seller, person(bench))
    enter(bench, sent)
    assert sent_by_us(bench) == []
    assert "someone who sells there" in told(sent)[-1]
    assert why(sent)[2][-1] == ("M16", False)


# --- X1 ---


def test_x1_the_explanation_of_a_card_that_was_sent_and_of_one_that_never_was(
    bench: Bench, deal: Deal
) -> None:
    _headline, sent, _then = why(deal)
    assert not sent
    enter(bench, deal)
    headline, sent, then = why(deal)
    assert sent
    assert "Meetime" in headline
    assert all(passed for _row, passed in then)
    assert [row for row, _passed in then] == ["M25", "M24", "M28", "M28", "M30", "M27", "M16"]
