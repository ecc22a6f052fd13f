"""Words of a person are found whatever their case, accents or writing, and nobody else's (X8)."""

from __future__ import annotations

import pytest

from funnels.services.scrubbing import Words, folded, scrub

WORDS = Words(
    names=("José da Conceição", "Ana Lima"),
    emails=("jose@x.example",),
    phones=("(48) 98877-6655", "+351 912 345 678"),
    documents=("52998224725", "2024"),
    values=("Rua das Flores 3",),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Obra de JOSE DA CONCEIÇÃO e outros", "Obra de … e outros"),
        ("Obra do José", "Obra do …"),
        ("conceic\u0327a\u0303o!", "…!"),
        ("Josefa, Mariana Lima, em 2024", "Josefa, Mariana …, em 2024"),
        ("mailto:JOSE@x.example", "mailto:…"),
        ("ligar 48 98877 6655 ou 8877-6655", "ligar … ou …"),
        ("+55 (48) 8877-6655, 0048887766559", "…, 0048887766559"),
        ("351912345678", "…"),
        ("CPF 529.982.247-25", "CPF …"),
        ("rua  das flores 3, 33", "…, 33"),
    ],
)
def test_x8_words_of_hers_go_from_her_own_rows(text: str, left: str) -> None:
    assert scrub({"a": [text]}, WORDS.own) == {"a": [left]}


def test_x8_elsewhere_only_whole_words_go() -> None:
    assert scrub("José e Lima e José da Conceição", WORDS.whole) == "José e Lima e …"
    assert WORDS.anywhere.search(folded("tel 8877-6655")) is None
    assert WORDS.anywhere.search(folded("tel 48988776655"))
    assert Words().own.search("anything") is None
