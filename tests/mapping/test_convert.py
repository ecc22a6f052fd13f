"""Each type's text as a partner sees it, line by line (M48)."""

from __future__ import annotations

import pytest
from django.utils import translation

from funnels.fields import FieldType
from mapping.convert import Shape, Unconvertible, heard, told
from tests.mapping.named import BOOK, MATRIX, UNSUPPORTED, ours, theirs

# our type, their type, canonical, as it is told
BOTH_WAYS = [
    ("text", "text", "Olá, “mundo” <b>", "Olá, “mundo” <b>"),
    ("text", "text", "x" * 250, "x" * 250),
    ("long_text", "long_text", "um\ndois\n\ntrês <b>", "um\ndois\n\ntrês <b>"),
    ("integer", "text", "1234567", "1234567"),
    ("integer", "text", "-12", "-12"),
    ("integer", "text", "0", "0"),
    ("integer", "text", "9" * 30, "9" * 30),
    ("currency", "text", "1234.56", "1.234,56"),
    ("currency", "text", "1234.50", "1.234,50"),
    ("currency", "text", "-1234567.80", "-1.234.567,80"),
    ("currency", "text", "0.05", "0,05"),
    ("currency", "text", "1500.00", "1.500,00"),
    ("decimal", "text", "1234567", "1.234.567"),
    ("decimal", "text", "1234", "1234"),  # "1.234" would have two readings
    ("decimal", "text", "999", "999"),
    ("decimal", "text", "1.2340", "1,2340"),  # the CRM keeps it so
    ("decimal", "text", "1234.567", "1.234,567"),
    ("decimal", "text", "0.12345678901234567890123456789", "0,12345678901234567890123456789"),
    ("decimal", "text", "123456789012345678901234567890.5", "123.456.789.012.345.678.901.234.567.890,5"),
    ("decimal", "text", "1.00", "1,00"),
    ("percent", "text", "12.5", "12,5%"),
    ("percent", "text", "100", "100%"),
    ("percent", "text", "1234", "1234%"),
    ("percent", "text", "-0.5", "-0,5%"),
    ("date", "text", "2026-12-31", "31/12/2026"),
    ("date", "text", "2024-02-29", "29/02/2024"),
    ("date", "text", "0999-01-02", "02/01/0999"),
    ("time", "text", "14:30", "14:30"),
    ("time", "text", "00:00", "00:00"),
    ("checkbox", "text", "true", "Sim"),
    ("checkbox", "text", "false", "Não"),
    ("checkbox", "select", "false", "Não"),
    ("cpf", "text", "12345678909", "123.456.789-09"),
    ("cpf", "text", "00000000191", "000.000.001-91"),
    ("cnpj", "text", "12345678000195", "12.345.678/0001-95"),
    ("cnpj", "text", "12ABC34501DE35", "12.ABC.345/01DE-35"),
    ("address", "text", "Rua A, 1 – Centro", "Rua A, 1 – Centro"),
    ("currency_symbol", "text", "BRL", "R$"),
    ("currency_symbol", "text", "USD", "US$"),
    ("currency_symbol", "text", "EUR", "€"),
    ("currency_symbol", "text", "PEN", "S/"),
    ("options", "text", "Não sei", "Não sei"),
    ("options", "select", "Quente", "QUENTE"),
    ("options", "select", "Não sei", "Nao sei"),
    ("user", "text", "1", "Ana Lima"),
    ("user", "select", "1", "ana lima"),
    ("user", "select", "2", "João"),
    ("product", "text", "7", "Plano Pró"),
    ("product", "select", "7", "Plano Pró"),
    ("client", "text", "company:1", "Casa Verde"),
    ("client", "select", "person:1", "João"),  # a user of that name is another thing
]


@pytest.mark.parametrize(("type", "their_type", "value", "text"), BOTH_WAYS)
def test_m48_a_value_is_told_in_portuguese_and_heard_again(
    type: str, their_type: str, value: str, text: str
) -> None:
    assert told(value, ours(type), theirs(their_type), BOOK) == text
    assert heard(text, ours(type), theirs(their_type), BOOK) == value


