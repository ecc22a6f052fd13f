"""The rehearsal's private world: the same answers without port, thread or webhook, and forgotten when dropped."""

from __future__ import annotations

import gc
import socket
import threading
import weakref
from typing import Any

import pytest

from integrations.partners.meetime.sandbox_private import PrivateWorld

CATALOG: dict[str, list[dict[str, Any]]] = {
    "cadences": [
        {"id": "71", "name": "Prospecção", "priority": "MEDIUM", "focus": "OUTBOUND"},
        {"id": "72", "name": "Quente", "priority": "VERY_HIGH", "focus": "INBOUND"},
        {"id": "73", "name": "Sem prioridade", "priority": "", "focus": None},
    ],
    "users": [
        {"id": "5", "name": "Ana", "email": "ana@x.com.br", "active": True},
        {"id": "6", "name": "", "email": "inativo@x.com.br", "active": False},
    ],
    "custom_fields": [
        {"id": "90", "key": "cnpj", "name": "CNPJ", "type": "TEXT", "options": []},
        {"id": "91", "key": "porte", "name": "Porte", "type": "SELECT", "options": ["P", "G"]},
    ],
    "lost_reasons": [{"id": "3", "name": "Preço"}],
}
KNOWN = [
    {"email": "ganho@x.com.br", "name": "Ganho", "status": "WON", "cadence_id": "71"},
    {"email": "aberto@x.com.br", "name": "Aberto", "status": "EXECUTING", "cadence_id": "72"},
    {"email": "antigo@x.com.br", "name": "Antigo", "status": "LOST", "cadence_id": "999"},
]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> PrivateWorld:
    """Built where nothing can open a socket or start a thread."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("no socket and no thread in a private world")

    monkeypatch.setattr(socket, "socket", never)
    monkeypatch.setattr(socket, "create_connection", never)
    monkeypatch.setattr(threading.Thread, "start", never)
    return PrivateWorld(CATALOG, KNOWN)


def _send(world: PrivateWorld, cadence: str, **body: Any) -> int:
    return world.request("POST", f"/prospections/cadence/{cadence}/lead", json=body)[0]


def test_x2_the_catalog_is_there_with_its_ids(world: PrivateWorld) -> None:
    status, page = world.request("GET", "/cadences", params={"limit": "100", "start": "0"})
    assert status == 200
    listed = [(row["id"], row["name"], row["priority"], row["cadence_focus"]) for row in page["data"]]
    assert listed == [
        ("71", "Prospecção", "MEDIUM", "OUTBOUND"),
        ("72", "Quente", "VERY_HIGH", "INBOUND"),
        ("73", "Sem prioridade", "MEDIUM", "OUTBOUND"),
        ("999", "", "MEDIUM", "OUTBOUND"),
    ]
    assert page["data"][3]["deleted"] is True
    users = world.request("GET", "/users")[1]["data"]
    assert [(row["id"], row["name"], row["active"]) for row in users] == [
        ("5", "Ana", True),
        ("6", None, False),
    ]
    fields = world.request("GET", "/leads/custom-fields")[1]["data"]
    assert [(row["id"], row["key"], row["options"]) for row in fields] == [
        ("90", "cnpj", []),
        ("91", "porte", ["P", "G"]),
    ]
    assert world.request("GET", "/prospections/lost-reasons")[1]["data"] == [{"id": "3", "name": "Preço"}]


def test_x2_sending_does_what_m32_says(world: PrivateWorld) -> None:
    assert _send(world, "71", name="Volta", email="GANHO@x.com.br", externalReference="1.1") == 200
    assert _send(world, "71", name="Fica", email="aberto@x.com.br", externalReference="2.1") == 200
    assert (
        _send(
            world,
            "71",
            name="Nova",
            email="nova@x.com.br",
            externalReference="3.1",
            salesmanEmail="ana@x.com.br",
            status="EXECUTING",
            customFields={"cnpj": "0123", "porte": "G"},
        )
        == 200
    )
    assert _send(world, "71", name="x", customFields={"porte": "M"}) == 400
    assert _send(world, "999", name="x") == 400
    state = world.state()
    leads = {row["fields"]["email"]: row for row in state["leads"]}
    assert len(leads) == 4
    assert (leads["GANHO@x.com.br"]["status"], leads["GANHO@x.com.br"]["deal"]) == ("WAITING", "1")
    assert (leads["aberto@x.com.br"]["fields"]["name"], leads["aberto@x.com.br"]["deal"]) == ("Aberto", None)
    new = leads["nova@x.com.br"]
    assert new["custom"] == {"cnpj": "0123", "porte": "G"}
    assert (new["status"], new["open"], new["cadence_id"], new["owner_id"]) == ("EXECUTING", True, "71", "5")
    runs = [(row["lead_id"], row["status"]) for row in state["prospections"]]
    assert runs[-1] == (new["id"], "EXECUTING")
    assert len(runs) == 5
    found = world.request("GET", "/leads", params={"email": "nova@x.com.br"})[1]["data"]
    assert [(row["id"], row["external_reference"]) for row in found] == [(new["id"], "3.1")]
    assert world.request("GET", f"/prospections?lead_id={new['id']}")[1]["size"] == 1


def test_x2_signing_in_errors_and_pace_are_as_over_http(world: PrivateWorld) -> None:
    assert world.request("GET", "/company", headers={"authorization": "outro"})[0] == 401
    assert world.request("GET", "/company", headers={"Authorization": world.token})[0] == 200
    assert world.request("GET", "/nowhere") == (404, {"error": "Not Found"})
    assert world.request("POST", "/company") == (405, {"error": "Method Not Allowed"})
    assert world.request("GET", "/leads", params={"limit": "101"}) == (400, "limit must be at most 100")
    assert {world.request("GET", "/company")[0] for _ in range(300)} == {200}


def test_x2_webhooks_are_taken_and_not_delivered(world: PrivateWorld) -> None:
    order = {"target_url": "http://127.0.0.1:9/", "events": ["LEAD.WON"], "enabled": True, "secret": "s"}
    status, hook = world.request("POST", "/webhooks", json=order)
    assert status == 201
    _send(world, "71", name="Nova", email="nova@x.com.br", externalReference="3.1")
    run = world.state()["prospections"][-1]["id"]
    assert world.request("PUT", f"/prospections/{run}", json={"status": "WON"})[0] == 200
    assert world.state()["leads"][-1]["status"] == "WON"
    assert world.request("DELETE", f"/webhooks/{hook['id']}") == (204, None)


def test_x2_the_crm_interface_is_there_too(world: PrivateWorld) -> None:
    funnel = {"name": "Vendas", "stages": [{"id": "1", "name": "A"}], "lostReasons": []}
    assert world.request("PUT", "/crm/funnels/8", json=funnel)[0] == 200
    assert world.request("PUT", "/crm/deals/3", json={"funnelId": "8", "stageId": "1"})[0] == 200
    state = world.state()
    assert state["funnels"] == [{"id": "8", **funnel}]
    assert state["deals"] == [{"id": "3", "funnel_id": "8", "stage_id": "1", "message": None}]


def test_x2_worlds_know_nothing_of_each_other_and_are_forgotten(world: PrivateWorld) -> None:
    other = PrivateWorld(CATALOG)
    _send(other, "71", name="Só aqui", email="so@x.com.br")
    assert len(other.state()["leads"]) == 1
    assert len(world.state()["leads"]) == 3
    account = weakref.ref(other._account)
    assert account() is not None
    del other
    gc.collect()
    assert account() is None


def test_x2_fields_as_our_catalog_names_them(world: PrivateWorld) -> None:
    rows = [
        {"id": "90", "key": "custom.cnpj", "name": "CNPJ", "type": "text", "options": []},
        {"id": "91", "key": "custom.porte", "name": "Porte", "type": "select", "options": ["P", "G"]},
        {"id": "native.site", "key": "native.site", "name": "Site", "type": "text", "options": []},
    ]
    named = PrivateWorld({**CATALOG, "custom_fields": rows})
    told = named.request("GET", "/leads/custom-fields")[1]["data"]
    assert told == world.request("GET", "/leads/custom-fields")[1]["data"]
    assert _send(named, "71", name="x", site="https://x", customFields={"porte": "M"}) == 400
    assert _send(named, "71", name="x", site="https://x", customFields={"porte": "G"}) == 200
    lead = named.state()["leads"][0]
    assert (lead["fields"]["site"], lead["custom"]["porte"]) == ("https://x", "G")


def test_x2_an_id_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        PrivateWorld({"cadences": [{"id": "c-1", "name": "x"}]})
