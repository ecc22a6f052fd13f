"""Required fields of a stage, under conditions: no card goes past without them, on any road (S8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from funnels import services
from funnels.models import Change, Deal, Requirement, Stage
from tests import factories
from tests.api.conftest import caller
from tests.conftest import World
from tests.funnels.conftest import Person

pytestmark = pytest.mark.django_db
OVER_1000 = {"all": True, "rules": [{"field": "deal.amount", "operator": "more", "value": "1000"}]}


@pytest.fixture
def deal(world: World) -> Deal:
    return factories.deal(funnel=world.funnel)


@pytest.fixture
def stages(world: World) -> list[Stage]:
    return list(world.funnel.stages.all())


def required(stage: Stage, field: str = "deal.amount", **more: Any) -> Requirement:
    return services.add_requirement(stage=stage, field=field, origin=factories.SYSTEM, **more)


def stage_of(deal: Deal) -> int:
    found: int = Deal.unscoped.values_list("stage_id", flat=True).get(pk=deal.pk)
    return found


def move(deal: Deal, stage: Stage) -> Deal:
    return services.move_deal(deal=deal, stage=stage, origin=factories.SYSTEM)


# --- What is asked for ---


def test_s8_a_required_field_keeps_the_card_until_it_is_filled(deal: Deal, stages: list[Stage]) -> None:
    required(stages[0], text="Informe o valor")
    with pytest.raises(services.ChecklistPending) as refused:
        move(deal, stages[1])
    assert refused.value.missing == ["Informe o valor"]
    services.update_deal(deal=deal, amount=Decimal("10.00"), origin=factories.SYSTEM)
    assert move(deal, stages[1]).stage_id == stages[1].pk


def test_s8_a_condition_decides_whether_it_is_asked(deal: Deal, stages: list[Stage]) -> None:
    required(stages[0], "company.document", condition=OVER_1000)
    services.update_deal(deal=deal, amount=Decimal("1000.00"), origin=factories.SYSTEM)
    assert services.missing(deal) == []
    services.update_deal(deal=deal, amount=Decimal("1000.01"), origin=factories.SYSTEM)
    assert len(services.missing(Deal.unscoped.get(pk=deal.pk))) == 1


@pytest.mark.parametrize(("all_hold", "asked"), [(True, 0), (False, 1)])
def test_s8_all_or_any_comparison(deal: Deal, stages: list[Stage], all_hold: bool, asked: int) -> None:
    rules = [
        {"field": "deal.title", "operator": "contains", "value": "padaria"},
        {"field": "person.name", "operator": "filled", "value": ""},
    ]
    required(stages[0], condition={"all": all_hold, "rules": rules})
    assert len(services.missing(deal)) == asked


def test_s8_a_box_must_be_ticked_and_products_be_there(world: World, deal: Deal, stages: list[Stage]) -> None:
    box = services.create_custom_field(
        account=world.account, entity="deal", label="Revisado", type="checkbox", origin=factories.SYSTEM
    )
    required(stages[0], f"deal.custom.{box.key}", text="Revise")
    required(stages[0], "products.count", text="Escolha produtos")
    services.update_deal(deal=deal, custom={box.key: "false"}, origin=factories.SYSTEM)
    assert services.missing(Deal.unscoped.get(pk=deal.pk)) == ["Revise", "Escolha produtos"]
    product = services.create_product(account=world.account, name="Forno", origin=factories.SYSTEM)
    services.update_deal(deal=deal, custom={box.key: "true"}, origin=factories.SYSTEM)
    line = services.Line(product=product, quantity=Decimal(1))
    services.set_deal_products(deal=deal, lines=[line], origin=factories.SYSTEM)
    assert services.missing(Deal.unscoped.get(pk=deal.pk)) == []


def test_s8_without_a_text_it_says_which_field(deal: Deal, stages: list[Stage]) -> None:
    assert "Valor" in required(stages[0]).text


def test_s8_switched_off_or_of_a_field_that_is_gone_it_asks_for_nothing(
    deal: Deal, stages: list[Stage]
) -> None:
    row = required(stages[0])
    Requirement.unscoped.filter(pk=row.pk).update(field="deal.custom.antigo")
    assert services.missing(deal) == []
    Requirement.unscoped.filter(pk=row.pk).update(field="deal.amount")
    assert len(services.missing(deal)) == 1
    services.update_requirement(requirement=row, enabled=False, origin=factories.SYSTEM)
    assert services.missing(deal) == []


@pytest.mark.parametrize(
    ("field", "condition"),
    [
        ("deal.stage", {}),
        ("deal.custom.nada", {}),
        ("", {}),
        ("deal.amount", {"rules": [{"field": "x", "operator": "is", "value": "1"}]}),
        ("deal.amount", {"rules": [{"field": "deal.amount", "operator": "contains", "value": "1"}]}),
        ("deal.amount", {"rules": [{"field": "deal.amount", "operator": "more", "value": ""}]}),
        ("deal.amount", {"rules": [{"field": "deal.amount", "operator": "more", "value": "abc"}]}),
        ("deal.amount", {"rules": OVER_1000["rules"] * 11}),
    ],
)
def test_s8_what_cannot_be_asked_is_refused(
    stages: list[Stage], field: str, condition: dict[str, Any]
) -> None:
    with pytest.raises(services.NotAllowed):
        required(stages[0], field, condition=condition)
    assert not Requirement.unscoped.exists()


# --- Every road ---


def test_s8_a_jump_goes_past_no_stage_in_between(deal: Deal, stages: list[Stage]) -> None:
    required(stages[1], text="Da segunda")
    services.add_checklist_item(stage=stages[1], text="Item da segunda", origin=factories.SYSTEM)
    required(stages[2], text="Da terceira")
    with pytest.raises(services.ChecklistPending) as refused:
        move(deal, stages[2])
    assert refused.value.missing == ["Item da segunda", "Da segunda"]
    assert move(deal, stages[1]).stage_id == stages[1].pk
    assert move(deal, stages[0]).stage_id == stages[0].pk  # backwards is free


def test_s8_another_funnel_winning_and_reopening_are_no_way_around(
    world: World, deal: Deal, stages: list[Stage]
) -> None:
    required(stages[0])
    other = factories.funnel(account=world.account, name="Outro").stages.first()
    with pytest.raises(services.ChecklistPending):
        move(deal, other)
    with pytest.raises(services.ChecklistPending):
        services.win_deal(deal=deal, origin=factories.SYSTEM)
    services.lose_deal(deal=deal, origin=factories.SYSTEM)
    with pytest.raises(services.ChecklistPending):
        services.reopen_deal(deal=deal, stage=stages[1], origin=factories.SYSTEM)
    assert stage_of(deal) == stages[0].pk


# --- Its screen and its API ---


def test_s8_administrators_write_them_on_the_stages_page(
    world: World, admin: Person, seller: Person, stages: list[Stage]
) -> None:
    at = stages[0].pk
    assert seller.get("stage-requirements", at).status_code == 403
    sent = {
        "field": "deal.amount",
        "text": "Informe o valor",
        "match": "any",
        "rule-field": ["deal.title"],
        "rule-operator": ["contains"],
        "rule-value": ["Grande"],
    }
    assert admin.post("stage-requirements", at, **sent).status_code == 302
    row = Requirement.unscoped.get()
    rule = {"field": "deal.title", "operator": "contains", "value": "Grande"}
    assert (row.stage_id, row.condition) == (at, {"all": False, "rules": [rule]})
    shown = admin.get("stage-requirements", at).content.decode()
    assert "Informe o valor" in shown
    assert "Grande" in shown
    wrong = admin.post("stage-requirements", at, **{**sent, "field": "deal.stage", "text": "Fica"})
    assert (wrong.status_code, "Fica" in wrong.content.decode()) == (422, True)
    edit = {**sent, "requirement": row.pk, "version": row.version, "text": "Diga o valor"}
    assert admin.post("stage-requirements", at, **edit).status_code == 302
    stale = admin.post("stage-requirements", at, **edit)
    assert stale.status_code == 422
    admin.post("stage-requirements", at, do="switch", requirement=row.pk)
    row.refresh_from_db()
    assert (row.text, row.enabled) == ("Diga o valor", False)
    admin.post("stage-requirements", at, do="delete", requirement=row.pk)
    assert not Requirement.unscoped.exists()
    assert Change.unscoped.filter(entity="requirement", kind="deleted").exists()


def test_s8_a_row_of_a_condition_offers_what_fits_its_field(admin: Person) -> None:
    row = admin.client.get(
        "/stages/requirement-rule/", {"rule-field": "deal.amount", "rule-operator": "", "rule-value": ""}
    ).content.decode()
    assert 'value="more"' in row
    assert 'value="contains"' not in row


def test_s8_integrators_write_them_by_api(world: World, stranger: World, stages: list[Stage]) -> None:
    api, other = caller(world.account), caller(stranger.account)
    body = {"stage": str(stages[0].pk), "field": "deal.amount", "condition": OVER_1000}
    made = api.post("requirements/", body)
    assert made.status_code == 201, made.content
    path = f"requirements/{made.json()['id']}/"
    assert api.get(f"requirements/?stage={stages[0].pk}").json()["results"][0]["field"] == "deal.amount"
    assert api.patch(path, {"text": "Valor"}, If_Match='W/"9"').status_code == 412
    assert api.patch(path, {"text": "Valor", "enabled": False}).json()["text"] == "Valor"
    assert api.post("requirements/", {**body, "field": "deal.stage"}).status_code == 422
    assert other.get(path).status_code == 404
    assert other.post("requirements/", body).status_code == 404
    assert api.delete(path).status_code == 204
    assert not Requirement.unscoped.exists()
