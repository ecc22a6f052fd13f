"""S18: up to 1,000 rows in one call, each found, made or changed on its own and told on its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import IdempotencyKey
from accounts.rest import bulk
from funnels import services
from funnels.models import Change, Company, Deal, Person
from tests.api.conftest import Api, caller
from tests.api.test_idempotency import on_disk  # noqa: F401  # a file in which a second writer waits
from tests.conftest import World, make_world
from tests.factories import SYSTEM


def statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content.decode()
    body = answer.json()
    found = [row["status"] for row in body["results"]]
    assert [row["index"] for row in body["results"]] == list(range(len(found)))
    for each in ("created", "updated", "unchanged", "failed"):
        assert body[each] == found.count(each)
    return found


def test_s18_a_row_with_a_character_that_cannot_be_kept_fails_alone_and_is_named(api: Api) -> None:
    """NUL and half a surrogate pair, in a value, a name of a field and what is matched by; also repeated."""
    rows = [
        {"name": "Ana", "email": "ana@sol.example"},
        {"name": "B\0ia", "email": "bia@sol.example"},
        {"name": "Caio", "email": "caio\ud800@sol.example"},
        {"name": "Davi", "custom": {"apelido": "\0"}},
        {"name": "Eva", "\udfff": "x"},
        {"name": "Fábio", "email": "fabio@sol.example"},
    ]
    body = {"match": "email", "rows": rows}
    answer = api.post("persons/bulk/", body, Idempotency_Key="odd", Accept_Language="en")
    assert statuses(answer) == ["created", *["failed"] * 4, "created"]
    problems = [row["problem"] for row in answer.json()["results"][1:5]]
    assert {(each["status"], each["code"]) for each in problems} == {(400, "invalid")}
    assert [list(each["errors"]) for each in problems] == [
        ["name"],
        ["email"],
        ["custom.apelido"],
        ["\\udfff"],
    ]
    assert "a character that cannot be kept" in problems[0]["errors"]["name"][0]
    again = api.post("persons/bulk/", body, Idempotency_Key="odd")
    assert (again.json(), again["Idempotency-Replayed"]) == (answer.json(), "true")
    assert Person.unscoped.count() == 2
    refused = api.post("persons/bulk/", {"match": "e\0mail", "rows": rows})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["match"])


def test_s18_persons_are_matched_by_id_or_email_and_told_row_by_row(
    api: Api, stranger: World, world: World
) -> None:
    ana = api.made("persons/", {"name": "Ana", "email": "ana@sol.example", "phones": ["11 98888-7777"]})
    theirs = services.create_person(account=stranger.account, name="Rita", email="r@x.example", origin=SYSTEM)
    rows = [
        {"name": "Ana Souza", "email": "ANA@sol.example"},
        {"id": ana["id"], "email": "ana@lua.example"},
        {"name": "Outra Ana", "email": "ana@sol.example"},
        {"id": ana["id"], "email": "ana@lua.example"},
        {"id": str(theirs.pk), "name": "Minha"},
        {"email": "sem-nome@sol.example"},
        {"name": "Bia", "nome": "Bia"},
        "not an object",
        {"name": "Rita", "email": "r@x.example"},
        {"name": "Caio", "company": "987654321"},
        {"name": "Davi"},
    ]
    answer = api.post("persons/bulk/", {"match": "email", "rows": rows})
    assert statuses(answer) == [
        "updated",
        "updated",
        "created",  # the address is free by now
        "unchanged",
        *["failed"] * 4,
        "created",  # the same address in another account is another person
        "failed",
        "created",
    ]
    results = answer.json()["results"]
    codes = [row["problem"]["code"] for row in results if row["status"] == "failed"]
    assert codes == ["not_found", "invalid", "unknown_field", "invalid", "not_found"]
    assert list(results[5]["problem"]["errors"]) == ["name"]
    assert all(row["id"] is None for row in results if row["status"] == "failed")
    ana_now = api.get(f"persons/{ana['id']}/").json()
    assert (ana_now["name"], ana_now["email"]) == ("Ana Souza", "ana@lua.example")
    assert ana_now["phones"] == ["11 98888-7777"]  # what a row leaves out stays
    assert Person.objects.of(world.account).count() == 4
    assert {str(Person.unscoped.get(pk=row["id"]).account_id) for row in results if row["id"]} == {
        str(world.account.pk)
    }
    written = Change.unscoped.filter(entity="person", account=world.account).order_by("pk")
    assert [change.kind for change in written][-5:] == ["updated", "updated", "created", "created", "created"]
    assert set(written.values_list("origin_kind", flat=True)) == {"api"}


def test_s18_companies_are_matched_by_cnpj_or_name(api: Api) -> None:
    sol = api.made("companies/", {"name": "Padaria Sol", "document": "11.222.333/0001-81"})
    by_document = {"rows": [{"document": "11222333000181", "name": "Sol Ltda"}, {"name": "Padaria Sol"}]}
    assert statuses(api.post("companies/bulk/", by_document)) == ["updated", "created"]
    answer = api.post(
        "companies/bulk/",
        {"match": "name", "rows": [{"name": "sol  LTDA"}, {"name": "Lua"}, {"name": "LUA"}]},
    )
    assert statuses(answer) == ["updated", "created", "updated"]
    assert answer.json()["results"][0]["id"] == sol["id"]
    Company.unscoped.filter(name_key="lua").update(name_key="padaria sol")
    twins = api.post("companies/bulk/", {"match": "name", "rows": [{"name": "Padaria Sol"}]})
    assert statuses(twins) == ["failed"]
    assert twins.json()["results"][0]["problem"]["code"] == "ambiguous_match"
    assert len(twins.json()["results"][0]["problem"]["ids"]) == 2


def test_s18_deals_are_matched_by_number_or_a_reference_of_ones_own(
    api: Api, world: World, stages: list[str], problem: Callable[..., Any]
) -> None:
    services.ensure_custom_field(
        account=world.account, entity="deal", key="erp", label="ERP", type="text", origin=SYSTEM
    )
    rows = [{"title": f"Pedido {n}", "stage": stages[0], "custom": {"erp": f"A-{n}"}} for n in range(3)]
    first = api.post("deals/bulk/", {"match": "custom.erp", "rows": rows})
    assert statuses(first) == ["created"] * 3
    rows[1] |= {"stage": stages[1], "amount": "10.50"}
    again = api.post("deals/bulk/", {"match": "custom.erp", "rows": [*rows, {**rows[0], "title": "Outro"}]})
    assert statuses(again) == ["unchanged", "updated", "unchanged", "updated"]
    moved = api.get(f"deals/{first.json()['results'][1]['id']}/").json()
    assert (moved["stage"], moved["amount"]) == (stages[1], "10.50")
    numbers = [
        {"number": moved["number"], "title": "Por número"},
        {"number": 4711, "title": "Nenhum", "stage": stages[0]},
        {"title": "Novo", "stage": stages[0]},
    ]
    by_number = api.post("deals/bulk/", {"rows": numbers})
    assert statuses(by_number) == ["updated", "failed", "created"]
    assert by_number.json()["results"][1]["problem"]["code"] == "not_found"
    assert Deal.objects.of(world.account).count() == 4
    for match in ("custom.nope", "title", "custom."):
        refused = problem(api.post("deals/bulk/", {"match": match, "rows": numbers}), 400, "invalid")
        assert list(refused["errors"]) == ["match"]


@pytest.mark.parametrize("key", ["erp__id", "2024", "-1", "erp-id"])
def test_s18_a_reference_is_found_again_whatever_its_key_looks_like(
    api: Api, world: World, stages: list[str], key: str
) -> None:
    """Fields made before such keys were refused: `__` was read as a path, digits as a place in a list."""
    services.ensure_custom_field(
        account=world.account, entity="deal", key=key, label="ERP", type="text", origin=SYSTEM
    )
    rows = [{"title": "Pedido", "stage": stages[0], "custom": {key: "A-1"}}]
    for wanted in ("created", "unchanged"):
        assert statuses(api.post("deals/bulk/", {"match": f"custom.{key}", "rows": rows})) == [wanted]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_disk")
def test_s18_two_calls_at_once_make_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither bears an Idempotency-Key, and no constraint keeps companies of one name apart."""
    world = make_world("Casa", "casa.example")
    key, answers = caller(world.account).key, []
    both, real = threading.Barrier(2), bulk.Known.meant

    def meant(known: Any, sent: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.3)  # who gets here alone goes on; before, both had read by now
        return real(known, sent)

    monkeypatch.setattr(bulk.Known, "meant", meant)

    def speak() -> None:
        try:
            body = {"match": "name", "rows": [{"name": "Padaria Sol"}]}
            answers.extend(statuses(Api(account=world.account, key=key).post("companies/bulk/", body)))
        finally:
            connection.close()

    threads = [threading.Thread(target=speak) for _twin in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (sorted(answers), Company.unscoped.count()) == (["created", "unchanged"], 1)


def test_s8_a_row_that_a_checklist_stops_fails_alone(api: Api, world: World, stages: list[str]) -> None:
    services.add_checklist_item(
        stage=world.funnel.stages.first(), text="Ligar", origin=SYSTEM, mandatory=True
    )
    deals = [api.made("deals/", {"title": f"D{n}", "stage": stages[0]}) for n in range(2)]
    rows = [
        {"id": deals[0]["id"], "title": "Nunca", "stage": stages[1]},
        {"id": deals[1]["id"], "title": "Já"},
    ]
    answer = api.post("deals/bulk/", {"rows": rows})
    assert statuses(answer) == ["failed", "updated"]
    assert answer.json()["results"][0]["problem"]["missing"] == ["Ligar"]
    assert api.get(f"deals/{deals[0]['id']}/").json()["title"] == "D0"  # the title went back too


def test_s18_a_thousand_rows_and_not_one_more(api: Api, problem: Callable[..., Any]) -> None:
    words = problem(api.post("persons/bulk/", {"rows": [{}] * 1001}), 422, "too_many_rows")["detail"]
    assert "1001" in words
    assert "1000" in words
    problem(api.post("persons/bulk/", {"rows": []}), 400, "invalid")
    problem(api.post("persons/bulk/", {"rows": {}}), 400, "invalid")
    problem(api.post("persons/bulk/", {"match": "phone", "rows": [{}]}), 400, "invalid")
    wide = [{"name": "x", "custom": {"a": "y" * 1500}}] * 1000
    assert statuses(api.post("persons/bulk/", {"rows": wide})) == ["failed"] * 1000  # 1.5 MB are taken here …
    problem(api.post("persons/", wide[0] | {"name": "y" * 2**20}), 413, "too_large")  # … and there not
    problem(api.post("persons/bulk/", {"rows": [{"name": "y" * 2**23}]}), 413, "too_large")


def test_s18_a_row_costs_a_bounded_number_of_queries(api: Api, stages: list[str]) -> None:
    def queries(count: int, path: str, row: Callable[[int], dict[str, Any]]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = api.post(path, {"rows": [row(n) for n in range(count)]})
        assert set(statuses(answer)) == {"created"}
        return len(captured)

    def person(n: int) -> dict[str, Any]:
        serial = timezone.now().timestamp()
        return {"name": f"P{n}", "email": f"p{serial}-{n}@x.example", "phones": ["11 3333-4444"]}

    def deal(n: int) -> dict[str, Any]:
        return {"title": f"D{n}", "stage": stages[0]}

    for path, row, most in (("persons/bulk/", person, 14), ("deals/bulk/", deal, 22)):
        queries(1, path, row)
        few, many = queries(2, path, row), queries(42, path, row)
        assert (many - few) / 40 <= most, path


def test_s18_a_repeated_bulk_call_gets_its_answer_again(api: Api, problem: Callable[..., Any]) -> None:
    body = {"rows": [{"name": "Ana"}, {"nome": "x"}]}
    first = api.post("persons/bulk/", body, Idempotency_Key="b1")
    again = api.post("persons/bulk/", body, Idempotency_Key="b1")
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert Person.unscoped.count() == 1
    problem(api.post("persons/bulk/", {"rows": [{}]}, Idempotency_Key="b1"), 422, "idempotency_mismatch")


def test_s18_after_a_crash_the_repetition_goes_on_where_it_broke(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows without a key to be found by would be made twice, were the first part done again."""
    monkeypatch.setattr(bulk, "CHUNK", 2)
    body = {"rows": [{"name": f"P{n}"} for n in range(5)]}
    real = services.create_person

    def dies(**given: Any) -> Any:
        if given["name"] == "P3":
            raise SystemExit
        return real(**given)

    with monkeypatch.context() as patch:
        patch.setattr(services, "create_person", dies)
        with pytest.raises(SystemExit):
            api.post("persons/bulk/", body, Idempotency_Key="b2")
    assert Person.unscoped.count() == 2  # the second part went back as a whole
    answer = api.post("persons/bulk/", body, Idempotency_Key="b2")
    assert statuses(answer) == ["created"] * 5
    assert sorted(Person.unscoped.values_list("name", flat=True)) == [f"P{n}" for n in range(5)]
    assert len({row["id"] for row in answer.json()["results"]}) == 5


def test_s18_while_a_bulk_call_runs_its_twin_waits_outside(
    api: Api, problem: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    body, real, seen = {"rows": [{"name": "Ana"}]}, services.create_person, []

    def slow(**given: Any) -> Any:
        twin = Api(account=api.account, key=api.key).post("persons/bulk/", body, Idempotency_Key="b3")
        seen.append(problem(twin, 409, "idempotency_in_progress"))
        return real(**given)

    monkeypatch.setattr(services, "create_person", slow)
    assert statuses(api.post("persons/bulk/", body, Idempotency_Key="b3")) == ["created"]
    assert len(seen) == 1
    assert IdempotencyKey.unscoped.get(key="b3").status_code == 200
