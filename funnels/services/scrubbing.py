"""What a person is recognised by in texts, found and taken out whatever the case, accents or writing (X8)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from funnels.fields import FieldType, email_key, phone_forms
from funnels.models import Change, CustomField, Person

GONE = "…"
SHORTEST = 4  # characters of a word that is looked for in other texts
DIGITS = 8  # of a number that is looked for however it is written
# Values that tell of one person; options, colours or amounts are anybody's.
TELLING = (
    FieldType.TEXT,
    FieldType.LONG_TEXT,
    FieldType.INTEGER,
    FieldType.CPF,
    FieldType.CNPJ,
    FieldType.ADDRESS,
    FieldType.DEVELOPER,
)
DOCUMENTS = (FieldType.CPF, FieldType.CNPJ, FieldType.INTEGER)  # a short number is anybody's, too


@dataclass(frozen=True, kw_only=True)
class Words:
    """Names, e-mails, phones (as typed) and telling custom values, those of her past too; blanks left out."""

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    @cached_property
    def sought(self) -> tuple[str, ...]:
        """What names her alone: rows of nobody else are looked through for these, as they may be written."""
        keys = [each for typed in self.phones for each in (typed, *_writings(typed))]
        words = [*self.names, *self.emails, *self.documents, *map(_digits, self.documents), *keys]
        return tuple(sorted({word for word in words if len(word) >= SHORTEST}))

    @cached_property
    def anywhere(self) -> re.Pattern[str]:
        """Of folded raw text: e-mails, numbers with their area, documents, names of two words and more."""
        names = [name for name in self.names if " " in name]
        return _any(
            [
                *map(_spaced, (*names, *self.emails)),
                *map(_document, self.documents),
                *(_phone(typed, area=True) for typed in self.phones),
            ]
        )

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """Of folded text: every word as a whole."""
        return _any(self._written(area=True))

    @cached_property
    def own(self) -> re.Pattern[str]:
        """Of folded text in her own rows: also first name or surname alone, numbers without their area."""
        parts = {part for name in self.names for part in re.findall(r"\w+", fold(name)[0])}
        return _any([*self._written(area=False), *(_bound(each) for each in parts if len(each) >= SHORTEST)])

    def _written(self, *, area: bool) -> list[str]:
        words = {*self.names, *self.emails, *self.values}
        bound = [_bound(word) for word in words if len(word) >= SHORTEST]
        numbers = [_phone(typed, area=area) for typed in self.phones]
        return [*bound, *map(_document, self.documents), *numbers]


def words_of(person: Person) -> Words:
    """What she is or was known by, from her row and her journal; three queries."""
    names, emails, phones = [person.name], [person.email], [phone.typed for phone in person.phones.all()]
    custom = [person.custom]
    journal = Change.unscoped.filter(entity="person", entity_id=person.pk)
    for fields in journal.values_list("fields", flat=True):
        names += _texts(fields.get("name"))
        emails += _texts(fields.get("email"))
        phones += [text for each in fields.get("phones", ()) for text in _texts(each)]
        custom += [each for each in fields.get("custom", ()) if each]
    rows = CustomField.unscoped.filter(account_id=person.account_id, entity="person", type__in=TELLING)
    types = dict(rows.values_list("key", "type"))
    told = [(types[key], str(text)) for each in custom for key, text in each.items() if key in types]
    return Words(
        names=_distinct(names),
        emails=_distinct(emails),
        phones=_distinct(phones),
        documents=_distinct(text for type, text in told if type in DOCUMENTS),
        values=_distinct(text for type, text in told if type not in DOCUMENTS),
    )


def marks_of(words: Words) -> list[tuple[str, str]]:
    """E-mails and phones, past ones too, as accounts.erasure remembers them."""
    numbers = [("phone", phone_forms(typed)[1]) for typed in words.phones]
    return [*(("email", email_key(each)) for each in words.emails), *numbers]


def scrub(value: Any, pattern: re.Pattern[str]) -> Any:
    """The value, JSON of any depth, without what the pattern (of Words) finds in its texts."""
    if isinstance(value, str):
        return _scrubbed(value, pattern)
    if isinstance(value, list):
        return [scrub(each, pattern) for each in value]
    if isinstance(value, dict):
        return {key: scrub(each, pattern) for key, each in value.items()}
    return value


def fold(text: str) -> tuple[str, list[int]]:
    """The text without case and accents, and where each of its letters stood."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    letters, places = [], []
    for place, letter in enumerate(text):
        for plain in unicodedata.normalize("NFKD", letter):
            if not unicodedata.combining(plain):
                lower = plain.lower()
                letters.append(lower)
                places += [place] * len(lower)
    return "".join(letters), places


def folded(text: str) -> str:
    """As fold, where places are not asked for."""
    return text.lower() if text.isascii() else fold(text)[0]


def _scrubbed(text: str, pattern: re.Pattern[str]) -> str:
    plain, places = fold(text)
    parts, after = [], 0
    for found in pattern.finditer(plain):
        parts += [text[after : places[found.start()]], GONE]
        after = places[found.end() - 1] + 1
        while after < len(text) and unicodedata.combining(text[after]):
            after += 1  # an accent that stands apart belongs to the letter before it
    return "".join([*parts, text[after:]]) if parts else text


def _any(alternatives: Iterable[str]) -> re.Pattern[str]:
    """The longest first; without any, a pattern that finds nothing."""
    chosen = sorted({each for each in alternatives if each}, key=lambda each: (-len(each), each))
    return re.compile("|".join(chosen) or r"(?!)")


def _spaced(word: str) -> str:
    return r"\s+".join(map(re.escape, folded(word).split()))


def _bound(word: str) -> str:
    """Not inside another word: “Ana Lima” is not in “Mariana Lima”."""
    plain = folded(word).strip()
    before = r"(?<!\w)" if plain[:1].isalnum() else ""
    after = r"(?!\w)" if plain[-1:].isalnum() else ""
    return f"{before}{_spaced(word)}{after}"


def _document(text: str) -> str:
    """A CPF or CNPJ with or without its punctuation."""
    return _number(_digits(text), r"[.\-/]?")


def _phone(typed: str, *, area: bool) -> str:
    """A number however it is written: with or without country code, ninth digit and punctuation."""
    key = phone_forms(typed)[1]
    if not (key.startswith("55") and len(key) == 12):
        return _number(key, r"\D{0,3}")
    code = rf"(?:\+?55[\W_]{{0,3}})?\(?0?{key[2:4]}\)?[\W_]{{0,3}}"
    local = r"[\W_]{0,2}".join((key[4:8], key[8:]))
    return rf"(?<!\d)(?:{code}){'' if area else '?'}(?:9[\W_]?)?{local}(?!\d)"


def _number(digits: str, between: str) -> str:
    return rf"(?<!\d){between.join(digits)}(?!\d)" if len(digits) >= DIGITS else ""


def _writings(typed: str) -> list[str]:
    """A number as programs write it."""
    e164, key = phone_forms(typed)
    bare = e164.lstrip("+")
    national = [bare[2:], key[2:]] if key.startswith("55") and len(key) == 12 else []
    return [each for each in (e164, bare, key, *national) if len(each) >= DIGITS]


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _texts(pair: Any) -> list[str]:
    return [str(each) for each in pair or () if each] if isinstance(pair, list) else []


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text and text.strip()))
