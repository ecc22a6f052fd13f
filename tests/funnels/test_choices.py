"""Values that point at rows: found in the account only, named for reading, found by name (M13, M48)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile

from funnels import choices, services
from funnels.choices import Missing
from funnels.fields import Unreadable
from funnels.models import CustomField
from tests import factories
from tests.conftest import World
from tests.funnels.pictures import picture

O = factories.SYSTEM  # noqa: E741


def field(world: World, type: str) -> CustomField:
    return services.ensure_custom_field(
        account=world.account, entity="deal", key=type, label=type.title(), type=type, origin=O
    )


def rows_of(world: World) -> dict[str, list[str]]:
    """Canonical texts that each pointing type takes in this account."""
    account = world.account
    own = {"account": account, "origin": O}
    file = ContentFile(b"%PDF-1.4", name="a.pdf")
    image = services.store_file(**own, file=picture(), name="foto.png")
    return {
        "user": [str(world.seller.pk)],
        "product": [str(services.create_product(**own, name="Pão francês", code="PF").pk)],
        "client": [
            f"person:{services.create_person(**own, name='Ana Luz').pk}",
            f"company:{services.create_company(**own, name='Casa Luz').pk}",
        ],
        "image": [str(image.pk)],
        "attachment": [str(services.store_file(**own, file=file, name="a.pdf").pk), str(image.pk)],
    }


@pytest.mark.parametrize("type", ["user", "product", "client", "image", "attachment"])
def test_m13_only_rows_of_the_account_are_taken(world: World, stranger: World, type: str) -> None:
    ours, theirs, one = rows_of(world), rows_of(stranger), field(world, type)
    for text in ours[type]:
        assert choices.checked(world.account, one, f" {text} ") == text
    for text in [*theirs[type], "987654321" if type != "client" else "person:987654321"]:
        with pytest.raises(Missing):
            choices.checked(world.account, one, text)
    assert choices.checked(world.account, one, "") == ""


def test_m13_what_cannot_be_chosen_any_more_is_refused_and_still_shown(world: World) -> None:
    ours = rows_of(world)
    product = choices.Product.unscoped.get()
    services.delete_product(product=product, origin=O)
    person = choices.Person.unscoped.get()
    services.delete_person(person=person, origin=O)
    world.seller.memberships.update(is_active=False)
    deal = factories.deal(funnel=world.funnel)
    ghost = services.create_person(account=world.account, name="Fantasma", ghost_of=deal, origin=O)
    gone = [
        ("product", ours["product"][0], "Pão francês"),
        ("client", ours["client"][0], "Ana Luz"),
        ("user", ours["user"][0], world.seller.name),
        ("client", f"person:{ghost.pk}", "Fantasma"),
    ]
    names = choices.named(world.account, [(type, text) for type, text, _name in gone])
    for type, text, name in gone:
        with pytest.raises(Missing):
            choices.checked(world.account, field(world, type), text)
        assert names.words(type, text) == name


def test_m13_a_file_that_is_no_image_is_refused_for_an_image_field(world: World) -> None:
    pdf = rows_of(world)["attachment"][0]
    with pytest.raises(Missing):
        choices.checked(world.account, field(world, "image"), pdf)


def test_m48_users_products_and_clients_are_found_by_name(world: World) -> None:
    ours = rows_of(world)
    wanted = {
        "user": [world.seller.name.upper(), world.seller.email],
        "product": ["pao frances", "pf"],
        "client": ["ana luz", "CASA LUZ"],
    }
    for type, names in wanted.items():
        one = field(world, type)
        found = [choices.from_words(world.account, one, name) for name in names]
        assert found == (ours[type] if type == "client" else ours[type] * 2)
        with pytest.raises(Unreadable):
            choices.from_words(world.account, one, "Ninguém")


def test_m48_a_name_that_two_bear_is_refused(world: World) -> None:
    services.create_person(account=world.account, name="Luz", origin=O)
    services.create_company(account=world.account, name="Luz", origin=O)
    with pytest.raises(Unreadable):
        choices.from_words(world.account, field(world, "client"), "luz")


def test_names_of_many_rows_cost_one_query_for_each_kind(
    world: World, django_assert_num_queries: Any
) -> None:
    ours = rows_of(world)
    pointers = [(type, text) for type, texts in ours.items() for text in texts]
    many = [services.create_product(account=world.account, name=f"P{i}", origin=O) for i in range(20)]
    with django_assert_num_queries(5):  # users, products, persons, companies, files
        names = choices.named(world.account, [*pointers, *(("product", str(row.pk)) for row in many)])
    assert names.words("product", str(many[7].pk)) == "P7"
    assert names.words("product", "not an id") == "not an id"
    fields = [field(world, type) for type in ours]
    with django_assert_num_queries(4):  # the client is a company
        good, bad = choices.checked_all(world.account, [(one, ours[one.key][-1]) for one in fields])
    assert (len(good), bad) == (5, {})
