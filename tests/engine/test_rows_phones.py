"""Numbers that are removed on one side stay on the other, and nothing is said again and again (M12, M32, X14)."""

from __future__ import annotations

import pytest

from funnels import services
from funnels.models import Deal, Person
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, their_id, told
from tests.engine.test_rows_following import there, updates

A, B, C = "(48) 99911-2233", "(48) 98888-7777", "(48) 97777-1111"


def numbers(bench: Bench, lead: str) -> list[str]:
    return [each["phone"] for each in there(bench, lead)["phones"]]


def test_x14_a_number_removed_here_stays_there_and_one_exchanged_here_is_exchanged_there(
    bench: Bench, deal: Deal
) -> None:
    services.update_person(person=deal.person, phones=[A, B], origin=factories.SYSTEM)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    for mine, theirs, requests in (
        ([B], [A, B], 0),
        ([C], [C, A], 1),
        ([C, B], [C, B, A], 2),
        ([], [C, B, A], 2),
    ):
        services.update_person(person=deal.person, phones=mine, origin=factories.SYSTEM)
        bench.drain()
        bench.poll()
        assert (numbers(bench, lead), len(updates(bench))) == (theirs, requests), mine
        person = Person.unscoped.get(pk=deal.person_id)
        assert [each.typed for each in person.phones.all()] == mine, "what stays there does not come back"
    assert not any("telefones" in line for line in told(deal)[4:]), told(deal)


@pytest.mark.parametrize("mine", [[], [A]])
def test_m32_x14_a_known_lead_that_is_reopened_keeps_its_numbers(
    bench: Bench, deal: Deal, mine: list[str]
) -> None:
    rows = bench.control("GET", "meetime/leads")["data"]
    lost = next(row for row in rows if row["email"] == "cliente.perdido@exemplo.com.br")
    services.update_person(person=deal.person, email=lost["email"], phones=mine, origin=factories.SYSTEM)
    enter(bench, deal)
    bench.poll()
    assert lead_of(deal).outcome == "reopened"
    had = [each["phone"] for each in lost["phones"]]
    assert numbers(bench, str(lost["id"])) == [*mine, *had]
    assert updates(bench) == []
