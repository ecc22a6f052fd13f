"""Every page in a pseudo-locale: a visible letter outside a marked string, a value or a name fails (G5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.http import HttpResponse
from django.utils.translation import trans_real

from accounts.nouns import WordedTranslation
from tests.conftest import World
from tests.house.addresses import Visit, furnished, is_html, walk
from tests.house.desk import walk_desk
from tests.house.test_nouns_on_every_page import READ
from tests.house.test_strangers_in_the_portal import OURS

pytestmark = pytest.mark.any_store

OPEN, CLOSE = "⟪", "⟫"
SILENT = {
    "script",
    "style",
    "code",
    "pre",
    "kbd",
    "template",
}  # programs, keys and wire values are nobody's words
NAMES = ("Tomada", "Meetime", "Português", "English", "Google Authenticator", "OpenAPI", "Standard Webhooks")
"""Names: products, and languages in their own."""


class Marked(WordedTranslation):
    """English with every translated text between marks."""

    def gettext(self, message: str) -> str:
        text = super().gettext(message).rpartition("\x04")[2]
        return f"{OPEN}{text}{CLOSE}" if text.strip() else text

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"{OPEN}{super().ngettext(msgid1, msgid2, n)}{CLOSE}"


class Words(HTMLParser):
    """What people read or hear of a page, icons' names left out, and a partner's guide: it has a file a language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent: list[str] = []
        self._depth = 0  # of marks: a marked text may have tags in it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        named = set(str(given.get("class")).split())
        if tag in SILENT or named & {"material-symbols-outlined", "prose"} or self._silent:
            if tag not in ("input", "br", "img", "link", "meta", "hr", "source"):
                self._silent.append(tag)
        elif given.get("type") != "hidden":
            self.found += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.found.append(" ".join(f"{OPEN * self._depth}{data}".split()))
        self._depth += data.count(OPEN) - data.count(CLOSE)


WIRE = re.compile(
    r"https?://\S+|[\w.+-]+@[\w.-]+"  # addresses
    r"|/[a-z-]+/|\b[a-z_]+\.[a-z_]+\b"  # paths of the API and its events, as integrators write them
    r"|\d ms\b|R\$|\b[A-ZÀ-Ý]{1,2}\b"  # currency, initials of names
)


def values_of(typed: dict[str, str] | None = None) -> re.Pattern[str]:
    """Every text of the account's rows and of its people, every name, and what was typed."""
    found: set[str] = {*NAMES, *_texts(typed or {})}
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            rows = model._default_manager.all()
            names = [
                field.attname
                for field in model._meta.concrete_fields
                if isinstance(field, models.CharField | models.TextField | models.JSONField)
            ]
            for row in rows.values_list(*names) if names else ():
                found |= set(_texts(list(row)))
    found |= {text[:1].upper() + text[1:] for text in found}  # as headings have them
    return any_of(text for text in found if re.search(r"[^\W\d_]{2}", text))


def any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Finds each of these where it stands as words of its own."""
    longest = sorted(texts, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")


WORD = re.compile(r"[^\W\d_]{2,}")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def bare(text: str, values: re.Pattern[str]) -> str:
    """What is left of a text without marked strings, values, names, addresses and numbers."""
    depth, outside = 0, []
    for letter in text:
        depth += letter == OPEN
        if not depth:
            outside.append(letter)
        depth -= letter == CLOSE
    left = WIRE.sub("", "".join(outside))
    return values.sub("", left).strip() if WORD.search(left) else left


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trans_real._translations, "en", Marked("en"))


def left_over(seen: Iterator[tuple[Visit, HttpResponse]]) -> tuple[set[tuple[str, str]], int]:
    """What nobody could translate, with the page that shows it; and how many pages were read."""
    wrong, values, known, read = set(), None, None, 0
    for visit, answer in seen:
        if not is_html(answer):
            continue
        reader = Words()
        reader.feed(answer.content.decode())
        read += 1
        for text in reader.found:
            assert not re.search("[⟦⟧]", text), (visit.words, text)
            values = values or values_of()
            if WORD.search(bare(text, values)):
                if known != visit:
                    values = values_of(visit.data)  # what the visit itself typed and made is shown as well
                    known = visit
                left = bare(text, values)
                wrong |= {(visit.name, left)} if WORD.search(left) else set()
    return wrong, read


@pytest.mark.timeout(300)
def test_g5_no_page_shows_a_word_that_nobody_could_translate(world: World, marked: None) -> None:
    wrong, read = left_over(walk(world, furnished(world), language="en"))
    assert wrong == set(), "\n".join(" · ".join(each) for each in sorted(wrong))
    assert read > 180


@pytest.mark.timeout(300)
def test_g5_no_screen_of_the_staff_admin_shows_one_either(world: World, marked: None) -> None:
    """Of our tables: what libraries call their own is theirs."""
    seen = walk_desk(world, language="en")
    wrong, read = left_over(
        each for each in seen if each[0].name.partition("_")[0].removeprefix("desk ") in OURS
    )
    assert wrong == set(), "\n".join(" · ".join(each) for each in sorted(wrong))
    assert read > 100


def test_the_reading_of_a_page_sees_each_kind_of_word() -> None:
    """A reader that finds nothing proves nothing."""
    reader = Words()
    reader.feed(
        '<p>Bare <b title="Said">x</b><code>code</code><span class="material-symbols-outlined">add</span>'
        f'<input type="hidden" title="no"><input placeholder="Typed"> {OPEN}marked {OPEN}twice{CLOSE}{CLOSE} Ana</p>'
    )
    left = [bare(text, any_of(["Ana"])) for text in reader.found]
    assert [text for text in left if WORD.search(text)] == ["Bare", "Said", "Typed"]
    assert json.dumps(left)
