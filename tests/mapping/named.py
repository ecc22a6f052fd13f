"""The shapes and names that conversions are tried with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from funnels.fields import FieldType, search_key
from mapping.convert import Shape

# M13, requirements.md: our type → theirs.
TEXT_ONLY = (
    "text", "integer", "currency", "decimal", "date", "time", "cpf", "cnpj", "percent", "address",
    "currency_symbol",
)  # fmt: skip
SELECT_TOO = ("options", "checkbox", "user", "product", "client")
MATRIX = [
    *((type, "text") for type in TEXT_ONLY),
    ("long_text", "long_text"),
    *((type, theirs) for type in SELECT_TOO for theirs in ("select", "text")),
]
UNSUPPORTED = ("image", "attachment", "color", "developer")

OPTIONS = ("Quente", "Morno", "Não sei")
THEIR_OPTIONS = ("QUENTE", "morno", "Nao sei", "Sim", "Não", "ana lima", "Plano Pró", "Casa Verde", "João")
ROWS = {
    (FieldType.USER, "1"): "Ana Lima",
    (FieldType.USER, "2"): "João",
    (FieldType.USER, "3"): "Bia",
    (FieldType.USER, "4"): "bía",  # two users of one name
    (FieldType.USER, "5"): "",
    (FieldType.PRODUCT, "7"): "Plano Pró",
    (FieldType.CLIENT, "person:1"): "João",
    (FieldType.CLIENT, "company:1"): "Casa Verde",
    (FieldType.CLIENT, "person:2"): "Sol",
    (FieldType.CLIENT, "company:2"): "Sól",  # a person and a company of one name
}


class Book:
    """Names kept in memory."""

    def __init__(self, rows: Mapping[tuple[str, str], str]) -> None:
        self.rows = rows

    def name(self, type: str, ref: str) -> str | None:
        return self.rows.get((type, ref))

    def refs(self, type: str, name: str) -> Sequence[str]:
        return [
            ref
            for (kind, ref), called in self.rows.items()
            if kind == type and search_key(called) == search_key(name)
        ]


BOOK = Book(ROWS)


def ours(type: str) -> Shape:
    return Shape(
        type=type,
        options=OPTIONS if type == "options" else (),
        longest=250 if type == "text" else None,
    )


def theirs(type: str) -> Shape:
    return Shape(
        type=type,
        options=THEIR_OPTIONS if type == "select" else (),
        longest=None if type == "long_text" else 255,
    )
