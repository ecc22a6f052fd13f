"""ETag and If-Match: nobody overwrites what she has not seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from config.api_urls import router
from funnels.models import Funnel, Stage
from funnels.services import layout
from tests.api.conftest import Api
from tests.conftest import World
from tests.factories import SYSTEM

LONG_AGO = timezone.now() - timedelta(days=9)
SINCE = (LONG_AGO + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_if_match_guards_changes_actions_and_deletions(
    api: Api, stages: list[str], problem: Callable[..., Any]
) -> None:
    created = api.post("deals/", {"title": "Sol", "stage": stages[0]})
    path, tag = f"deals/{created.json()['id']}/", created["ETag"]
    assert tag == 'W/"1"'
    assert created["Location"].endswith(f"/api/v1/{path}")
    assert api.get(path)["ETag"] == tag
    changed = api.patch(path, {"title": "Lua"}, If_Match=tag)
    assert (changed.status_code, changed["ETag"]) == (200, 'W/"2"')
    problem(api.patch(path, {"title": "Mar"}, If_Match=tag), 412, "precondition_failed")
    problem(api.post(f"{path}move/", {"stage": stages[1]}, If_Match=tag), 412, "precondition_failed")
    problem(api.post(f"{path}win/", If_Match=tag), 412, "precondition_failed")
    problem(api.delete(path, If_Match=tag), 412, "precondition_failed")
    assert api.get(path).json()["title"] == "Lua"
    assert api.get(path).json()["stage"] == stages[0]
    assert api.post(f"{path}move/", {"stage": stages[1]}, If_Match='W/"1", "2"').status_code == 200
    assert api.patch(path, {"title": "Céu"}, If_Match="*").status_code == 200
    assert api.patch(path, {"title": "Mar"}).status_code == 200
    bad = problem(api.patch(path, {"title": "x"}, If_Match="three"), 400, "invalid_parameter")
    assert list(bad["errors"]) == ["If-Match"]
    assert api.delete(path, If_Match=api.get(path)["ETag"]).status_code == 204


def test_related_contacts_count_as_a_change(api: Api, stages: list[str]) -> None:
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0]})
    person = api.made("persons/", {"name": "Ana"})
    changed = api.patch(f"deals/{deal['id']}/", {"related": [person["id"], person["id"]]})
    assert changed.json()["related"] == [person["id"]]
    assert changed["ETag"] != 'W/"1"'


def test_a_funnels_stages_count_as_its_change(
    api: Api, world: World, stages: list[str], problem: Callable[..., Any]
) -> None:
    path = f"funnels/{world.funnel.pk}/"
    before = api.get(path)
    added = api.made("stages/", {"funnel": str(world.funnel.pk), "name": "Mais uma"})
    problem(api.patch(path, {"name": "Velho"}, If_Match=before["ETag"]), 412, "precondition_failed")

    def change(act: Callable[[], Any]) -> None:
        seen = api.get(path).json()
        Funnel.unscoped.filter(pk=world.funnel.pk).update(updated_at=LONG_AGO)
        act()
        now = api.get(path).json()
        assert now["version"] == seen["version"] + 1
        since = api.get(f"funnels/?updated_since={SINCE}").json()["results"]
        assert [row["stages"] for row in since] == [now["stages"]] != [seen["stages"]]

    rows = list(Stage.unscoped.filter(funnel=world.funnel).order_by("position", "id"))
    change(lambda: api.patch(f"stages/{stages[0]}/", {"name": "Outro nome"}))
    change(lambda: layout.order_stages(funnel=world.funnel, stages=rows[::-1], origin=SYSTEM))
    change(lambda: api.delete(f"stages/{added['id']}/"))
    layout.order_stages(funnel=world.funnel, stages=rows[-2::-1], origin=SYSTEM)
    seen = api.get(path)["ETag"]
    layout.order_stages(funnel=world.funnel, stages=rows[-2::-1], origin=SYSTEM)  # as it is already
    assert api.patch(f"stages/{stages[0]}/", {"name": "Outro nome"}).status_code == 200
    assert api.get(path)["ETag"] == seen


def test_every_change_and_deletion_of_a_versioned_row_honours_if_match() -> None:
    """The document names If-Match wherever a row that has a version is changed or deleted."""
    seen = 0
    for _prefix, resource, name in router.registry:
        columns = {field.name for field in resource.model._meta.get_fields()}
        for action, operation in resource.operations.items():
            if action in ("partial_update", "destroy") and "version" in columns:
                assert operation.versioned, f"{name} {action}"
                seen += 1
    assert seen >= 18


def test_s18_persons_companies_deals_and_tasks_have_all_four_methods(
    api: Api, stages: list[str], problem: Callable[..., Any]
) -> None:
    """GET, POST, PATCH and DELETE, the last two under If-Match; what is deleted is 404."""
    for path, body, change in (
        ("persons/", {"name": "Ana"}, {"name": "Bia"}),
        ("companies/", {"name": "Sol"}, {"name": "Lua"}),
        ("deals/", {"title": "Sol", "stage": stages[0]}, {"title": "Lua"}),
        ("tasks/", {"title": "Ligar"}, {"title": "Escrever", "text": "Um e-mail"}),
    ):
        made = api.made(path, body)
        row = f"{path}{made['id']}/"
        problem(api.patch(row, change, If_Match='W/"7"'), 412, "precondition_failed")
        changed = api.patch(row, change, If_Match='W/"1"')
        assert changed.status_code == 200
        assert change.items() <= changed.json().items()
        problem(api.delete(row, If_Match='W/"1"'), 412, "precondition_failed")
        assert api.delete(row, If_Match=changed["ETag"]).status_code == 204
        problem(api.patch(row, change), 404, "not_found")
        assert api.get(path).json()["results"] == []


def test_s18_a_tasks_new_assignee_is_a_member(api: Api, problem: Callable[..., Any]) -> None:
    from accounts.models import Membership

    leaver = Membership.objects.of(api.account).exclude(profile__is_administrator=True).get()
    task = api.made("tasks/", {"title": "Ligar", "assignee": str(leaver.user_id)})
    leaver.is_active = False
    leaver.save()
    row = f"tasks/{task['id']}/"
    assert api.patch(row, {"title": "Escrever"}).json()["assignee"] == str(leaver.user_id)
    assert api.patch(row, {"assignee": str(leaver.user_id)}).json()["assignee"] == str(leaver.user_id)
    assert api.patch(row, {"assignee": None}).json()["assignee"] is None
    problem(api.patch(row, {"assignee": str(leaver.user_id)}), 404, "not_found")
