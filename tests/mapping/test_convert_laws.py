"""What is told can be heard again, and what is heard can be told: for every permitted pair (M13, M48)."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from funnels.currencies import CURRENCIES
from funnels.values import Unreadable, canonical
from mapping.convert import Shape, Unconvertible, heard, told
from tests.mapping.named import MATRIX, Book

pairs = pytest.mark.parametrize(("type", "their_type"), MATRIX)
# Refused examples do not count towards the two hundred: half of the lists hold a trap that is refused.
EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "60"))
"""How many values each pair is tried with; LAW_EXAMPLES=200 and more for a long look."""
law = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])

# Few words that are alike but for case, accents and spaces: most lists hold a trap.
WORDS = st.sampled_from(
    ["Sim", "sim", "Não", "NAO", "São", "Sao", "SÃO ", "a  b", "A b", "Bia", "Béa", "", " ", "\u0301"]
)
OWN_WORDS = WORDS.filter(lambda word: word.strip() == word != "" and word != "\u0301")
REFS = {
    "user": ["1", "2", "3"],
    "product": ["7", "8", "9"],
    "client": ["person:1", "company:1", "person:2"],
}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two fields that are associated, who is called what, and a canonical value of ours."""

    ours: Shape
    theirs: Shape
    names: Book
    value: str


@st.composite
def fields(draw: st.DrawFn, type: str, their_type: str) -> Pair:
    """A pair with options and names drawn from the traps, and limits that bite."""
    refs = REFS.get(type, [])
    called = draw(st.lists(WORDS, min_size=len(refs), max_size=len(refs), unique=True))
    options = draw(st.lists(OWN_WORDS, min_size=1, max_size=4)) if type == "options" else []
    there = draw(st.lists(WORDS, max_size=4))
    if draw(st.sampled_from([True, True, True, False])):
        there += [*options, *called, "Sim", "Não"]
    own_limit = st.sampled_from([None, 3, 250]) if type in ("text", "long_text") else st.none()
    return Pair(
        ours=Shape(type=type, options=options, longest=draw(own_limit)),
        theirs=Shape(type=their_type, options=there, longest=draw(st.sampled_from([None, None, 255, 3, 12]))),
        names=Book({(type, ref): name for ref, name in zip(refs, called, strict=True)}),
        value=draw(st.sampled_from(options) if options else CANONICAL[type]),
    )


def anything(their_type: str) -> st.SearchStrategy[str]:
    """What may stand in a field of theirs."""
    return WORDS if their_type == "select" else st.text(max_size=30) | WORDS


PEOPLE_WRITE = st.text(max_size=40)
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?", fullmatch=True)


def as_kept(type: str, text: str, options: Sequence[str] = ()) -> str | None:
    """The text as the CRM keeps it; None for one that it refuses."""
    try:
        return canonical(type, text, options=options)
    except Unreadable:
        return None


def kept(type: str, text: str) -> bool:
    """Whether the CRM keeps this very text."""
    return as_kept(type, text) == text


def worth(type: str, text: str) -> object:
    """What a text counts for, if it was kept in another form than today's."""
    if type in ("integer", "currency", "decimal", "percent"):
        return Decimal(text)
    return text.split() if type in ("text", "long_text") else text


def with_checks(body: str, weights: int) -> str:
    """The document of a body, its check digits written from the tax office's own words."""
    for _place in range(2):
        cycle = list(range(2, weights + 1)) * 3
        total = sum((ord(one) - ord("0")) * weight for one, weight in zip(body[::-1], cycle, strict=False))
        body += "0" if total % 11 < 2 else str(11 - total % 11)
    return body


