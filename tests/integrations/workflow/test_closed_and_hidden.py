"""S7: "won" and "lost" move no card, at any door; and a task's title is not told to those who may not see it."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.models import Module, User
from funnels.services import NotAllowed
from integrations.automations.services import update_automation
from integrations.models import Automation
from tests import factories
from tests.api.conftest import caller
from tests.integrations.shown import post
from tests.integrations.workflow.flows import ORIGIN, card, flow, mover, on, stages, work
from tests.integrations.workflow.test_doors import form, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(world):
    on(world)
    User.objects.update(language="en")
    with translation.override("en"):
        yield


def test_s7_won_and_lost_move_no_card_by_form_or_api(world, client_of) -> None:
    first, second = (str(stage.pk) for stage in stages(world)[:2])
    words = "stays where it is until it is reopened"
    api = caller(world.account)
    sent = form(world, "crm.move", trigger="won", **{"param-stage": second})
    shown = post(client_of(world.admin), world.account, url("automation-new", world.funnel.pk), **sent)
    assert words in shown.content.decode()
    body = {"funnel": str(world.funnel.pk), "stage": first, "description": "x", "trigger": "lost",
            "action": "crm.move", "parameters": {"stage": second}}  # fmt: skip
    refused = api.post("automations/", body, Accept_Language="en")
    assert (refused.status_code, words in refused.json()["detail"]) == (422, True)
    actions = api.get("automations/actions/").json()["actions"]
    assert not {"won", "lost"} & set(next(one for one in actions if one["action"] == "crm.move")["triggers"])
    assert not Automation.unscoped.exists()
    with translation.override("en"), pytest.raises(NotAllowed, match=words):
        update_automation(automation=mover(world, at=0, to=1, name="A"), origin=ORIGIN, trigger="won")


def test_s3_a_task_that_she_may_not_see_is_not_named_on_the_card(world, client_of) -> None:
    flow(world, parameters={"title": "Segredo", "days": 1, "assignee": f"user:{world.seller.pk}"})
    other = factories.member(account=world.account, email="outra@casa.example")
    User.objects.filter(pk=other.pk).update(language="en")
    page = f"/deals/{card(world).pk}/"
    assert work() == ["done"]
    assert "Segredo" in client_of(other).get(page).content.decode()
    defaults = {"contracted": True, "enabled": True, "settings": {"responsibles": True}}
    Module.unscoped.update_or_create(account=world.account, slug="tasks", defaults=defaults)
    hidden = client_of(other).get(page).content.decode()
    assert "Segredo" not in hidden
    assert "Created a task." in hidden
    for reader in (world.seller, world.admin):
        assert "Created the task “Segredo”" in client_of(reader).get(page).content.decode()
