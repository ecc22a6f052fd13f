"""What an account calls its deals and funnels, in every sentence (S3, G5)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext, override, pgettext

from accounts import nouns
from accounts.models import Module, User
from accounts.nouns import Noun, Nouns
from tests import factories
from tests.conftest import World
from tests.house import messages

FEMININE: dict[str, str] = {
    "singular": "oportunidade",
    "plural": "oportunidades",
    "gender": "feminine",
    "funnel_singular": "esteira",
    "funnel_plural": "esteiras",
    "funnel_gender": "feminine",
}
OURS = Nouns(Noun("oportunidade", "oportunidades", True), Noun("esteira", "esteiras", True))
MASCULINE_BEFORE = re.compile(
    r"\b(?:[oO]s?|[uU]ns|[uU]m|d[oa]s?e?s?te[s]?|[dn]?este[s]?|[dn]?esse[s]?|[dn]os?|aos?|pelos?|nov[o]s?|"
    r"nenhum|tod[o]s?|meus?|seus?|[dn]?outro[s]?|mesmo[s]?|primeiro|próprios?) (?:oportunidade|esteira)s?\b",
    re.IGNORECASE,
)
MASCULINE_AFTER = re.compile(
    r"\b(?:oportunidade|esteira)s? (?:(?:foi|foram|está|estão|é|são|será) )?(?:não )?(?:sendo )?"
    r"(?:criado|ganho|perdido|aberto|reaberto|excluído|salvo|editado|permitido|pronto|enviado|movido|fechado|"
    r"dividido|recebido|preenchido|atualizado)s?\b",
    re.IGNORECASE,
)
LEFT = re.compile(r"(?<!regras de )\b(?:negócios?|cards?|funil|funis)\b", re.IGNORECASE)


def chosen(world: World, **settings: Any) -> None:
    """The account's choices for the module "deals"; they count while Workflow is contracted."""
    factories.module(account=world.account, slug="workflow")
    defaults = {"contracted": True, "enabled": True, "settings": settings}
    Module.unscoped.update_or_create(account=world.account, slug="deals", defaults=defaults)


@pytest.fixture
def speaking() -> Callable[..., Any]:
    """speaking(**settings): texts speak these words inside; no store is asked."""
    return lambda **settings: nouns.of(1, lambda: {"deals": settings})


def marked(language: str) -> Iterator[tuple[str, str]]:
    """(msgid, text) of every marked text of a language."""
    for path in messages.catalogues():
        if language in path.parts:
            for msgid, texts, _fuzzy in messages.entries(path):
                yield from ((msgid, text) for text in texts if "⟦" in text)


def test_s3_words_and_endings_follow_the_account(speaking: Callable[..., Any]) -> None:
    with override("pt-br"):
        assert gettext("New card") == "Novo negócio"
        assert gettext("All funnels") == "Todos os funis"
        with speaking(**FEMININE):
            assert gettext("New card") == "Nova oportunidade"
            assert gettext("All funnels") == "Todas as esteiras"
            assert pgettext("deal", "Won") == "Ganha"
            plural = ngettext("%(count)d card is being filled.", "%(count)d cards are being filled.", 2)
            assert plural % {"count": 2} == "2 oportunidades estão sendo preenchidas."
        assert pgettext("deal", "Won") == "Ganho"
    with override("en"):
        assert gettext("New card") == "New card"
        with speaking(**FEMININE):
            assert gettext("New card") == "New oportunidade"
            assert gettext("A card has %(most)s products at most.").startswith("An oportunidade has")


def test_s3_each_setting_has_its_own_effect(speaking: Callable[..., Any]) -> None:
    with override("pt-br"), speaking(**{**FEMININE, "gender": "masculine"}):
        assert gettext("New card") == "Novo oportunidade"
    with (
        override("pt-br"),
        speaking(funnel_singular="esteira", funnel_plural="esteiras", funnel_gender="feminine"),
    ):
        assert gettext("Choose a loss reason of this card's funnel.") == (
            "Escolha um motivo de perda da esteira deste negócio."
        )
    with override("pt-br"), speaking(label="Vendas", icon="sell", **FEMININE):
        assert (gettext("Deals"), nouns.icon()) == ("Vendas", "sell")
    with override("pt-br"), speaking(**FEMININE):
        assert gettext("Deals") == "Oportunidades"


def test_s3_words_equal_to_ours_change_no_english(speaking: Callable[..., Any]) -> None:
    ours = {"singular": "negócio", "plural": "negócios", "gender": "masculine"}
    with override("en"), speaking(**ours):
        assert gettext("New card") == "New card"