def test_m48_every_pair_of_the_matrix_has_a_line() -> None:
    assert {(type, their_type) for type, their_type, _value, _text in BOTH_WAYS} == set(MATRIX)
    assert {type for type, _theirs in MATRIX} | set(UNSUPPORTED) == set(FieldType.values)


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_m48_the_text_is_portuguese_whatever_the_reader_speaks(language: str) -> None:
    with translation.override(language):
        for type, their_type, value, text in BOTH_WAYS:
            assert told(value, ours(type), theirs(their_type), BOOK) == text


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("text", "  Olá \n", "Olá"),
        ("text", "um\ndois", "um dois"),  # simple text has one line
        ("integer", "1.234.567", "1234567"),
        ("integer", "1.234", "1234"),  # a whole number has one reading
        ("integer", "007", "7"),
        ("integer", "+5", "5"),
        ("integer", "-0", "0"),
        ("currency", "R$ 1.234,56", "1234.56"),
        ("currency", "R$\xa01.234,56", "1234.56"),
        ("currency", "-R$ 5,00", "-5.00"),
        ("currency", "R$ -5,00", "-5.00"),
        ("currency", "R$5", "5.00"),
        ("currency", "1.234", "1234.00"),  # amounts have two decimals at most
        ("currency", "1234.5", "1234.50"),  # a JSON number
        ("decimal", "1234,5", "1234.5"),
        ("decimal", "1234.5678", "1234.5678"),
        ("decimal", "1234.567", "1234.567"),
        ("decimal", "0.125", "0.125"),
        ("decimal", "007,5", "7.5"),
        ("percent", "12,5", "12.5"),
        ("percent", "12,5 %", "12.5"),
        ("percent", "12.5", "12.5"),
        ("date", "1/2/2026", "2026-02-01"),
        ("date", "2026-12-31", "2026-12-31"),
        ("time", "9:05", "09:05"),
        ("time", "14h30", "14:30"),
        ("time", "14:30:00", "14:30"),
        ("checkbox", "SIM", "true"),
        ("checkbox", "nao", "false"),
        ("checkbox", "true", "true"),
        ("checkbox", "False", "false"),
        ("cpf", "12345678909", "12345678909"),
        ("cpf", "191", "00000000191"),  # a number that lost its zeros
        ("cnpj", "12345678000195", "12345678000195"),
        ("cnpj", "191", "00000000000191"),
        ("cnpj", "12.abc.345/01de-35", "12ABC34501DE35"),
        ("currency_symbol", "r$", "BRL"),
        ("currency_symbol", "brl", "BRL"),
        ("currency_symbol", "R$ (BRL)", "BRL"),
        ("address", "Rua A, 1", "Rua A, 1"),
        ("options", "NAO SEI", "Não sei"),
        ("user", "ANA LIMA", "1"),
        ("product", "plano pro", "7"),
        ("client", "joao", "person:1"),
    ],
)
def test_m48_what_people_and_partners_write_is_heard(type: str, text: str, value: str) -> None:
    assert heard(text, ours(type), theirs("text"), BOOK) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Rua A, 1\nCentro\nSão Paulo", "Rua A, 1, Centro, São Paulo"),
        ("Rua A, 1,\r\n\r\n  Centro  ", "Rua A, 1, Centro"),
        ("\nRua A\u2028Centro", "Rua A, Centro"),
    ],
)
def test_m48_an_address_goes_in_one_line_and_stays_it(value: str, text: str) -> None:
    assert told(value, ours("address"), theirs("text"), BOOK) == text
    assert heard(text, ours("address"), theirs("text"), BOOK) == text


@pytest.mark.parametrize(
    ("type", "value", "text"),
    [
        ("currency", "1234.5", "1.234,50"),
        ("currency", "1500", "1.500,00"),
        ("decimal", "1.234", "1,2340"),
        ("integer", "-0", "-0"),
        ("text", " um \n", "um"),
        ("long_text", "um\r\ndois", "um\ndois"),
    ],
)
def test_m48_what_was_kept_before_it_was_canonical_is_told_by_its_worth(
    type: str, value: str, text: str
) -> None:
    assert told(value, ours(type), theirs(dict(MATRIX)[type]), BOOK) == text


@pytest.mark.parametrize(("type", "their_type"), MATRIX)
def test_m48_blank_stays_blank(type: str, their_type: str) -> None:
    assert told("", ours(type), theirs(their_type), BOOK) == ""
    assert heard("", ours(type), theirs(their_type), BOOK) == ""
    assert heard(" \n ", ours(type), theirs(their_type), BOOK) == ""


