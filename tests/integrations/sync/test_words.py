"""X1, M26: what rules, answers and filters hold, in a reader's words: numbers, moments, events."""

from __future__ import annotations

import pytest
from django.utils import timezone, translation

from funnels.condition_forms import rule_context, said, typed_form, value_words
from funnels.conditions import FilterField, fields_for
from funnels.fields import FieldType
from integrations.sync import saw
from tests import factories
from tests.integrations.shown import arrival_of, connection_of

pytestmark = pytest.mark.django_db
AMOUNT = {"field": "deal.amount", "operator": "more", "value": "10000.00"}


@pytest.mark.parametrize(("language", "words"), [("pt-br", "R$\xa010.000,00"), ("en", "R$\xa010,000.00")])
def test_a_compared_number_is_told_and_edited_in_the_readers_language_S8(world, language, words) -> None:
    with translation.override(language):
        fields = fields_for(world.account)
        assert said({"rules": [AMOUNT]}, fields)[0].endswith(words)
        assert rule_context(AMOUNT, fields)["value"] == words
        [(name, told)] = saw.pairs(
            {"filters": [{**AMOUNT, "saw": "5000.00", "passed": False}]}, {each.key: each for each in fields}
        )
    assert words in told
    assert "5000.00" not in told
    assert name


@pytest.mark.parametrize("typed", ["1.234", "10", "", "dez mil"])
def test_what_is_still_being_typed_stays_as_it_is_S8(typed) -> None:
    assert typed_form(FieldType.CURRENCY, typed) == typed
    assert typed_form(FieldType.DECIMAL, typed) == ("10" if typed == "10" else typed)


def test_prices_of_several_products_are_told_one_by_one_M26() -> None:
    field = FilterField(key="products.price", label="Price", group="Products", type=FieldType.CURRENCY)
    with translation.override("en"):
        assert value_words(field, "1.00, 2000.00") == "R$\xa01.00, R$\xa02,000.00"


def test_an_answers_facts_are_words_and_local_moments_without_blanks_X1() -> None:
    facts = {"made": "placed", "taken": "", "as_of": "2026-11-30T16:22:57.847Z", "said": {}}
    with translation.override("pt-br"), timezone.override("America/Sao_Paulo"):
        told = saw.evidence(facts)
    values = [value for _name, value in told]
    assert "placed" not in values
    assert len(values) == 2
    assert values[1] == "30/11/2026 13:22"


def test_what_arrived_is_told_in_words_X1(world, client_of) -> None:
    connection = connection_of(world.account)
    arrival = arrival_of(connection, factories.deal(funnel=world.funnel))
    type(arrival).unscoped.filter(pk=arrival.pk).update(kind="move", event="stage_moved")
    body = client_of(world.admin).get("/sync/?tab=in").content.decode()
    assert "stage_moved" not in body
    for kind, event in saw.NEWS:
        assert event not in saw.news_words(kind, event).split() or event in {"won", "lost", "done", ""}
    assert saw.news_words("users", None, "Sellers") == "Sellers"
