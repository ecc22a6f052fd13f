"""The whole CRM story by API alone: set-up, people, a card from its first stage to won, and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funnels import services
from funnels.models import Change
from tests.api.conftest import Api
from tests.conftest import World
from tests.factories import SYSTEM


def test_s8_m41_a_card_from_its_first_stage_to_the_end(
    api: Api, world: World, problem: Callable[..., Any]
) -> None:
    """S8, M41: everything that a seller does on the board an integrator does by API."""
    funnel = api.made("funnels/", {"name": "Vendas", "stages": ["Entrada", "Proposta"]})
    entry, proposal = (stage["id"] for stage in funnel["stages"])
    closing = api.made("stages/", {"funnel": funnel["id"], "name": "Fechamento"})
    reason = api.made("loss-reasons/", {"funnel": funnel["id"], "name": "Preço"})
    item = api.made("checklist-items/", {"stage": entry, "text": "Ligar antes"})
    field = api.made("fields/", {"entity": "deal", "label": "Número de lojas", "type": "integer"})
    assert field["key"] == "numero_de_lojas"

    company = api.made(
        "companies/", {"name": "Padaria Sol", "document": "12345678000195", "phones": ["11 3333-4444"]}
    )
    ana = api.made(
        "persons/",
        {"name": "Ana", "email": "ana@sol.example", "phones": ["(11) 98888-7777"], "company": company["id"]},
    )
    bia = api.made("persons/", {"name": "Bia"})
    deal = api.made(
        "deals/",
        {
            "title": "Padaria Sol",
            "stage": entry,
            "person": ana["id"],
            "company": company["id"],
            "related": [bia["id"]],
            "owner": str(world.seller.pk),
            "amount": "1234.56",
            "custom": {"numero_de_lojas": "3"},
        },
    )
    path = f"deals/{deal['id']}/"
    assert deal["status"] == "open"
    assert deal["amount"] == "1234.56"
    assert deal["related"] == [bia["id"]]
    assert deal["custom"] == {"numero_de_lojas": "3"}
    assert deal["funnel"] == funnel["id"]
    assert api.get(path).json() == deal

    blocked = problem(api.post(f"{path}move/", {"stage": proposal}), 409, "checklist_pending")
    assert blocked["missing"] == ["Ligar antes"]
    assert api.post(f"{path}checklist/", {"item": item["id"]}).status_code == 200
    moved = api.post(f"{path}move/", {"stage": proposal}).json()
    assert moved["stage"] == proposal

    changed = api.patch(
        path, {"title": "Padaria Sol e Lua", "related": [], "custom": {"numero_de_lojas": "4"}}
    ).json()
    assert (changed["title"], changed["related"], changed["custom"]) == (
        "Padaria Sol e Lua",
        [],
        {"numero_de_lojas": "4"},
    )

    lost = api.post(f"{path}lose/", {"loss_reason": reason["id"], "note": "caro"}).json()
    assert (lost["status"], lost["loss_reason"], lost["loss_note"]) == ("lost", reason["id"], "caro")
    problem(api.post(f"{path}move/", {"stage": closing["id"]}), 422, "not_allowed")
    reopened = api.post(f"{path}reopen/", {"stage": closing["id"]}).json()
    assert (reopened["status"], reopened["stage"], reopened["loss_reason"]) == ("open", closing["id"], None)
    assert api.post(f"{path}win/").json()["status"] == "won"

    record = api.made(
        "interaction-records/",
        {"type": "phone", "text": "Falou com Ana", "deal": deal["id"], "person": ana["id"]},
    )
    assert record["origin"].startswith("api:")
    task = api.made("tasks/", {"title": "Emitir nota", "deal": deal["id"], "assignee": str(world.seller.pk)})
    assert api.post(f"tasks/{task['id']}/complete/").json()["done_at"]
    assert api.delete(f"loss-reasons/{reason['id']}/").status_code == 204
    assert api.get("loss-reasons/?funnel=" + funnel["id"]).json()["results"] == []

    assert api.delete(path).status_code == 204
    assert api.get("deals/").json()["results"] == []
    gone = api.get("deals/?include_deleted=true").json()["results"]
    assert [(row["id"], bool(row["deleted_at"])) for row in gone] == [(deal["id"], True)]
    problem(api.patch(path, {"title": "x"}), 404, "not_found")
    kinds = set(Change.unscoped.filter(deal_id=deal["id"], entity="deal").values_list("kind", "origin_kind"))
    assert {kind for kind, _origin in kinds} >= {
        "created",
        "moved",
        "updated",
        "lost",
        "reopened",
        "won",
        "deleted",
    }
    assert {origin for _kind, origin in kinds} == {"api"}


def test_m15_people_are_found_by_email_phone_and_name(api: Api, problem: Callable[..., Any]) -> None:
    """M15: an e-mail is one person's; phones are found with and without the ninth digit."""
    ana = api.made(
        "persons/", {"name": "Ana Ávila", "email": "Ana@Sol.example", "phones": ["+55 11 98888-7777"]}
    )
    taken = problem(api.post("persons/", {"name": "Outra", "email": "ana@sol.example"}), 409, "email_taken")
    assert taken["person"] == ana["id"]
    for query in ("email=ANA@sol.example", "phone=11 8888-7777", "name=avila"):
        assert [row["id"] for row in api.get(f"persons/?{query}").json()["results"]] == [ana["id"]], query
    assert api.get("persons/?phone=11 7777-7777").json()["results"] == []
    changed = api.patch(
        f"persons/{ana['id']}/", {"name": "Ana", "phones": ["11 3333-4444", "11 98888-7777"]}
    ).json()
    assert changed["phones"] == ["11 3333-4444", "11 98888-7777"]
    assert api.delete(f"persons/{ana['id']}/").status_code == 204
    assert api.get("persons/").json()["results"] == []


