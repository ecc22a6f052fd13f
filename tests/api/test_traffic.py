"""What travels, by API: followed as its states change, and given up (X4, S18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from integrations.models import Arrival, EventDelivery, Exchange, OutboxAction, WorkflowRun
from tests.api.conftest import Api
from tests.api.walk import furnish
from tests.conftest import World

LONG_AGO = timezone.now() - timedelta(days=20)


@pytest.mark.parametrize(
    ("path", "model", "state"),
    [
        ("inbox/", Arrival, "failed"),
        ("outbox/", OutboxAction, "refused"),
        ("workflow-runs/", WorkflowRun, "refused"),
        ("webhook-endpoints/{WebhookEndpoint}/deliveries/", EventDelivery, "dead"),
    ],
)
def test_s18_a_change_of_state_can_be_followed(
    api: Api, world: World, path: str, model: Any, state: str
) -> None:
    """New rows, then those whose state was written, by one row or by many; nobody else's."""
    ids = furnish(world)
    asked = f"{path.format(**ids)}?updated_since={(timezone.now() - timedelta(hours=1)).isoformat()}"
    asked = asked.replace("+", "%2B")

    def told() -> list[tuple[str, str]]:
        return [(row["id"], row["state"]) for row in api.get(asked).json()["results"]]

    row = model.unscoped.get()
    assert told() == [(str(row.pk), "waiting")]
    model.unscoped.update(updated_at=LONG_AGO)
    assert told() == []
    row.become(state)
    assert told() == [(str(row.pk), state)]
    model.unscoped.update(updated_at=None)  # as a row from before the column stands
    assert told() == []
    assert model.unscoped.all().become("waiting") == 1
    assert told() == [(str(row.pk), "waiting")]
    assert api.get(asked).json()["results"][0]["updated_at"] is not None


def test_s18_exchanges_since_a_moment(api: Api, world: World) -> None:
    furnish(world)
    for age, count in ((0, 1), (3, 0)):
        Exchange.unscoped.update(at=timezone.now() - timedelta(hours=age))
        asked = (timezone.now() - timedelta(hours=1)).isoformat().replace("+", "%2B")
        assert len(api.get(f"exchanges/?updated_since={asked}").json()["results"]) == count


def test_x4_an_action_is_given_up_once(api: Api, world: World, problem: Callable[..., Any]) -> None:
    path = f"outbox/{furnish(world)['OutboxAction']}/"
    given_up = api.post(f"{path}cancel/")
    assert (given_up.status_code, given_up.json()["state"]) == (200, "cancelled")
    assert AuditEntry.objects.of(world.account).filter(action="outbox.cancelled").count() == 1
    problem(api.post(f"{path}cancel/"), 422, "not_allowed")
    problem(api.post(f"{path}replay/"), 422, "not_allowed")


def test_s18_funnels_and_stages_that_nothing_uses_are_deleted(
    api: Api, world: World, stages: list[str], problem: Callable[..., Any]
) -> None:
    api.made("deals/", {"title": "Sol", "stage": stages[0]})
    problem(api.delete(f"stages/{stages[0]}/"), 422, "not_allowed")
    problem(api.delete(f"funnels/{world.funnel.pk}/"), 422, "not_allowed")
    problem(api.delete(f"stages/{stages[1]}/", If_Match='W/"9"'), 412, "precondition_failed")
    assert api.delete(f"stages/{stages[1]}/").status_code == 204
    made = api.made("funnels/", {"name": "Outro", "stages": ["Só uma"]})
    problem(api.delete(f"stages/{made['stages'][0]['id']}/"), 422, "not_allowed")
    assert api.delete(f"funnels/{made['id']}/").status_code == 204
    problem(api.get(f"funnels/{made['id']}/"), 404, "not_found")


def test_s8_checklist_items_are_changed_and_deleted_under_if_match(
    api: Api, stages: list[str], problem: Callable[..., Any]
) -> None:
    made = api.made("checklist-items/", {"stage": stages[0], "text": "Ligar"})
    path = f"checklist-items/{made['id']}/"
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0]})
    problem(api.post(f"deals/{deal['id']}/move/", {"stage": stages[1]}), 409, "checklist_pending")
    changed = api.patch(path, {"text": " Escrever ", "mandatory": False}, If_Match='W/"1"')
    assert (changed.json()["text"], changed.json()["mandatory"], changed["ETag"]) == (
        "Escrever",
        False,
        'W/"2"',
    )
    problem(api.patch(path, {"text": "x"}, If_Match='W/"1"'), 412, "precondition_failed")
    problem(api.patch(path, {"stage": stages[1]}), 400, "unknown_field")
    assert api.post(f"deals/{deal['id']}/checklist/", {"item": made["id"], "done": True}).status_code == 200
    problem(api.delete(path), 422, "not_allowed")
    assert api.post(f"deals/{deal['id']}/checklist/", {"item": made["id"], "done": False}).status_code == 200
    assert api.delete(path, If_Match='W/"2"').status_code == 204
    problem(api.get(path), 404, "not_found")
