"""What was read may be written back, deleted or not; anything else that was deleted stays refused (S18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership
from funnels import services
from funnels.models import Phone
from tests.api.conftest import Api
from tests.conftest import World
from tests.factories import SYSTEM

Check = Callable[..., dict[str, Any]]
WRITABLE = ("title", "amount", "owner", "person", "company", "related", "products", "custom")


@pytest.fixture
def gone(api: Api, world: World, stages: list[str]) -> dict[str, Any]:
    """A card as read, after everything that it points at was deleted or has left."""
    for key in ("product", "client", "user"):
        services.ensure_custom_field(
            account=world.account, entity="deal", key=key, label=key, type=key, origin=SYSTEM
        )
    ana, bia = (api.made("persons/", {"name": name})["id"] for name in ("Ana", "Bia"))
    company = api.made("companies/", {"name": "Sol"})["id"]
    product = api.made("products/", {"name": "Forno", "price": "10.00"})["id"]
    seller = str(world.seller.pk)
    body = {
        "title": "Padaria",
        "stage": stages[0],
        "owner": seller,
        "person": ana,
        "company": company,
        "related": [bia],
        "products": [{"product": product, "quantity": "2"}],
        "custom": {"product": product, "client": f"company:{company}", "user": seller},
    }
    deal = api.made("deals/", body)
    for path in (f"persons/{ana}/", f"persons/{bia}/", f"companies/{company}/", f"products/{product}/"):
        assert api.delete(path).status_code == 204
    Membership.objects.of(world.account).filter(user=world.seller).update(is_active=False)
    return dict(api.get(f"deals/{deal['id']}/").json())


@pytest.mark.parametrize("name", WRITABLE)
def test_s18_a_card_is_written_back_as_read(api: Api, gone: dict[str, Any], name: str) -> None:
    answer = api.patch(f"deals/{gone['id']}/", {name: gone[name]})
    assert answer.status_code == 200, answer.content.decode()
    assert answer.json() == gone
    row = {"id": gone["id"], name: gone[name]}
    assert api.post("deals/bulk/", {"rows": [row]}).json()["unchanged"] == 1


def test_s18_what_was_deleted_comes_to_no_other_card(
    api: Api, gone: dict[str, Any], stages: list[str], problem: Check
) -> None:
    other = api.made("deals/", {"title": "Outra", "stage": stages[0]})
    for name in ("owner", "person", "company", "related"):
        refused = problem(api.patch(f"deals/{other['id']}/", {name: gone[name]}), 404, "not_found")
        assert list(refused["errors"]) == [name]
        problem(api.post("deals/", {"title": "X", "stage": stages[0], name: gone[name]}), 404, "not_found")
    living = api.made("products/", {"name": "Batedeira"})["id"]
    lines = [{"product": living}, *gone["products"]]
    refused = problem(api.patch(f"deals/{other['id']}/", {"products": lines}), 404, "not_found")
    assert list(refused["errors"]) == ["products[1].product"]
    kept = api.patch(f"deals/{gone['id']}/", {"products": lines}).json()["products"]
    assert {line["product"] for line in kept} == {living, gone["products"][0]["product"]}
    for key, text in gone["custom"].items():
        refused = problem(api.patch(f"deals/{other['id']}/", {"custom": {key: text}}), 404, "not_found")
        assert list(refused["errors"]) == [f"custom.{key}"]


def test_s18_a_task_is_written_back_as_read(api: Api, world: World, gone: dict[str, Any]) -> None:
    person = api.made("persons/", {"name": "Caio"})["id"]
    task = api.made("tasks/", {"title": "Ligar", "deal": gone["id"], "person": person})
    services.update_task(task=world_task(api, task["id"]), assignee=world.admin, origin=SYSTEM)
    api.delete(f"persons/{person}/")
    api.delete(f"deals/{gone['id']}/")
    Membership.objects.of(world.account).filter(user=world.admin).update(is_active=False)
    now = api.get(f"tasks/{task['id']}/").json()
    body = {name: now[name] for name in ("title", "deal", "person", "assignee", "responsibles")}
    answer = api.patch(f"tasks/{task['id']}/", body)
    assert (answer.status_code, answer.json()) == (200, now)


def world_task(api: Api, id: str) -> Any:
    from funnels.models import Task

    return Task.objects.of(api.account).get(pk=id)


def test_s18_filters_take_what_was_deleted_and_who_has_left(
    api: Api, gone: dict[str, Any], stranger: World, problem: Check
) -> None:
    product = gone["products"][0]["product"]
    for query in (
        f"person={gone['person']}",
        f"company={gone['company']}",
        f"owner={gone['owner']}",
        f"product={product}",
        f"number={gone['number']}",
    ):
        assert [row["id"] for row in api.get(f"deals/?{query}").json()["results"]] == [gone["id"]], query
    theirs = services.create_person(account=stranger.account, name="Rita", origin=SYSTEM)
    problem(api.get(f"deals/?person={theirs.pk}"), 404, "not_found")
    problem(api.get(f"deals/?owner={stranger.seller.pk}"), 404, "not_found")


def test_s18_a_card_is_found_by_its_number(api: Api, stages: list[str], problem: Check) -> None:
    first, second = (api.made("deals/", {"title": title, "stage": stages[0]}) for title in "ab")
    found = api.get(f"deals/?number={second['number']}").json()["results"]
    assert [row["id"] for row in found] == [second["id"]] != [first["id"]]
    assert api.get("deals/?number=777777").json()["results"] == []
    for odd in ("0", "-1", "abc", "4.2", "", str(2**31)):
        refused = problem(api.get(f"deals/?number={odd}"), 400, "invalid_parameter")
        assert list(refused["errors"]) == ["number"]


@pytest.mark.parametrize("stored", ["11222333000181", "11.222.333/0001-81"])
def test_s18_a_cnpj_is_found_written_in_any_way(api: Api, world: World, stored: str) -> None:
    services.create_company(account=world.account, name="Sol", document=stored, origin=SYSTEM)
    services.create_company(account=world.account, name="Lua", origin=SYSTEM)
    for written in ("11.222.333/0001-81", "11222333000181", "11 222 333/0001-81"):
        found = api.get(f"companies/?document={written}").json()["results"]
        assert [row["name"] for row in found] == ["Sol"], written
    assert api.get("companies/?document=11222333000182").json()["results"] == []


@pytest.mark.parametrize("path", ["persons/", "companies/"])
def test_s18_a_phone_has_a_number_in_it_as_in_forms(api: Api, path: str, problem: Check) -> None:
    for odd in ("abc", "+", "ver notas", "1234"):
        refused = problem(api.post(path, {"name": "Sol", "phones": ["11 3333-4444", odd]}), 400, "invalid")
        assert odd in refused["errors"]["phones"][0]
    made = api.made(path, {"name": "Sol", "phones": ["11 3333-4444"]})
    Phone.objects.of(api.account).update(typed="ver notas", key="")  # another hand wrote it
    now = api.patch(f"{path}{made['id']}/", {"phones": ["ver notas", "11 98888-7777"]}).json()
    assert now["phones"] == ["ver notas", "11 98888-7777"]


def test_s8_a_cards_checklist_is_read_and_only_its_own_items_are_ticked(
    api: Api, world: World, stages: list[str], problem: Check
) -> None:
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0]})
    path = f"deals/{deal['id']}/checklist/"
    assert api.get(path).json() == {"results": []}
    later = api.made("checklist-items/", {"stage": stages[1], "text": "Visitar", "mandatory": False})
    item = api.made("checklist-items/", {"stage": stages[0], "text": "Ligar"})
    other = api.made("funnels/", {"name": "Outro", "stages": ["Um"]})
    foreign = api.made("checklist-items/", {"stage": other["stages"][0]["id"], "text": "Alheio"})
    assert api.post(path, {"item": item["id"]}).status_code == 200
    first, second = api.get(path).json()["results"]
    done_at = first.pop("done_at")
    assert done_at is not None
    told = {"item": item["id"], "stage": stages[0], "text": "Ligar", "mandatory": True, "done": True}
    assert first == told
    assert (second["item"], second["done"], second["done_at"]) == (later["id"], False, None)
    version = api.get(f"deals/{deal['id']}/").json()["version"]
    problem(api.post(path, {"item": foreign["id"]}), 422, "not_allowed")
    assert api.get(f"deals/{deal['id']}/").json()["version"] == version
    assert api.post(path, {"item": item["id"], "done": False}).status_code == 200
    assert [row["done"] for row in api.get(path).json()["results"]] == [False, False]
    problem(api.get("deals/987654321/checklist/"), 404, "not_found")


def test_s18_what_was_deleted_is_read_with_its_moment_and_404_to_everything_else(
    api: Api, world: World, stages: list[str], problem: Check
) -> None:
    """The guide, "Create, change, act, delete"."""
    for path, body, change in (
        ("persons/", {"name": "Ana"}, {"name": "Bia"}),
        ("companies/", {"name": "Sol"}, {"name": "Lua"}),
        ("products/", {"name": "Forno"}, {"name": "Fogão"}),
        ("deals/", {"title": "Sol", "stage": stages[0]}, {"title": "Lua"}),
        ("loss-reasons/", {"funnel": str(world.funnel.pk), "name": "Preço"}, {"name": "Prazo"}),
    ):
        row = f"{path}{api.made(path, body)['id']}/"
        assert api.delete(row).status_code == 204
        assert api.get(row).json()["deleted_at"] is not None
        problem(api.patch(row, change), 404, "not_found")
        problem(api.delete(row), 404, "not_found")
        assert api.get(path).json()["results"] == []
        assert [one["deleted_at"] for one in api.get(f"{path}?include_deleted=true").json()["results"]]
    task = f"tasks/{api.made('tasks/', {'title': 'Ligar'})['id']}/"
    assert api.delete(task).status_code == 204
    problem(api.get(task), 404, "not_found")
