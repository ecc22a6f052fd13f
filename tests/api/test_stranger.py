"""Another account's ids, planted wherever the OpenAPI document takes an id, answer 404 and change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from funnels import services
from tests.api.conftest import Api
from tests.api.walk import (
    MODELS,
    address,
    body_of,
    document,
    filled,
    furnish,
    operations,
    relation_model,
    relations,
    resolved,
    snapshot,
)
from tests.conftest import World
from tests.factories import SYSTEM


@pytest.fixture
def theirs(stranger: World, stranger_api: Api) -> dict[str, str]:
    """A furnished account of somebody else."""
    return furnish(stranger)


@pytest.fixture
def ours(world: World, api: Api) -> dict[str, str]:
    return furnish(world)


def assert_not_here(response: Any, where: str) -> dict[str, Any]:
    assert response.status_code == 404, (where, response.status_code, response.content.decode())
    assert response["Content-Type"] == "application/problem+json"
    body = dict(response.json())
    assert body["code"] == "not_found", where
    assert "secret" not in response.content.decode().lower(), where
    return body


def test_a_strangers_id_in_any_path_is_404(api: Api, ours: dict[str, str], theirs: dict[str, str]) -> None:
    """House "Scoping": path ids, one at a time and all together."""
    whole, tried = document(), 0
    before = snapshot()
    for path, method, operation in operations(whole):
        parameters = operation.get("parameters", [])
        of = [p["schema"]["x-of"] for p in parameters if p["in"] == "path" and "x-of" in p["schema"]]
        for planted in of:
            body = filled(body_of(operation, whole), whole, ours) if body_of(operation, whole) else None
            target = address(path, {**ours, planted: theirs[planted]}, parameters)
            assert_not_here(api.send(method, target, body), f"{method} {target}")
            tried += 1
    assert tried > 55
    assert snapshot() == before


def test_a_strangers_id_in_any_body_is_404_and_named(
    api: Api, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """House "Scoping": relations in bodies, each on its own among good ones."""
    whole, tried = document(), 0
    before = snapshot()
    for path, method, operation in operations(whole):
        schema = body_of(operation, whole)
        if operation["operationId"].endswith("_bulk"):
            continue  # its rows fail alone: see below
        for place in relations(schema, whole) if schema else ():
            body = filled(schema, whole, ours)
            spot = body
            for key in place[:-1]:
                spot = spot[key][0] if isinstance(spot[key], list) else spot[key]
            model = relation_model(schema, whole, place)
            spot[place[-1]] = [theirs[model]] if isinstance(spot[place[-1]], list) else theirs[model]
            target = address(path, ours, operation.get("parameters", []))
            problem = assert_not_here(api.send(method, target, body), f"{method} {target} {place}")
            assert place[-1] in [key.rpartition(".")[2] for key in problem["errors"]], (target, place)
            tried += 1
    assert tried > 35
    assert snapshot() == before


def test_s18_a_strangers_id_in_a_row_of_a_bulk_call_fails_that_row(
    api: Api, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """House "Scoping": every relation of a row, and the row's own id."""
    whole, tried = document(), 0
    before = snapshot()
    for path, method, operation in operations(whole):
        if not operation["operationId"].endswith("_bulk"):
            continue
        rows = resolved(body_of(operation, whole)["properties"]["rows"], whole)["items"]
        own = {"Person": ours["Person"], "Company": ours["Company"], "Deal": ours["Deal"]}
        kind = {"/api/v1/persons/": "Person", "/api/v1/companies/": "Company", "/api/v1/deals/": "Deal"}[
            path.removesuffix("bulk/")
        ]
        planted: list[dict[str, Any]] = [{"id": theirs[kind], "name": "x"}]
        for place in relations(rows, whole):
            row: dict[str, Any] = {"id": own[kind]}
            inner: Any = theirs[relation_model(rows, whole, place)]
            if place == ("related",):
                inner = [inner]
            row[place[0]] = [{place[1]: inner}] if len(place) > 1 else inner
            planted.append(row)
        results = api.send(method, path, {"rows": planted}).json()["results"]
        assert [row["problem"]["code"] for row in results] == ["not_found"] * len(planted), results
        tried += len(planted)
    assert tried >= 10
    assert snapshot() == before


