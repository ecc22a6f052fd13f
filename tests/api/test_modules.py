"""Modules over the API: switched, set and asked for; and shut while "Acesso à API" is off (S2, S3, S4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.contracting import switch_module
from accounts.models import ApiKey, Module, ModuleRequest
from accounts.module_settings import DECLARED, settings_of
from accounts.modules import MODULES, module_on
from tests import factories
from tests.api.conftest import Api
from tests.api.walk import document
from tests.conftest import World

Check = Callable[..., dict[str, Any]]


def path(world: World, slug: str, rest: str = "") -> str:
    return f"modules/{Module.objects.of(world.account).get(slug=slug).pk}/{rest}"


def test_s4_api_off_answers_403_with_the_modules_name_at_every_endpoint(api: Api, world: World) -> None:
    switch_module(account=world.account, slug="api", enabled=False, origin=factories.SYSTEM)
    operations = [
        (verb, re.sub(r"{[^}]+}", "1", route))
        for route, verbs in document()["paths"].items()
        for verb in verbs
        if verb in ("get", "post", "put", "patch", "delete")
    ]
    assert len(operations) > 90
    client = Client(raise_request_exception=True)
    for verb, route in operations:
        if not route.startswith("/api/v1/"):
            continue
        answer = client.generic(
            verb.upper(),
            route,
            data="{}",
            content_type="application/json",
            headers={"Authorization": f"Bearer {api.key}"},
        )
        assert answer.status_code == 403, (verb, route, answer.content)
        assert answer.json()["code"] == "module_off", (verb, route)
        assert str(MODULES["api"].label) in answer.json()["detail"], (verb, route)
    assert ApiKey.unscoped.get().revoked_at is None
    switch_module(account=world.account, slug="api", enabled=True, origin=factories.SYSTEM)
    assert api.get("deals/").status_code == 200, "the key opens again"


def test_s4_a_module_is_switched_with_its_etag(api: Api, world: World, problem: Check) -> None:
    address = path(world, "products")
    etag = api.get(address)["ETag"]
    off = api.patch(address, {"enabled": False}, If_Match=etag)
    assert (off.status_code, off.json()["enabled"]) == (200, False)
    assert off["ETag"] != etag
    problem(api.get("products/"), 403, "module_off")
    problem(api.patch(address, {"enabled": True}, If_Match=etag), 412, "precondition_failed")
    assert api.patch(address, {"enabled": True}).json()["enabled"] is True


def test_s2_what_cannot_go_on_or_off_is_422_in_words(api: Api, world: World, problem: Check) -> None:
    Module.unscoped.filter(slug__in=("white_label", "cpq")).update(enabled=False, contracted=False)
    for slug, enabled in (("tasks", False), ("email", False), ("white_label", True), ("cpq", True)):
        said = problem(api.patch(path(world, slug), {"enabled": enabled}), 422, "not_contracted")
        assert str(MODULES[slug].label) in said["detail"]
    Module.unscoped.filter(slug="cpq").update(contracted=True)
    problem(api.patch(path(world, "cpq"), {"enabled": True}), 422, "not_contracted")
    assert not module_on(world.account, "cpq")
    problem(api.patch(path(world, "cpq"), {"contracted": True}), 400, "unknown_field")


def test_s3_settings_are_read_and_changed(api: Api, world: World, problem: Check) -> None:
    address = path(world, "tasks")
    assert api.get(address).json()["settings"] == {"check_out": False, "radius": 200, "responsibles": False}
    changed = api.patch(address, {"settings": {"radius": 350}})
    assert changed.json()["settings"]["radius"] == 350
    assert settings_of(world.account)["tasks"]["radius"] == 350
    said = problem(api.patch(address, {"settings": {"radius": 1, "nothing": 2}}), 400, "invalid")
    assert set(said["errors"]) == {"settings.radius", "settings.nothing"}
    refused = api.patch(path(world, "white_label"), {"settings": {"confirm_color": "#ffeb00"}})
    assert problem(refused, 400, "invalid")["suggestions"]["confirm_color"].startswith("#")
    for wrong in ([], "x", 3):
        problem(api.patch(address, {"settings": wrong}), 400, "invalid")


def test_s3_the_next_deal_number_over_the_api(api: Api, world: World, problem: Check) -> None:
    address = path(world, "deals")
    assert api.get(address).json()["settings"]["next_number"] == 1
    assert api.patch(address, {"settings": {"next_number": 70}}).json()["settings"]["next_number"] == 70
    assert factories.deal(funnel=world.funnel).number == 70
    said = problem(api.patch(address, {"settings": {"next_number": 70}}), 400, "invalid")
    assert said["suggestions"] == {"next_number": "71"}


def test_s3_settings_that_need_a_contract_are_not_shown_without_it(api: Api, world: World) -> None:
    Module.unscoped.filter(slug="workflow").update(enabled=False, contracted=False)
    assert api.get(path(world, "deals")).json()["settings"] == {}


def test_s2_a_module_is_asked_for_once(api: Api, world: World, problem: Check) -> None:
    Module.unscoped.filter(slug="library").update(enabled=False, contracted=False)
    address = path(world, "library", "request/")
    first = api.post(address, {"text": "Contratos"})
    assert first.status_code == 200
    assert first.json()["requested_at"]
    assert api.post(address).json()["requested_at"] == first.json()["requested_at"]
    assert ModuleRequest.objects.of(world.account).get().text == "Contratos"
    problem(api.post(path(world, "api", "request/")), 422, "not_contracted")


def test_s3_the_document_shows_every_setting() -> None:
    shape = document()["components"]["schemas"]["ModuleShape"]["properties"]["settings"]
    if "$ref" in shape:
        shape = document()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    assert set(shape["properties"]) == {each.key for each in DECLARED.values()}
    assert shape["properties"]["many_funnels"]["enum"] == ["user", "last", "ask"]
    assert all(each["description"] for each in shape["properties"].values())


def test_s2_a_list_of_modules_costs_the_same_for_many(
    api: Api, world: World, django_assert_max_num_queries: Any
) -> None:
    api.get("modules/?limit=1")
    with django_assert_max_num_queries(14):
        api.get("modules/?limit=200")
