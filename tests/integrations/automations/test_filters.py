"""M26: filters on any field of the card, its person or company; all or any; operators that fit the type."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnels import services
from funnels.conditions import deal_values, evaluate, fields_for
from funnels.fields import FieldType, search_key
from funnels.models import Deal
from funnels.operators import OPERATORS, OPERATORS_OF, TEXTS
from funnels.services.requirements import checked_condition
from tests import factories

texts = st.text(max_size=12)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9)


def one(operator: str, seen: str, wanted: str) -> bool:
    rule = {"field": "f", "operator": operator, "value": wanted}
    return evaluate({"all": True, "rules": [rule]}, {"f": seen})[0]


@pytest.mark.parametrize(
    ("operator", "seen", "wanted", "holds"),
    [
        ("contains", "Padaria São João", "sao joao", True),
        ("lacks", "Padaria", "mercado", True),
        ("equals", " Ação ", "acao", True),
        ("differs", "a", "A", False),
        ("starts", "Mercado Lua", "merc", True),
        ("is", "12", "12", True),
        ("is", "12", "2", False),
        ("is_not", "", "2", True),
        ("number_is", "10.00", "10", True),
        ("more", "9", "10", False),
        ("more", "10.5", "10", True),
        ("less", "9", "10", True),
        ("at_least", "", "0", False),
        ("on", "2026-12-31", "2026-12-31", True),
        ("before", "2026-02-01", "2026-12-31", True),
        ("before", "", "2026-12-31", False),
        ("after", "14:30", "09:00", True),
        ("ticked", "true", "", True),
        ("unticked", "", "", True),
        ("filled", "x", "", True),
        ("blank", "  ", "", True),
    ],
)
def test_operators_M26(operator: str, seen: str, wanted: str, holds: bool) -> None:
    assert one(operator, seen, wanted) is holds


@given(texts, texts)
def test_opposites_never_agree_on_text_M26(seen: str, wanted: str) -> None:
    for yes, no in (("equals", "differs"), ("contains", "lacks"), ("is", "is_not"), ("filled", "blank")):
        assert one(yes, seen, wanted) is not one(no, seen, wanted)


@given(texts)
def test_text_is_compared_without_case_and_accents_M26(text: str) -> None:
    assert one("equals", text, search_key(text))
    assert one("contains", f"… {text} …", text)


@given(numbers, numbers)
def test_numbers_order_as_numbers_not_as_text_M26(a: Decimal, b: Decimal) -> None:
    assert one("more", str(a), str(b)) is (a > b)
    assert one("at_most", str(a), str(b)) is (a <= b)
    assert one("number_is", str(a), str(b)) is (a == b)


@given(texts, texts, st.sampled_from(sorted(OPERATORS)))
def test_no_text_breaks_an_operator_M26(seen: str, wanted: str, operator: str) -> None:
    assert one(operator, seen, wanted) in (True, False)


@given(st.lists(st.booleans(), max_size=6), st.booleans())
def test_all_and_any_M26(outcomes: list[bool], together: bool) -> None:
    rules = [{"field": "f", "operator": "is", "value": "x" if held else "y"} for held in outcomes]
    passed, saw = evaluate({"all": together, "rules": rules}, {"f": "x"})
    assert passed is ((all(outcomes) if together else any(outcomes)) if outcomes else True)
    assert [entry["passed"] for entry in saw] == outcomes


@given(texts, texts)
def test_what_cannot_be_read_lets_nothing_through_M26(field: str, operator: str) -> None:
    passed, saw = evaluate({"rules": [{"field": f"gone.{field}", "operator": operator}]}, {"f": "x"})
    assert passed is False
    assert saw[0]["saw"] is None


@given(texts)
def test_each_rule_says_what_it_saw_X1(seen: str) -> None:
    rule = {"field": "f", "operator": "contains", "value": "a"}
    assert evaluate({"rules": [rule]}, {"f": seen})[1] == [
        {**rule, "saw": seen, "passed": "a" in search_key(seen)}
    ]


def test_every_type_has_operators_that_exist_M26() -> None:
    for type in FieldType:
        assert set(OPERATORS_OF.get(type, TEXTS)) <= set(OPERATORS)


def test_fields_and_values_of_a_card_name_the_same_keys_M26(world, django_assert_num_queries) -> None:
    services.ensure_custom_field(
        account=world.account, entity="company", key="size", label="Porte", type="options",
        options=["P", "G"], origin=factories.SYSTEM,
    )  # fmt: skip
    company = services.create_company(
        account=world.account,
        name="Sol",
        origin=factories.SYSTEM,
        custom={"size": "G"},
        phones=["11 3333-4444"],
    )
    person = services.create_person(
        account=world.account, name="Rita", email="rita@sol.example", origin=factories.SYSTEM
    )
    deal = factories.deal(funnel=world.funnel, person=person, company=company, owner=world.seller)
    with django_assert_num_queries(5):  # custom fields, what is beside it, products, phones of both
        values = deal_values(deal)
    assert values["company.custom.size"] == "G"
    assert values["company.phone"] == "11 3333-4444"
    assert values["person.email"] == "rita@sol.example"
    assert values["deal.owner"] == str(world.seller.pk)
    fields = {field.key: field for field in fields_for(world.account)}
    assert set(fields) == set(values)
    assert fields["company.custom.size"].choices == [("P", "P"), ("G", "G")]
    assert fields["deal.amount"].operators[0] == "number_is"


def test_a_strangers_field_is_not_offered_M26(world, stranger) -> None:
    services.ensure_custom_field(
        account=stranger.account,
        entity="deal",
        key="theirs",
        label="Deles",
        type="text",
        origin=factories.SYSTEM,
    )
    assert "deal.custom.theirs" not in {field.key for field in fields_for(world.account)}


def basket(world, *names: str, codes: bool = True):
    lines = [
        services.Line(
            product=services.create_product(
                account=world.account, name=name, code=f"C{i}" if codes else "", origin=factories.SYSTEM
            )
        )
        for i, name in enumerate(names)
    ]
    return factories.deal(funnel=world.funnel, products=lines)


@pytest.mark.parametrize(
    ("names", "operator", "wanted", "holds"),
    [
        (("Pão francês", "Bolo"), "equals", "pao frances", True),
        (("Pão francês", "Bolo"), "equals", "pao", False),
        (("Pão francês", "Bolo"), "differs", "bolo", False),  # one of them is
        (("Pão francês", "Bolo"), "differs", "torta", True),
        (("Pão francês", "Bolo"), "contains", "bol", True),
        (("Pão francês", "Bolo"), "contains", "frances bolo", False),  # never across two products
        (("Pão francês", "Bolo"), "lacks", "pão", False),
        (("Pão francês", "Bolo"), "lacks", "torta", True),
        (("Pão francês", "Bolo"), "starts", "bo", True),
        (("Bolo",), "filled", "", True),
        (("Bolo",), "blank", "", False),
        ((), "filled", "", False),
        ((), "blank", "", True),
        ((), "contains", "bolo", False),
        ((), "lacks", "bolo", True),
        ((), "differs", "bolo", True),
    ],
)
def test_m26_its_products_are_compared_one_by_one(world, names, operator, wanted, holds) -> None:
    rule = {"field": "products.name", "operator": operator, "value": wanted}
    passed, seen = evaluate({"rules": [rule]}, deal_values(basket(world, *names)))
    assert passed is holds
    assert seen[0]["saw"] == ", ".join(names)


def test_m26_products_are_counted_and_known_by_code(world, django_assert_num_queries) -> None:
    values = deal_values(basket(world, "A", "B", "C"))
    assert (values["products.count"], values["products.code"]) == ("3", "C0\nC1\nC2")
    rules = [
        {"field": "products.count", "operator": "at_least", "value": "3"},
        {"field": "products.code", "operator": "equals", "value": "c1"},
    ]
    assert evaluate({"rules": rules}, values)[0]
    assert deal_values(factories.deal(funnel=world.funnel))["products.count"] == "0"
    uncoded = deal_values(basket(world, "D", "E", codes=False))
    assert evaluate({"rules": [{"field": "products.code", "operator": "blank"}]}, uncoded)[0]
    many = basket(world, *(f"P{i}" for i in range(40)))
    with django_assert_num_queries(3):  # custom fields, what is beside it and products, however many
        deal_values(many)


def test_m26_products_are_offered_and_their_rules_can_be_kept(world) -> None:
    fields = fields_for(world.account)
    mine = [field for field in fields if field.key.startswith("products.")]
    assert [(field.key, field.type) for field in mine] == [
        ("products.name", "text"),
        ("products.code", "text"),
        ("products.price", "currency"),
        ("products.quantity", "decimal"),
        ("products.count", "integer"),
    ]
    rules = {
        "rules": [
            {"field": "products.name", "operator": "contains", "value": "pão"},
            {"field": "products.count", "operator": "more", "value": "1.000"},
        ]
    }
    assert [rule["value"] for rule in checked_condition(rules, fields=fields)["rules"]] == ["pão", "1000"]


def asked(deal, field: str, operator: str, value: str = "") -> bool:
    """One rule as people type it, kept and evaluated."""
    rules = {"rules": [{"field": field, "operator": operator, "value": value}]}
    kept = checked_condition(rules, fields=fields_for(deal.account))
    return evaluate(kept, deal_values(deal))[0]


def test_m26_numbers_days_reasons_and_further_contacts_of_a_card(world) -> None:
    """Days are the account's: 23:30 in São Paulo is the next day in UTC."""
    ana, bia = (
        services.create_person(account=world.account, name=name, origin=factories.SYSTEM)
        for name in ("Ana", "Bia Silva")
    )
    deal = factories.deal(funnel=world.funnel, related=[ana, bia])
    late = datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
    Deal.unscoped.filter(pk=deal.pk).update(created_at=late, entered_stage_at=late)
    deal.refresh_from_db()
    assert asked(deal, "deal.number", "number_is", str(deal.number))
    assert asked(deal, "deal.created", "on", "2026-03-01")
    assert asked(deal, "deal.entered", "before", "02/03/2026")
    assert asked(deal, "deal.closed", "blank")
    assert asked(deal, "deal.loss_reason", "blank")
    assert asked(deal, "deal.related", "equals", "bia silva")
    assert not asked(deal, "deal.related", "lacks", "ana")
    assert evaluate({"rules": [{"field": "deal.related", "operator": "filled"}]}, deal_values(deal))[1][0][
        "saw"
    ] == ("Ana, Bia Silva")
    reason = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=factories.SYSTEM)
    lost = services.lose_deal(deal=deal, reason=reason, origin=factories.SYSTEM)
    assert asked(lost, "deal.loss_reason", "contains", "preco")
    assert asked(lost, "deal.closed", "after", "2026-03-01")


