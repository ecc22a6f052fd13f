"""What a program sends is read in one way only, or refused in words: numbers, ids, references (S18, M48)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from funnels import services
from funnels.models import Deal
from tests.api.conftest import Api
from tests.conftest import World
from tests.factories import SYSTEM

Check = Callable[..., dict[str, Any]]
NUMBERS = ("currency", "decimal", "percent", "integer")


@pytest.fixture
def fields(world: World) -> None:
    for type in NUMBERS:
        services.ensure_custom_field(
            account=world.account, entity="deal", key=type, label=type, type=type, origin=SYSTEM
        )


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("key", "sent", "kept"),
    [
        ("currency", 1.5, "1.50"),
        ("currency", 1500, "1500.00"),
        ("currency", 1234.56, "1234.56"),
        ("currency", "1234.56", "1234.56"),
        ("currency", "1.234,56", "1234.56"),
        ("currency", "R$ 1.234.567", "1234567.00"),
        ("currency", 0.0, "0.00"),
        ("decimal", 1.234, "1.2340"),
        ("decimal", 1234.5, "1234.5"),
        ("decimal", 1e-7, "0.0000001"),
        ("percent", 12.345, "12.3450"),
        ("integer", 42.0, "42"),
        ("integer", 1e21, "1" + "0" * 21),
    ],
)
def test_m48_a_json_number_is_a_number(api: Api, stages: list[str], key: str, sent: Any, kept: str) -> None:
    made = api.made("deals/", {"title": "Sol", "stage": stages[0], "custom": {key: sent}})
    assert made["custom"] == {key: kept}
    assert api.patch(f"deals/{made['id']}/", {"custom": made["custom"]}).json()["version"] == 1


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("key", "sent", "words"),
    [
        ("currency", 1.005, "two decimals"),
        ("currency", "1.234", "two ways"),
        ("currency", "1.500", "two ways"),
        ("currency", "R$ 1.234", "two ways"),
        ("decimal", "1.234", "two ways"),
        ("percent", "1.234", "two ways"),
        ("integer", 1.234, "not a whole number"),
    ],
)
def test_m48_what_has_two_readings_or_too_many_decimals_is_refused(
    api: Api, stages: list[str], problem: Check, key: str, sent: Any, words: str
) -> None:
    body = {"title": "Sol", "stage": stages[0], "custom": {key: sent}}
    refused = problem(api.post("deals/", body, Accept_Language="en"), 400, "invalid")
    assert words in refused["errors"][f"custom.{key}"][0]
    assert not Deal.objects.of(api.account).exists()


@pytest.mark.usefixtures("fields")
def test_s18_a_reference_that_is_a_json_number_is_found_again(api: Api, stages: list[str]) -> None:
    rows = [{"title": "Sol", "stage": stages[0], "custom": {"decimal": 1.234}}]
    for wanted in ("created", "unchanged"):
        answer = api.post("deals/bulk/", {"match": "custom.decimal", "rows": rows}).json()
        assert [row["status"] for row in answer["results"]] == [wanted]


def test_s18_only_a_number_of_the_account_means_a_card_and_nothing_else_makes_one(
    api: Api, stages: list[str]
) -> None:
    known = api.made("deals/", {"title": "Sol", "stage": stages[0]})["number"]
    odd = ["abc", -1, 0, 10**25, None, "", [1], 4.7, "4.2", float(known), True]
    rows = [{"number": each, "title": "Outra", "stage": stages[0]} for each in (*odd, 777777, 10**12)]
    rows += [{"number": str(known), "title": "Texto"}, {"number": known, "title": "Número"}]
    answer = api.post("deals/bulk/", {"rows": rows}, Accept_Language="en").json()
    results = answer["results"]
    assert [row["status"] for row in results] == ["failed"] * 13 + ["updated"] * 2
    assert [row["problem"]["status"] for row in results[:13]] == [400] * 11 + [404] * 2
    assert all("whole number" in row["problem"]["errors"]["number"][0] for row in results[:11])
    assert "777777" in results[11]["problem"]["detail"]
    assert Deal.objects.of(api.account).count() == 1


@pytest.mark.parametrize("path", ["persons/bulk/", "companies/bulk/"])
def test_s18_an_id_that_is_none_fails_its_row_in_words(api: Api, path: str) -> None:
    rows = [{"id": id, "name": "Sol"} for id in (None, "", "abc", 4.7, 987654321)]
    results = api.post(path, {"rows": rows}).json()["results"]
    assert [row["problem"]["status"] for row in results] == [400] * 4 + [404]
    assert all(row["problem"]["errors"]["id"] for row in results[:4])
