"""Pain 10: options, lengths and names of both sides are compared before a pair is kept; nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from mapping.convert import Shape
from mapping.warnings import warnings_of


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def codes(ours: Shape, theirs: Shape, choices: tuple[str, ...] = ()) -> dict[str, list[str]]:
    return {each.code: list(each.options) for each in warnings_of(ours, theirs, our_choices=choices)}


def test_missing_options_are_named_on_the_side_where_they_are_missing() -> None:
    theirs = Shape(type="select", options=["Indústria", "Varejo"])
    found = codes(Shape(type="options"), theirs, ("industria", "Serviços"))
    assert found == {"missing_there": ["Serviços"], "missing_here": ["Varejo"]}
    assert codes(Shape(type="options"), theirs, ("VAREJO", "Industria")) == {}


def test_a_checkbox_needs_yes_and_no_over_there() -> None:
    found = codes(Shape(type="checkbox"), Shape(type="select", options=["Sim"]), ("Sim", "Não"))
    assert found == {"missing_there": ["Não"]}


def test_names_that_nobody_can_list_are_told_apart() -> None:
    assert list(codes(Shape(type="product"), Shape(type="select", options=["Plano"]))) == ["names"]


def test_long_texts_over_there_are_told() -> None:
    short = Shape(type="text", longest=255)
    assert list(codes(Shape(type="address"), short)) == ["length"]
    assert codes(Shape(type="text", longest=250), short) == {}
    assert codes(Shape(type="integer"), short) == {}


def test_many_missing_options_are_cut_short_in_words_but_not_in_the_list() -> None:
    many = tuple(f"Opção {number}" for number in range(9))
    (found,) = warnings_of(Shape(type="options"), Shape(type="select"), our_choices=many)
    assert "and 3 more" in found.words
    assert len(found.options) == 9
