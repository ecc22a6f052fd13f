"""The OpenAPI document is valid 3.1, complete, and true."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema

from tests.api.conftest import Api
from tests.api.walk import address, document, furnish, operations
from tests.conftest import World

NOT_BUILT = (
    "triggers",
    "conversations",
    "dialer",
)


def test_it_is_valid_and_without_warnings() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1")
    validate_schema(document())


def test_every_operation_is_described_with_its_errors() -> None:
    """A summary, a key, and problems for what can go wrong; each operation has its own id."""
    whole, ids = document(), []
    for path, method, operation in operations(whole):
        where = f"{method} {path}"
        ids.append(operation["operationId"])
        assert operation["summary"], where
        assert operation["security"] == [{"apiKey": []}], where
        responses = operation["responses"]
        assert any(code.startswith("2") for code in responses), where
        wanted = {"400", "401", "403"}
        headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
        if "{" in path:
            wanted.add("404")
        if method == "POST":
            wanted |= {"409", "413", "415", "422"}
            assert "Idempotency-Key" in headers, where
        if "If-Match" in headers:
            wanted.add("412")
        assert wanted <= set(responses), where
        for code, response in responses.items():
            if code >= "400":
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, where
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                assert parameter["description"], (where, parameter["name"])
    assert len(ids) == len(set(ids))
    assert not [path for path in whole["paths"] for word in NOT_BUILT if word in path]


def test_answers_have_the_shape_that_the_document_says(api: Api, world: World) -> None:
    """Every GET of a furnished account is validated against its own schema."""
    from jsonschema import Draft202012Validator

    ids, whole, checked = furnish(world), document(), 0
    for path, method, operation in operations(whole):
        if method != "GET":
            continue
        target = address(path, ids, operation.get("parameters", []))
        content = operation["responses"]["200"]["content"]
        if "application/json" not in content:
            continue  # a file's bytes
        schema = content["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": whole["components"]})
        answer: Any = api.get(target).json()
        assert not [f"{e.json_path}: {e.message}" for e in validator.iter_errors(answer)], target
        checked += 1
    assert checked > 38


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/api/docs/?script="])
def test_document_and_pages_are_open(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.content


def test_no_value_fits_two_alternatives_of_which_one_is_anything() -> None:
    """X6: null is both null and any value, so a strict reader refuses it."""

    def walked(node: Any) -> None:
        if isinstance(node, dict):
            assert {} not in node.get("oneOf", [])
            node = list(node.values())
        for each in node if isinstance(node, list) else []:
            walked(each)

    walked(document())


def test_a_change_that_a_rule_can_refuse_declares_it() -> None:
    """S8."""
    assert "422" in document()["paths"]["/api/v1/requirements/{id}/"]["patch"]["responses"]
