"""Lists: stable pages while rows are added, filters that say what they refuse, constant queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funnels import services
from funnels.models import Change, Deal, Person
from tests.api.conftest import Api
from tests.api.walk import address, document, furnish, operations
from tests.conftest import World
from tests.factories import SYSTEM


def person(world: World, name: str) -> Person:
    return services.create_person(account=world.account, name=name, origin=SYSTEM)


def test_pages_are_stable_while_rows_are_added(api: Api, world: World, settings: Any) -> None:
    """Nobody comes twice, nobody is skipped, new ones at the end; `next` is under PUBLIC_URL."""
    settings.PUBLIC_URL = "https://crm.example"
    first = [str(person(world, f"P{n}").pk) for n in range(5)]
    seen, path, added = [], "persons/?limit=2", []
    while path:
        page = api.get(path).json()
        seen += [row["id"] for row in page["results"]]
        if len(added) < 2:
            added.append(str(person(world, "Nova").pk))
        assert page["next"] is None or page["next"].startswith("https://crm.example/api/v1/persons/?")
        path = page["next"] and page["next"].removeprefix("https://crm.example")
    assert seen == first + added
    newest = api.get("persons/?limit=3&order=newest").json()
    assert [row["id"] for row in newest["results"]] == list(reversed(seen))[:3]
    following = api.get(newest["next"].removeprefix("https://crm.example")).json()
    assert [row["id"] for row in following["results"]] == list(reversed(seen))[3:6]


def test_updated_since_looks_back_a_minute(api: Api, world: World) -> None:
    """Interface: `updated_since` looks back 60 s, because a row's time is taken before its commit."""
    row = person(world, "Ana")
    moment = timezone.now()
    Person.unscoped.filter(pk=row.pk).update(updated_at=moment - timedelta(seconds=59))
    for zone in (moment.isoformat(), moment.isoformat().replace("+00:00", "Z")):
        assert [r["id"] for r in api.get(f"persons/?updated_since={zone}").json()["results"]] == [str(row.pk)]
    Person.unscoped.filter(pk=row.pk).update(updated_at=moment - timedelta(seconds=61))
    assert api.get(f"persons/?updated_since={moment.isoformat()}").json()["results"] == []
    far = "0704-09-17T19:31:08-19:40"  # an offset that PostgreSQL does not read
    assert [r["id"] for r in api.get(f"persons/?updated_since={far}").json()["results"]] == [str(row.pk)]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=99999999999999999999", "cursor"),
        ("order=sideways", "order"),
        ("status=closed", "status"),
        ("funnel=abc", "funnel"),
        ("funnel=1%00", "funnel"),
        ("include_deleted=yes", "include_deleted"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-01-31T12:00:00", "updated_since"),
        ("updated_since=0001-01-01T00:00:00Z", "updated_since"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(
    api: Api, problem: Callable[..., Any], query: str, name: str
) -> None:
    body = problem(api.get(f"deals/?{query}"), 400, "invalid_parameter")
    assert list(body["errors"]) == [name]


def test_an_unknown_parameter_is_refused(api: Api, problem: Callable[..., Any], stages: list[str]) -> None:
    body = problem(api.get("deals/?stauts=open&limit=2"), 400, "unknown_parameter")
    assert list(body["errors"]) == ["stauts"]
    deal = api.made("deals/", {"title": "Sol", "stage": stages[0]})
    problem(api.get(f"deals/{deal['id']}/?expand=person"), 400, "unknown_parameter")
    problem(api.get("persons/?name=%00"), 400, "invalid_parameter")


def test_big_ids_are_text_and_survive(api: Api, world: World, stages: list[str]) -> None:
    """Interface: 64-bit ids as strings, the biggest too; one more is nobody's."""
    big = 2**63 - 1
    services.create_deal(account=world.account, title="Sol", stage=world.funnel.stages.first(), origin=SYSTEM)
    Change.unscoped.all().delete()
    Deal.unscoped.update(id=big)
    assert api.get(f"deals/{big}/").json()["id"] == str(big)
    assert api.get(f"deals/{big + 1}/").status_code == 404
    assert api.get(f"deals/?cursor={big}").json()["results"] == []


def test_lists_cost_the_same_queries_for_one_row_and_many(api: Api, world: World) -> None:
    """A list's queries do not grow with its rows."""
    ids, counted = furnish(world), 0
    whole = document()
    lists = [
        address(path, ids, operation.get("parameters", []))
        for path, method, operation in operations(whole)
        if method == "GET" and any(p["name"] == "cursor" for p in operation.get("parameters", []))
    ]

    def costs() -> dict[str, int]:
        found = {}
        for path in lists:
            api.get(path)  # what is asked once in a while (a key's last use) is over
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert api.get(path).status_code == 200
            found[path] = len(queries)
        return found

    before = costs()
    multiply(world)
    after = costs()
    for path in lists:
        assert after[path] <= before[path], (path, before[path], after[path])
        # Field maps are compared with both sides' fields; automations need two modules and say why they stand
        # still, in words, and what an account calls its cards is asked for where a word of it is said.
        most = {"field-maps": 10, "automations": 9, "modules": 8}.get(path.strip("/").rpartition("/")[2], 7)
        assert after[path] <= most, (path, after[path])
        counted += 1
    assert counted > 17


def multiply(world: World) -> None:
    """More rows of what grows: people with phones, cards with contacts, what hangs on them."""
    from integrations.models import Arrival, Automation, Enrollment, Exchange, Lead, OutboxAction

    stage = world.funnel.stages.first()
    for number in range(5):
        company = services.create_company(
            account=world.account, name=f"C{number}", phones=["11 3333-4444"], origin=SYSTEM
        )
        contact = services.create_person(
            account=world.account, name=f"P{number}", phones=["11 98888-7777"], company=company, origin=SYSTEM
        )
        deal = services.create_deal(
            account=world.account,
            title="Sol",
            stage=stage,
            origin=SYSTEM,
            company=company,
            related=[contact],
            owner=world.seller,
        )
        services.create_task(
            account=world.account, title="T", deal=deal, assignee=world.seller, origin=SYSTEM
        )
        first = Enrollment.unscoped.filter(account=world.account).first()
        run = Enrollment.unscoped.create(
            account=world.account, connection=first.connection, deal=deal, started_at=timezone.now()
        )
        Lead.unscoped.create(account=world.account, enrollment=run, person=contact)
    for model in (Arrival, Automation, Exchange, OutboxAction):
        row = model.unscoped.filter(account=world.account).first()
        for number in range(4):
            row.pk = None
            if model is OutboxAction:
                row.reference = f"r{number}"
            row.save(force_insert=True)
