"""Every CRM screen as administrator, seller, stranger and visitor, in both languages, few or many rows."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funnels import services
from funnels.models import Deal, InteractionRecord, Task
from tests import factories
from tests.conftest import World
from tests.funnels.conftest import Person

pytestmark = pytest.mark.django_db

OPEN = ["home", "funnels", "funnel-list", "board", "deal-new", "deal", "persons", "person-new", "person"]
OPEN += ["companies", "company-new", "company", "choose", "tasks", "funnel-open"]
ADMINISTRATORS = ["funnel-new", "funnel-settings"]
POSTS = [
    "deal-move",
    "deal-win",
    "deal-lose",
    "deal-reopen",
    "deal-delete",
    "deal-checklist",
    "deal-contact-add",
    "deal-contact-remove",
    "deal-record",
    "deal-task",
    "person-delete",
    "task-done",
    "task-edit",
    "task-delete",
    "deal",
    "person",
    "company",
]


@pytest.fixture
def rows(world: World) -> dict[str, Any]:
    """One row of each kind, and the arguments of each address."""
    o = factories.SYSTEM
    company = services.create_company(account=world.account, name="Casa & Filhos", origin=o)
    person = services.create_person(
        account=world.account, name="Ana Lima", email="ana@x.example", phones=["11 98765-4321"], origin=o
    )
    related = services.create_person(account=world.account, name="Bia Reis", origin=o)
    deal = factories.deal(
        funnel=world.funnel,
        person=person,
        company=company,
        related=[related],
        amount=Decimal("1234.56"),
        owner=world.seller,
    )
    item = services.add_checklist_item(stage=deal.stage, text="Contrato", origin=o)
    task = services.create_task(
        account=world.account, title="Ligar", deal=deal, assignee=world.seller, origin=o
    )
    services.add_loss_reason(funnel=world.funnel, name="Preço", origin=o)
    args: dict[str, tuple] = dict.fromkeys(POSTS, (deal.pk,))
    args |= {"deal-checklist": (deal.pk, item.pk), "deal-contact-remove": (deal.pk, related.pk)}
    args |= {"board": (world.funnel.pk,), "funnel-settings": (world.funnel.pk,), "choose": ("person",)}
    args |= {"person": (person.pk,), "company": (company.pk,), "person-delete": (person.pk,)}
    args |= dict.fromkeys(("task-done", "task-edit", "task-delete"), (task.pk,))
    return {"args": args, "deal": deal, "person": person, "company": company, "item": item, "task": task}


def query_of(name: str, world: World) -> str:
    return f"?funnel={world.funnel.pk}" if name == "funnel-open" else ""


@pytest.mark.parametrize("name", OPEN)
def test_g5_members_open_every_screen_in_both_languages(
    world: World, rows: dict, admin: Person, seller: Person, name: str
) -> None:
    for member in (admin, seller):
        for language in ("pt-br", "en"):
            member.client.cookies["django_language"] = language
            answer = member.get(name, *rows["args"].get(name, ()), query=query_of(name, world))
            assert answer.status_code == (302 if name in ("home", "funnels", "funnel-open") else 200)
            if answer.status_code == 200 and name != "choose":
                assert f'lang="{language}"' in answer.content.decode().lower()


@pytest.mark.parametrize("name", ADMINISTRATORS)
def test_g2_settings_are_for_administrators(rows: dict, admin: Person, seller: Person, name: str) -> None:
    args = rows["args"].get(name, ())
    assert admin.get(name, *args).status_code == 200
    assert seller.get(name, *args).status_code == 403
    assert seller.post(name, *args, name="X", stages="A").status_code == 403


@pytest.mark.parametrize("name", [*OPEN, *ADMINISTRATORS, *POSTS])
def test_visitors_sign_in_first(world: World, rows: dict, name: str) -> None:
    address = reverse(f"portal:{name}", args=rows["args"].get(name, ()))
    answer = Client().post(address) if name in POSTS else Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize(
    "name", [n for n in [*OPEN, *ADMINISTRATORS] if n in ("board", "deal", "person", "company")]
)
def test_strangers_find_nothing(rows: dict, outsider: Person, name: str) -> None:
    assert outsider.get(name, *rows["args"][name]).status_code == 404


@pytest.mark.parametrize("name", [*POSTS, "funnel-settings"])
def test_strangers_change_nothing(rows: dict, outsider: Person, name: str) -> None:
    before = Deal.unscoped.get(pk=rows["deal"].pk)
    answer = outsider.post(
        name, *rows["args"][name], do="rename", name="Meu", done="on", title="Meu", text="x"
    )
    assert answer.status_code == 404
    after = Deal.unscoped.get(pk=rows["deal"].pk)
    assert (after.version, after.title) == (before.version, before.title)
    assert not InteractionRecord.unscoped.exists()
    assert Task.unscoped.get().done_at is None


@pytest.mark.parametrize(
    "name", [*POSTS, "funnel-new", "funnel-settings", "deal-new", "person-new", "company-new"]
)
def test_a_post_of_another_account_is_409(
    world: World, stranger: World, rows: dict, admin: Person, name: str
) -> None:
    args = rows["args"].get(name, ())
    before = Deal.unscoped.get(pk=rows["deal"].pk).version
    for account in (None, stranger.account.pk, "x"):
        assert admin.post(name, *args, account=account, title="X", name="X").status_code == 409
    assert Deal.unscoped.get(pk=rows["deal"].pk).version == before
    assert Deal.unscoped.count() == 1


def test_lists_show_no_rows_of_strangers(world: World, stranger: World, rows: dict, outsider: Person) -> None:
    for name in ("persons", "companies", "tasks", "funnel-list"):
        page = outsider.get(name).content.decode()
        for text in ("Ana Lima", "Casa &amp; Filhos", "Ligar"):
            assert text not in page
    assert outsider.get("choose", "person", query="?q=ana").json() == {"results": []}
    assert outsider.get("funnel-open", query=f"?funnel={world.funnel.pk}").status_code == 404


def many(world: World, count: int) -> None:
    o = factories.SYSTEM
    stages = list(world.funnel.stages.all())
    for number in range(count):
        company = services.create_company(account=world.account, name=f"Casa {number}", origin=o)
        person = services.create_person(
            account=world.account, name=f"Ana {number}", phones=["11 98765-4321"], company=company, origin=o
        )
        deal = factories.deal(
            funnel=world.funnel,
            stage=number % len(stages),
            person=person,
            company=company,
            owner=world.seller,
            amount=Decimal(number),
        )
        task = services.create_task(
            account=world.account, title="Ligar", deal=deal, person=person, assignee=world.admin, origin=o
        )
        assert task.pk


@pytest.mark.parametrize("name", ["board", "persons", "companies", "tasks", "funnel-list"])
def test_lists_ask_the_same_number_of_queries_for_5_and_60_rows(
    world: World, admin: Person, name: str
) -> None:
    args = (world.funnel.pk,) if name == "board" else ()
    many(world, 5)
    admin.get(name, *args)  # what is asked once for each process
    with CaptureQueriesContext(connection) as few:
        assert admin.get(name, *args).status_code == 200
    many(world, 55)
    with CaptureQueriesContext(connection) as lots:
        assert admin.get(name, *args).status_code == 200
    assert len(lots) == len(few)
    assert len(lots) <= 25


def test_a_card_asks_no_more_queries_for_60_of_everything_than_for_5(
    world: World, rows: dict, admin: Person
) -> None:
    deal = rows["deal"]

    def grow(count: int, start: int) -> None:
        o = factories.SYSTEM
        persons = [
            services.create_person(
                account=world.account, name=f"P{start + n}", phones=["11 3333-4444"], origin=o
            )
            for n in range(count)
        ]
        kept = [contact.person for contact in deal.related_contacts.all()]
        services.set_related_contacts(deal=deal, persons=[*kept, *persons], origin=o)
        for person in persons:
            services.add_checklist_item(stage=deal.stage, text="x", origin=o)
            services.create_task(
                account=world.account, title="Ligar", deal=deal, assignee=world.admin, origin=o
            )
            services.log_interaction(
                account=world.account,
                type="phone",
                text="oi",
                occurred_at=timezone.now(),
                deal=deal,
                person=person,
                origin=o,
            )

    grow(5, 0)
    admin.get("deal", deal.pk)
    with CaptureQueriesContext(connection) as few:
        admin.get("deal", deal.pk)
    grow(54, 5)  # with the one that is there already: as many items as a checklist has
    with CaptureQueriesContext(connection) as lots:
        assert admin.get("deal", deal.pk).status_code == 200
    # Names in the stream cost one query for each kind of row that its newest lines mention.
    assert len(lots) <= len(few) <= 40


def test_without_a_funnel_administrators_make_one_and_sellers_are_told(db: None) -> None:
    account = Account.objects.create(name="Nova")
    people = [
        factories.member(account=account, email=f"{n}@nova.example", administrator=bool(n)) for n in range(2)
    ]
    seller, admin = (Person(client=Client(), account_id=account.pk) for _each in people)
    seller.client.force_login(people[0])
    admin.client.force_login(people[1])
    assert b'name="stages"' not in seller.get("home").content
    assert b'name="stages"' in admin.get("home").content
    wrong = admin.post("funnel-new", name="Vendas", stages="Entrada\nentrada")
    assert wrong.status_code == 422
    made = admin.post("funnel-new", name="Vendas", stages="Entrada\n\n Proposta ")
    assert made.status_code == 302
    board = admin.client.get(made["Location"]).content.decode()
    assert board.index("Entrada") < board.index("Proposta")
    assert seller.get("home").status_code == 302


def test_the_refreshing_script_gets_the_page_without_its_frame(
    world: World, rows: dict, seller: Person
) -> None:
    for name, part in (("board", 'id="board"'), ("deal", 'id="timeline"'), ("tasks", 'id="task-list"')):
        page = seller.get(name, *rows["args"].get(name, ()), headers={"x-live": "1"}).content.decode()
        assert part in page
        assert 'id="side"' not in page


def test_what_the_settings_delete_is_asked_about_first(world: World, rows: dict, admin: Person) -> None:
    stage = world.funnel.stages.first()
    services.add_checklist_item(stage=stage, text="Contrato", origin=factories.SYSTEM)
    services.add_loss_reason(funnel=world.funnel, name="Concorrente", origin=factories.SYSTEM)
    page = admin.get("funnel-settings", world.funnel.pk).content.decode()
    forms = re.findall(r"<form[^>]*>(?:(?!</form>).)*</form>", page, re.DOTALL)
    for act in ("delete-item", "delete-stage", "delete-reason", "delete-funnel"):
        found = [form for form in forms if f'value="{act}"' in form]
        assert found, act
        assert all("data-confirm=" in form.split(">")[0] for form in found), act
