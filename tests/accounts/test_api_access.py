"""API keys and problem details (S4, S18)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.keys import digest, issue_key, revoke_key
from accounts.models import ApiKey, AuditEntry, Module
from accounts.modules import module_on
from accounts.origin import Origin
from tests.conftest import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_urls")]


def switch(world: World, on: bool) -> None:
    Module.objects.of(world.account).update_or_create(
        account=world.account, slug="api", defaults={"contracted": True, "enabled": on}
    )


@pytest.fixture
def key(world: World) -> tuple[ApiKey, str]:
    switch(world, True)
    return issue_key(account=world.account, name="ERP", created_by=Origin.user(world.admin))


def get(plain: str | None, path: str = "/api/t/ok/", **headers: str) -> object:
    if plain is not None:
        headers["Authorization"] = f"Bearer {plain}"
    client = Client(raise_request_exception=False)
    return client.get(path, headers={"Accept-Language": "en", **headers})


def test_a_key_opens_its_account(world: World, key: tuple[ApiKey, str]) -> None:
    row, plain = key
    assert get(plain).json() == {"account": world.account.pk, "origin": f"api:{row.pk}"}
    assert plain.startswith("tmd_")
    assert len(plain) == 47
    assert row.digest == digest(plain)
    assert plain not in str(vars(row))
    assert row.prefix == plain[:12]
    entry = AuditEntry.objects.of(world.account).get(action="api_key.issued")
    assert plain not in f"{entry.subject}{entry.data}"


@pytest.mark.parametrize(
    "plain", [None, "", "tmd_", "x" * 10_240, "tmd_" + "x" * 43, "tmd_" + "é" * 43, "' OR 1=1 --"]
)
def test_no_key_no_entry(world: World, key: tuple[ApiKey, str], plain: str | None) -> None:
    answer = get(plain)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 401
    assert problem["code"] in {"not_authenticated", "invalid_key"}


def test_other_schemes_are_refused(key: tuple[ApiKey, str]) -> None:
    assert get(None, Authorization=f"Basic {key[1]}").status_code == 401
    assert get(None, Authorization=f"bearer {key[1]}").status_code == 200


def test_a_revoked_key(world: World, key: tuple[ApiKey, str]) -> None:
    row, plain = key
    revoke_key(key=row, at=timezone.now(), origin=Origin.user(world.admin))
    revoke_key(key=row, at=timezone.now(), origin=Origin.user(world.admin))
    answer = get(plain)
    assert (answer.status_code, answer.json()["code"]) == (401, "revoked_key")
    assert AuditEntry.objects.of(world.account).filter(action="api_key.revoked").count() == 1


def test_module_off_answers_403_with_its_name(world: World, key: tuple[ApiKey, str]) -> None:
    """S4: API off → keys answer 403 with the module's name."""
    switch(world, False)
    assert not module_on(world.account, "api")
    answer = get(key[1])
    assert (answer.status_code, answer.json()["code"]) == (403, "module_off")
    assert "API access" in answer.json()["detail"]


def test_last_use_is_written_once_a_minute(world: World, key: tuple[ApiKey, str]) -> None:
    row, plain = key
    get(plain)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    get(plain)
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiKey.objects.of(world.account).update(last_used_at=first - timedelta(minutes=2))
    get(plain)
    row.refresh_from_db()
    assert row.last_used_at > first - timedelta(seconds=1)


def test_a_session_opens_no_api(world: World) -> None:
    switch(world, True)
    client = Client()
    client.force_login(world.admin)
    assert client.get("/api/t/ok/").status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/t/missing/", 404, "not_found"),
        ("/api/t/denied/", 403, "forbidden"),
        ("/api/t/stale/", 412, "changed_meanwhile"),
        ("/api/t/milk/", 422, "out_of_milk"),
        ("/api/t/breaks/", 500, "server_error"),
        ("/api/breaks", 500, "server_error"),
        ("/api/nothing/here", 404, "not_found"),
    ],
)
def test_problems(key: tuple[ApiKey, str], path: str, status: int, code: str) -> None:
    answer = get(key[1], path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert problem["type"].endswith(code)
    assert problem["title"]
    assert problem["detail"]
    assert ("as palavras" in problem["detail"]) == (code in {"forbidden", "out_of_milk"})
    assert problem.get("missing") == (["leite"] if code == "out_of_milk" else None)


def test_fields_and_bodies(key: tuple[ApiKey, str]) -> None:
    def post(body: str, kind: str = "application/json") -> object:
        headers = {"Authorization": f"Bearer {key[1]}", "Accept-Language": "en"}
        return Client().post("/api/t/ok/", body, content_type=kind, headers=headers)

    invalid = post('{"name": "much too long"}')
    assert (invalid.status_code, invalid.json()["code"]) == (400, "invalid")
    assert list(invalid.json()["errors"]) == ["name"]
    assert post("{").json()["code"] == "parse_error"
    assert post("name=x", "text/csv").json()["code"] == "unsupported_media_type"
    assert post("[]").json()["code"] == "invalid"
    delete = Client().delete("/api/t/ok/", headers={"Authorization": f"Bearer {key[1]}"})
    assert (delete.status_code, delete.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in delete["Allow"]


def test_the_document_says_how_to_sign_in(client: Client) -> None:
    schema = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert schema.status_code == 200
    assert client.get("/api/docs/").status_code == 200
