"""M26: filters on any field of the card, its person or company; all or any; operators that fit the type."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnels import services
from funnels.fields import FieldType, search_key
from integrations.engine.filters import OPERATORS, OPERATORS_OF, TEXTS, deal_values, evaluate, fields_for
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
    with django_assert_num_queries(3):  # custom fields, and the phones of person and company
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
