"""Support staff meet the fields that a stage requires as everybody does, and give them in the same save (S8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from funnels import services
from funnels.models import Deal, Stage
from tests import factories
from tests.admin.test_doing import fields
from tests.admin.test_every_screen import address


@pytest.fixture
def stages(world: Any) -> list[Stage]:
    found = list(world.funnel.stages.all())
    services.add_requirement(stage=found[0], field="deal.amount", text="Informe", origin=factories.SYSTEM)
    return found


def test_s8_what_is_filled_in_counts_for_the_move_in_the_same_save(
    desk: Client, world: Any, stages: list[Stage]
) -> None:
    deal = factories.deal(funnel=world.funnel)
    url = address(Deal, "change", deal.pk)
    refused = desk.post(url, fields(deal, title="Outro", stage=stages[1].pk))
    assert (refused.status_code, "Informe" in refused.content.decode()) == (200, True)
    deal.refresh_from_db()
    assert (deal.title, deal.version) == ("Padaria Sol", 1)  # all of it or nothing
    saved = desk.post(url, fields(deal, amount="10", stage=stages[1].pk))
    assert saved.status_code == 302
    deal.refresh_from_db()
    assert (deal.amount, deal.stage_id) == (Decimal("10.00"), stages[1].pk)


def test_s8_a_card_that_staff_add_gives_what_the_stages_before_require(
    desk: Client, stages: list[Stage]
) -> None:
    sent = {"title": "Nova", "stage": stages[1].pk, "person": "", "company": "", "amount": ""}
    refused = desk.post(address(Deal, "add"), sent)
    assert (refused.status_code, "Informe" in refused.content.decode()) == (200, True)
    assert not Deal.unscoped.exists()
    assert desk.post(address(Deal, "add"), {**sent, "amount": "10"}).status_code == 302
    assert Deal.unscoped.get().stage_id == stages[1].pk
