"""Check-ins and responsibles of tasks and interaction records by API (S3, Tarefas)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Module
from funnels.models import Person
from tests.api.conftest import Api
from tests.conftest import World

HERE = {"latitude": "-23.550520", "longitude": "-46.633308"}
AWAY = {"latitude": "-23.543333", "longitude": "-46.642222"}


def told(api: Api, **settings: Any) -> None:
    """The account's choices for the module "tasks"."""
    Module.unscoped.update_or_create(
        account=api.account,
        slug="tasks",
        defaults={"contracted": True, "enabled": True, "settings": settings},
    )


@pytest.fixture
def person(api: Api) -> str:
    return str(api.made("persons/", {"name": "Ana"})["id"])


def test_s3_check_in_and_out_by_api(api: Api, world: World, person: str, problem: Callable[..., Any]) -> None:
    task = api.made("tasks/", {"title": "Visitar", "person": person})
    path, seller = f"tasks/{task['id']}/check-in/", str(world.seller.pk)
    assert (
        "módulo"
        in problem(api.post(path, {"kind": "in", "user": seller, **HERE}), 422, "not_allowed")["detail"]
    )
    told(api, check_out=True, radius=500)
    came = api.post(path, {"kind": "in", "user": seller, **HERE, "accuracy": 8, "use_as_place": True}).json()
    left = api.post(path, {"kind": "out", "user": seller, **AWAY}).json()
    assert [(each["kind"], each["outside"]) for each in left["check_ins"]] == [("in", False), ("out", True)]
    assert came["check_ins"][0]["accuracy"] == 8
    assert 1195 <= left["check_ins"][1]["distance"] <= 1220
    assert left["version"] > came["version"] > task["version"], "who polls by updated_since sees it"
    problem(api.post(path, {"kind": "in", "user": seller, **HERE}), 422, "not_allowed")
    record = api.made("interaction-records/", {"type": "meeting", "text": "Visita", "person": person})
    at = f"interaction-records/{record['id']}/check-in/"
    assert api.post(at, {"kind": "in", "user": seller, **HERE}).json()["check_ins"][0]["distance"] == 0


def test_s3_strangers_neither_check_in_nor_see_it(
    api: Api, stranger_api: Api, stranger: World, person: str, problem: Callable[..., Any]
) -> None:
    told(api, check_out=True)
    told(stranger_api, check_out=True)
    path = f"tasks/{api.made('tasks/', {'title': 'Visitar'})['id']}/check-in/"
    body = {"kind": "in", "user": str(stranger.seller.pk), **HERE}
    assert api.post(path, body).status_code == 404, "a stranger's user"
    assert stranger_api.post(path, body).status_code == 404, "a stranger's task"


def test_s3_responsibles_by_api(api: Api, world: World, problem: Callable[..., Any]) -> None:
    seller, admin = str(world.seller.pk), str(world.admin.pk)
    problem(api.post("tasks/", {"title": "Ligar", "responsibles": [seller]}), 422, "not_allowed")
    told(api, responsibles=True)
    task = api.made("tasks/", {"title": "Ligar", "responsibles": [seller]})
    api.made("tasks/", {"title": "Outra"})
    assert task["responsibles"] == [seller]
    path = f"tasks/{task['id']}/"
    assert api.patch(path, {"responsibles": [admin, seller]}).json()["responsibles"] == sorted(
        [admin, seller]
    )
    assert [row["id"] for row in api.get(f"tasks/?responsible={admin}").json()["results"]] == [task["id"]]
    assert len(api.get("tasks/").json()["results"]) == 2, "a key sees all"
    assert api.patch(path, {"responsibles": []}).json()["responsibles"] == []


def test_s3_the_place_of_a_client_is_kept_to_eleven_centimetres(api: Api, world: World, person: str) -> None:
    told(api, check_out=True)
    task = api.made("tasks/", {"title": "Visitar", "person": person})
    body = {"kind": "in", "user": str(world.seller.pk), "latitude": "-23.5505204999", "longitude": "-46.6333"}
    api.post(f"tasks/{task['id']}/check-in/", {**body, "use_as_place": True})
    assert Person.objects.of(api.account).get(pk=person).latitude == Decimal("-23.550520")


@pytest.mark.parametrize("naive", ["2026-12-01", "2026-12-01T10:00:00"])
def test_a_moment_without_its_zone_is_refused_in_words(
    api: Api, person: str, problem: Callable[..., Any], naive: str
) -> None:
    said = problem(api.post("tasks/", {"title": "Ligar", "due_at": naive}), 400, "invalid")
    assert "2026-01-31T12:00:00Z" in said["errors"]["due_at"][0]
    record = {"type": "meeting", "text": "Visita", "person": person, "occurred_at": naive}
    assert list(problem(api.post("interaction-records/", record), 400, "invalid")["errors"]) == [
        "occurred_at"
    ]
    made = api.made("tasks/", {"title": "Ligar", "due_at": "2026-12-01T10:00:00-03:00"})
    assert api.patch(f"tasks/{made['id']}/", {"due_at": None}).json()["due_at"] is None