@pytest.mark.parametrize("bad", ["<b>", "a%sb", "%(x)s", "{x}", '"', "x" * 41, " ", "a\nb", "⟦deal⟧", "a|b"])
def test_s3_what_could_harm_a_text_is_not_spoken(bad: str, speaking: Callable[..., Any]) -> None:
    """Settings refuse it; a row written by another road does no harm either."""
    assert not nouns.plain(bad)
    with override("pt-br"), speaking(singular=bad, plural=bad, label=bad, icon='"><b>'):
        assert gettext("New card") == "Novo negócio"
        assert gettext("Deals") == "Negócios"
        assert nouns.icon() == nouns.ICON


def test_s3_a_word_never_ends_an_attribute(speaking: Callable[..., Any]) -> None:
    template = Template("{% load i18n %}<i title='{% translate \"New card\" %}'>")
    with override("pt-br"), speaking(singular="copo d'água", plural="copos d'água"):
        assert template.render(Context()) == "<i title='Novo copo d’água'>"


def test_s3_lazy_texts_speak_when_they_are_read(speaking: Callable[..., Any]) -> None:
    lazy = gettext_lazy("New card")
    with override("pt-br"):
        assert str(lazy) == "Novo negócio"
        with speaking(**FEMININE):
            assert str(lazy) == "Nova oportunidade"


def test_s3_no_account_hears_anothers_words(speaking: Callable[..., Any]) -> None:
    heard: list[str] = []

    def other() -> None:
        with override("pt-br"):
            heard.append(gettext("New card"))

    with speaking(**FEMININE):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert heard == ["Novo negócio"]


@pytest.mark.parametrize("language", ["pt_BR", "en"])
def test_s3_every_marker_is_known(language: str) -> None:
    texts = list(marked(language))
    assert len(texts) > 200
    for each in (nouns.OWN, OURS):
        for msgid, text in texts:
            told = nouns._resolved(text, language.partition("_")[0], each)
            assert not re.search("[⟦⟧|]", told), (msgid, told)


def test_s3_both_languages_mark_the_same_messages() -> None:
    """A Portuguese sentence of deals has its English one, where the msgid has the word at all."""
    english = {msgid for msgid, _text in marked("en")}
    words = re.compile(r"(?<![(\w])(?:cards?|deals?|funnels?)\b(?!\))", re.IGNORECASE)
    models = {"deal", "deals", "funnel", "funnels", "card", "Deal counters", "deal counter", "deal counters",
              "product of a deal", "products of deals"}  # fmt: skip  # names of tables, for support staff
    portuguese = {msgid for msgid, _text in marked("pt_BR") if words.search(msgid)} - models
    assert portuguese - english == set()
    assert english - {msgid for msgid, _text in marked("pt_BR")} == set()


def test_s3_no_portuguese_sentence_has_the_word_itself_or_a_wrong_ending() -> None:
    wrong = []
    for path in messages.catalogues():
        if "pt_BR" not in path.parts:
            continue
        for msgid, texts, _fuzzy in messages.entries(path):
            for text in texts:
                told = nouns._resolved(text, "pt", OURS)
                bare = re.sub(r"%\(\w+\)s|\{\w+\}", "x", told)
                if msgid in SAID or not any(
                    each.search(bare) for each in (LEFT, MASCULINE_BEFORE, MASCULINE_AFTER)
                ):
                    continue
                wrong.append((msgid, told))
    assert wrong == []


# The words themselves are meant: labels and examples of the settings that rename them.
SAID = {
    "For example: opportunity. It replaces “deal” in every sentence.",
    "Name of the unit “funnel” in the singular",
    "Name of the unit “funnel” in the plural",
    "Gender of the entity “funnel”",
    "Portuguese articles and adjectives follow it: “nova oportunidade”, “novo negócio”.",
}


def test_s3_pages_menu_and_api_speak_the_accounts_words(
    world: World, stranger: World, client_of: Callable[[User], Client]
) -> None:
    chosen(world, icon="sell", label="Vendas", **FEMININE)
    page = client_of(world.seller).get(reverse("portal:board", args=[world.funnel.pk])).content.decode()
    assert "Nova oportunidade" in page
    assert re.search(r"sell</span>\s*<span[^>]*>\s*Vendas|sell.{0,200}Vendas", page, re.DOTALL)
    theirs = (
        client_of(stranger.seller).get(reverse("portal:board", args=[stranger.funnel.pk])).content.decode()
    )
    assert "Novo negócio" in theirs
    assert "portunidade" not in theirs


def test_s3_names_count_while_workflow_is_contracted(
    world: World, client_of: Callable[[User], Client]
) -> None:
    chosen(world, **FEMININE)
    Module.unscoped.filter(account=world.account, slug="workflow").update(contracted=False, enabled=False)
    page = client_of(world.seller).get(reverse("portal:board", args=[world.funnel.pk])).content.decode()
    assert "Novo negócio" in page