CANONICAL: dict[str, st.SearchStrategy[str]] = {
    "text": PEOPLE_WRITE.filter(partial(kept, "text")).filter(bool),
    "long_text": PEOPLE_WRITE.filter(partial(kept, "long_text")).filter(bool),
    "integer": st.integers(min_value=1 - 10**30, max_value=10**30 - 1).map(str),
    "currency": st.integers(min_value=1 - 10**17, max_value=10**17 - 1).map(
        lambda cents: f"{Decimal(cents) / 100:.2f}"
    ),
    "decimal": NUMBERS.filter(partial(kept, "decimal")),
    "percent": NUMBERS.filter(partial(kept, "percent")),
    "date": st.dates().map(lambda day: day.isoformat()),
    "time": st.times().map(lambda hour: hour.strftime("%H:%M")),
    "checkbox": st.sampled_from(["true", "false"]),
    "cpf": st.from_regex(r"[0-9]{9}", fullmatch=True)
    .filter(lambda body: len(set(body)) > 1)
    .map(lambda body: with_checks(body, 11)),
    "cnpj": st.from_regex(r"[0-9A-Z]{12}", fullmatch=True)
    .filter(lambda body: len(set(body)) > 1)
    .map(lambda body: with_checks(body, 9)),
    "address": PEOPLE_WRITE.filter(partial(kept, "address")).filter(bool),
    "currency_symbol": st.sampled_from(sorted(CURRENCIES)),
    "user": st.sampled_from(REFS["user"]),
    "product": st.sampled_from(REFS["product"]),
    "client": st.sampled_from(REFS["client"]),
}
SLIPS: list[Callable[[str], str]] = [
    str, str.upper, str.lower, str.swapcase,
    lambda text: f" {text}\n",
    lambda text: text.replace(",", "."),
    lambda text: text.replace(".", ","),
    lambda text: text.replace(".", "").replace("/", "").replace("-", ""),
    lambda text: text.lstrip("0"),
    lambda text: f"0{text}",
    lambda text: f"+{text}",
    lambda text: f"-{text}",
    lambda text: f"R$ {text}",
    lambda text: f"{text}%",
    lambda text: text[:-1],
    lambda text: text.replace(", ", "\n"),
]  # fmt: skip


def plain_names(type: str) -> Book:
    """Everybody has a name of their own."""
    return Book({(type, ref): f"Fulano {ref}" for ref in REFS.get(type, [])})


@pairs
def test_m48_every_canonical_value_is_told_and_heard_exactly(type: str, their_type: str) -> None:
    """Where nothing is missing or shared on either side, nothing is refused."""
    names = plain_names(type)
    options = ["Quente", "Morno", "Frio"]
    ours = Shape(type=type, options=options)
    theirs = Shape(type=their_type, options=[*options, "Sim", "Não", *names.rows.values()])

    @law
    @given(value=st.sampled_from(options) if type == "options" else CANONICAL[type])
    def holds(value: str) -> None:
        assert type in REFS or canonical(type, value, options=options) == value
        text = told(value, ours, theirs, names)
        back = heard(text, ours, theirs, names)
        if type == "address":
            assert (back, told(back, ours, theirs, names)) == (text, text)
            assert text.splitlines() == [text]
            assert text.replace(",", " ").split() == value.replace(",", " ").split()
        else:
            assert back == value

    holds()


@pairs
def test_m48_whatever_is_told_is_heard_as_the_same_value(type: str, their_type: str) -> None:
    @law
    @given(
        pair=fields(type, their_type),
        typed=st.none() | st.none() | anything(their_type).filter(str.strip),
    )
    def holds(pair: Pair, typed: str | None) -> None:
        value = pair.value if typed is None else typed
        try:
            text = told(value, pair.ours, pair.theirs, pair.names)
        except Unconvertible:
            assume(False)
        back = heard(text, pair.ours, pair.theirs, pair.names)
        if type == "address":
            assert told(back, pair.ours, pair.theirs, pair.names) == text
        elif value == as_kept(type, value, pair.ours.options):
            assert back == value
        else:
            assert worth(type, back) == worth(type, value)
        assert pair.theirs.longest is None or len(text) <= pair.theirs.longest
        assert their_type != "select" or not value or text in pair.theirs.options

    holds()


@pairs
def test_m48_whatever_is_heard_can_be_told_and_means_the_same(type: str, their_type: str) -> None:
    @law
    @given(
        pair=fields(type, their_type),
        slip=st.sampled_from(SLIPS),
        typed=st.none() | st.none() | st.none() | anything(their_type),
    )
    def holds(pair: Pair, slip: Callable[[str], str], typed: str | None) -> None:
        try:
            if typed is None:
                typed = slip(told(pair.value, pair.ours, pair.theirs, pair.names))
            meant = heard(typed, pair.ours, pair.theirs, pair.names)
        except Unconvertible:
            assume(False)
        again = told(meant, pair.ours, pair.theirs, pair.names)
        back = heard(again, pair.ours, pair.theirs, pair.names)
        if type == "address":
            assert told(back, pair.ours, pair.theirs, pair.names) == again
        else:
            assert back == meant
        assert meant == as_kept(type, meant, pair.ours.options)
        assert pair.ours.longest is None or len(meant) <= pair.ours.longest

    holds()