def test_a_strangers_id_in_any_filter_is_404_and_named(
    api: Api, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """House "Scoping": filters that take an id."""
    whole, tried = document(), 0
    for path, method, operation in operations(whole):
        parameters = operation.get("parameters", [])
        for parameter in parameters:
            if parameter["in"] != "query" or "x-of" not in parameter["schema"]:
                continue
            target = f"{address(path, ours, parameters)}?{parameter['name']}="
            assert api.send(method, target + ours[parameter["schema"]["x-of"]]).status_code == 200, target
            problem = assert_not_here(api.send(method, target + theirs[parameter["schema"]["x-of"]]), target)
            assert parameter["name"] in problem["errors"]
            tried += 1
    assert tried > 25


def test_read_endpoints_never_show_a_strangers_rows(
    api: Api, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """Lists of the same key show its own rows and no others; every GET answers 200 with own ids."""
    whole, lists = document(), 0
    for path, method, operation in operations(whole):
        if method != "GET":
            continue
        target = address(path, ours, operation.get("parameters", []))
        response = api.get(target)
        if "application/json" not in operation["responses"]["200"]["content"]:
            assert response.status_code == 200, target  # a file's bytes
            continue
        assert response.status_code == 200, (target, response.content.decode())
        rows = response.json().get("results")
        if rows is not None:
            lists += 1
            assert rows, f"{target} is empty: the test proves nothing there"
        for row in rows or []:
            if "id" in row:
                assert owner(row["id"], path, whole, operation) == api.account.pk, target
        assert "@estranha.example" not in response.content.decode(), target
    assert lists > 18


def owner(id: str, path: str, whole: dict[str, Any], operation: dict[str, Any]) -> int:
    detail = whole["paths"].get(f"{path}{{id}}/", {}).get("get", {})
    of = next((p["schema"]["x-of"] for p in detail.get("parameters", []) if p["name"] == "id"), None)
    model = MODELS[of or "CatalogItem"]
    if model is User:
        return int(User.objects.get(pk=id).memberships.get().account_id)
    return int(model.unscoped.get(pk=id).account_id)


def test_every_relation_that_a_body_takes_is_scoped() -> None:
    """No serializer of the API has a relation that is not a ScopedRelation: the walk above misses none."""
    from rest_framework import serializers

    from accounts.rest.fields import ScopedRelation
    from config.api_urls import router

    def walk(serializer: Any) -> Iterator[Any]:
        for field in serializer.fields.values():
            yield field
            inner = getattr(field, "child", field)
            if isinstance(inner, serializers.BaseSerializer):
                yield from walk(inner)

    bodies = {op.request for _p, view, _n in router.registry for op in view.operations.values() if op.request}
    assert len(bodies) > 20
    for body in bodies:
        for field in walk(body()):
            related = serializers.RelatedField | serializers.ManyRelatedField
            assert not isinstance(field, related) or isinstance(field, ScopedRelation), (body, field)


def test_a_strangers_user_in_a_custom_field_is_404(api: Api, stranger: World, stages: list[str]) -> None:
    """Custom values of the type user are ids too, which the document cannot tell."""
    services.ensure_custom_field(
        account=api.account, entity="deal", key="gerente", label="Gerente", type="user", origin=SYSTEM
    )
    body = {"title": "Sol", "stage": stages[0], "custom": {"gerente": str(stranger.admin.pk)}}
    problem = assert_not_here(api.post("deals/", body), "custom")
    assert list(problem["errors"]) == ["custom.gerente"]


def test_json_of_a_problem_is_readable(api: Api, theirs: dict[str, str]) -> None:
    """The 404 of a stranger's row and of nobody's row are the same answer."""
    stranger_row = api.get(f"deals/{theirs['Deal']}/")
    nobodys_row = api.get("deals/987654321/")
    assert json.loads(stranger_row.content) == json.loads(nobodys_row.content)