NOT_TOLD = [
    ("text", "text", "x" * 251, "The text is longer than %(longest)s characters.", {"longest": 250}),
    ("text", "text", "a\0", "This text has a character that cannot be kept.", {"text": "a\0"}),
    (
        "currency",
        "text",
        "1.234",
        "“%(text)s” is not an amount: it has two decimals at most.",
        {"text": "1.234"},
    ),
    ("address", "text", "x\n" * 86, "The text is longer than %(longest)s characters.", {"longest": 255}),
    ("decimal", "text", "9" * 251, "The text is longer than %(longest)s characters.", {"longest": 255}),
    ("integer", "text", "1.5", "“%(text)s” is not a whole number.", {"text": "1.5"}),
    ("integer", "text", "9" * 31, "“%(text)s” is not a whole number.", {"text": "9" * 31}),
    ("integer", "text", "١٢", "“%(text)s” is not a whole number.", {"text": "١٢"}),
    ("decimal", "text", "1e5", "“%(text)s” is not a number. Example: 1.234,56.", {"text": "1e5"}),
    ("decimal", "text", "1,5", "“%(text)s” is not a number. Example: 1.234,56.", {"text": "1,5"}),
    ("percent", "text", "12%", "“%(text)s” is not a number. Example: 1.234,56.", {"text": "12%"}),
    ("date", "text", "20261231", "“%(text)s” is not a date. Example: 31/12/2026.", {"text": "20261231"}),
    ("date", "text", "2026-02-30", "“%(text)s” is not a date. Example: 31/12/2026.", {"text": "2026-02-30"}),
    ("time", "text", "24:00", "“%(text)s” is not a time. Example: 14:30.", {"text": "24:00"}),
    ("checkbox", "text", "talvez", "“%(text)s” is neither yes nor no.", {"text": "talvez"}),
    (
        "cpf",
        "text",
        "12345678900",
        "“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.",
        {"text": "123.456.789-00"},
    ),
    (
        "cnpj",
        "text",
        "1234567800019",
        "“%(text)s” is not a CNPJ: it has 14 characters, the last two computed from the others.",
        {"text": "1234567800019"},
    ),
    (
        "currency_symbol",
        "text",
        "R$",
        "“%(text)s” is not a currency. Example: R$ or BRL.",
        {"text": "R$"},
    ),
    ("options", "text", "Frio", "The field has no option “%(text)s”.", {"text": "Frio"}),
    ("user", "text", "99", "The user of this field no longer exists.", {}),
    ("user", "text", "5", "The user of this field no longer exists.", {}),
    ("user", "text", "3", "More than one user is called “%(text)s”.", {"text": "Bia"}),
    ("product", "text", "8", "The product of this field no longer exists.", {}),
    ("client", "text", "person:9", "The client of this field no longer exists.", {}),
    ("client", "text", "company:2", "More than one client is called “%(text)s”.", {"text": "Sól"}),
]


@pytest.mark.parametrize(("type", "their_type", "value", "words", "saw"), NOT_TOLD)
def test_m48_what_cannot_stand_there_is_not_told_and_says_why(
    type: str, their_type: str, value: str, words: str, saw: dict[str, object]
) -> None:
    with pytest.raises(Unconvertible) as caught:
        told(value, ours(type), theirs(their_type), BOOK)
    assert (caught.value.words, dict(caught.value.saw)) == (words, saw)
    assert str(caught.value) == words % saw


@pytest.mark.parametrize(
    ("type", "stored"),
    [("cnpj", "12.345.678/0001-95"), ("cpf", "123.456.789-09"), ("cnpj", "12.abc.345/01de-35")],
)
def test_m48_a_document_stored_with_its_punctuation_is_told(type: str, stored: str) -> None:
    assert told(stored, ours(type), theirs("text"), BOOK) == stored.upper()


