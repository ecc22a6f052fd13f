"""X2: the rehearsal's page: the choice, the trial that is not saved, and what it shows."""

from __future__ import annotations

from time import thread_time
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from funnels import services
from integrations import contract
from integrations.models import Automation, Connection
from integrations.rehearsal.section import SECTION
from tests.integrations.rehearsal.conftest import ORIGIN, House
from tests.integrations.shown import words_of

ADDRESS = "/integrations/meetime/rehearsal/"


@pytest.fixture
def browser(house: House, client_of: Any) -> Client:
    house.world.admin.language = "en"
    house.world.admin.save()
    signed_in: Client = client_of(house.world.admin)
    return signed_in


def test_only_administrators_open_it(house: House, client_of: Any, stranger: Any) -> None:
    assert client_of(house.world.seller).get(ADDRESS).status_code == 403
    assert client_of(stranger.admin).get(ADDRESS).status_code == 404
    assert client_of(house.world.admin).get(ADDRESS).status_code == 200


def test_it_says_what_it_does_not_know_before_and_after(house: House, browser: Client) -> None:
    house.deal(house.person())
    words = "Leads that already exist at Meetime are not known to the rehearsal"
    assert words in browser.get(ADDRESS).content.decode()
    assert words in browser.get(ADDRESS, {"what": house.automation.pk}).content.decode()


def test_an_automation_is_rehearsed_card_by_card(house: House, browser: Client) -> None:
    sent, kept = house.deal(house.person()), house.deal(None, title="Sem ninguém")
    answer = browser.get(ADDRESS, {"what": house.automation.pk})
    body = answer.content.decode()
    assert answer.status_code == 200
    assert f"/deals/{sent.pk}/" in body
    assert f"/deals/{kept.pk}/" in body
    assert "Would be sent" in body
    assert "the card needs the main contact" in body
    assert [part["count"] for part in answer.context["parts"]] == [1, 0, 0, 1]
    assert [part["share"] for part in answer.context["parts"]] == ["50.00", "0.00", "0.00", "50.00"]


def test_before_automations_exist_a_trial_is_rehearsed_and_not_saved(house: House, browser: Client) -> None:
    Automation.unscoped.all().delete()
    Connection.unscoped.filter(pk=house.connection.pk).update(state="enabled")
    house.deal(house.person())
    stage = house.world.funnel.stages.last()
    asked = {"what": "trial", "stage": stage.pk, "param-cadence": "1", "param-start": "wait"}
    answer = browser.get(ADDRESS, asked)
    assert answer.status_code == 200
    (card,) = answer.context["found"].cards
    assert (card.sent, card.automation, card.automation_id, card.stage_id) == (
        True,
        "Trial automation",
        None,
        stage.pk,
    )
    assert not Automation.unscoped.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"stage": ""}, "Choose the stage"),
        ({"param-cadence": "999"}, "Choose “Cadence” from its list."),
        ({"param-start": "later"}, "Choose “Start” from its list."),
    ],
)
def test_a_trial_that_could_not_be_an_automation_is_refused_in_words(
    house: House, browser: Client, changed: dict[str, str], words: str
) -> None:
    asked = {
        "what": "trial",
        "stage": str(house.automation.stage_id),
        "param-cadence": "1",
        "param-start": "now",
    }
    answer = browser.get(ADDRESS, {**asked, **changed})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_m24_a_stage_of_a_funnel_that_may_not_send_is_not_there(
    house: House, browser: Client, stranger: Any
) -> None:
    other = services.create_funnel(account=house.world.account, name="Fechado", stages=("Um",), origin=ORIGIN)
    assert "Fechado" not in browser.get(ADDRESS).content.decode()
    for stage in (other.stages.first(), stranger.funnel.stages.first()):
        asked = {"what": "trial", "stage": stage.pk, "param-cadence": "1", "param-start": "now"}
        assert browser.get(ADDRESS, asked).status_code == 422


def test_a_connection_that_is_not_enabled_leads_back_with_words(house: House, browser: Client) -> None:
    Connection.unscoped.filter(pk=house.connection.pk).update(state="validated")
    answer = browser.get(ADDRESS, follow=True)
    assert answer.redirect_chain[0][0] == "/integrations/meetime/"
    assert words_of(answer) == ["Enable the integration before rehearsing it."]


@pytest.mark.parametrize("asked", [{"what": "999999"}, {"what": "x", "most": "-1"}, {"most": "²"}])
def test_an_address_that_asks_for_nothing_shows_the_choice(
    house: House, browser: Client, asked: dict[str, str]
) -> None:
    answer = browser.get(ADDRESS, asked)
    assert answer.status_code == 200
    assert "found" not in answer.context


def test_fifty_cards_take_less_than_two_seconds(house: House, browser: Client) -> None:
    company = services.create_company(account=house.world.account, name="Padaria", origin=ORIGIN)
    for number in range(50):
        person = house.person(f"Pessoa {number}", f"p{number}@sol.example", phones=["(48) 99911-2233"])
        house.deal(person, company=company, title=f"Card {number}")
    took = []
    for _again in range(
        3
    ):  # the first imports what every page needs; another may collect the garbage of others
        began = thread_time()  # our own: what else a busy machine does is not counted
        answer = browser.get(ADDRESS, {"what": house.automation.pk})
        took.append(thread_time() - began)
        assert answer.context["found"].counts["sent"] == 50
    assert min(took) < 2, took


def test_the_card_on_the_partners_page_leads_to_it_or_says_why_not(house: House) -> None:
    partner = contract.partner("meetime")

    def shown() -> str:
        given = {"partner": partner, **SECTION.context(None, house.connection)}  # type: ignore[arg-type]
        with translation.override("en"):
            return render_to_string(SECTION.template, given)

    assert f'href="{ADDRESS}"' in shown()
    house.connection.flow = "won_leads"
    assert ADDRESS not in shown()
    assert "no card is sent to Meetime" in shown()
