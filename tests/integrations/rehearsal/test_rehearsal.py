"""X2: the account's own cards in a world that nobody keeps: what is sent, what not and why, field by field."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.apps import apps
from django.db import connection as store
from django.test.utils import CaptureQueriesContext

from funnels import services
from integrations import contract
from integrations.engine.life import WrongState
from integrations.models import CatalogItem, Connection, Enrollment, LinkedUser
from integrations.rehearsal.result import Became, Same
from integrations.sandbox.server import Sandbox
from tests.integrations.rehearsal.conftest import ORIGIN, House
from tests.integrations.shown import automation_of, lead_of


def rows() -> dict[str, int]:
    """How many rows every table of this installation has."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **more: Any) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "create_server", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)


def test_x2_nothing_is_written_and_no_socket_is_opened(house: House, no_network: None) -> None:
    company = services.create_company(account=house.world.account, name="Padaria Sol", origin=ORIGIN)
    house.deal(house.person(phones=["(48) 99911-2233"]), company=company)
    house.deal(None, title="Sem pessoa", company=company)
    house.deal(None, title="Sem nada")
    before = rows()
    kept = list(Connection.unscoped.values()), list(Enrollment.unscoped.values())
    with CaptureQueriesContext(store) as asked:
        found = house.rehearse()
    assert [card.became for card in found.cards] == [Became.STOPPED, Became.SENT, Became.SENT]
    assert rows() == before
    assert (list(Connection.unscoped.values()), list(Enrollment.unscoped.values())) == kept
    written = [each["sql"] for each in asked if not each["sql"].startswith("SELECT")]
    assert written == []


def test_x2_a_sandbox_that_runs_hears_nothing(house: House, settings: Any) -> None:
    """The rehearsal's world is another one, also where the connection speaks to a sandbox."""
    house.deal(house.person())
    with Sandbox(port=0) as sandbox:
        settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
        settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
        before = len(sandbox.ledger)
        assert house.only().sent
        assert len(sandbox.ledger) == before


def test_x2_a_card_reads_over_there_as_it_stands_here(house: House) -> None:
    company = services.create_company(
        account=house.world.account, name="Padaria Sol", phones=["(48) 3333-4444"], origin=ORIGIN
    )
    house.deal(house.person(phones=["(48) 99911-2233"]), company=company)
    card = house.only()
    assert card.sent
    assert (card.automation, card.differences, card.reason) == ("Enviar", 0, "")
    (lead,) = card.leads
    assert (lead.made, lead.is_main, lead.is_ghost) == ("created", True, False)
    lines = {line.field: line for line in lead.fields}
    assert {lines[key].result for key in ("name", "email", "company", "phones")} == {Same.SAME}
    assert lines["name"].ours == lines["name"].theirs == "Joana Prado"
    assert lines["phones"].theirs == "(48) 99911-2233, (48) 3333-4444"
    written = {each.label: each.after for each in card.written}
    assert house.seller.name in written.values()
    assert "Prospecção" in written.values()
    assert lead.words.startswith("Joana Prado")


