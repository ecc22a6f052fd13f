"""ETag and If-Match: nobody overwrites what she has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from config.api_urls import router
from tests.api.conftest import Api


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
    problem(api.patch(row, {"assignee": str(leaver.user_id)}), 404, "not_found")
    assert api.patch(row, {"assignee": None}).json()["assignee"] is None
