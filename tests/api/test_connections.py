"""A connection from nothing to a lead at the partner, by API alone, against the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Module
from integrations.engine import caller, catalog, clock, pace, pump
from integrations.models import Connection, LinkedUser, OutboxAction
from integrations.partners.meetime import setup
from integrations.sandbox.server import Sandbox
from tests.api.conftest import Api
from tests.conftest import World
from tests.engine.conftest import TOKEN, _sandbox, sandbox  # noqa: F401  # fixtures
from tests.factories import SYSTEM

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def there(sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Sandbox:  # noqa: F811
    settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    caller.door.cache_clear()
    monkeypatch.setattr(pace, "reserve", lambda **_given: 0.0)
    return sandbox


def test_g1_partners_say_what_they_ask_for(api: Api) -> None:
    """G1, G3, G7, M1: the declaration is all that an integrator needs for the first steps."""
    listed = api.get("partners/").json()["results"]
    meetime = api.get("partners/meetime/").json()
    assert meetime in listed
    assert meetime["missing_modules"] == []
    assert [field["name"] for field in meetime["credentials"]] == ["token"]
    assert "Integrações" in meetime["credentials"][0]["help"]
    assert {flow["slug"]: flow["available"] for flow in meetime["flows"]}["centralisation"] is True
    action = meetime["automation_actions"][0]
    assert action["triggers"] == ["entered", "reopened"]
    assert {each["name"]: each["catalog"] for each in action["parameters"]} == {
        "cadence": "cadences",
        "start": None,
    }
    Module.unscoped.filter(slug="workflow").update(enabled=False)
    assert api.get("partners/meetime/").json()["missing_modules"] == ["workflow"]


def test_m1_to_m8_from_nothing_to_a_lead(
    api: Api, world: World, stages: list[str], problem: Check, there: Sandbox
) -> None:
    """M1–M5, M7, M8, M21, M24, M25, M27, M28, X1, X4: the activation and the first lead."""
    asked = {"partner": "meetime", "flow": "centralisation"}
    connection = api.made("connections/", asked)
    again = api.post("connections/", asked)
    assert (again.status_code, again.json()["id"]) == (200, connection["id"])
    path = f"connections/{connection['id']}/"
    for body in ({"partner": "nobody"}, {"partner": "meetime", "flow": "other"}, {"partner": "meetime"}):
        problem(api.post("connections/", body), 400, "invalid")

    problem(api.post(f"{path}enable/"), 409, "wrong_state")
    problem(api.patch(f"{path}settings/", {"funnels": []}), 409, "wrong_state")
    problem(api.post(f"{path}validate/", {"credentials": {"token": "wrong"}}), 422, "credentials_denied")
    problem(api.post(f"{path}validate/", {"credentials": {}}), 422, "credentials_denied")
    slip = problem(api.post(f"{path}validate/", {"credentials": {"tokn": "x"}}), 400, "unknown_field")
    assert list(slip["errors"]) == ["credentials.tokn"]
    validated = api.post(f"{path}validate/", {"credentials": {"token": TOKEN}}, Idempotency_Key="v1")
    assert validated.json()["state"] == "validated"
    assert TOKEN not in validated.content.decode()
    assert (
        api.post(f"{path}validate/", {"credentials": {"token": TOKEN}}, Idempotency_Key="v1").json()
        == validated.json()
    )
    assert api.post(f"{path}enable/").json()["state"] == "enabled"
    missing = problem(api.post(f"{path}activate/"), 409, "not_ready")
    assert len(missing["missing"]) == 2

    profile = next(row for row in api.get("profiles/").json()["results"] if not row["is_administrator"])
    funnel = str(world.funnel.pk)
    chosen = api.patch(f"{path}settings/", {"funnels": [funnel], "default_profile": profile["id"]})
    assert (
        chosen.json()
        == {"funnels": [funnel], "default_profile": profile["id"], "won_stage": None, "version": 5}
        == api.get(f"{path}settings/").json()
    )
    # Two who read the same settings: the later one is told, whoever changed them and by whatever road.
    seen = api.get(f"{path}settings/")["ETag"]
    assert seen == chosen["ETag"] == api.get(path)["ETag"]
    setup.allow_funnels(connection=Connection.unscoped.get(pk=connection["id"]), funnels=[], origin=SYSTEM)
    problem(api.patch(f"{path}settings/", {"funnels": []}, If_Match=seen), 412, "precondition_failed")
    assert api.patch(f"{path}settings/", {"funnels": [funnel]}, If_Match='W/"6"')["ETag"] == 'W/"7"'

    wanted = api.post(f"{path}catalog/cadences/")
    assert wanted.status_code == 202
    assert wanted.json()["wanted_at"]
    problem(api.post(f"{path}catalog/nothing/"), 404, "not_found")
    problem(api.get(f"{path}catalog/nothing/"), 404, "not_found")
    row = Connection.unscoped.get(pk=connection["id"])
    for kind in ("cadences", "users"):
        catalog.refresh(row, kind, now=clock.now())
    shelves = {shelf["kind"]: shelf for shelf in api.get(f"{path}catalog/").json()["results"]}
    assert shelves["cadences"]["read_at"]
    assert shelves["lost_reasons"]["read_at"] is None
    cadence = api.get(f"{path}catalog/cadences/").json()["results"][0]["their_id"]
    assert api.post(f"{path}activate/").json()["state"] == "active"

    win = api.made(f"{path}win-actions/", {"funnel": funnel, "cadence": cadence, "action": "win"})
    twin = {"funnel": funnel, "cadence": cadence, "action": "keep"}
    problem(api.post(f"{path}win-actions/", twin), 422, "not_allowed")
    problem(api.patch(f"{path}win-actions/{win['id']}/", {"action": "move"}), 422, "not_allowed")
    moved = api.patch(
        f"{path}win-actions/{win['id']}/", {"action": "move", "stage": stages[2]}, If_Match='W/"1"'
    )
    assert (moved.json()["stage"], moved["ETag"]) == (stages[2], 'W/"2"')
    problem(api.delete(f"{path}win-actions/{win['id']}/", If_Match='W/"1"'), 412, "precondition_failed")
    assert api.delete(f"{path}win-actions/{win['id']}/").status_code == 204

    automation = {
        "funnel": funnel,
        "stage": stages[1],
        "description": "Enviar",
        "trigger": "entered",
        "connection": connection["id"],
        "action": "meetime.send_lead",
        "parameters": {"cadence": cadence, "start": "now"},
        "filters": {"all": True, "rules": []},
    }
    condition = {"all": True, "rules": [{"field": "deal.gone", "operator": "is", "value": "1"}]}
    for change, field, words in (
        ({"trigger": "won"}, "trigger", "won"),
        ({"parameters": {"cadence": "0", "start": "now"}}, "parameters.cadence", "Cadence"),
        ({"parameters": {"cadence": cadence, "start": "now", "x": "1"}}, "parameters.x", "“x”"),
        ({"action": "bogus"}, "action", "bogus"),
        ({"action": "bogus", "connection": None}, "action", "bogus"),
        ({"connection": None}, "connection", "Meetime"),
        ({"filters": condition}, "filters.rules.0.field", "does not exist"),
    ):
        sent = api.post("automations/", {**automation, **change}, Accept_Language="en")
        said = problem(sent, 422, "not_allowed")
        assert list(said["errors"]) == [field]
        assert words in said["errors"][field][0]
    unknown = {"all": True, "rules": [{"field": "x", "operator": "is", "value": "1", "extra": 1}]}
    assert "extra" in str(
        problem(api.post("automations/", {**automation, "filters": unknown}), 400, "unknown_field")
    )
    first, second = (api.made("automations/", automation) for _twice in range(2))
    assert (first["stopped"], first["order"], second["order"]) == ("", 0, 1)
    order = {"funnel": funnel, "automations": [second["id"], first["id"]]}
    assert api.post("automations/order/", order).status_code == 204
    problem(api.post("automations/order/", {**order, "automations": [first["id"]]}), 422, "not_allowed")
    twice = {**order, "automations": [second["id"], first["id"], second["id"]]}
    refused = problem(api.post("automations/order/", twice), 400, "invalid")
    assert list(refused["errors"]) == ["automations"]
    assert api.get(f"automations/{second['id']}/").json()["order"] == 0
    off = api.patch(f"automations/{second['id']}/", {"enabled": False})
    assert off.json()["enabled"] is False
    assert api.delete(f"automations/{second['id']}/").status_code == 204

    ana = api.made("persons/", {"name": "Ana", "email": "ana@sol.example"})
    owner = str(LinkedUser.unscoped.filter(connection=row).values_list("user_id", flat=True)[0])
    assert api.get(f"users/{owner}/").json()["profile"] == profile["id"]
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0], "person": ana["id"], "owner": owner})
    assert api.get(f"leads/?deal={deal['id']}").json()["results"] == []
    api.post(f"deals/{deal['id']}/move/", {"stage": stages[1]})
    pump.drain()
    lead = api.get(f"leads/?deal={deal['id']}").json()["results"][0]
    assert (lead["person"], lead["connection"], lead["run"]) == (ana["id"], connection["id"], 1)
    sent = api.get(f"outbox/?deal={deal['id']}").json()["results"][0]
    assert sent["state"] == "done", sent
    problem(api.post(f"outbox/{sent['id']}/replay/"), 422, "not_allowed")
    OutboxAction.unscoped.filter(pk=sent["id"]).update(state="refused")
    assert api.post(f"outbox/{sent['id']}/replay/").json()["state"] == "waiting"
    exchange = api.get(f"exchanges/?connection={connection['id']}&order=newest").json()["results"][0]
    assert "request_body" not in exchange
    whole = api.get(f"exchanges/{exchange['id']}/")
    assert TOKEN not in whole.content.decode()
    assert "response_body" in whole.json()
    told = api.get(f"deals/{deal['id']}/explain/").json()["results"][0]
    assert told["partner"] == "meetime"
    assert told["headline"]
    assert any(rule["row"] for rule in told["then"] + told["tried"])

    for step, state in (("pause", "paused"), ("resume", "active"), ("deactivate", "inactive")):
        assert api.post(f"{path}{step}/").json()["state"] == state
    problem(api.post(f"{path}pause/"), 409, "wrong_state")
    ended = api.get(path).json()
    anew = api.made("connections/", {"partner": "meetime", "flow": "won_leads"})
    assert (anew["id"], anew["state"], anew["version"]) == (ended["id"], "draft", ended["version"] + 1)
    other = api.post("connections/", {"partner": "meetime", "flow": "centralisation"}).json()
    assert (other["id"], other["version"]) == (ended["id"], ended["version"] + 2)


def test_a_partner_that_cannot_be_reached_is_503(
    api: Api, problem: Check, there: Sandbox, settings: Any
) -> None:
    """M3: unreachable is worded apart from invalid."""
    connection = api.made("connections/", {"partner": "meetime", "flow": "centralisation"})
    settings.PARTNER_URLS = {"meetime": "http://127.0.0.1:9/meetime/v2"}
    caller.door.cache_clear()
    answer = api.post(f"connections/{connection['id']}/validate/", {"credentials": {"token": "x"}})
    problem(answer, 503, "partner_unavailable")


def test_throttled_says_when_to_come_back(api: Api, problem: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110 Retry-After, in the header and in the problem."""
    from integrations.contract import Throttled
    from integrations.engine import life

    def slow(**_given: Any) -> None:
        raise Throttled("Slowly.", after=7)

    connection = api.made("connections/", {"partner": "meetime", "flow": "centralisation"})
    monkeypatch.setattr(life, "validate", slow)
    answer = api.post(f"connections/{connection['id']}/validate/", {"credentials": {"token": "x"}})
    assert problem(answer, 503, "partner_throttled")["retry_after"] == 7
    assert answer["Retry-After"] == "7"
