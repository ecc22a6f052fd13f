"""What an account calls its deals and funnels, put into every translated text (S3, G5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.db import DatabaseError, connection
from django.utils.translation import trans_real

from accounts.models import Account

Read = Callable[[], Mapping[str, Mapping[str, Any]]]

LONGEST = 40
# A word stands in texts that are safe in HTML already, and before %: settings refuse these, and so do we.
UNFIT = frozenset('%{}<>&"\\⟦⟧|')
UNFIT_SHOWN = '% { } < > & " \\ |'  # as people are told; the others stand on no keyboard
_ICON = re.compile(r"[a-z0-9_]{1,40}")
_MARKER = re.compile("⟦([^⟦⟧]+)⟧")


@dataclass(frozen=True)
class Noun:
    """A noun and its gender, which articles and endings follow in Portuguese."""

    singular: str
    plural: str
    feminine: bool = False


@dataclass(frozen=True)
class Nouns:
    """The account's own words; what is None or empty has the word of the language."""

    deal: Noun | None = None
    funnel: Noun | None = None
    module: str = ""
    icon: str = ""


OWN = Nouns()
# By language: what stands for "deal", "funnel" and the module's name where the account chose nothing.
DEFAULTS: dict[str, dict[str, Noun]] = {
    "pt": {
        "deal": Noun("negócio", "negócios"),
        "card": Noun("card", "cards"),
        "funnel": Noun("funil", "funis"),
    },
    "en": {"deal": Noun("card", "cards"), "card": Noun("card", "cards"), "funnel": Noun("funnel", "funnels")},
}
ICON = "view_kanban"
_ENTITY = {"card": "deal"}
MODULE = {"pt": "Negócios", "en": "Deals"}


class _Held:
    """The account of this request or job; its words are read once, when the first text needs them."""

    def __init__(self, account: Account | int, settings: Read | None = None) -> None:
        self._settings: Read = settings or partial(_settings_of, account)
        self._nouns: Nouns | None = None

    def nouns(self) -> Nouns:
        if self._nouns is None:
            if connection.needs_rollback:
                return OWN  # a text about a failure must not fail itself
            try:
                self._nouns = from_settings(self._settings()["deals"])
            except DatabaseError:
                return OWN
        return self._nouns


def _settings_of(account: Account | int) -> Mapping[str, Mapping[str, Any]]:
    from accounts.module_settings import settings_of  # which refuses in words, and words come from here

    return settings_of(account)


_held: ContextVar[_Held | None] = ContextVar("nouns", default=None)


@contextmanager
def of(account: Account | int | None, settings: Read | None = None) -> Iterator[None]:
    """Texts speak this account's words while it lasts; the language's own words for None.

    `settings` reads what settings_of would, for who has it already.
    """
    token = _held.set(None if account is None else _Held(account, settings))
    try:
        yield
    finally:
        _held.reset(token)


def use(account: Account | int) -> None:
    """As `of`, until the surrounding `of` ends: for who learns the account later (an API key)."""
    _held.set(_Held(account))


def current() -> Nouns:
    """The words of the account at work; OWN without one."""
    held = _held.get()
    return OWN if held is None else held.nouns()


def icon() -> str:
    """The Material Symbols name of the module "deals" in the menu."""
    return current().icon or ICON


def from_settings(chosen: Mapping[str, Any]) -> Nouns:
    """The words in the settings of the module "deals".

    A word that is missing, not plain, or the Portuguese default counts as not chosen: English keeps its own.
    """
    label, shown = str(chosen.get("label") or ""), str(chosen.get("icon") or "")
    return Nouns(
        deal=_noun(chosen, "", DEFAULTS["pt"]["deal"]),
        funnel=_noun(chosen, "funnel_", DEFAULTS["pt"]["funnel"]),
        module=_safe(label) if plain(label) and label != MODULE["pt"] else "",
        icon=shown if _ICON.fullmatch(shown) else "",
    )


def _noun(chosen: Mapping[str, Any], prefix: str, default: Noun) -> Noun | None:
    singular, plural, gender = (
        str(chosen.get(f"{prefix}{name}") or "").strip() for name in ("singular", "plural", "gender")
    )
    if not plain(singular) or not plain(plural):
        return None
    noun = Noun(_safe(singular), _safe(plural), feminine=gender.lower().startswith("f"))
    return None if noun == default else noun


def plain(word: str) -> bool:
    """Whether a word may stand in texts: printable, not blank, without UNFIT, 40 characters at most."""
    return len(word) <= LONGEST and bool(word.strip()) and word.isprintable() and not UNFIT & set(word)


def _safe(word: str) -> str:
    return word.strip().replace("'", "’")  # the straight one would end an attribute


def worded(text: str, language: str) -> str:
    """The text with its markers resolved by the words of the account at work.

    ⟦deal⟧ ⟦deals⟧ ⟦funnel⟧ ⟦funnels⟧, capitalised where the marker is; ⟦a deal⟧ with the English article;
    ⟦card⟧ as ⟦deal⟧, but "card" where nothing was chosen, as the partners' documents have it in Portuguese;
    ⟦deal:novo|nova⟧ by gender; ⟦module⟧ what the menu calls the module "deals".
    """
    return _resolved(text, language.partition("-")[0], current()) if "⟦" in text else text


@lru_cache(maxsize=8192)
def _resolved(text: str, language: str, nouns: Nouns) -> str:
    return _MARKER.sub(lambda found: _word(found.group(1), language, nouns), text)


def _word(marker: str, language: str, nouns: Nouns) -> str:
    known = DEFAULTS.get(language, DEFAULTS["en"])
    if marker == "module":
        return nouns.module or _capital(nouns.deal.plural if nouns.deal else MODULE.get(language, "Deals"))
    name, _colon, endings = marker.partition(":")
    article, _space, name = name.rpartition(" ")
    entity = name.lower().removesuffix("s")
    noun = getattr(nouns, _ENTITY.get(entity, entity)) or known[entity]
    if endings:
        masculine, feminine = endings.split("|")
        return feminine if noun.feminine else masculine
    word = noun.plural if name.endswith("s") else noun.singular
    if article:
        an = f"{article}n" if word[0].lower() in "aeiouáéíóúâêôãõ" else article
        return f"{an} {word}"
    return _capital(word) if name[0].isupper() else word


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


class WordedTranslation(trans_real.DjangoTranslation):
    """Django's catalogue of a language, whose texts speak the account's words."""

    def gettext(self, message: str) -> str:
        return worded(super().gettext(message), self.language())

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return worded(super().ngettext(msgid1, msgid2, n), self.language())


def install() -> None:
    """Every catalogue that Django loads from here on is a WordedTranslation; called once, at start."""
    trans_real.DjangoTranslation = WordedTranslation  # type: ignore[misc]
    trans_real._translations.clear()  # type: ignore[attr-defined]  # noqa: SLF001
    trans_real._default = None  # type: ignore[attr-defined]  # noqa: SLF001
