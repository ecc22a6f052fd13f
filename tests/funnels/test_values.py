"""Custom values of all 21 types: what is read, what is refused in words, and what reads back (M13, M48)."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from funnels.currencies import CURRENCIES
from funnels.fields import FieldType
from funnels.values import Unreadable, canonical, shown

T = FieldType
digits = st.text("0123456789", min_size=0, max_size=8)
# Texts near the types' own alphabets: pure noise would be refused and prove little.
NEAR = {
    T.INTEGER: st.text("0123456789.,+- ", max_size=14),
    T.CURRENCY: st.text("R$0123456789.,- ", max_size=14),
    T.DECIMAL: st.text("0123456789.,+-", max_size=14),
    T.PERCENT: st.text("0123456789.,-%", max_size=14),
    T.DATE: st.text("0123456789/-", max_size=10),
    T.TIME: st.text("0123456789:h", max_size=8),
    T.CHECKBOX: st.sampled_from(["sim", "Não", "TRUE", "false", "0", "on", "talvez", " yes "]),
    T.CPF: st.from_regex(r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", fullmatch=True),
    T.CNPJ: st.from_regex(r"[0-9A-Za-z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?[0-9]{2}", fullmatch=True),
    T.COLOR: st.text("#0123456789abcdefABCDEF", min_size=6, max_size=8),
    T.DEVELOPER: st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: json.dumps(value, indent=2)),
    T.CURRENCY_SYMBOL: st.sampled_from([*CURRENCIES, *(symbol for symbol, _ in CURRENCIES.values()), "brl", "R$ (BRL)", "?"]),
    T.OPTIONS: st.sampled_from(["Azul", "azul ", "VERDE", "Rosa", "açaí", "ACAI"]),
    T.USER: st.text("0123456789", max_size=20),
    T.PRODUCT: st.text("0123456789", max_size=20),
    T.IMAGE: st.text("0123456789 ", max_size=8),
    T.ATTACHMENT: st.text("0123456789 ", max_size=8),
    T.CLIENT: st.from_regex(r"(person|company|deal):0?[0-9]{1,4}", fullmatch=True),
}  # fmt: skip
OPTIONS = ("Azul", "Verde", "Açaí")


def read(type: str, typed: str) -> str | None:
    try:
        return canonical(type, typed, options=OPTIONS if type == T.OPTIONS else ())
    except Unreadable:
        return None


@pytest.mark.parametrize("type", FieldType.values)
@given(data=st.data())
def test_m48_canonical_text_is_its_own_canonical_text(type: str, data: st.DataObject) -> None:
    typed = data.draw(st.one_of(NEAR.get(FieldType(type), st.text(max_size=300)), st.text(max_size=12)))
    text = read(type, typed)
    if text is not None:
        assert read(type, text) == text
        assert "\0" not in text


def pt(type: str, text: str) -> str:
    with translation.override("pt-br"):
        return shown(type, text)


def reads_back(type: str, text: str) -> None:
    words = pt(type, text)
    with translation.override("pt-br"):
        assert canonical(type, words) == text, words
    if type != T.DATE:  # 12/31/2026 is not read in either language; forms of en use ISO dates
        with translation.override("en"):
            assert canonical(type, shown(type, text)) == text


@given(st.integers(-(10**20), 10**20))
def test_m48_whole_numbers_read_back(value: int) -> None:
    reads_back(T.INTEGER, canonical(T.INTEGER, str(value)))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_m48_decimals_and_percentages_read_back(value: Decimal) -> None:
    text = f"{value:f}"
    for type in (T.DECIMAL, T.PERCENT):
        kept = read(type, text)
        if kept is None:  # 1.234 alone: a thousand or a fraction
            continue
        assert Decimal(kept) == value
        reads_back(type, kept)


@given(st.decimals(places=2, min_value=-(10**13), max_value=10**13))
def test_m48_amounts_keep_two_decimals_and_read_back(value: Decimal) -> None:
    text = canonical(T.CURRENCY, f"{value:.2f}".replace(".", ","))
    assert Decimal(text) == value
    assert len(text.partition(".")[2]) == 2
    reads_back(T.CURRENCY, text)


@given(st.dates())
def test_m48_dates_read_back(value: date) -> None:
    reads_back(T.DATE, value.isoformat())


@given(st.times())
def test_m48_times_read_back(value: time) -> None:
    reads_back(T.TIME, value.strftime("%H:%M"))


@pytest.mark.parametrize("text", ["true", "false"])
def test_m48_checkboxes_read_back(text: str) -> None:
    assert pt(T.CHECKBOX, text) in ("Sim", "Não")
    reads_back(T.CHECKBOX, text)


@pytest.mark.parametrize("code", CURRENCIES)
def test_m48_currencies_read_back_from_code_and_symbol(code: str) -> None:
    reads_back(T.CURRENCY_SYMBOL, code)
    assert canonical(T.CURRENCY_SYMBOL, code.lower()) == code


def check_digits(root: str) -> str:
    """The two digits behind the first twelve characters of a CNPJ, as the tax office computes them."""
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        rest = sum((ord(c) - 48) * w for c, w in zip(root, weights, strict=True)) % 11
        root += str(0 if rest < 2 else 11 - rest)
    return root[-2:]


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12), st.integers(0, 99))
def test_m13_a_cnpj_passes_with_its_own_check_digits_only(root: str, guess: int) -> None:
    right = check_digits(root)
    if len(set(root + right)) > 1:
        assert (
            canonical(T.CNPJ, f"{root[:2].lower()}.{root[2:5]}.{root[5:8]}/{root[8:]}-{right}")
            == root + right
        )
        if f"{guess:02d}" != right:
            assert read(T.CNPJ, f"{root}{guess:02d}") is None


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 99))
def test_m13_a_cpf_passes_with_its_own_check_digits_only(root: str, guess: int) -> None:
    right = root
    for _each in range(2):
        rest = sum(int(c) * w for c, w in zip(right, range(len(right) + 1, 1, -1), strict=True)) * 10 % 11
        right += str(rest % 10)
    if len(set(right)) > 1:
        assert canonical(T.CPF, f"{root[:3]}.{root[3:6]}.{root[6:]}-{right[-2:]}") == right
        if f"{guess:02d}" != right[-2:]:
            assert read(T.CPF, f"{root}{guess:02d}") is None


@pytest.mark.parametrize(
    ("type", "typed", "text"),
    [
        (T.TEXT, "  a\r\nb ", "a b"),
        (T.TEXT, "x" * 250, "x" * 250),
        (T.LONG_TEXT, "a\r\nb", "a\nb"),
        (T.ADDRESS, "Rua A, 1\r\nCentro", "Rua A, 1\nCentro"),
        (T.INTEGER, "1.234", "1234"),
        (T.INTEGER, "-007", "-7"),
        (T.CURRENCY, "R$ 1.234,5", "1234.50"),
        (T.CURRENCY, "1.234", "1234.00"),
        (T.CURRENCY, "1234.50", "1234.50"),
        (T.DECIMAL, "0,123456789012345678901234567890", "0.123456789012345678901234567890"),
        (T.DECIMAL, "1,2340", "1.2340"),
        (T.DECIMAL, "0,500", "0.500"),
        (T.DECIMAL, "-0", "0"),
        (T.PERCENT, "12,5 %", "12.5"),
        (T.DATE, "1/2/2026", "2026-02-01"),
        (T.TIME, "14h30", "14:30"),
        (T.TIME, "9h", "09:00"),
        (T.TIME, "09:05:59", "09:05"),
        (T.CHECKBOX, "Não", "false"),
        (T.CNPJ, "12.ABC.345/01de-35", "12ABC34501DE35"),
        (T.COLOR, "#0A7F5A", "#0a7f5a"),
        (T.DEVELOPER, ' {"a" : [1.10, "x  y\\" z", 1e400] } ', '{"a":[1.10,"x  y\\" z",1e400]}'),
        (T.CURRENCY_SYMBOL, "R$", "BRL"),
        (T.OPTIONS, "acai", "Açaí"),
        (T.USER, "007", "7"),
        (T.CLIENT, "person:012", "person:12"),
        (T.TEXT, "", ""),
    ],
)  # fmt: skip
def test_m13_what_each_type_reads(type: str, typed: str, text: str) -> None:
    assert read(type, typed) == text


@pytest.mark.parametrize(
    ("type", "typed"),
    [
        (T.TEXT, "x" * 251),
        (T.TEXT, "a\0b"),
        (T.LONG_TEXT, "x" * 10_001),
        (T.ADDRESS, "x" * 501),
        (T.INTEGER, "1,5"),
        (T.INTEGER, "9" * 31),
        (T.CURRENCY, "1,234"),
        (T.CURRENCY, "10,999"),
        (T.CURRENCY, "9" * 16),
        (T.DECIMAL, "1.234"),
        (T.DECIMAL, "1,234"),
        (T.DECIMAL, "1.2.3"),
        (T.DECIMAL, "NaN"),
        (T.DATE, "31/02/2026"),
        (T.DATE, "12/31/2026"),
        (T.TIME, "25:00"),
        (T.TIME, "14:3"),
        (T.CHECKBOX, "talvez"),
        (T.CPF, "123.456.789-00"),
        (T.CPF, "111.111.111-11"),
        (T.CNPJ, "12.345.678/0001-90"),
        (T.CNPJ, "00000000000000"),
        (T.COLOR, "red"),
        (T.DEVELOPER, "{a: 1}"),
        (T.DEVELOPER, "[NaN]"),
        (T.DEVELOPER, "[" * 5000),
        (T.CURRENCY_SYMBOL, "XYZ"),
        (T.CURRENCY_SYMBOL, "R$ US$"),
        (T.OPTIONS, "Rosa"),
        (T.USER, "Ana"),
        (T.USER, "0"),
        (T.PRODUCT, "-1"),
        (T.CLIENT, "12"),
        (T.CLIENT, "deal:12"),
        (T.IMAGE, "foto.png"),
    ],
)  # fmt: skip
def test_m13_what_each_type_refuses(type: str, typed: str) -> None:
    with pytest.raises(Unreadable) as refused:
        canonical(type, typed, options=OPTIONS if type == T.OPTIONS else ())
    assert len(refused.value.words) > 10


@pytest.mark.parametrize("type", FieldType.values)
def test_what_another_hand_stored_is_shown_as_it_is(type: str) -> None:
    """Values from before these checks are not hidden, and showing them never fails."""
    for text in ("x", "1.500", "12345678000190", "talvez", "2026-13-45", "{", "person:1"):
        assert pt(type, text)
    assert pt(T.CNPJ, "12345678000190") == "12.345.678/0001-90"
    assert pt(T.CURRENCY, "1500.5") == "R$\xa01.500,50"
