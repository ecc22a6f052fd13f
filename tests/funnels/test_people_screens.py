"""Persons, companies, tasks, funnel settings and search as people use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import live
from funnels import finders, services
from funnels.models import Company, Deal, Funnel, Stage
from funnels.models import Person as PersonRow
from tests import factories
from tests.conftest import World
from tests.funnels.conftest import Person

pytestmark = pytest.mark.django_db


def found(answer: object) -> list[str]:
    return [str(row) for row in answer.context["page"]["rows"]]


def test_persons_are_found_by_name_email_and_phone(world: World, seller: Person) -> None:
    o = factories.SYSTEM
    services.create_person(
        account=world.account,
        name="José Conceição",
        email="ze@casa.example",
        phones=["(11) 98765-4321"],
        origin=o,
    )
    services.create_person(account=world.account, name="Ana", phones=["21 3333-4444"], origin=o)
    for query in ("jose", "CONCEICAO", "ze@ca", "98765-4321", "8765 4321", "11987654321", "+55 11 98765"):
        assert found(seller.get("persons", query=f"?q={query.replace('+', '%2B')}")) == ["José Conceição"], (
            query
        )
    assert found(seller.get("persons", query="?q=zzz")) == []
    assert "(11) 98765-4321" in seller.get("persons").content.decode()


def test_m31_ghosts_are_hidden_until_asked_for(world: World, seller: Person) -> None:
    deal = factories.deal(funnel=world.funnel)
    ghost = services.create_person(
        account=world.account, name="Fantasma", ghost_of=deal, origin=factories.SYSTEM
    )
    assert found(seller.get("persons")) == []
    assert found(seller.get("persons", query="?ghosts=1")) == ["Fantasma"]
    assert seller.get("choose", "person", query="?q=fantasma").json() == {"results": []}
    assert f"/deals/{deal.pk}/" in seller.get("person", ghost.pk).content.decode()


def test_lists_are_paged_without_counting(world: World, seller: Person) -> None:
    for number in range(31):
        services.create_person(account=world.account, name=f"P{number:02}", origin=factories.SYSTEM)
    first = seller.get("persons")
    assert (len(found(first)), first.context["page"]["next"]) == (30, 2)
    second = seller.get("persons", query="?page=2")
    assert (found(second), second.context["page"]["next"]) == (["P30"], 0)
    assert found(seller.get("persons", query="?page=99999999999999999999")) != []


def test_a_person_is_made_edited_and_deleted(world: World, seller: Person) -> None:
    sent = {"name": "Ana", "email": "ana@x.example", "phones": ["11 98765-4321", "", "11 3333-4444"]}
    answer = seller.post("person-new", **sent, company="", company_name="Casa")
    ana = PersonRow.unscoped.get()
    assert answer["Location"] == f"/persons/{ana.pk}/"
    assert list(ana.phones.values_list("typed", flat=True)) == ["11 98765-4321", "11 3333-4444"]
    assert ana.company.name == "Casa"
    edited = {
        "name": "Ana Lima",
        "email": "ana@x.example",
        "phones": ["11 3333-4444"],
        "company_name": "",
        "version": 1,
    }
    assert seller.post("person", ana.pk, **edited).status_code == 302
    ana.refresh_from_db()
    assert (ana.name, ana.company, ana.phones.count(), ana.version) == ("Ana Lima", None, 1, 2)
    assert seller.post("person", ana.pk, **edited).status_code == 422  # the version it saw is gone
    bad = seller.post("person", ana.pk, **{**edited, "version": 2, "phones": ["abc"]})
    assert "phones" in bad.context["form"].errors
    taken = seller.post("person-new", name="Outra", email="ANA@X.example")
    assert taken.status_code == 422
    assert f'href="/persons/{ana.pk}/"' in taken.content.decode()
    assert seller.post("person-delete", ana.pk)["Location"] == "/persons/"
    assert seller.get("person", ana.pk).status_code == 404


def test_a_company_is_made_and_edited(world: World, seller: Person) -> None:
    bad = seller.post("company-new", name="Casa", document="123")
    assert (bad.status_code, "document" in bad.context["form"].errors) == (422, True)
    seller.post("company-new", name="Casa", document="12.345.678/0001-95", phones=["11 3333-4444"])
    casa = Company.unscoped.get()
    assert casa.document == "12345678000195"
    page = seller.get("company", casa.pk).content.decode()
    assert "12.345.678/0001-95" in page
    assert "(11) 3333-4444" in page
    for query in ("casa", "12345678", "3333-4444"):
        assert found(seller.get("companies", query=f"?q={query}")) == ["Casa"], query
    sent = {"name": "Casa Nova", "document": "", "version": 1}
    assert seller.post("company", casa.pk, **sent).status_code == 302
    assert seller.post("company", casa.pk, **sent).status_code == 422
    casa.refresh_from_db()
    assert (casa.name, casa.document, casa.phones.count()) == ("Casa Nova", "", 0)


def test_custom_fields_of_persons_are_edited_on_their_page(world: World, seller: Person) -> None:
    services.ensure_custom_field(
        account=world.account, entity="person", key="cpf", label="CPF", type="cpf", origin=factories.SYSTEM
    )
    ana = services.create_person(account=world.account, name="Ana", origin=factories.SYSTEM)
    sent = {"name": "Ana", "email": "", "version": 1}
    assert seller.post("person", ana.pk, **sent, **{"custom-cpf": "123"}).status_code == 422
    seller.post("person", ana.pk, **sent, **{"custom-cpf": "123.456.789-09"})
    ana.refresh_from_db()
    assert ana.custom == {"cpf": "12345678909"}
    assert "123.456.789-09" in seller.get("person", ana.pk).content.decode()


def test_tasks_are_mine_all_or_done(world: World, seller: Person) -> None:
    o, now = factories.SYSTEM, timezone.now()
    mine = services.create_task(
        account=world.account, title="Minha", assignee=world.seller, due_at=now + timedelta(days=1), origin=o
    )
    late = services.create_task(
        account=world.account,
        title="Atrasada",
        assignee=world.seller,
        due_at=now - timedelta(days=1),
        origin=o,
    )
    services.create_task(account=world.account, title="De outra", assignee=world.admin, origin=o)
    assert found(seller.get("tasks")) == ["Atrasada", "Minha"]
    assert found(seller.get("tasks", query="?which=all")) == ["Atrasada", "Minha", "De outra"]
    assert seller.post("task-done", late.pk, which="all")["Location"] == "/tasks/?which=all"
    assert found(seller.get("tasks", query="?which=done")) == ["Atrasada"]
    assert seller.script("task-done", mine.pk).status_code == 200


def test_s8_administrators_shape_the_funnel(world: World, admin: Person) -> None:
    funnel, stage = world.funnel, world.funnel.stages.first()
    pk = funnel.pk
    admin.post("funnel-settings", pk, do="rename", name="Vendas", version=1)
    admin.post("funnel-settings", pk, do="add-stage", name="Fechamento")
    admin.post("funnel-settings", pk, do="rename-stage", stage=stage.pk, name="Chegada", version=1)
    admin.post("funnel-settings", pk, do="add-item", stage=stage.pk, name="Contrato", mandatory="on")
    admin.post("funnel-settings", pk, do="add-item", stage=stage.pk, name="Foto")
    admin.post("funnel-settings", pk, do="add-reason", name="Preço")
    assert Funnel.unscoped.get(pk=pk).name == "Vendas"
    assert list(funnel.stages.values_list("name", flat=True))[::3] == ["Chegada", "Fechamento"]
    assert list(stage.checklist.values_list("text", "mandatory")) == [("Contrato", True), ("Foto", False)]
    reason = funnel.loss_reasons.get()
    for wrong in (
        {"do": "rename", "name": " "},
        {"do": "rename", "name": "x" * 121},
        {"do": "add-stage", "name": "chegada"},
        {"do": "add-reason", "name": "preço"},
        {"do": "rename", "name": "Velho", "version": 1},
    ):
        answer = admin.script("funnel-settings", pk, **wrong)
        assert answer.status_code in (412, 422), wrong
        assert answer.json()["message"]
    assert admin.script("funnel-settings", pk, do="explode").status_code == 404
    last = funnel.stages.last()
    admin.post("funnel-settings", pk, do="move-stage", stage=last.pk, to="up")
    admin.post("funnel-settings", pk, do="move-stage", stage=stage.pk, to="up")
    assert [each.pk for each in funnel.stages.all()].index(last.pk) == 2
    admin.post("funnel-settings", pk, do="move-stage", stage=last.pk, to="down")
    assert funnel.stages.last() == last
    item = stage.checklist.get(text="Foto")
    admin.post("funnel-settings", pk, do="delete-item", item=item.pk)
    assert list(stage.checklist.values_list("text", flat=True)) == ["Contrato"]
    admin.post("funnel-settings", pk, do="delete-reason", reason=reason.pk)
    assert not funnel.loss_reasons.filter(deleted_at=None).exists()
    page = admin.get("funnel-settings", pk).content.decode()
    assert "Contrato" in page
    assert "Preço" not in page


def test_what_nothing_uses_is_deleted_and_what_is_used_says_by_what(world: World, admin: Person) -> None:
    funnel, used = world.funnel, world.funnel.stages.first()
    factories.deal(funnel=funnel)
    refused = admin.script("funnel-settings", funnel.pk, do="delete-stage", stage=used.pk)
    assert (refused.status_code, "Nada foi excluído" in refused.json()["message"]) == (422, True)
    free = funnel.stages.last()
    admin.post("funnel-settings", funnel.pk, do="delete-stage", stage=free.pk)
    assert not funnel.stages.filter(pk=free.pk).exists()
    kept = admin.post("funnel-settings", funnel.pk, do="delete-funnel")
    assert (kept["Location"], Funnel.unscoped.filter(pk=funnel.pk).exists()) == (
        f"/funnels/{funnel.pk}/settings/",
        True,
    )
    other = factories.funnel(account=world.account, name="Outro")
    for stage in list(other.stages.all())[1:]:
        admin.post("funnel-settings", other.pk, do="delete-stage", stage=stage.pk)
    only = admin.script("funnel-settings", other.pk, do="delete-stage", stage=other.stages.get().pk)
    assert only.status_code == 422
    gone = admin.post("funnel-settings", other.pk, do="delete-funnel")
    assert (gone["Location"], Funnel.unscoped.filter(pk=other.pk).exists()) == ("/funnels/all/", False)


def test_another_funnels_rows_are_not_changed_through_this_one(
    world: World, stranger: World, admin: Person
) -> None:
    other = factories.funnel(account=world.account, name="Outro")
    for stage in (other.stages.first(), stranger.funnel.stages.first()):
        answer = admin.script(
            "funnel-settings", world.funnel.pk, do="rename-stage", stage=stage.pk, name="Meu"
        )
        assert answer.status_code == 404
    assert not Stage.unscoped.filter(name="Meu").exists()


def test_search_and_live_number_are_of_one_account(world: World, stranger: World) -> None:
    o = factories.SYSTEM
    ana = services.create_person(account=world.account, name="Ana Lima", email="ana@x.example", origin=o)
    services.create_company(account=world.account, name="Lima & Filhos", origin=o)
    deal = factories.deal(funnel=world.funnel, title="Negócio", person=ana)
    hits = [hit.title for find in finders.FINDERS for hit in find(world.seller.memberships.get(), "lima", 6)]
    assert hits == ["Negócio", "Ana Lima", "Lima & Filhos"]
    nobody = stranger.seller.memberships.get()
    assert [hit for find in finders.FINDERS for hit in find(nobody, "lima", 6)] == []
    ours, theirs = live.now(world.account), live.now(stranger.account)
    services.update_deal(deal=deal, title="Outro", origin=o)
    assert live.now(world.account) > ours
    assert live.now(stranger.account) == theirs
    assert Deal.unscoped.count() == 1


def test_m15_a_company_that_is_there_already_is_shown_and_made_again_only_on_purpose(
    world: World, seller: Person
) -> None:
    sol = services.create_company(
        account=world.account, name="Padaria São João", document="12345678000195", origin=factories.SYSTEM
    )
    for sent in ({"name": "PADARIA SAO JOAO"}, {"name": "Outra", "document": "12.345.678/0001-95"}):
        answer = seller.post("company-new", **sent)
        assert answer.status_code == 422
        assert f'href="/companies/{sol.pk}/"' in answer.content.decode()
    assert Company.unscoped.filter(account=world.account).count() == 1
    assert seller.post("company-new", name="Padaria São João", anyway="on").status_code == 302
    assert seller.post("company-new", name="Outra").status_code == 302
    assert Company.unscoped.filter(account=world.account).count() == 3
