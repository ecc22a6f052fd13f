"""Administração → Trilha de auditoria: who did what, newest first, in words, filtered and paged."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts import audit_details, audit_screens, audit_values, audit_words, support
from accounts.models import Account, AuditEntry, User
from accounts.origin import Origin
from accounts.services import audit
from funnels.services import create_person
from tests import factories
from tests.conftest import World
from tests.house.code import product

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
# Functions that write a line; their actions stand in the call, as `action=` or as the second argument.
WRITERS = {"audit", "_audit", "tell_accounts", "_tell", "_write"}
ACTION = re.compile(r"^[a-z_]+\.[a-z_.]+$")
# Where the action is computed: what it can become.
COMPUTED = {"connection.paused", "connection.active", "second_factor.demanded", "second_factor.optional"}


def rows_of(page: str) -> list[str]:
    return re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)


def line(account: Account, action: str = "team.created", who: str = "Ana", **more: object) -> AuditEntry:
    origin = Origin(kind="user", id=None, label=who)
    return audit(account=account, origin=origin, action=action, subject=str(more.pop("subject", "")), **more)  # type: ignore[arg-type]


def actions_in_the_code() -> set[str]:
    found = set(COMPUTED)
    for module in product():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in WRITERS:
                values = [*node.args[:2], *(each.value for each in node.keywords if each.arg == "action")]
                found |= {
                    each.value
                    for each in values
                    if isinstance(each, ast.Constant) and ACTION.match(str(each.value))
                }
    return found


def test_every_action_of_the_code_has_its_words() -> None:
    actions = actions_in_the_code()
    assert len(actions) > 40
    assert sorted(actions - audit_words.known().keys()) == []


def test_every_name_that_the_code_writes_beside_an_action_has_its_words() -> None:
    written = {
        key.value
        for module in product()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in WRITERS
        for given in node.keywords
        if given.arg == "data" and isinstance(given.value, ast.Dict)
        for key in given.value.keys
        if isinstance(key, ast.Constant)
    }
    assert len(written) > 15
    assert sorted(written - audit_details.known().keys() - {"access"}) == []


def test_only_administrators_read_it_and_only_their_own(
    client_of: SignedIn, world: World, stranger: World
) -> None:
    line(world.account, subject="Time Azul")
    line(stranger.account, subject="Time Alheio")
    assert client_of(world.seller).get("/audit/").status_code == 403
    page = client_of(world.admin).get("/audit/").content.decode()
    assert "Time Azul" in page
    assert "Time Alheio" not in page


def test_newest_first_in_the_readers_words(client_of: SignedIn, world: World) -> None:
    User.objects.filter(pk=world.admin.pk).update(language="en")
    line(world.account, "team.created", subject="Um")
    line(world.account, "team.deleted", subject="Dois", data={"size": {"before": 2, "after": 3}})
    shown = rows_of(client_of(world.admin).get("/audit/").content.decode())
    assert ["Team deleted" in shown[0], "Dois" in shown[0], "Size: 2 → 3" in shown[0]] == [True] * 3
    assert "Team created" in shown[1]


def test_a_module_is_told_by_its_name(client_of: SignedIn, world: World) -> None:
    User.objects.filter(pk=world.admin.pk).update(language="en")
    line(world.account, "module.switched", subject="white_label")
    line(world.account, "module.switched", subject="no_more")
    shown = rows_of(client_of(world.admin).get("/audit/").content.decode())
    assert "no_more" in shown[0]
    assert "White Label" in shown[1]
    assert "white_label" not in shown[1]


@pytest.mark.parametrize(
    ("action", "data", "told"),
    [
        ("member.changed", {"profile": ["Vendedor", "Gestor"]}, ["Profile: Vendedor → Gestor"]),
        ("member.deactivated", {"is_active": [True, False]}, ["Active: yes → no"]),
        (
            "profile.changed",
            {"permissions": [["records.write"], ["records.write", "cards.close"]]},
            [
                "Permissions: Create and change records → Create and change records, Win, lose and reopen cards",
            ],
        ),
        (
            "team.changed",
            {"members": [[2000000], [1000000, 2000000]]},
            ["Members: 2000000 → 1000000, 2000000"],
        ),
        (
            "endpoint.updated",
            {"changed": ["enabled", "events"], "enabled": [True, False]},
            ["Changed: switched on, Events", "switched on: yes → no"],
        ),
        (
            "module.settings",
            {"before": {"tab_name": ""}, "after": {"tab_name": "Oportunidades"}},
            ["Before: Name in the browser's tab: —", "After: Name in the browser's tab: Oportunidades"],
        ),
        ("person.erased", {"rows": {"deals": 2, "files": 0}}, ["Rows: Cards: 2"]),
        ("configuration.applied", {"counts": {"create": 0, "change": 3}}, ["Steps by kind: changed: 3"]),
        ("api_key.issued", {"scopes": ["*"], "expires_at": None}, ["Scopes: all", "Expires: —"]),
        ("support.viewed", {"table": "funnels.Deal", "id": "1", "access": 3}, []),
    ],
)
def test_details_are_told_in_words(
    world: World, action: str, data: dict[str, object], told: list[str]
) -> None:
    with translation.override("en"):
        found = audit_details.details(line(world.account, action, data=data), audit_details.known())
    assert [f"{name}: {value}" for name, value in found] == told


def test_codes_ids_and_moments_are_told_as_a_reader_knows_them(world: World, stranger: World) -> None:
    stage = world.funnel.stages.first()
    person, theirs = (
        create_person(account=each, name="Rita Lima", origin=factories.SYSTEM)
        for each in (world.account, stranger.account)
    )
    lines = [
        line(world.account, "team.created", data={"members": [world.seller.pk, 10**9]}),
        line(world.account, "module.settings", data={"before": {"gender": "masculine"}, "after": {}}),
        line(
            world.account,
            "automation.update",
            data={
                "trigger": ["entered", "won"],
                "action": ["crm.move", "crm.move"],
                "stage": [stage.pk, None],
            },
        ),
        line(
            world.account,
            "api_key.issued",
            data={"scopes": ["*"], "expires_at": "2027-11-30T16:15:14.698845+00:00"},
        ),
        line(world.account, "meetime.win_action.set", data={"funnel": world.funnel.pk, "action": "keep"}),
        line(world.account, "person.seen", subject=person.pk),
        line(world.account, "person.seen", subject=theirs.pk),
    ]
    with translation.override("pt-br"), timezone.override("America/Sao_Paulo"):
        names, values = audit_details.known(), audit_values.values_of(world.account.pk, lines)
        told = [
            " · ".join(f"{n}: {v}" for n, v in audit_details.details(each, names, values)) for each in lines
        ]
        about = [values.subject(each) for each in lines]
    assert str(world.seller.name) in told[0]
    assert str(10**9) in told[0]
    assert "asculine" not in told[1]
    assert stage.name in told[2]
    assert "entered" not in told[2]
    assert "crm.move" not in told[2]
    assert "30/11/2027 13:15" in told[3]
    assert "*" not in told[3]
    assert told[4].startswith(f"Funil: {world.funnel.name}")
    assert "keep" not in told[4]
    assert about[5:] == ["Rita Lima", ""]


def test_filters_by_who_what_and_days_of_the_accounts_clock(client_of: SignedIn, world: World) -> None:
    client = client_of(world.admin)
    one = line(world.account, "team.created", "Ana Lima", subject="Um")
    two = line(world.account, "team.deleted", "Beto", subject="Dois")
    # 01:30 in Greenwich on the 11th is still the 10th in São Paulo.
    AuditEntry.unscoped.filter(pk=one.pk).update(at=datetime(2026, 3, 11, 1, 30, tzinfo=UTC))
    AuditEntry.unscoped.filter(pk=two.pk).update(at=datetime(2026, 3, 12, 15, 0, tzinfo=UTC))
    for query, found in (
        ("who=ana", ["Um"]),
        ("action=team.deleted", ["Dois"]),
        ("since=2026-03-10&until=2026-03-10", ["Um"]),
        ("since=2026-03-11", ["Dois"]),
        ("since=2026-03-10&until=2026-03-12", ["Dois", "Um"]),
        ("who=ana&action=team.deleted", []),
    ):
        shown = rows_of(client.get(f"/audit/?{query}").content.decode())
        assert [re.search("Um|Dois", row)[0] for row in shown] == found, query
    for wrong in (
        "since=x",
        "action=nothing",
        "before=-1",
        "since=2026-03-12&until=2026-03-10",
        "before=9" + "9" * 30,
    ):
        answer = client.get(f"/audit/?{wrong}")
        assert answer.status_code == 200
        assert rows_of(answer.content.decode()) == []


def test_pages_reach_every_line_once(
    client_of: SignedIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_screens, "PAGE", 2)
    for number in range(5):
        line(world.account, subject=f"Time {number}")
    client, url, seen = client_of(world.admin), "/audit/?action=team.created", []
    for _page in range(3):
        page = client.get(url).content.decode()
        seen += re.findall(r"Time (\d)", page)
        older = re.search(r'href="(\?[^"]*before=\d+[^"]*)"', page)
        url = "/audit/" + older[1].replace("&amp;", "&") if older else ""
    assert seen == ["4", "3", "2", "1", "0"]
    assert url == ""


def test_a_page_asks_as_much_for_fifty_lines_as_for_two(client_of: SignedIn, world: World) -> None:
    client = client_of(world.admin)
    line(world.account)
    client.get("/audit/")
    with CaptureQueriesContext(connection) as few:
        client.get("/audit/")
    for number in range(60):
        line(world.account, who=f"Gente {number}", data={"a": number})
    with CaptureQueriesContext(connection) as many:
        client.get("/audit/")
    assert len(many) == len(few)


def test_administrators_read_what_support_opened_and_looked_at(client_of: SignedIn, world: World) -> None:
    User.objects.filter(pk=world.admin.pk).update(language="en")
    staff = User.objects.create_user(email="ajuda@tomada.example", name="Rita do Suporte", is_staff=True)
    deal = factories.deal(funnel=world.funnel, title="Padaria Lua")
    access = support.open_account(
        staff=staff, account=world.account, reason="Chamado 42: card parado", now=timezone.now()
    )
    support.viewed(access=access, row=deal)
    support.close(access=access, now=timezone.now() + timedelta(minutes=5))
    closed, viewed, opened = rows_of(client_of(world.admin).get("/audit/").content.decode())[:3]
    assert "Support opened the account" in opened
    assert "Chamado 42: card parado" in opened
    assert all("Rita do Suporte" in each for each in (closed, viewed, opened))
    assert "Support looked at a record" in viewed
    assert str(deal.pk) in viewed
    assert "Padaria Lua" not in viewed
    assert "funnels." not in viewed
