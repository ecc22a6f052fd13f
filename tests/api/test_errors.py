"""Every refusal has its status, its stable code and a sentence in the caller's language (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, Module
from accounts.rest.parsing import MAX_BODY
from accounts.sent_bodies import MOST
from funnels.models import Person
from tests.api.conftest import Api
from tests.factories import SYSTEM

Check = Callable[..., dict[str, Any]]


def raw(api: Api, body: bytes, content_type: str = "application/json", path: str = "/api/v1/persons/") -> Any:
    headers = {"Authorization": f"Bearer {api.key}"}
    return api.client.generic("POST", path, data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"name": ' + b"9" * 5000 + b"}",
        b'{"name": "Ana", "phones": [1e400]}',
        b'{"name": "Ana", "phones": [-Infinity]}',
        b'{"name": "Ana", "custom": {"a": "1", "a": "2"}}',
    ],
)
def test_what_is_not_a_json_object_is_malformed(api: Api, problem: Check, body: bytes) -> None:
    problem(raw(api, body), 400, "malformed")
    assert Person.unscoped.count() == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b'{"name": "Ana", "phones": [1e400]}',
            "“1e400” is not a number that can be kept. Send a finite one.",
        ),
        (b'{"name": "Ana", "phones": [NaN]}', "“NaN” is not a number that can be kept. Send a finite one."),
        (b'{"name": "Ana", "name": "Bia"}', "The body names “name” twice. Name each field once."),
        (
            b'{"name": "A", "\\ud800": 1, "\\ud800": 2}',
            "The body names “\\ud800” twice. Name each field once.",
        ),
    ],
)
def test_what_has_no_single_reading_is_malformed_and_said(
    api: Api, problem: Check, body: bytes, words: str
) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Accept-Language": "en"}
    answer = api.client.post("/api/v1/persons/", data=body, content_type="application/json", headers=headers)
    assert problem(answer, 400, "malformed")["detail"] == words
    assert Person.unscoped.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name": "\\ud800"}', "name"),
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "Ana", "phones": ["1", "a\\u0000"]}', "phones"),
        (b'{"name": "Ana", "custom": {"apelido": "\\udfff"}}', "custom.apelido"),
        (b'{"name\\u0000": "a"}', "name\0"),
        (b'{"name": "Ana", "\\ud800": "a"}', "\\ud800"),
    ],
)
def test_a_character_that_cannot_be_kept_names_its_field(
    api: Api, problem: Check, body: bytes, field: str
) -> None:
    """NUL and half a surrogate pair are legal JSON; a whole pair is a character like any other."""
    assert list(problem(raw(api, body), 400, "invalid")["errors"]) == [field]
    assert Person.unscoped.count() == 0
    assert raw(api, b'{"name": "\\ud83d\\ude00"}').json()["name"] == "\N{GRINNING FACE}"


def test_media_type_and_size(api: Api, problem: Check) -> None:
    problem(raw(api, b"name=Ana", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")
    problem(raw(api, b"<a/>", "text/xml"), 415, "unsupported_media_type")
    for size in (MAX_BODY, MOST, 10 * MAX_BODY):
        answer = raw(api, b'{"name": "' + b"a" * size + b'"}')
        problem(answer, 413, "too_large")
        assert answer["RateLimit-Limit"]
    problem(raw(api, b"x" * (MOST + 1), path="/api/v1/persons/bulk/"), 413, "too_large")
    assert raw(api, b'{"name": "Ana"}', "application/json; charset=utf-8").status_code == 201


def test_fields_that_are_unknown_wrong_or_missing_are_named(
    api: Api, problem: Check, stages: list[str]
) -> None:
    unknown = problem(api.post("persons/", {"name": "Ana", "nome": "x", "id": "1"}), 400, "unknown_field")
    assert sorted(unknown["errors"]) == ["id", "nome"]
    assert "name" in problem(api.post("persons/", {}), 400, "invalid")["errors"]
    assert "email" in problem(api.post("persons/", {"name": "A", "email": "x"}), 400, "invalid")["errors"]
    for amount in ("1.234,56", "1e400", "NaN", [], "9" * 40):
        body = {"title": "Sol", "stage": stages[0], "amount": amount}
        assert "amount" in problem(api.post("deals/", body), 400, "invalid")["errors"], amount
    for stage in ("abc", True, 1.5, None, {}, [], "", "-1"):
        answer = problem(api.post("deals/", {"title": "Sol", "stage": stage}), 400, "invalid")
        assert "stage" in answer["errors"], stage
    for related in ("7", {"a": 1}, ["x"], [None], list(range(1, 300))):
        body = {"title": "Sol", "stage": stages[0], "related": related}
        assert "related" in problem(api.post("deals/", body), 400, "invalid")["errors"], related
    answer = problem(
        api.post("deals/", {"title": "S", "stage": stages[0], "custom": {"x": "1"}}), 400, "invalid"
    )
    assert list(answer["errors"]) == ["custom.x"]
    problem(api.post("interaction-records/", {"text": "about nobody"}), 400, "invalid")
    problem(api.post("fields/", {"entity": "deal", "label": "Cor", "type": "options"}), 400, "invalid")


def test_a_field_or_reason_that_exists_is_a_conflict(api: Api, problem: Check, stages: list[str]) -> None:
    body = {"entity": "person", "label": "Apelido", "type": "text"}
    api.made("fields/", body)
    problem(api.post("fields/", body), 409, "already_exists")
    funnel = api.get(f"stages/{stages[0]}/").json()["funnel"]
    api.made("loss-reasons/", {"funnel": funnel, "name": "Preço"})
    problem(api.post("loss-reasons/", {"funnel": funnel, "name": "preço"}), 409, "already_exists")
    stranger = {"name": "Ana", "custom": {"apelido": "Aninha"}}
    assert api.made("persons/", stranger)["custom"] == {"apelido": "Aninha"}


def test_nothing_opens_without_a_good_key(api: Api, problem: Check) -> None:
    """S4: keys, and the module that they need."""
    bare = Client()
    answer = bare.get("/api/v1/deals/")
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    for authorization in ("Bearer nonsense", f"Basic {api.key}", f"Bearer {api.key[:-1]}x"):
        problem(bare.get("/api/v1/deals/", headers={"Authorization": authorization}), 401, "invalid_key")
    Module.unscoped.filter(slug="api").update(enabled=False)
    problem(api.get("deals/"), 403, "module_off")
    Module.unscoped.filter(slug="api").update(enabled=True)
    keys.revoke_key(key=ApiKey.unscoped.get(), at=timezone.now(), origin=SYSTEM)
    problem(api.get("deals/"), 401, "revoked_key")


def test_s4_a_module_that_is_off_hides_its_endpoints(api: Api, problem: Check) -> None:
    Module.unscoped.filter(slug="workflow").update(enabled=False)
    assert problem(api.get("automations/"), 403, "module_off")["module"] == "workflow"
    Module.unscoped.filter(slug="deals").update(enabled=False)
    for path in ("deals/", "funnels/", "stages/", "loss-reasons/", "checklist-items/"):
        assert problem(api.get(path), 403, "module_off")["module"] == "deals", path
    assert api.get("persons/").status_code == 200


def test_addresses_and_methods(api: Api, problem: Check, stages: list[str]) -> None:
    for path in ("nothing/", "deals/abc/", "deals/1/nothing/", "deals/0/", "partners/nobody/", ""):
        problem(api.get(path), 404, "not_found")
    problem(api.send("PUT", "deals/", {}), 405, "method_not_allowed")
    problem(api.send("OPTIONS", "deals/"), 405, "method_not_allowed")
    problem(api.delete("fields/1/"), 405, "method_not_allowed")
    slashless = api.post("/api/v1/deals", {"title": "Sol", "stage": stages[0]})
    assert slashless.status_code == 201
    assert api.get(f"/api/v1/deals/{slashless.json()['id']}").status_code == 200
    assert api.get("deals/", Accept="text/html").status_code == 200
    assert api.send("HEAD", "deals/").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_an_unknown_address_is_404_with_and_without_a_key(api: Api, problem: Check, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for headers in ({"Authorization": f"Bearer {api.key}"}, {}):
        for path in ("nope/", "persons/45/nope/", "nope"):
            answer = client.generic(method, f"/api/v1/{path}", data="{}", headers=headers)
            problem(answer, 404, "not_found")


def test_sentences_follow_accept_language(api: Api) -> None:
    """Both languages; the code is the same."""
    answers = {}
    for language, marker in (("pt-BR,pt;q=0.9,en;q=0.5", "pt-br"), ("en-GB,en", "en"), ("fr", "pt-br")):
        response = api.post("persons/", {}, Accept_Language=language)
        assert response["Content-Language"] == marker
        body = response.json()
        assert body["code"] == "invalid"
        answers[language] = body["errors"]["name"][0]
    assert answers["en-GB,en"] == "This field is required."
    assert answers["fr"] == answers["pt-BR,pt;q=0.9,en;q=0.5"] == "Este campo é obrigatório."
