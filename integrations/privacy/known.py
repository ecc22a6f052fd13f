"""What one person is known by: her row, cards, leads, links, words, and the raw news that holds her (X8)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from funnels.fields import search_key
from funnels.models import Deal, Person
from funnels.services.erasing import cards_of
from funnels.services.scrubbing import Words, folded, words_of
from integrations.models import Connection, Lead
from mapping.models import Link

Rows = Any  # a query set; those of the engine have `become` too


@dataclass(frozen=True, kw_only=True)
class Known:
    """`theirs`: partners' ids of her leads; `links`: rows that tie them to a lead or to a card received."""

    person: Person
    words: Words
    deals: tuple[int, ...]
    leads: tuple[int, ...]
    links: tuple[int, ...]
    theirs: tuple[tuple[Connection, str], ...]

    @property
    def account_id(self) -> int:
        """Whose person she is."""
        return int(self.person.account_id)

    @property
    def their_ids(self) -> list[str]:
        """Partners' ids of her leads, whose partner they are of left out."""
        return [their_id for _connection, their_id in self.theirs]

    def of_account(self, model: Any) -> Rows:
        """The account's rows of a table."""
        return model.unscoped.filter(account_id=self.account_id)


def known_by(person: Person) -> Known:
    """A dozen queries, however much there is."""
    words = words_of(person)
    leads = tuple(Lead.unscoped.filter(person=person).order_by("pk").values_list("pk", flat=True))
    sent = Deal.unscoped.filter(enrollments__leads__person=person)  # whatever became of her on the card since
    deals = tuple(sorted(cards_of(person) | set(sent.values_list("pk", flat=True))))
    links = _links(person, deals, leads, words)
    counterparts = {link.counterpart_id for link in links}
    connections = {
        each.counterpart_id: each for each in Connection.unscoped.filter(counterpart__in=counterparts)
    }
    theirs = [
        (connections[link.counterpart_id], link.their_id)
        for link in links
        if link.counterpart_id in connections
    ]
    return Known(
        person=person,
        words=words,
        deals=deals,
        leads=leads,
        links=tuple(link.pk for link in links),
        theirs=tuple(dict.fromkeys(theirs)),
    )


def _links(person: Person, deals: tuple[int, ...], leads: tuple[int, ...], words: Words) -> list[Link]:
    """Links of her leads, and those of cards that were received for her (M45)."""
    rows = Link.unscoped.filter(account_id=person.account_id).order_by("pk")
    main = set(Deal.unscoped.filter(pk__in=deals, person=person).values_list("pk", flat=True))
    received = [
        link
        for link in rows.filter(entity="deal", our_id__in=deals)
        if link.our_id in main or words.anywhere.search(text_of([link.ours, link.theirs]))
    ]
    return [*rows.filter(entity="lead", our_id__in=leads), *received]


def text_of(value: Any) -> str:
    """JSON as text that Words' patterns are looked for in."""
    return folded(json.dumps(value, ensure_ascii=False))


def mentions(words: Words, *columns: str) -> Q:
    """Rows whose texts hold one of the words that name her alone, also as JSON escapes letters.

    SQLite compares letters with accents by their case, so each word is looked for in each of its cases.
    """
    wanted = Q(pk__in=())
    for word in dict.fromkeys(form for each in words.sought for form in _forms(each)):
        for column in columns:
            wanted |= Q(**{f"{column}__icontains": word})
    return wanted


def _forms(word: str) -> list[str]:
    cases = [word]
    if not word.isascii():
        cases += [word.lower(), word.upper(), word.title(), search_key(word)]
    return [form for each in cases for form in (each, json.dumps(each)[1:-1])]