def test_m26_prices_and_quantities_are_compared_one_by_one(world) -> None:
    bolo, torta = (
        services.create_product(account=world.account, name=name, origin=factories.SYSTEM)
        for name in ("Bolo", "Torta")
    )
    lines = [
        services.Line(product=bolo, quantity=Decimal("2.500"), price=Decimal("1234.50")),
        services.Line(product=torta, quantity=Decimal(40), price=None),
    ]
    deal = factories.deal(funnel=world.funnel, products=lines)
    assert asked(deal, "products.price", "number_is", "1.234,50")
    assert not asked(deal, "products.price", "more", "1234,50")
    assert asked(deal, "products.quantity", "at_least", "40")
    assert asked(deal, "products.quantity", "number_is", "2,5")
    assert not asked(deal, "products.quantity", "number_is_not", "40")  # one of them is
    assert asked(factories.deal(funnel=world.funnel), "products.price", "blank")


def test_m26_clients_and_products_in_fields_are_compared_by_name(world, django_assert_num_queries) -> None:
    company = services.create_company(account=world.account, name="Casa Luz", origin=factories.SYSTEM)
    product = services.create_product(account=world.account, name="Bolo", origin=factories.SYSTEM)
    for type in ("client", "product", "currency_symbol"):
        services.create_custom_field(
            account=world.account, entity="deal", label=type, type=type, origin=factories.SYSTEM
        )
    custom = {"client": f"company:{company.pk}", "product": str(product.pk), "currency_symbol": "BRL"}
    deal = factories.deal(funnel=world.funnel, custom=custom)
    with django_assert_num_queries(5):  # custom fields, what is beside it, products, and the two names
        values = deal_values(deal)
    rules = {
        "rules": [
            {"field": "deal.custom.client", "operator": "contains", "value": "luz"},
            {"field": "deal.custom.product", "operator": "equals", "value": "bolo"},
            {"field": "deal.custom.currency_symbol", "operator": "is", "value": "BRL"},
        ]
    }
    kept = checked_condition(rules, fields=fields_for(world.account))
    assert evaluate(kept, values)[0]