NOT_HEARD = [
    ("text", "text", "x" * 251, "The text is longer than %(longest)s characters.", {"longest": 250}),
    ("integer", "text", "12,0", "“%(text)s” is not a whole number.", {"text": "12,0"}),
    ("integer", "text", "1.23", "“%(text)s” is not a whole number.", {"text": "1.23"}),
    ("integer", "text", "muitos", "“%(text)s” is not a whole number.", {"text": "muitos"}),
    ("currency", "text", "US$ 5", "“%(text)s” is not an amount: it has two decimals at most.", {"text": "US$ 5"}),
    ("currency", "text", "1,234", "“%(text)s” is not an amount: it has two decimals at most.", {"text": "1,234"}),
    ("decimal", "text", "12.34.567", "“%(text)s” is not a number. Example: 1.234,56.", {"text": "12.34.567"}),
    (
        "decimal", "text", "1.234",
        "“%(text)s” can be read in two ways. Write it without the separator.", {"text": "1.234"},
    ),
    (
        "percent", "text", "1.234%",
        "“%(text)s” can be read in two ways. Write it without the separator.", {"text": "1.234%"},
    ),
    ("percent", "text", "%", "“%(text)s” is not a number. Example: 1.234,56.", {"text": "%"}),
    ("date", "text", "31/02/2026", "“%(text)s” is not a date. Example: 31/12/2026.", {"text": "31/02/2026"}),
    ("date", "text", "31/12/26", "“%(text)s” is not a date. Example: 31/12/2026.", {"text": "31/12/26"}),
    ("date", "text", "amanhã", "“%(text)s” is not a date. Example: 31/12/2026.", {"text": "amanhã"}),
    ("time", "text", "25:00", "“%(text)s” is not a time. Example: 14:30.", {"text": "25:00"}),
    ("time", "text", "14:30:45", "“%(text)s” is not a time. Example: 14:30.", {"text": "14:30:45"}),
    ("checkbox", "text", "talvez", "“%(text)s” is neither yes nor no.", {"text": "talvez"}),
    ("cpf", "text", "192", "“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.", {"text": "192"}),
    ("cpf", "text", "123.456.789-00", "“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.", {"text": "123.456.789-00"}),
    ("cpf", "text", "11111111111", "“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.", {"text": "11111111111"}),
    ("cpf", "text", "0", "“%(text)s” is not a CPF: it has 11 digits, the last two computed from the others.", {"text": "0"}),
    ("cnpj", "text", "12.345.678/0001-90", "“%(text)s” is not a CNPJ: it has 14 characters, the last two computed from the others.", {"text": "12.345.678/0001-90"}),
    ("currency_symbol", "text", "$", "“%(text)s” is not a currency. Example: R$ or BRL.", {"text": "$"}),
    ("options", "select", "Frio", "The field has no option “%(text)s”.", {"text": "Frio"}),
    ("user", "text", "Zé", "No user is called “%(text)s”.", {"text": "Zé"}),
    ("user", "text", "BIA", "More than one user is called “%(text)s”.", {"text": "BIA"}),
    ("user", "select", "Bia", "More than one user is called “%(text)s”.", {"text": "Bia"}),
    ("product", "text", "Zé", "No product is called “%(text)s”.", {"text": "Zé"}),
    ("client", "text", "Zé", "No client is called “%(text)s”.", {"text": "Zé"}),
    ("client", "text", "sol", "More than one client is called “%(text)s”.", {"text": "sol"}),
]  # fmt: skip


@pytest.mark.parametrize(("type", "their_type", "text", "words", "saw"), NOT_HEARD)
def test_m48_what_does_not_read_back_is_not_heard_and_says_why(
    type: str, their_type: str, text: str, words: str, saw: dict[str, object]
) -> None:
    with pytest.raises(Unconvertible) as caught:
        heard(text, ours(type), theirs(their_type), BOOK)
    assert (caught.value.words, dict(caught.value.saw)) == (words, saw)


@pytest.mark.parametrize("type", UNSUPPORTED)
def test_m13_types_without_a_pair_are_neither_told_nor_heard(type: str) -> None:
    for convert in (told, heard):
        with pytest.raises(Unconvertible, match="cannot be associated"):
            convert("x", ours(type), theirs("text"), BOOK)


def test_m48_an_option_missing_on_the_other_side_is_named() -> None:
    short = Shape(type="select", options=("Sim",))
    with pytest.raises(Unconvertible, match="The partner's field has no option “Não”"):
        told("false", ours("checkbox"), short, BOOK)
    with pytest.raises(Unconvertible, match="The partner's field has no option “Quente”"):
        told("Quente", ours("options"), short, BOOK)
    with pytest.raises(Unconvertible, match="The partner's field has no option “Ana Lima”"):
        told("1", ours("user"), short, BOOK)


def test_m48_two_options_alike_are_told_apart_only_by_their_very_spelling() -> None:
    alike = Shape(type="options", options=("São", "Sao"))
    assert told("Sao", alike, Shape(type="select", options=("São", "Sao")), BOOK) == "Sao"
    with pytest.raises(Unconvertible, match="would come back as another value"):
        told("Sao", alike, Shape(type="select", options=("São",)), BOOK)
    assert heard("SAO", alike, Shape(type="select", options=alike.options), BOOK) == "Sao"
    with pytest.raises(Unconvertible, match="“SÂO” can be more than one of the options"):
        heard("SÂO", alike, Shape(type="select", options=alike.options), BOOK)
    with pytest.raises(Unconvertible, match="“Sao” can be more than one of the options"):
        heard(
            "São", Shape(type="options", options=("Sao",)), Shape(type="select", options=("SÃO", "SÂO")), BOOK
        )
