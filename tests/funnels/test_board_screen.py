"""The board: columns, filters, and moving cards as its script does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Account
from funnels import panels, services
from funnels.models import Deal
from tests import factories
from tests.conftest import World
from tests.funnels.conftest import Person

pytestmark = pytest.mark.django_db


def columns(answer: Any) -> dict[str, Any]:
    return {column.stage.name: column for column in answer.context["columns"]}


def test_columns_count_and_sum_what_they_show(world: World, seller: Person) -> None:
    for amount in (Decimal("1000.06"), Decimal("234.50"), None):
        factories.deal(funnel=world.funnel, amount=amount)
    lost = factories.deal(funnel=world.funnel, title="Perdida", amount=Decimal(9))
    services.lose_deal(deal=lost, origin=factories.SYSTEM)
    gone = factories.deal(funnel=world.funnel, title="Apagada", amount=Decimal(9))
    services.delete_deal(deal=gone, origin=factories.SYSTEM)
    answer = seller.get("board", world.funnel.pk)
    first = columns(answer)["Entrada"]
    assert (first.count, first.total, len(first.cards)) == (3, Decimal("1234.56"), 3)
    page = answer.content.decode()
    assert "R$\xa01.234,56" in page
    assert "Apagada" not in page
    assert "Perdida" not in page
    lost_page = seller.get("board", world.funnel.pk, query="?status=lost")
    assert [card.title for card in columns(lost_page)["Entrada"].cards] == ["Perdida"]


def test_money_follows_the_language(world: World, seller: Person) -> None:
    factories.deal(funnel=world.funnel, amount=Decimal("1234.56"))
    seller.client.cookies["django_language"] = "en"
    assert "R$\xa01,234.56" in seller.get("board", world.funnel.pk).content.decode()


def test_filters_by_text_number_and_owner(world: World, seller: Person) -> None:
    o = factories.SYSTEM
    person = services.create_person(
        account=world.account, name="José Conceição", email="ze@x.example", origin=o
    )
    company = services.create_company(account=world.account, name="Padaria Açúcar", origin=o)
    by_person = factories.deal(funnel=world.funnel, title="Um", person=person, owner=world.seller)
    by_company = factories.deal(funnel=world.funnel, title="Dois", company=company, owner=world.admin)
    plain = factories.deal(funnel=world.funnel, title="Três contratos")
    asked = {
        "?q=conceicao": [by_person],
        "?q=ACUCAR": [by_company],
        "?q=contratos": [plain],
        "?q=ZE@X": [by_person],
        f"?q=%23{plain.number}": [plain],
        f"?owner={world.seller.pk}": [by_person],
        "?owner=none": [plain],
        "?q=nada": [],
    }
    for query, expected in asked.items():
        answer = seller.get("board", world.funnel.pk, query=query)
        assert columns(answer)["Entrada"].cards == expected, query


def test_fifty_cards_a_column_then_more(world: World, seller: Person) -> None:
    for number in range(53):
        factories.deal(funnel=world.funnel, title=f"Card {number}")
    first = columns(seller.get("board", world.funnel.pk))["Entrada"]
    assert (len(first.cards), first.count, first.more) == (50, 53, 100)
    assert first.cards[0].title == "Card 52"
    query = f"?shown={first.stage.pk}:{first.more}"
    more = columns(seller.get("board", world.funnel.pk, query=query))["Entrada"]
    assert (len(more.cards), more.more) == (53, 0)
    for nonsense in ("?shown=x", "?shown=1:", f"?shown={first.stage.pk}:99999999", "?owner=%00&status=zzz"):
        assert seller.get("board", world.funnel.pk, query=nonsense).status_code == 200


def test_a_card_dropped_on_a_stage_moves(world: World, seller: Person) -> None:
    deal = factories.deal(funnel=world.funnel)
    second = list(world.funnel.stages.all())[1]
    answer = seller.script("deal-move", deal.pk, stage=second.pk, version=1)
    assert answer.status_code == 200
    assert second.name in answer.json()["message"]
    deal.refresh_from_db()
    assert (deal.stage, deal.version) == (second, 2)


def test_s8_the_drop_is_refused_with_what_is_missing(world: World, seller: Person) -> None:
    deal = factories.deal(funnel=world.funnel)
    for text in ("Contrato", "Ficha"):
        services.add_checklist_item(stage=deal.stage, text=text, origin=factories.SYSTEM)
    second = list(world.funnel.stages.all())[1]
    answer = seller.script("deal-move", deal.pk, stage=second.pk, version=1)
    assert answer.status_code == 422
    body = answer.json()
    assert (body["code"], body["missing"]) == ("checklist_pending", ["Contrato", "Ficha"])
    assert "Contrato; Ficha" in body["message"]
    # Without scripts the same sentence is a toast on the card.
    plain = seller.client.post(
        reverse("portal:deal-move", args=[deal.pk]),
        {"account": world.account.pk, "stage": second.pk},
        follow=True,
    )
    assert "Contrato; Ficha" in plain.content.decode()
    deal.refresh_from_db()
    assert deal.version == 1


def test_a_card_that_someone_else_changed_is_not_moved(world: World, seller: Person) -> None:
    deal = factories.deal(funnel=world.funnel)
    services.update_deal(deal=deal, title="Outro", origin=factories.SYSTEM)
    second = list(world.funnel.stages.all())[1]
    seller.client.cookies["django_language"] = "en"
    answer = seller.script("deal-move", deal.pk, stage=second.pk, version=1)
    assert answer.status_code == 412
    assert answer.json()["code"] == "version_conflict"
    assert answer.json()["message"].startswith("Someone else changed this card")


def test_closed_cards_and_strange_stages_are_refused(world: World, stranger: World, seller: Person) -> None:
    deal = factories.deal(funnel=world.funnel)
    theirs = stranger.funnel.stages.first()
    assert seller.script("deal-move", deal.pk, stage=theirs.pk, version=1).status_code == 404
    assert seller.script("deal-move", deal.pk, stage="x", version=1).status_code == 404
    assert seller.script("deal-move", deal.pk, version=1).status_code == 404
    services.win_deal(deal=deal, origin=factories.SYSTEM)
    second = list(world.funnel.stages.all())[1]
    answer = seller.script("deal-move", deal.pk, stage=second.pk)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_allowed")
    assert seller.client.get(reverse("portal:deal-move", args=[deal.pk])).status_code == 405


def test_m24_automations_are_offered_to_administrators_only(
    world: World, admin: Person, seller: Person
) -> None:
    assert b"/automations/" not in seller.get("board", world.funnel.pk).content
    url = admin.get("board", world.funnel.pk).context["automations_url"]
    assert url in ("", f"/funnels/{world.funnel.pk}/automations/")  # blank while no app offers the page


def test_badges_of_other_apps_stand_on_their_cards(
    world: World, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = factories.deal(funnel=world.funnel)
    asked: list[list[int]] = []

    def source(account: Account, ids: list[int]) -> dict[int, list[panels.Badge]]:
        asked.append(ids)
        return {deal.pk: [panels.Badge(text="Na Meetime", tone="ok", title="Enviado")]}

    monkeypatch.setattr(panels, "board_badges", [source])
    assert "Na Meetime" in seller.get("board", world.funnel.pk).content.decode()
    assert asked == [[deal.pk]]
    Deal.unscoped.all().delete()
    seller.get("board", world.funnel.pk)
    assert len(asked) == 1  # nothing to ask about