def test_x2_a_difference_is_shown(house: House, field_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the partner keeps otherwise stands beside what the CRM said."""
    from integrations.partners.meetime import sandbox_private

    request = sandbox_private.PrivateWorld.request

    def shout(self: Any, method: str, path: str, **given: Any) -> tuple[int, Any]:
        status, body = request(self, method, path, **given)
        if path == "/leads" and isinstance(body, dict):
            for row in body["data"]:
                row["lead_name"] = row["lead_name"].upper()
        return status, body

    monkeypatch.setattr(sandbox_private.PrivateWorld, "request", shout)
    house.deal(house.person())
    found = house.rehearse()
    line = field_of(found.cards[0], "name")
    assert (line.result, line.ours, line.theirs) == (Same.DIFFERS, "Joana Prado", "JOANA PRADO")
    assert line.why
    assert (found.differing, found.cards[0].differences) == (1, 1)


def test_m30_a_card_that_says_nobody_is_not_sent(house: House) -> None:
    house.deal(None)
    card = house.only()
    assert (card.became, card.row) == (Became.STOPPED, "M30")
    assert (
        card.reason
        == "Would not be sent: the card needs the main contact's name or e-mail, or the company's name."
    )
    stop = card.tried[-1]
    assert (stop.row, stop.passed, set(stop.saw)) == ("M30", False, {"name", "email", "company"})
    assert card.leads == ()


def test_m16_an_owner_who_sells_nowhere(house: House) -> None:
    house.deal(house.person(), owner=house.world.admin)
    card = house.only()
    assert (card.became, card.row) == (Became.STOPPED, "M16")
    assert card.tried[-1].saw == {"owner": house.world.admin.pk}


def test_m27_a_cadence_that_is_gone(house: House) -> None:
    house.deal(house.person())
    CatalogItem.unscoped.filter(connection=house.connection, their_id="1").update(
        gone_at=house.connection.created_at
    )
    assert (house.only().became, house.only().row) == (Became.STOPPED, "M27")


def test_m26_filters_are_asked_about_the_stage_that_is_entered(house: House) -> None:
    stage = house.automation.stage
    rules = [
        {"field": "deal.title", "operator": "contains", "value": "sol"},
        {"field": "deal.stage", "operator": "is", "value": str(stage.pk)},
    ]
    house.automation.filters = {"all": True, "rules": rules}
    house.automation.save()
    house.deal(house.person(), title="Padaria Sol")
    house.deal(house.person("Rui", "rui@lua.example"), title="Mercado Lua")
    lua, sol = house.rehearse().cards
    assert (sol.became, lua.became, lua.row) == (Became.SENT, Became.STOPPED, "M26")
    assert [each["passed"] for each in lua.tried[-1].saw["filters"]] == [False, True]


def test_m31_a_card_without_a_person_sends_a_ghost_that_is_not_made(house: House) -> None:
    company = services.create_company(account=house.world.account, name="Padaria Sol", origin=ORIGIN)
    house.deal(None, company=company)
    found = house.rehearse()
    (lead,) = found.cards[0].leads
    assert (lead.name, lead.is_ghost, lead.person_id, lead.made) == ("Padaria Sol", True, None, "created")
    assert (found.ghosts, found.without_email) == (1, 1)


def test_m29_related_contacts_are_leads_of_the_same_card(house: House) -> None:
    deal = house.deal(house.person())
    other = house.person("Rui Lima", "rui@sol.example")
    services.set_related_contacts(deal=deal, persons=[other], origin=ORIGIN)
    card = house.only()
    assert [(lead.name, lead.is_main, lead.made) for lead in card.leads] == [
        ("Joana Prado", True, "created"),
        ("Rui Lima", False, "created"),
    ]


def test_m32_the_second_card_with_an_e_mail_is_left_as_it_is(house: House) -> None:
    person = house.person()
    company = services.create_company(account=house.world.account, name="Padaria Sol", origin=ORIGIN)
    first = house.deal(person, title="Primeiro", company=company)
    second = house.deal(person, title="Segundo")
    newest, older = house.rehearse().cards
    assert [newest.deal_id, older.deal_id] == [second.pk, first.pk]
    assert (newest.became, older.became) == (Became.SENT, Became.LEFT)
    (lead,) = older.leads
    assert lead.made == "left"
    assert "was left as it is" in lead.words
    assert older.written == []
    assert older.row == "M32"
    line = next(each for each in lead.fields if each.field == "company")
    assert (line.result, line.ours, line.theirs) == (Same.DIFFERS, "Padaria Sol", "")
    assert line.why == "The lead that has this e-mail was left as it is."


def test_what_the_partner_declines_is_told_in_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.partners.meetime import sandbox_private

    request = sandbox_private.PrivateWorld.request

    def decline(self: Any, method: str, path: str, **given: Any) -> tuple[int, Any]:
        return (
            (400, {"error": "e-mail de mentira"})
            if method == "POST"
            else request(self, method, path, **given)
        )

    monkeypatch.setattr(sandbox_private.PrivateWorld, "request", decline)
    house.deal(house.person())
    card = house.only()
    assert (card.became, card.leads[0].made) == (Became.REFUSED, "")
    assert "e-mail de mentira" in card.reason
    assert card.written == []


def test_m28_a_card_in_prospection_is_not_sent_again(house: House) -> None:
    lead_of(house.connection, house.deal(house.person()))
    assert (house.only().became, house.only().row) == (Became.STOPPED, "M28")


def test_closed_and_deleted_cards_and_other_funnels_stay_out(house: House, stranger: Any) -> None:
    from tests import factories

    open_one = house.deal(house.person())
    services.lose_deal(deal=house.deal(None, title="Perdido"), origin=ORIGIN)
    services.delete_deal(deal=house.deal(None, title="Apagado"), origin=ORIGIN)
    factories.deal(funnel=factories.funnel(account=house.world.account, name="Outro"))
    factories.deal(funnel=stranger.funnel)
    found = house.rehearse()
    assert ([card.deal_id for card in found.cards], found.total) == ([open_one.pk], 1)


def test_at_most_so_many_newest_first_and_the_total_is_told(house: House) -> None:
    deals = [house.deal(house.person(f"P{n}", f"p{n}@sol.example"), title=f"C{n}") for n in range(5)]
    found = house.rehearse(most=2)
    assert [card.deal_id for card in found.cards] == [deals[4].pk, deals[3].pk]
    assert found.total == 5
    cost = contract.partner("meetime").actions["send_lead"].cost
    assert (found.requests, found.seconds) == (2 * cost, 2 * cost * found.seconds_each)
    assert found.seconds_for_all == 5 * cost * found.seconds_each


def test_reasons_are_grouped_the_most_frequent_first(house: House) -> None:
    for number in range(2):
        house.deal(None, title=f"Vazio {number}")
    house.deal(house.person(), owner=house.world.admin)
    found = house.rehearse()
    assert [(reason.row, reason.cards) for reason in found.reasons] == [("M30", 2), ("M16", 1)]
    assert found.counts == {"sent": 0, "left": 0, "refused": 0, "stopped": 3}
    assert found.seconds == 0


@pytest.mark.parametrize("state", ["enabled", "active", "paused", "broken"])
def test_from_enabled_on_it_is_rehearsed_as_if_it_were_active(house: House, state: str) -> None:
    Connection.unscoped.filter(pk=house.connection.pk).update(state=state)
    house.connection.refresh_from_db()
    house.deal(house.person())
    assert house.only().sent


@pytest.mark.parametrize("state", ["draft", "validated", "inactive"])
def test_before_and_after_it_is_refused_in_words(house: House, state: str) -> None:
    Connection.unscoped.filter(pk=house.connection.pk).update(state=state)
    house.connection.refresh_from_db()
    with pytest.raises(WrongState, match="Enable the integration"):
        house.rehearse()


def test_a_partner_without_a_private_world_has_no_rehearsal(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.rehearsal import run

    monkeypatch.setattr(run, "can_rehearse", lambda partner: False)
    with pytest.raises(WrongState, match="There is no rehearsal for Meetime"):
        house.rehearse()


def test_m28_the_first_automation_in_order_sends_and_each_stage_has_its_own_world(house: House) -> None:
    """A chosen automation that is off counts as on, but one before it in the stage still goes first."""
    stages = list(house.world.funnel.stages.all())
    automation_of(house.connection, house.world.funnel, description="Proposta", stage=stages[2])
    off = automation_of(house.connection, house.world.funnel, description="Depois", enabled=False)
    alone = automation_of(
        house.connection, house.world.funnel, description="Desligada", stage=stages[0], enabled=False
    )
    deal = house.deal(house.person())
    found = house.rehearse()
    assert [(card.deal_id, card.automation, card.became) for card in found.cards] == [
        (deal.pk, "Enviar", Became.SENT),
        (deal.pk, "Proposta", Became.SENT),
    ]
    assert house.only(automation=off).automation == "Enviar"
    assert house.only(automation=alone).automation == "Desligada"


def test_the_limit_is_divided_among_the_stages(house: House) -> None:
    stages = list(house.world.funnel.stages.all())
    automation_of(house.connection, house.world.funnel, description="Proposta", stage=stages[2])
    for number in range(4):
        house.deal(house.person(f"P{number}", f"p{number}@sol.example"))
    found = house.rehearse(most=5)
    assert [entrance.cards for entrance in found.entrances] == [3, 2]
    assert found.total == 8


def test_x2_m22_sellers_whom_activation_would_link_get_their_leads(house: House) -> None:
    """Before activation nobody is linked: those whose e-mail the partner lists count as if they were."""
    LinkedUser.unscoped.all().delete()
    house.deal(house.person())
    assert house.only().became == Became.STOPPED
    row = CatalogItem.unscoped.get(connection=house.connection, kind="users")
    row.data = {"email": house.seller.email.upper(), "active": True}
    row.save()
    assert house.only().became == Became.SENT
    assert not LinkedUser.unscoped.exists()
