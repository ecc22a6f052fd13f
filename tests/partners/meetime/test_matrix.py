"""The matrix of field types as the document has it (M13), and the pairs always associated (M11)."""

from __future__ import annotations

import pytest

from funnels.fields import FieldType
from integrations.partners.meetime import matrix
from integrations.partners.meetime.partner import Meetime

# The table of requirements.md (seed 000, "Regras de Mapeamento de Campos"), copied by hand.
DOCUMENT = """
Texto Simples (250) | Texto (255)
Texto Multilinha | Texto longo
Número Inteiro | Texto (255)
Moeda | Texto (255)
Número com casas decimais ilimitadas | Texto (255)
Data | Texto (255)
Horário | Texto (255)
CPF | Texto (255)
CNPJ | Texto (255)
% Porcentagem | Texto (255)
Endereço | Texto (255)
Símbolo de moeda | Texto (255)
Opções pré-cadastradas | Campo de seleção, Texto (255)
Checkbox | Campo de seleção, Texto (255)
Usuário | Campo de seleção, Texto (255)
Produto | Campo de seleção, Texto (255)
Cliente | Campo de seleção, Texto (255)
Imagem | Não suportado
Anexo | Não suportado
Cor | Não suportado
Desenvolvedor | Não suportado
"""
OURS = {
    "Texto Simples (250)": "text",
    "Texto Multilinha": "long_text",
    "Número Inteiro": "integer",
    "Moeda": "currency",
    "Número com casas decimais ilimitadas": "decimal",
    "Data": "date",
    "Horário": "time",
    "CPF": "cpf",
    "CNPJ": "cnpj",
    "% Porcentagem": "percent",
    "Endereço": "address",
    "Símbolo de moeda": "currency_symbol",
    "Opções pré-cadastradas": "options",
    "Checkbox": "checkbox",
    "Usuário": "user",
    "Produto": "product",
    "Cliente": "client",
    "Imagem": "image",
    "Anexo": "attachment",
    "Cor": "color",
    "Desenvolvedor": "developer",
}
THEIRS = {"Texto (255)": "text", "Texto longo": "long_text", "Campo de seleção": "select"}


def rows() -> list[tuple[str, list[str]]]:
    lines = [line.partition(" | ") for line in DOCUMENT.strip().splitlines()]
    return [
        (OURS[ours], [THEIRS[each] for each in theirs.split(", ") if each != "Não suportado"])
        for ours, _bar, theirs in lines
    ]


def test_m13_the_permitted_pairs_are_those_of_the_document_and_no_others() -> None:
    table = {(ours, theirs) for ours, allowed in rows() for theirs in allowed}
    assert set(matrix.PAIRS) == table
    assert len(matrix.PAIRS) == len(table) == 22, "no pair stands twice"


def test_m13_all_twenty_one_types_of_the_crm_are_accounted_for() -> None:
    assert [ours for ours, _allowed in rows()] == list(dict.fromkeys(ours for ours, _allowed in rows()))
    assert {ours for ours, _allowed in rows()} == {str(each) for each in FieldType}
    assert len(FieldType) == 21


@pytest.mark.parametrize("ours", ["image", "attachment", "color", "developer"])
def test_m13_images_attachments_colours_and_developer_fields_stand_beside_none(ours: str) -> None:
    assert not [pair for pair in matrix.PAIRS if pair[0] == ours]


def test_m13_their_three_types_are_declared_with_the_longest_text_they_take() -> None:
    assert {key: each.longest for key, each in matrix.MAPPABLE.types.items()} == {
        "text": 255,
        "long_text": None,
        "select": None,
    }
    assert Meetime.mappable is matrix.MAPPABLE
    assert list(matrix.MAPPABLE.pairs) == list(matrix.PAIRS)


def test_m11_the_pairs_that_are_always_associated() -> None:
    assert [(each.entity, each.ours, each.theirs, each.way) for each in matrix.MAPPABLE.fixed] == [
        ("person", "name", "name", "both"),
        ("person", "email", "email", "both"),
        ("person", "phones", "phones", "both"),
        ("company", "name", "company", "both"),
        ("company", "phones", "phones", "both"),
        ("deal", "related", "related", "both"),
        ("deal", "meetime_latest_owner", "meetime_latest_owner", "both"),
        ("deal", "meetime_initial_owner", "meetime_initial_owner", "here"),
        ("deal", "meetime_latest_cadence", "meetime_latest_cadence", "here"),
        ("deal", "meetime_initial_cadence", "meetime_initial_cadence", "here"),
    ]


def test_m11_the_four_fields_of_the_deal_are_those_that_activation_creates() -> None:
    created = [field.key for field in Meetime.fields]
    assert sorted(created) == sorted(
        each.ours for each in matrix.MAPPABLE.fixed if each.entity == "deal" and each.ours != "related"
    )


def test_m13_only_what_is_listed_with_a_known_type_can_be_associated() -> None:
    assert matrix.MAPPABLE.catalog == "custom_fields"
    assert Meetime.kinds["custom_fields"].catalog
