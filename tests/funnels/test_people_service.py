"""Persons, companies, phones, interaction records and tasks."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import queries, services
from funnels.fields import email_key, phone_forms, search_key
from funnels.models import Change, InteractionRecord, Person, Task
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.django_db


def test_m15_an_email_is_unique_without_case_in_its_account(
    world: World, stranger: World, by_hand: Origin
) -> None:
    ana = services.create_person(
        account=world.account, name="Ana", email=" Ana@Casa.Example ", origin=by_hand
    )
    assert ana.email == "Ana@Casa.Example"
    with pytest.raises(services.EmailTaken, match="Ana") as taken:
        services.create_person(account=world.account, name="Outra", email="ana@casa.example", origin=by_hand)
    assert taken.value.person == ana
    bia = services.create_person(account=world.account, name="Bia", origin=by_hand)
    services.create_person(account=world.account, name="Sem e-mail", origin=by_hand)
    with pytest.raises(services.EmailTaken):
        services.update_person(person=bia, email="ANA@casa.example", origin=by_hand)
    bia.refresh_from_db()
    assert (bia.email, bia.version) == ("", 1)
    services.create_person(
        account=stranger.account, name="Ana deles", email="ana@casa.example", origin=by_hand
    )
    assert services.person_by_email(account=world.account, email="ANA@CASA.EXAMPLE") == ana
    services.delete_person(person=ana, origin=by_hand)
    assert services.person_by_email(account=world.account, email="ana@casa.example") is None
    services.update_person(person=bia, email="ana@casa.example", origin=by_hand)


def test_m31_ghosts_do_not_take_an_email(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel)
    ghost = services.create_person(
        account=world.account, name="Padaria", email="a@b.example", ghost_of=deal, origin=factories.SYSTEM
    )
    assert ghost.is_ghost
    person = services.create_person(account=world.account, name="Ana", email="a@b.example", origin=by_hand)
    assert services.person_by_email(account=world.account, email="A@B.example") == person


def test_phones_alone_are_a_new_version(world: World, by_hand: Origin) -> None:
    ana = services.create_person(
        account=world.account, name="Ana", phones=["(11) 98765-4321", "(11) 98765-4321"], origin=by_hand
    )
    assert list(ana.phones.values_list("typed", "e164", "key")) == [
        ("(11) 98765-4321", "+5511987654321", "551187654321")
    ]
    services.update_person(person=ana, phones=["11 3333-4444"], origin=by_hand, version=1)
    with pytest.raises(SomeoneElseChangedThis):
        services.update_person(person=ana, phones=["11 5555-4444"], origin=by_hand, version=1)
    with pytest.raises(SomeoneElseChangedThis):
        services.update_person(person=ana, name="Ana Maria", origin=by_hand, version=1)
    line = Change.unscoped.filter(entity="person", kind="updated").get()
    assert line.fields == {"phones": [["(11) 98765-4321"], ["11 3333-4444"]]}
    company = services.create_company(
        account=world.account, name="Casa", phones=["11 3333-4444"], origin=by_hand
    )
    services.update_company(company=company, phones=[], origin=by_hand, version=1)
    with pytest.raises(SomeoneElseChangedThis):
        services.update_company(company=company, name="Outra", origin=by_hand, version=1)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("(11) 98765-4321", ("+5511987654321", "551187654321")),
        ("011 8765-4321", ("+551187654321", "551187654321")),
        ("+1 415 555 2671", ("+14155552671", "14155552671")),
        ("ramal 12", ("", "12")),
    ],
)
def test_phones_compare_without_the_ninth_digit(typed: str, expected: tuple[str, str]) -> None:
    assert phone_forms(typed) == expected


def test_m15_names_and_emails_compare_without_case_and_accents() -> None:
    assert search_key("  São  JOSÉ ") == "sao jose"
    assert email_key(" Ana@PADARIA-Açúcar.Example ") == "ana@padaria-acucar.example"


def test_integrations_fields_of_a_person_are_not_written_by_people(world: World, by_hand: Origin) -> None:
    services.ensure_custom_field(
        account=world.account,
        entity="person",
        key="codigo",
        label="Código",
        type="text",
        writer="system",
        origin=factories.SYSTEM,
    )
    with pytest.raises(services.NotAllowed, match="Código"):
        services.create_person(account=world.account, name="Ana", custom={"codigo": "1"}, origin=by_hand)
    ana = services.create_person(
        account=world.account, name="Ana", custom={"codigo": "1"}, origin=factories.SYSTEM
    )
    with pytest.raises(services.NotAllowed):
        services.update_person(person=ana, custom={"codigo": "2"}, origin=by_hand)
    services.update_person(person=ana, custom={"codigo": "1"}, name="Ana Maria", origin=by_hand)
    assert Person.unscoped.get(pk=ana.pk).custom == {"codigo": "1"}


def test_strangers_companies_are_refused(world: World, stranger: World, by_hand: Origin) -> None:
    theirs = services.create_company(account=stranger.account, name="Deles", origin=factories.SYSTEM)
    with pytest.raises(services.NotAllowed):
        services.create_person(account=world.account, name="Ana", company=theirs, origin=by_hand)
    ana = services.create_person(account=world.account, name="Ana", origin=by_hand)
    with pytest.raises(services.NotAllowed):
        services.update_person(person=ana, company=theirs, origin=by_hand)


def test_m33_the_same_source_is_recorded_once(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel)
    given = {"account": world.account, "type": "phone", "text": "Ligou", "occurred_at": timezone.now()}
    first, new = services.log_interaction(**given, deal=deal, source="m:1", origin=factories.SYSTEM)
    again, newer = services.log_interaction(**given, deal=deal, source="m:1", origin=factories.SYSTEM)
    assert (new, newer, again) == (True, False, first)
    services.log_interaction(**given, deal=deal, origin=by_hand)
    services.log_interaction(**given, deal=deal, origin=by_hand)
    assert InteractionRecord.unscoped.count() == 3
    assert Change.unscoped.filter(entity="interactionrecord", deal=deal).count() == 3


def test_a_task_is_asked_for_once_and_done_once(world: World, by_hand: Origin) -> None:
    asked = [
        services.create_task(account=world.account, title="Ligar", source="m:9", origin=factories.SYSTEM)
        for _each in range(2)
    ]
    assert asked[0] == asked[1]
    done = services.complete_task(task=asked[0], origin=by_hand, version=1)
    assert services.complete_task(task=asked[0], origin=by_hand).done_at == done.done_at
    with pytest.raises(SomeoneElseChangedThis):
        services.complete_task(task=asked[0], origin=by_hand, version=1)
    assert Task.unscoped.count() == 1


def test_m15_a_cnpj_is_kept_as_its_characters_however_it_is_written(world: World, by_hand: Origin) -> None:
    sol = services.create_company(
        account=world.account, name="Sol", document="12.345.678/0001-95", origin=by_hand
    )
    assert sol.document == "12345678000195"
    again = services.ensure_company(
        account=world.account, name="Outra", document="12.345.678/0001-95", origin=by_hand
    )
    assert again == sol
    changed = services.update_company(company=sol, document="11.444.777/0001-61", origin=by_hand)
    assert changed.document == "11444777000161"
    # What is no CNPJ is not lost: the screens and the API say so before.
    assert services.update_company(company=sol, document=" em abertura ", origin=by_hand).document == (
        "em abertura"
    )
    found = queries.suggestions(world.account, "company", "Sol")
    assert found[0]["detail"] == "em abertura"
    services.update_company(company=sol, document="12345678000195", origin=by_hand)
    assert queries.suggestions(world.account, "company", "Sol")[0]["detail"] == "12.345.678/0001-95"
