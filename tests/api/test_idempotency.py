"""Idempotency-Key: a repeated POST does nothing twice, whatever happened to the first (interface.md)."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.idempotency import forget_old
from accounts.models import IdempotencyKey
from funnels import services
from funnels.models import Person
from tests.api.conftest import Api, caller
from tests.conftest import World, make_world


def test_the_answer_is_repeated_and_the_effect_is_not(api: Api, problem: Callable[..., Any]) -> None:
    first = api.post("persons/", {"name": "Ana", "email": "ana@sol.example"}, Idempotency_Key="k1")
    again = api.post("persons/", {"email": "ana@sol.example", "name": "Ana"}, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    problem(api.post("persons/", {"name": "Bia"}, Idempotency_Key="k1"), 422, "idempotency_mismatch")
    assert Person.unscoped.count() == 1


def test_keys_are_of_one_route_and_one_api_key(api: Api, stranger_api: Api, stages: list[str]) -> None:
    assert api.post("persons/", {"name": "Ana"}, Idempotency_Key="k").status_code == 201
    assert api.post("companies/", {"name": "Sol"}, Idempotency_Key="k").status_code == 201
    assert stranger_api.post("persons/", {"name": "Ana"}, Idempotency_Key="k").status_code == 201
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0]})
    for _repetition in range(2):
        moved = api.post(f"deals/{deal['id']}/move/", {"stage": stages[1]}, Idempotency_Key="k")
        assert moved.json()["version"] == 2


def test_a_refused_request_leaves_no_trace_and_may_be_repeated(api: Api, problem: Callable[..., Any]) -> None:
    api.made("persons/", {"name": "Ana", "email": "ana@sol.example"})
    body = {"name": "Outra", "email": "ana@sol.example"}
    problem(api.post("persons/", body, Idempotency_Key="k"), 409, "email_taken")
    assert IdempotencyKey.unscoped.count() == 0
    assert api.post("persons/", {**body, "email": ""}, Idempotency_Key="k").status_code == 201


def test_a_crash_between_effect_and_answer_leaves_neither(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The effect is made, then the process dies before its answer is written: both are undone."""
    from accounts import idempotency

    def die(*_arguments: Any) -> None:
        assert Person.unscoped.count() == 1
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_keep", die)
        with pytest.raises(SystemExit):
            api.post("persons/", {"name": "Ana"}, Idempotency_Key="k")
    assert (Person.unscoped.count(), IdempotencyKey.unscoped.count()) == (0, 0)
    assert api.post("persons/", {"name": "Ana"}, Idempotency_Key="k").status_code == 201
    assert Person.unscoped.count() == 1


def test_answers_are_kept_for_a_day(api: Api) -> None:
    for age, persons in ((23, 1), (25, 2)):
        api.post("persons/", {"name": "Ana"}, Idempotency_Key="k")
        IdempotencyKey.unscoped.update(created_at=timezone.now() - timedelta(hours=age))
        api.post("persons/", {"name": "Ana"}, Idempotency_Key="k")
        assert Person.unscoped.count() == persons
    later = timezone.now() + timedelta(hours=25)
    assert forget_old(account=api.account, now=later) == 1
    assert IdempotencyKey.unscoped.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
def test_a_key_that_is_none_is_refused(api: Api, problem: Callable[..., Any], key: str) -> None:
    body = problem(api.post("persons/", {"name": "Ana"}, Idempotency_Key=key), 400, "invalid_parameter")
    assert list(body["errors"]) == ["Idempotency-Key"]
    assert Person.unscoped.count() == 0


@pytest.fixture
def on_disk(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """SQLite as it is in use: a file in WAL mode, where a second writer waits; in memory it fails at once."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    memory, name = connection.connection, connection.settings_dict["NAME"]
    path = tmp_path / "twins.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as file:
        memory.backup(file)
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    yield
    connection.close()
    connection.connection, connection.settings_dict["NAME"] = memory, name


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_disk")
def test_two_at_once_have_one_effect_and_one_answer() -> None:
    """Two threads, one key: one person; the twin gets the same answer, or 409 meanwhile."""
    world: World = make_world("Casa", "casa.example")
    api = caller(world.account)
    barrier, answers = threading.Barrier(2), []

    def speak() -> None:
        try:
            mine = Api(account=api.account, key=api.key)
            barrier.wait(timeout=10)
            answers.append(mine.post("persons/", {"name": "Ana"}, Idempotency_Key="twins"))
        finally:
            connection.close()

    threads = [threading.Thread(target=speak) for _twin in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(answers) == 2
    assert Person.unscoped.count() == 1
    made = [answer for answer in answers if answer.status_code == 201]
    assert made
    assert {answer.json()["id"] for answer in made} == {str(Person.unscoped.get().pk)}
    for answer in answers:
        if answer not in made:
            assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")


def test_work_at_a_partner_holds_no_transaction_and_its_twin_waits_outside(
    api: Api, problem: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that talk to a partner claim first: the twin gets 409, a died claim is free after two minutes."""
    from integrations.engine import life

    started = api.made("connections/", {"partner": "meetime", "flow": "centralisation"})
    path, body, seen = f"connections/{started['id']}/validate/", {"credentials": {"token": "t"}}, []
    depth = len(connection.savepoint_ids)

    def ask(*, connection: Any, credentials: Any, origin: Any) -> Any:
        from django.db import connection as database

        seen.append(len(database.savepoint_ids) - depth)
        if len(seen) == 1:
            twin = Api(account=api.account, key=api.key).post(path, body, Idempotency_Key="k")
            problem(twin, 409, "idempotency_in_progress")
        return connection

    monkeypatch.setattr(life, "validate", ask)
    assert api.post(path, body, Idempotency_Key="k").status_code == 200
    assert seen == [0]
    assert api.post(path, body, Idempotency_Key="k")["Idempotency-Replayed"] == "true"
    claim = IdempotencyKey.unscoped.filter(key="k", route__endswith="validate")
    claim.update(status_code=None, created_at=timezone.now() - timedelta(seconds=100))
    problem(api.post(path, body, Idempotency_Key="k"), 409, "idempotency_in_progress")
    claim.update(created_at=timezone.now() - timedelta(seconds=130))
    assert api.post(path, body, Idempotency_Key="k").status_code == 200
    assert len(seen) == 2


def test_services_are_told_who_made_the_change(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write carries the key as its origin."""
    seen = []
    real = services.create_person
    monkeypatch.setattr(
        services, "create_person", lambda **given: seen.append(given["origin"]) or real(**given)
    )
    api.made("persons/", {"name": "Ana"})
    assert (seen[0].kind, seen[0].label) == ("api", "Integrador")