def test_m18_what_integrations_write_is_refused_from_the_api(
    api: Api, stages: list[str], problem: Callable[..., Any]
) -> None:
    """M18: a field that only integrations write is read-only in the API too."""
    for entity in ("deal", "person", "company"):
        services.ensure_custom_field(
            account=api.account,
            entity=entity,
            key="cadencia",
            label="Cadência",
            type="text",
            writer="system",
            origin=SYSTEM,
        )
    bodies = {
        "deals": {"title": "Sol", "stage": stages[0]},
        "persons": {"name": "Ana"},
        "companies": {"name": "Sol"},
    }
    for path, body in bodies.items():
        problem(api.post(f"{path}/", {**body, "custom": {"cadencia": "Fria"}}), 422, "not_allowed")
        row = api.made(f"{path}/", body)
        refused = api.patch(f"{path}/{row['id']}/", {"custom": {"cadencia": "Fria"}})
        assert "Cadência" in problem(refused, 422, "not_allowed")["detail"]
        assert api.get(f"{path}/{row['id']}/").json()["custom"] == {}


def test_users_profiles_modules_and_fields_are_read(api: Api, world: World) -> None:
    """S2, S6: who is there, what is on, which fields there are."""
    users = api.get("users/").json()["results"]
    assert {(row["email"], row["is_administrator"]) for row in users} == {
        ("admin@casa.example", True),
        ("vendas@casa.example", False),
    }
    assert api.get(f"users/{world.seller.pk}/").json()["email"] == "vendas@casa.example"
    profile = api.get("profiles/").json()["results"][0]
    assert api.get(f"users/?profile={profile['id']}").json()["results"]
    modules = {row["slug"]: row["enabled"] for row in api.get("modules/?limit=200").json()["results"]}
    assert modules["workflow"] is True
    built_in = api.get("fields/built-in/").json()["results"]
    assert {"entity": "deal", "key": "amount", "type": "currency"}.items() <= next(
        row for row in built_in if row["key"] == "amount"
    ).items()
