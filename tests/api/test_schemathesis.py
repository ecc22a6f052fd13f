"""S18: whatever the OpenAPI document allows or forbids is sent; no answer is a 5xx of ours or undocumented.

Operations come from the document, so new ones are tried without a word here. `make schemathesis` tries more:
SCHEMATHESIS_EXAMPLES cases an operation and kind of data, SCHEMATHESIS_SEED chooses others, SCHEMATHESIS_ONLY a
part of the operation's id.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from config.wsgi import application
from tests.api.conftest import Api
from tests.api.walk import document, furnish
from tests.conftest import World

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "18"))
ONLY = os.environ.get("SCHEMATHESIS_ONLY", "")
NOBODY = "987654321987654321"  # an id that no row has
DOCUMENTED = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
LONGEST = 600  # of what is told of one failure
REMOTE = {502, 503}  # the partner's fault, and documented where it can happen


def with_ids(document: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The document whose requests name rows of the account, or nobody's, wherever an id is asked for."""

    def planted(node: Any) -> Any:
        if isinstance(node, list):
            return [planted(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "x-of" in node:
            known = ids.get(node["x-of"])
            return {"type": "string", "enum": [known, NOBODY] if known else [NOBODY]}
        return {name: planted(each) for name, each in node.items()}

    whole = copy.deepcopy(document)
    for methods in whole["paths"].values():
        for operation in methods.values():
            for part in ("parameters", "requestBody"):
                if part in operation:
                    operation[part] = planted(operation[part])
    schemas = whole["components"]["schemas"]
    for name in list(schemas):
        if name.endswith("Request"):
            schemas[name] = planted(schemas[name])
    return whole


def operations(whole: dict[str, Any]) -> Iterator[Any]:
    for result in schemathesis.openapi.from_dict(whole).get_all_operations():
        operation = result.ok()
        operation.app = application
        if ONLY in operation.definition.raw["operationId"]:
            yield operation


def tried(operation: Any, mode: GenerationMode, api: Api, sent: list[int]) -> None:
    """EXAMPLES cases of one operation, each undone after its answer."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {api.key}"})
            transaction.set_rollback(True)
        sent.append(response.status_code)
        wanted = DOCUMENTED[1:] if response.status_code in REMOTE else DOCUMENTED
        case.validate_response(response, checks=wanted)

    one()


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A request does not close the test's transaction with its connection, as in Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.timeout(0 if EXAMPLES > 2 else 600)
@pytest.mark.usefixtures("one_connection")
@pytest.mark.last_store
def test_s18_every_operation_answers_only_what_it_documents(
    api: Api, world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATE = 0
    settings.PARTNER_URLS = {"meetime": "http://127.0.0.1:9"}  # nobody listens: a partner that is away
    cache.clear()
    whole = with_ids(document(), furnish(world))
    failed, statuses, count = [], [], 0
    for operation in operations(whole):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                tried(operation, mode, api, statuses)
            except (FailureGroup, Failure) as failure:
                each = getattr(failure, "exceptions", [failure])
                failed += [f"{operation.label} {mode.value}: {str(one)[:LONGEST]}" for one in each]
            except schemathesis.errors.SchemathesisError as refusal:
                if "negative" not in str(refusal).lower():  # an operation without input has no bad input
                    raise
        count += 1
    if failed:
        pytest.fail("\n\n".join(failed), pytrace=False)
    assert ONLY or count > 90
    assert ONLY or {200, 201, 204, 400, 404, 409, 422} <= set(statuses)
    assert django_settings.API_RATE == 0
