"""Every page of the portal in the account's own words: none of ours is left, no ending disagrees (S3, G5)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse

from tests.accounts.test_nouns import FEMININE, LEFT, MASCULINE_AFTER, MASCULINE_BEFORE, SAID, chosen
from tests.conftest import World
from tests.house.addresses import furnished, is_html, walk
from tests.house.code import APPS, ROOT

pytestmark = pytest.mark.any_store

MARKED = re.compile(r'([\w-]+)="\{% (?:block)?trans')
READ = {"title", "placeholder", "aria-label", "alt"} | {
    name
    for folder in (*APPS, "templates")
    for path in (ROOT / folder).rglob("*.html")
    for name in MARKED.findall(path.read_text(encoding="utf-8"))
}
"""Attributes that people read or hear, by way of a script too: those to which any template gives words."""
SETTINGS = ("/modules/",)  # where the words are chosen, the words themselves are meant
SWITCHED = re.compile("^“Negócios” está (?:des)?ligado")  # its answer, which the next page shows


class Texts(HTMLParser):
    """What people read or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            # Names of icons stand as text.
            self.texts += [] if re.fullmatch(r"[a-z_0-9]+", data.strip()) else [" ".join(data.split())]


def texts_of(answer: HttpResponse) -> list[str]:
    reader = Texts()
    reader.feed(answer.content.decode())
    return reader.texts


@pytest.mark.timeout(300)
def test_s3_every_page_speaks_the_accounts_words(world: World) -> None:
    rows = furnished(world)
    chosen(world, **FEMININE)
    wrong, read = set(), 0
    spoken = dict.fromkeys(("oportunidade", "oportunidades", "esteira", "esteiras"), 0)
    for visit, answer in walk(world, rows):
        texts = texts_of(answer) if is_html(answer) and visit.who == "admin" else []
        read += bool(texts)
        for text in texts:
            assert not re.search("[⟦⟧]", text), (visit.words, text)
            for word in re.findall("(?:oportunidade|esteira)s?", text.lower()):
                spoken[word] += 1
            if visit.path.startswith(SETTINGS) or text in SAID or SWITCHED.match(text):
                continue
            if any(each.search(text) for each in (LEFT, MASCULINE_BEFORE, MASCULINE_AFTER)):
                wrong.add((visit.name, text))
    assert wrong == set()
    assert read > 140
    assert min(spoken.values()) > 10, spoken
