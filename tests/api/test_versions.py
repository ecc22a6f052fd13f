"""ETag and If-Match: nobody overwrites what she has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
