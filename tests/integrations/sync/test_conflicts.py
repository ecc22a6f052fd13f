"""X5: every conflict with both values, who won and why; newest first, by pages and connection."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.sync.lists import PAGE, listed
from tests import factories
from tests.integrations.shown import connection_of
from tests.integrations.sync.told import conflict_of, linked_lead, person_of

pytestmark = pytest.mark.django_db
URL = "/sync/?tab=conflicts"


def card(world, name: str = "Rita", **values):
    return factories.deal(funnel=world.funnel, person=person_of(world, name), **values)


def test_x5_a_conflict_says_both_values_who_won_and_why(world, client_of) -> None:
    connection, deal = connection_of(world.account), card(world, title="Padaria Sol")
    lead = linked_lead(connection, deal)
    conflict_of(connection, deal, ours="Gerente", theirs="Diretora")
    for user in (world.admin, world.seller):
        reader = client_of(user)
        reader.cookies["django_language"] = "en"
        body = reader.get(URL).content.decode()
        for words in (
            "Cargo",
            "Gerente",
            "Diretora",
            "the CRM",
            "the CRM&#x27;s change is the latest",
            "Padaria Sol",
        ):
            assert words in body, words
        assert f'href="/sync/leads/{lead.pk}/"' in body
        assert f'href="/deals/{deal.pk}/"' in body


def test_x5_newest_first_by_pages_and_filters(world, client_of) -> None:
    connection, deal = connection_of(world.account), card(world)
    rows = [conflict_of(connection, deal, winner="theirs" if n % 2 else "ours") for n in range(PAGE + 5)]
    first, following = listed(world.account, "conflicts")
    second, end = listed(world.account, "conflicts", before=following)
    assert [row.pk for row in (*first, *second)] == [row.pk for row in reversed(rows)]
    assert end is None
    assert {row.winner for row in listed(world.account, "conflicts", state="theirs")[0]} == {"theirs"}
    assert listed(world.account, "conflicts", connection_id=connection.pk + 1)[0] == []
    assert len(listed(world.account, "conflicts", connection_id=connection.pk)[0]) == PAGE
    seller = client_of(world.seller)
    assert seller.get(f"{URL}&before={following}&state=ours").status_code == 200
    assert seller.get(f"{URL}&state=nonsense").status_code == 404


def test_x5_a_strangers_conflicts_are_nowhere(world, stranger, client_of) -> None:
    connection_of(world.account)
    theirs = connection_of(stranger.account)
    conflict_of(theirs, card(stranger), ours="Segredo do vizinho")
    assert "Segredo do vizinho" not in client_of(world.admin).get(URL).content.decode()
    assert listed(world.account, "conflicts", connection_id=theirs.pk)[0] == []


def test_x5_the_list_costs_the_same_for_many(world, client_of) -> None:
    connection, seller = connection_of(world.account), client_of(world.seller)

    def fill(start: int, count: int) -> None:
        for n in range(start, start + count):
            deal = card(world, f"P{n}")
            linked_lead(connection, deal, their_id=str(n))
            conflict_of(connection, deal, their_id=str(n))

    def cost() -> int:
        with CaptureQueriesContext(database) as found:
            assert seller.get(URL).status_code == 200
        return len(found)

    fill(0, 3)
    cost()
    few = cost()
    fill(3, 30)
    assert cost() == few
