"""Every road to a stage asks for what the stages before it require, and lists what is missing (S8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.origin import Origin
from funnels import services
from funnels.models import Deal, Stage
from tests import factories
from tests.api.conftest import caller
from tests.conftest import World
from tests.funnels.conftest import Person
from tests.funnels.test_requirements import deal, move, required, stage_of, stages

__all__ = ["deal", "stages"]  # fixtures
pytestmark = pytest.mark.django_db


def test_s8_by_hand_and_by_api_the_answer_lists_what_is_missing(
    world: World, seller: Person, deal: Deal, stages: list[Stage]
) -> None:
    required(stages[0], text="Informe o valor")
    page = seller.get("deal", deal.pk).content.decode()
    assert "Informe o valor" in page
    by_hand = seller.script("deal-move", deal.pk, stage=stages[1].pk)
    assert (by_hand.status_code, by_hand.json()["missing"]) == (422, ["Informe o valor"])
    by_api = caller(world.account).post(f"deals/{deal.pk}/move/", {"stage": str(stages[1].pk)})
    assert (by_api.status_code, by_api.json()["code"]) == (409, "checklist_pending")
    assert by_api.json()["missing"] == ["Informe o valor"]
    assert stage_of(deal) == stages[0].pk


# --- A detour through another funnel ---


def test_s8_a_detour_through_another_funnel_skips_no_item_and_no_field(
    world: World, deal: Deal, stages: list[Stage]
) -> None:
    item = services.add_checklist_item(
        stage=stages[1], text="Assinar", mandatory=True, origin=factories.SYSTEM
    )
    required(stages[0], text="Informe o valor")
    elsewhere = list(factories.funnel(account=world.account, name="Outro").stages.all())
    services.update_deal(deal=deal, amount=Decimal("10.00"), origin=factories.SYSTEM)
    move(deal, elsewhere[0])
    services.update_deal(deal=deal, amount=None, origin=factories.SYSTEM)
    with pytest.raises(services.ChecklistPending) as refused:
        move(deal, stages[2])
    assert refused.value.missing == ["Assinar", "Informe o valor"]
    services.update_deal(deal=deal, amount=Decimal("10.00"), origin=factories.SYSTEM)
    services.mark_checklist_item(deal=deal, item=item, done=True, origin=factories.SYSTEM)
    assert move(deal, stages[2]).stage_id == stages[2].pk


def test_s8_reopening_in_another_funnel_asks_the_stages_before_too(
    world: World, deal: Deal, stages: list[Stage]
) -> None:
    elsewhere = list(factories.funnel(account=world.account, name="Outro").stages.all())
    required(elsewhere[0], text="Informe o valor")
    services.lose_deal(deal=deal, origin=factories.SYSTEM)
    with pytest.raises(services.ChecklistPending):
        services.reopen_deal(deal=deal, stage=elsewhere[1], origin=factories.SYSTEM)
    assert services.reopen_deal(deal=deal, stage=elsewhere[0], origin=factories.SYSTEM).status == "open"


# --- A new card ---


def test_s8_a_new_card_gives_the_fields_of_the_stages_before_and_no_items(
    world: World, stages: list[Stage]
) -> None:
    services.add_checklist_item(stage=stages[0], text="Assinar", mandatory=True, origin=factories.SYSTEM)
    required(stages[0], text="Informe o valor")
    required(stages[1], "products.count", text="Escolha produtos")
    with pytest.raises(services.ChecklistPending) as refused:
        factories.deal(funnel=world.funnel, stage=2)
    assert refused.value.missing == ["Informe o valor", "Escolha produtos"]
    assert not Deal.unscoped.exists()
    product = services.create_product(account=world.account, name="Forno", origin=factories.SYSTEM)
    line = services.Line(product=product, quantity=Decimal(1))
    made = factories.deal(funnel=world.funnel, stage=2, amount=Decimal("10.00"), products=[line])
    assert (made.stage_id, made.number) == (stages[2].pk, 1)
    assert factories.deal(funnel=world.funnel).stage_id == stages[0].pk  # in the first stage nothing is asked


def test_s8_the_form_of_a_new_card_offers_what_is_asked_for(
    world: World, seller: Person, stages: list[Stage]
) -> None:
    for key in ("ramo", "outro"):
        services.create_custom_field(
            account=world.account, entity="deal", key=key, label=key, type="text", origin=factories.SYSTEM
        )
    required(stages[0], "deal.custom.ramo", text="Diga o ramo")
    offered = seller.get("deal-new", query=f"?stage={stages[1].pk}").context["custom_form"]
    assert list(offered.fields) == ["ramo"]
    assert not seller.get("deal-new", query=f"?stage={stages[0].pk}").context["custom_form"].fields
    sent = {"title": "Padaria", "stage": stages[1].pk, "amount": "", "owner": "", "person_name": "Ana"}
    refused = seller.post("deal-new", **sent)
    page = refused.content.decode()
    assert (refused.status_code, "Diga o ramo" in page) == (422, True)
    assert 'name="custom-ramo"' in page
    assert not Deal.unscoped.exists()
    assert seller.post("deal-new", **sent, **{"custom-ramo": "Pães"}).status_code == 302
    made = Deal.unscoped.get()
    assert (made.stage_id, made.custom) == (stages[1].pk, {"ramo": "Pães"})


def test_s8_creating_by_api_and_row_by_row_lists_what_is_missing(world: World, stages: list[Stage]) -> None:
    required(stages[0], text="Informe o valor")
    api = caller(world.account)
    body: dict[str, Any] = {"title": "Padaria", "stage": str(stages[1].pk)}
    refused = api.post("deals/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "checklist_pending")
    assert refused.json()["missing"] == ["Informe o valor"]
    rows = [body, {**body, "amount": "10.00"}]
    bad, good = api.post("deals/bulk/", {"rows": rows}).json()["results"]
    assert (bad["status"], bad["problem"]["missing"]) == ("failed", ["Informe o valor"])
    assert good["status"] == "created"
    assert stage_of(Deal.unscoped.get()) == stages[1].pk
    moved = {"id": good["id"], "amount": None, "stage": str(stages[0].pk)}
    back = {"id": good["id"], "amount": "20.00", "stage": str(stages[1].pk)}  # filled and moved in one row
    states = [each["status"] for each in api.post("deals/bulk/", {"rows": [moved, back]}).json()["results"]]
    assert states == ["updated", "updated"]


def test_s8_a_connection_is_not_refused_and_is_told_where_its_card_may_stand(
    world: World, stages: list[Stage]
) -> None:
    required(stages[1], text="Informe o valor")
    made = services.create_deal(
        account=world.account,
        title="De lá",
        stage=stages[2],
        origin=Origin.connection(connection_id=1, label="Meetime"),
    )
    assert services.earliest(made) == stages[1]
    services.update_deal(deal=made, amount=Decimal("10.00"), origin=factories.SYSTEM)
    assert services.earliest(Deal.unscoped.get(pk=made.pk)) == stages[2]
