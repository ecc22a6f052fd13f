"""Rules of fields that no other test would miss, were they taken out (tests/mutants; M10–M20, M34, X14)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.origin import Origin
from funnels import services
from funnels.models import CustomField, Deal, Person
from integrations import contract
from integrations.engine import adopting, catalog, clock
from integrations.engine.place import Place
from integrations.models import CatalogItem, CatalogShelf, Lane, LinkedUser
from integrations.partners.meetime import seeing
from mapping.models import FieldMap
from tests import factories
from tests.conftest import World
from tests.engine.conftest import Bench
from tests.engine.rows import enter, lead_of, run_of, their_id, told
from tests.engine.test_rows_following import associate, there, updates
from tests.integrations.activation.mapped import mapped, ours


@pytest.fixture
def desk(world: World) -> Client:
    """Support staff, signed in at the admin, with the account's data open."""
    chief = User.objects.create_superuser(email="suporte@tomada.example", password="x", name="Suporte")
    client = Client()
    client.force_login(chief)
    factories.opened(chief, world.account)
    return client


# --- M10, M13, M14 ---


@pytest.mark.parametrize("entity", ["person", "company", "deal"])
def test_m10_a_field_of_person_company_or_deal_goes_with_the_lead(
    bench: Bench, deal: Deal, entity: str
) -> None:
    firm = services.create_company(account=bench.world.account, name="Sol SA", origin=factories.SYSTEM)
    services.update_deal(deal=deal, company=firm, origin=factories.SYSTEM)
    field = associate(bench, entity, "Campo", "text", "custom.ramoEmpresa")
    given: dict[str, Any] = {"custom": {field.key: "Padaria"}, "origin": factories.SYSTEM}
    write = {
        "person": lambda: services.update_person(person=deal.person, **given),
        "company": lambda: services.update_company(company=firm, **given),
        "deal": lambda: services.update_deal(deal=deal, **given),
    }
    write[entity]()
    enter(bench, deal)
    assert there(bench, their_id(lead_of(deal)))["customFields"]["ramoEmpresa"] == "Padaria"


@pytest.mark.parametrize(("their_key", "stored"), [("custom.porte", 0), ("custom.cargo", 1)])
def test_m13_the_admin_refuses_what_does_not_fit_in_words(
    world: World, desk: Client, their_key: str, stored: int
) -> None:
    ours(world.account, "cargo")
    connection = mapped(world.account)
    sent = {
        "counterpart": connection.counterpart_id,
        "entity": "person",
        "key": "cargo",
        "their_key": their_key,
        "master": "both",
        "empty": "keep",
    }
    answer = desk.post(reverse("admin:mapping_fieldmap_add"), sent)
    assert FieldMap.unscoped.count() == stored
    assert answer.status_code == (302 if stored else 200)


@pytest.mark.parametrize(("pair", "fits"), [("meetime:text:select", False), ("meetime:text:text", True)])
def test_m13_the_model_takes_a_line_of_the_matrix_and_nothing_else(
    world: World, pair: str, fits: bool
) -> None:
    """What any form of this model would say, before the database is asked."""
    connection = mapped(world.account)
    row = FieldMap(
        account=world.account,
        counterpart=connection.counterpart,
        entity="person",
        key="cargo",
        kind="lead",
        their_key="custom.cargo",
        pair_id=pair,
        partner="meetime",
        our_type="text",
        their_type="text",
    )
    refused: list[str] = []
    with suppress_into(refused):
        row.clean_fields()
    assert refused == ([] if fits else ["pair"])


@contextmanager
def suppress_into(refused: list[str]) -> Iterator[None]:
    """The names of the fields that a model refuses."""
    try:
        yield
    except ValidationError as wrong:
        refused += list(wrong.message_dict)


def test_m14_the_fields_there_are_read_again_by_themselves(bench: Bench) -> None:
    now = clock.now()
    CatalogShelf.unscoped.update_or_create(
        connection=bench.connection,
        kind="custom_fields",
        defaults={"account": bench.world.account, "read_at": now - timedelta(hours=2), "wanted_at": None},
    )
    assert "custom_fields" in catalog.due(bench.connection, now=now)


