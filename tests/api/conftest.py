"""Callers of the API: one with a key of the world's account, one with a stranger's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from accounts import keys
from accounts.models import Account, Module
from accounts.modules import MODULES
from funnels.models import Funnel
from tests.conftest import World
from tests.factories import SYSTEM


@dataclass(kw_only=True)
class Api:
    """Speaks JSON with one account's key; paths are below /api/v1/."""

    account: Account
    key: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        address = path if path.startswith("/") else f"/api/v1/{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = "" if body is None else json.dumps(body)
        return self.client.generic(
            method,
            address,
            data=data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}", **named},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def made(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        response = self.post(path, body, **headers)
        assert response.status_code == 201, response.content.decode()
        return dict(response.json())


def caller(account: Account) -> Api:
    """Modules on and a key issued."""
    for module in MODULES.values():
        Module.unscoped.update_or_create(
            account=account, slug=module.slug, defaults={"contracted": True, "enabled": True}
        )
    _key, plain = keys.issue_key(account=account, name="Integrador", created_by=SYSTEM)
    return Api(account=account, key=plain)


@pytest.fixture
def api(world: World) -> Api:
    return caller(world.account)


@pytest.fixture
def stranger_api(stranger: World) -> Api:
    return caller(stranger.account)


@pytest.fixture
def stages(world: World) -> list[str]:
    funnel = world.funnel
    assert isinstance(funnel, Funnel)
    return [str(stage.pk) for stage in funnel.stages.all()]


@pytest.fixture
def problem() -> Callable[..., dict[str, Any]]:
    """Asserts that an answer is a problem of this status and code; gives its body."""

    def check(response: Any, status: int, code: str) -> dict[str, Any]:
        assert response.status_code == status, response.content.decode()
        assert response["Content-Type"] == "application/problem+json"
        body = dict(response.json())
        assert (body["status"], body["code"]) == (status, code), body
        assert body["title"]
        assert body["detail"]
        return body

    return check
