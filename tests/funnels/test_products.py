"""Products and those of a card: services, screens and the journal (M13, M26)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.contracting import switch_module
from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from funnels import services
from funnels.models import Change, Deal, DealProduct, Product
from funnels.services import Line, NotAllowed
from tests import factories
from tests.conftest import World
from tests.funnels.conftest import Person


@pytest.fixture
def bread(world: World, by_hand: Origin) -> Product:
    return services.create_product(
        account=world.account, name=" Pão  francês ", code="PF-1", price=Decimal("12.50"), origin=by_hand
    )


@pytest.fixture
def cake(world: World, by_hand: Origin) -> Product:
    return services.create_product(account=world.account, name="Bolo", origin=by_hand)


@pytest.fixture
def deal(world: World) -> Deal:
    return factories.deal(funnel=world.funnel)


@pytest.fixture
def module(world: World) -> None:
    factories.module(account=world.account, slug="products")


def lines_of(deal: Deal) -> list[tuple[str, Decimal, Decimal | None]]:
    return [(row.product.name, row.quantity, row.price) for row in deal.products.order_by("id")]


def test_a_product_is_made_changed_and_deleted(bread: Product, by_hand: Origin) -> None:
    assert (bread.name, bread.name_key) == ("Pão francês", "pao frances")
    changed = services.update_product(product=bread, name="Pãozinho", price=None, version=1, origin=by_hand)
    assert (changed.name_key, changed.price, changed.version) == ("paozinho", None, 2)
    with pytest.raises(SomeoneElseChangedThis):
        services.update_product(product=bread, name="x", version=1, origin=by_hand)
    with pytest.raises(TypeError):
        services.update_product(product=bread, deleted_at=None, origin=by_hand)
    for price in (Decimal("-1"), Decimal("1.001"), Decimal(10) ** 12):
        with pytest.raises(NotAllowed):
            services.update_product(product=bread, price=price, origin=by_hand)
    services.delete_product(product=bread, origin=by_hand)
    services.delete_product(product=bread, origin=by_hand)  # again changes nothing
    kinds = list(Change.unscoped.filter(entity="product").order_by("id").values_list("kind", flat=True))
    assert kinds == ["created", "updated", "deleted"]


def test_products_of_a_deal_are_replaced_and_told(
    deal: Deal, bread: Product, cake: Product, by_hand: Origin
) -> None:
    two = [Line(product=bread, quantity=Decimal("1.5"), price=Decimal("10")), Line(product=cake)]
    services.set_deal_products(deal=deal, lines=two, origin=by_hand)
    services.set_deal_products(deal=deal, lines=list(reversed(two)), origin=by_hand)  # the same: no change
    assert lines_of(deal) == [("Pão francês", Decimal("1.5"), Decimal(10)), ("Bolo", Decimal(1), None)]
    kept = deal.products.get(product=bread).pk
    services.set_deal_products(
        deal=deal, lines=[Line(product=bread, quantity=Decimal(3), price=Decimal(9))], origin=by_hand
    )
    assert lines_of(deal) == [("Pão francês", Decimal(3), Decimal(9))]
    assert deal.products.get().pk == kept
    first, second = Change.unscoped.filter(deal=deal, fields__has_key="products").order_by("id")
    assert first.fields["products"] == [
        [],
        [
            {"product": bread.pk, "quantity": "1.5", "price": "10.00"},
            {"product": cake.pk, "quantity": "1", "price": None},
        ],
    ]
    assert second.fields["products"][1] == [{"product": bread.pk, "quantity": "3", "price": "9.00"}]
    deal.refresh_from_db()
    assert deal.version == 3
    with pytest.raises(SomeoneElseChangedThis):
        services.set_deal_products(deal=deal, lines=[], version=1, origin=by_hand)


def test_lines_that_no_deal_can_have_are_refused(
    world: World, stranger: World, deal: Deal, bread: Product, cake: Product, by_hand: Origin
) -> None:
    theirs = services.create_product(account=stranger.account, name="Alheio", origin=by_hand)
    services.set_deal_products(deal=deal, lines=[Line(product=cake)], origin=by_hand)
    services.delete_product(product=cake, origin=by_hand)
    services.delete_product(product=bread, origin=by_hand)
    cake.refresh_from_db()
    bread.refresh_from_db()
    fine = services.create_product(account=world.account, name="Broa", origin=by_hand)
    for lines in (
        [Line(product=theirs)],
        [Line(product=bread)],
        [Line(product=fine), Line(product=fine, quantity=Decimal(2))],
        [Line(product=fine, quantity=Decimal(0))],
        [Line(product=fine, quantity=Decimal("-1"))],
        [Line(product=fine, quantity=Decimal("0.0001"))],
        [Line(product=fine, price=Decimal("-0.01"))],
    ):
        with pytest.raises(NotAllowed):
            services.set_deal_products(deal=deal, lines=lines, origin=by_hand)
        with pytest.raises(NotAllowed):
            factories.deal(funnel=world.funnel, products=lines)
    services.set_deal_products(deal=deal, lines=[Line(product=cake), Line(product=fine)], origin=by_hand)
    assert [name for name, _q, _p in lines_of(deal)] == ["Bolo", "Broa"]  # a deleted one may stay


def test_the_database_keeps_quantities_above_zero_and_one_line_a_product(deal: Deal, bread: Product) -> None:
    own = {"account": deal.account, "deal": deal, "product": bread}
    for bad in ({"quantity": 0}, {"quantity": 1, "price": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DealProduct.unscoped.create(**own, **bad)
    DealProduct.unscoped.create(**own)
    with pytest.raises(IntegrityError), transaction.atomic():
        DealProduct.unscoped.create(**own)


def test_a_new_deal_may_come_with_products(world: World, bread: Product) -> None:
    deal = factories.deal(funnel=world.funnel, products=[Line(product=bread, quantity=Decimal(2))])
    assert lines_of(deal) == [("Pão francês", Decimal(2), None)]
    created = Change.unscoped.get(deal=deal, kind="created")
    assert created.fields["products"][1][0]["product"] == bread.pk


@pytest.mark.usefixtures("module")
def test_the_portal_lists_makes_changes_and_deletes_products(
    world: World, seller: Person, outsider: Person
) -> None:
    assert seller.post("product-new", name="", price="1").status_code == 422
    assert seller.post("product-new", name="Broa", price="1,234").status_code == 422
    assert seller.post("product-new", name="Broa de milho", code="BM", price="1.234,50").status_code == 302
    broa = Product.unscoped.get()
    assert (broa.code, broa.price) == ("BM", Decimal("1234.50"))
    for query in ("", "?q=BROA", "?q=bm"):
        assert "Broa de milho" in seller.get("products", query=query).content.decode()
    assert "Broa de milho" not in seller.get("products", query="?q=bolo").content.decode()
    assert outsider.get("product", broa.pk).status_code in (403, 404)
    sent = {"name": "Broa", "code": "", "price": "", "version": "1"}
    assert seller.post("product", broa.pk, **sent).status_code == 302
    assert seller.post("product", broa.pk, **sent).status_code == 422  # an old version
    broa.refresh_from_db()
    assert (broa.name, broa.price) == ("Broa", None)
    assert seller.post("product-delete", broa.pk)["Location"] == "/products/"
    assert seller.get("product", broa.pk).status_code == 404


@pytest.mark.usefixtures("module")
def test_products_are_listed_page_by_page_in_constant_queries(
    world: World, seller: Person, by_hand: Origin, django_assert_max_num_queries: Any
) -> None:
    for number in range(35):
        services.create_product(account=world.account, name=f"Produto {number:02d}", origin=by_hand)
    with django_assert_max_num_queries(8):
        first = seller.get("products").content.decode()
    assert "Produto 29" in first
    assert "Produto 30" not in first
    assert "Produto 30" in seller.get("products", query="?page=2").content.decode()


def test_s4_without_the_module_products_have_no_screens(seller: Person, deal: Deal, bread: Product) -> None:
    switch_module(account=deal.account, slug="products", enabled=False, origin=factories.SYSTEM)
    for screen, args in (("products", ()), ("product-new", ()), ("product", (bread.pk,))):
        assert seller.get(screen, *args).status_code == 403
    assert seller.post("deal-product-add", deal.pk, product=str(bread.pk)).status_code == 403
    page = seller.get("deal", deal.pk).content.decode()
    assert 'id="products"' not in page
    assert 'href="/products/"' not in page


@pytest.mark.usefixtures("module")
def test_a_card_shows_takes_and_drops_products(
    seller: Person, deal: Deal, bread: Product, cake: Product, by_hand: Origin
) -> None:
    added = seller.script("deal-product-add", deal.pk, product=str(bread.pk), quantity="1,5", price="")
    assert added.status_code == 200, added.content
    seller.script("deal-product-add", deal.pk, product=str(cake.pk), quantity="", price="3")
    assert lines_of(deal) == [
        ("Pão francês", Decimal("1.5"), Decimal("12.50")),  # its own price
        ("Bolo", Decimal(1), Decimal(3)),
    ]
    seller.script("deal-product-add", deal.pk, product=str(bread.pk), quantity="4", price="10")
    assert lines_of(deal)[0] == ("Pão francês", Decimal(4), Decimal(10))
    for bad in ({"product": ""}, {"product": str(bread.pk), "quantity": "0"}, {"product": "999999"}):
        refused = seller.script("deal-product-add", deal.pk, **bad)
        assert (refused.status_code, bool(refused.json()["message"])) == (422, True)
    page = seller.get("deal", deal.pk).content.decode()
    assert "R$\xa043,00" in page  # the sum
    assert "Pão francês (1,5 × R$\xa012,50)" in page  # the journal
    assert "Pão francês: 1,5 × R$\xa012,50 → 4 × R$\xa010,00" in page
    services.delete_product(product=bread, origin=by_hand)
    assert seller.script("deal-product-remove", deal.pk, bread.pk).status_code == 200
    assert [name for name, _q, _p in lines_of(deal)] == ["Bolo"]


@pytest.mark.usefixtures("module")
def test_a_card_with_many_products_asks_no_more_than_one_with_few(
    world: World, seller: Person, deal: Deal, by_hand: Origin, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked() -> int:
        seller.get("deal", deal.pk)
        with CaptureQueriesContext(
            connection,
        ) as context:
            seller.get("deal", deal.pk)
        return len(context)

    made = [
        services.create_product(account=world.account, name=f"P{i:03d}", origin=by_hand) for i in range(30)
    ]
    services.set_deal_products(deal=deal, lines=[Line(product=made[0])], origin=by_hand)
    few = asked()
    services.set_deal_products(deal=deal, lines=[Line(product=one) for one in made], origin=by_hand)
    assert asked() == few


@pytest.mark.usefixtures("module")
def test_more_than_200_products_are_searched_for(world: World, seller: Person, deal: Deal) -> None:
    Product.unscoped.bulk_create(
        Product(account=world.account, name=f"P{i:03d}", name_key=f"p{i:03d}") for i in range(200)
    )
    assert '<option value="' in product_input(seller, deal)
    services.create_product(account=world.account, name="Zimbro", code="ZB", origin=factories.SYSTEM)
    shown = product_input(seller, deal)
    assert "<option" not in shown
    assert 'data-picker="/choose/product/"' in shown
    found = seller.get("choose", "product", query="?q=zim").json()["results"]
    assert [(row["name"], row["detail"]) for row in found] == [("Zimbro", "ZB")]
    # Without scripts the words alone come: the one product of that name is meant.
    seller.script("deal-product-add", deal.pk, product="", product_words="zimbro")
    assert lines_of(deal) == [("Zimbro", Decimal(1), None)]


def product_input(seller: Person, deal: Deal) -> str:
    page: str = seller.get("deal", deal.pk).content.decode()
    return page.partition('id="add-product"')[2].partition("</details>")[0]