# --- M16, M18, M20 ---


def test_m16_the_choices_are_the_linked_users_and_others_are_refused(
    bench: Bench, deal: Deal, owner: User
) -> None:
    linked = set(LinkedUser.unscoped.filter(connection=bench.connection).values_list("user", flat=True))
    field = CustomField.unscoped.get(account=bench.world.account, key=seeing.LATEST_OWNER)
    assert {int(each) for each in field.options} == linked
    assert bench.world.seller.pk not in linked
    assert owner.pk in linked


def test_m18_support_staff_do_not_write_it_either(bench: Bench, deal: Deal, desk: Client) -> None:
    enter(bench, deal)
    deal.refresh_from_db()
    before = dict(deal.custom)
    sent = {
        "title": deal.title,
        "stage": deal.stage_id,
        "owner": deal.owner_id,
        "person": deal.person_id,
        "seen_version": deal.version,
        "custom": json.dumps({**before, seeing.LATEST_CADENCE: "À mão"}),
    }
    answer = desk.post(reverse("admin:funnels_deal_change", args=[deal.pk]), sent)
    deal.refresh_from_db()
    assert (answer.status_code, deal.custom) == (200, before)


def test_m20_the_field_follows_a_cadence_that_is_in_no_list_of_ours(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    high = bench.cadence("HIGH")
    CatalogItem.unscoped.filter(pk=high.pk).delete()
    bench.act(their_id(lead_of(deal)), "cadence", cadence_id=int(high.their_id))
    bench.poll()
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_CADENCE] == high.name


# --- M34 ---


def test_m34_a_second_lead_of_a_person_who_has_one_in_the_card_is_told_and_not_added(
    bench: Bench, deal: Deal
) -> None:
    enter(bench, deal)
    place = Place(
        connection=bench.connection,
        deal=deal,
        lane=Lane.unscoped.get(connection=bench.connection, key=f"deal:{deal.pk}"),
        run=run_of(deal),
        now=clock.now(),
    )
    again = contract.AdoptLead(
        their_id="987654",
        values={"name": "Joana", "email": "JOANA@padariasol.example"},
        state="executing",
        when=clock.now(),
    )
    adopting.adopt(again, place)
    assert run_of(deal).leads.count() == 1
    assert deal.related_contacts.count() == 0
    assert any("once more" in line for line in told(deal))


# --- X14 ---


@pytest.mark.parametrize(("empty", "left"), [("keep", "Padaria"), ("erase", "")])
def test_x14_an_empty_value_here_erases_nothing_there_unless_the_rule_says_so(
    bench: Bench, deal: Deal, empty: str, left: str
) -> None:
    field = associate(bench, "person", "Ramo", "text", "custom.ramoEmpresa", empty=empty)
    services.update_person(person=deal.person, custom={field.key: "Padaria"}, origin=factories.SYSTEM)
    enter(bench, deal)
    services.update_person(person=deal.person, custom={field.key: ""}, origin=Origin.user(bench.world.seller))
    bench.drain()
    assert (there(bench, their_id(lead_of(deal)))["customFields"].get("ramoEmpresa") or "") == left
    assert len(updates(bench)) == (1 if empty == "erase" else 0)


@pytest.mark.parametrize(("empty", "left"), [("keep", "Padaria"), ("erase", "")])
def test_x14_an_empty_value_there_erases_here_where_the_rule_says_so(
    bench: Bench, deal: Deal, empty: str, left: str
) -> None:
    field = associate(bench, "person", "Ramo", "text", "custom.ramoEmpresa", empty=empty)
    services.update_person(person=deal.person, custom={field.key: "Padaria"}, origin=factories.SYSTEM)
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "update", custom={"ramoEmpresa": ""})
    bench.poll()
    assert Person.unscoped.get(pk=deal.person_id).custom.get(field.key, "") == left
