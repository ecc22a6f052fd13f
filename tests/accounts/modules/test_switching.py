"""Modules switched, contracted and asked for, by every road (S1, S2, S4, S5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import contracting, keys
from accounts.contracting import NotContracted, ask_for_module, contract_module, switch_module
from accounts.models import AuditEntry, Module, ModuleRequest, User
from accounts.modules import MODULES, module_on, standing_of, switched
from accounts.origin import Origin
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import create_account
from funnels import services
from tests import factories
from tests.conftest import World

LATER = [slug for slug, name in MODULES.items() if name.later and not name.fixed]
ClientOf = Callable[[User], Client]


def post(client: Client, world: World, name: str, slug: str, **data: Any) -> Any:
    return client.post(reverse(f"portal:{name}", args=[slug]), {"account": world.account.pk, **data})


def row(world: World, slug: str) -> Module:
    return Module.objects.of(world.account).get(slug=slug)


# --- S1: the list ------------------------------------------------------------------------------------


def test_s1_every_module_stands_there_with_its_text_state_and_icon(world: World, client_of: ClientOf) -> None:
    factories.module(account=world.account, slug="white_label")
    page = client_of(world.admin).get(reverse("portal:modules")).content.decode()
    for slug, name in MODULES.items():
        card = page.partition(f'id="module-{slug}"')[2].partition("</article>")[0]
        assert card, slug
        assert f">{name.icon}<" in card
        assert len(str(name.text)) > 40
        assert len(str(name.benefit)) > 40
        assert ("module-ask" in card) is (not name.basic and slug != "white_label"), slug


def test_s1_only_administrators(world: World, client_of: ClientOf) -> None:
    seller = client_of(world.seller)
    for url in (reverse("portal:modules"), reverse("portal:module-settings", args=["tasks"])):
        assert seller.get(url).status_code == 403
    assert reverse("portal:modules") not in seller.get(reverse("portal:tasks")).content.decode()
    assert post(seller, world, "module-switch", "deals", on="0").status_code == 403
    assert post(seller, world, "module-ask", "cpq").status_code == 403


def test_s1_the_list_costs_the_same_for_many_requests(
    world: World, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    admin = client_of(world.admin)
    admin.get(reverse("portal:modules"))
    for slug in ("cpq", "analytics", "library", "forms"):
        ask_for_module(account=world.account, slug=slug, user=world.admin, origin=Origin.user(world.admin))
    with django_assert_max_num_queries(10):
        admin.get(reverse("portal:modules"))


# --- S2: what may go on and off ----------------------------------------------------------------------


@pytest.mark.parametrize("slug", [slug for slug, name in MODULES.items() if name.fixed])
def test_s2_fixed_modules_cannot_be_switched_off(world: World, client_of: ClientOf, slug: str) -> None:
    with pytest.raises(NotContracted):
        switch_module(account=world.account, slug=slug, enabled=False, origin=factories.SYSTEM)
    post(client_of(world.admin), world, "module-switch", slug, on="0")
    assert module_on(world.account, slug)


@pytest.mark.parametrize("slug", ["deals", "products"])
def test_s2_other_basic_modules_go_off_and_on(world: World, client_of: ClientOf, slug: str) -> None:
    admin = client_of(world.admin)
    assert module_on(world.account, slug)
    post(admin, world, "module-switch", slug, on="0")
    assert not module_on(world.account, slug)
    post(admin, world, "module-switch", slug, on="1")
    assert module_on(world.account, slug)
    actions = AuditEntry.objects.of(world.account).filter(action="module.switched", subject=slug)
    assert [line.data["after"]["enabled"] for line in actions.order_by("id")] == [False, True]


@pytest.mark.parametrize("slug", ["workflow", "white_label", "api"])
def test_s2_what_is_not_contracted_cannot_go_on(world: World, client_of: ClientOf, slug: str) -> None:
    with pytest.raises(NotContracted, match=str(MODULES[slug].label)):
        switch_module(account=world.account, slug=slug, enabled=True, origin=factories.SYSTEM)
    post(client_of(world.admin), world, "module-switch", slug, on="1")
    assert not module_on(world.account, slug)


@pytest.mark.parametrize("slug", LATER)
def test_s2_what_comes_later_goes_on_by_no_road(world: World, client_of: ClientOf, slug: str) -> None:
    contracted = {"account": world.account, "slug": slug, "contracted": True, "origin": factories.SYSTEM}
    with pytest.raises(NotContracted):
        contract_module(**contracted, enabled=True)
    contract_module(**contracted, enabled=False)
    with pytest.raises(NotContracted):
        switch_module(account=world.account, slug=slug, enabled=True, origin=factories.SYSTEM)
    post(client_of(world.admin), world, "module-switch", slug, on="1")
    assert not row(world, slug).enabled
    with pytest.raises(ValueError, match=slug):
        create_account(name="Nova", admin_email="a@b.example", modules=[slug], origin=factories.SYSTEM)
    Module.unscoped.filter(slug=slug).update(enabled=True)  # written past the services
    assert not module_on(world.account, slug)
    assert slug not in standing_of(world.account).on


def test_s2_the_email_module_says_that_its_functions_come_later(world: World, client_of: ClientOf) -> None:
    page = client_of(world.admin).get(reverse("portal:modules")).content.decode()
    card = page.partition('id="module-email"')[2].partition("</article>")[0]
    assert "notice info" in card
    assert module_on(world.account, "email")


def test_s2_an_old_page_does_not_overwrite(world: World) -> None:
    switch_module(account=world.account, slug="products", enabled=False, origin=factories.SYSTEM)
    with pytest.raises(SomeoneElseChangedThis):
        switch_module(
            account=world.account, slug="products", enabled=True, origin=factories.SYSTEM, version=99
        )


# --- S2: asking --------------------------------------------------------------------------------------


def test_s2_an_administrator_asks_once_and_support_is_told(
    world: World, client_of: ClientOf, settings: Any, mailbox: Any
) -> None:
    settings.SUPPORT_EMAIL = "suporte@tomada.example"
    admin = client_of(world.admin)
    for _twice in range(2):
        post(admin, world, "module-ask", "cpq", text="Preços com imposto <b>")
    asked = ModuleRequest.objects.of(world.account).get()
    assert (asked.slug, asked.asked_by, asked.text) == ("cpq", world.admin, "Preços com imposto <b>")
    assert AuditEntry.objects.of(world.account).filter(action="module.asked").count() == 1
    (sent,) = mailbox()
    assert sent.to == ["suporte@tomada.example"]
    assert world.account.name in sent.subject
    assert "Preços com imposto <b>" in sent.body
    card = admin.get(reverse("portal:modules")).content.decode().partition('id="module-cpq"')[2]
    assert 'role="status"' in card.partition("</article>")[0]


def test_s2_nobody_is_written_to_without_an_address(world: World, settings: Any, mailbox: Any) -> None:
    settings.SUPPORT_EMAIL = ""
    ask_for_module(account=world.account, slug="cpq", user=world.admin, origin=factories.SYSTEM)
    assert mailbox() == []


def test_s2_what_the_account_has_is_not_asked_for(world: World) -> None:
    factories.module(account=world.account, slug="workflow")
    for slug in ("workflow", "deals", "tasks", "nothing"):
        with pytest.raises(NotContracted):
            ask_for_module(account=world.account, slug=slug, user=None, origin=factories.SYSTEM)


def test_s5_contracting_answers_the_request_and_tells_the_administrators(world: World) -> None:
    from accounts.models import Notice

    asked = ask_for_module(account=world.account, slug="workflow", user=world.admin, origin=factories.SYSTEM)
    contract_module(
        account=world.account, slug="workflow", contracted=True, enabled=False, origin=factories.SYSTEM
    )
    asked.refresh_from_db()
    assert asked.answered_at is not None
    assert Notice.objects.of(world.account).filter(kind="module", user=world.admin).count() == 1


def test_s5_an_answered_request_may_be_made_again(world: World) -> None:
    given = {"account": world.account, "slug": "cpq", "user": world.admin, "origin": factories.SYSTEM}
    first = ask_for_module(**given)
    contracting.answer_request(request=first, origin=factories.SYSTEM, now=timezone.now())
    assert ask_for_module(**given).pk != first.pk
    assert AuditEntry.objects.of(world.account).filter(action="module.answered").count() == 1


# --- S4: what stops, and what is hidden ---------------------------------------------------------------


def test_s4_switching_off_says_before_what_stops(world: World, client_of: ClientOf) -> None:
    factories.module(account=world.account, slug="api")
    for name in ("ERP", "BI"):
        keys.issue_key(account=world.account, name=name, created_by=factories.SYSTEM)
    factories.deal(funnel=world.funnel)
    admin = client_of(world.admin)
    page = admin.get(reverse("portal:module-switch", args=["api"])).content.decode()
    assert "2 " in page.partition('<ul class="stops">')[2].partition("</ul>")[0]
    assert module_on(world.account, "api"), "looking changes nothing"
    page = admin.get(reverse("portal:module-switch", args=["deals"])).content.decode()
    assert "1 " in page.partition('<ul class="stops">')[2].partition("</ul>")[0]


DEAL_PAGES = ("funnels", "funnel-list", "deal-new")


def test_s4_without_deals_menu_screens_and_search_are_gone_and_the_cards_stay(
    world: World, client_of: ClientOf
) -> None:
    deal = factories.deal(funnel=world.funnel, title="Padaria Luar")
    admin = client_of(world.admin)
    board, page = reverse("portal:board", args=[world.funnel.pk]), reverse("portal:deal", args=[deal.pk])
    urls = [*(reverse(f"portal:{name}") for name in DEAL_PAGES[1:]), board, page]
    assert all(admin.get(url).status_code == 200 for url in urls)
    switch_module(account=world.account, slug="deals", enabled=False, origin=factories.SYSTEM)
    for url in urls:
        answer = admin.get(url)
        assert answer.status_code == 403, url
        assert str(MODULES["deals"].label) in answer.content.decode()
    assert (
        admin.post(reverse("portal:deal-delete", args=[deal.pk]), {"account": world.account.pk}).status_code
        == 403
    )
    shown = admin.get("/", follow=True)
    assert shown.status_code == 200
    assert f'href="{reverse("portal:funnels")}"' not in shown.content.decode()
    found = admin.get(reverse("portal:search"), {"s": "Luar"}).content.decode()
    assert page not in found
    switch_module(account=world.account, slug="deals", enabled=True, origin=factories.SYSTEM)
    assert admin.get(page).status_code == 200


def test_s4_without_deals_a_person_shows_no_cards(world: World, client_of: ClientOf) -> None:
    person = services.create_person(account=world.account, name="Íris", origin=factories.SYSTEM)
    company = services.create_company(account=world.account, name="Sol", origin=factories.SYSTEM)
    factories.deal(funnel=world.funnel, title="Luar", person=person, company=company)
    admin = client_of(world.admin)
    urls = [reverse("portal:person", args=[person.pk]), reverse("portal:company", args=[company.pk])]
    assert all("Luar" in admin.get(url).content.decode() for url in urls)
    switch_module(account=world.account, slug="deals", enabled=False, origin=factories.SYSTEM)
    for url in urls:
        page = admin.get(url).content.decode()
        assert "Luar" not in page
        assert reverse("portal:deal-new") not in page


def test_s4_without_products_menu_and_screens_are_gone_and_the_rows_stay(
    world: World, client_of: ClientOf
) -> None:
    product = services.create_product(account=world.account, name="Curso", origin=factories.SYSTEM)
    admin = client_of(world.admin)
    urls = [reverse("portal:products"), reverse("portal:product", args=[product.pk])]
    assert all(admin.get(url).status_code == 200 for url in urls)
    switch_module(account=world.account, slug="products", enabled=False, origin=factories.SYSTEM)
    assert all(admin.get(url).status_code == 403 for url in urls)
    assert urls[0] not in admin.get(reverse("portal:persons")).content.decode()
    switch_module(account=world.account, slug="products", enabled=True, origin=factories.SYSTEM)
    assert "Curso" in admin.get(urls[0]).content.decode()


def test_s4_without_workflow_no_automation_screen_opens(world: World, client_of: ClientOf) -> None:
    factories.module(account=world.account, slug="workflow")
    admin = client_of(world.admin)
    url = reverse("portal:automations", args=[world.funnel.pk])
    board = reverse("portal:board", args=[world.funnel.pk])
    assert admin.get(url).status_code == 200
    assert url in admin.get(board).content.decode()
    switch_module(account=world.account, slug="workflow", enabled=False, origin=factories.SYSTEM)
    answer = admin.get(url)
    assert answer.status_code == 403
    assert "Workflow" in answer.content.decode()
    assert url not in admin.get(board).content.decode()
    assert (
        admin.post(
            reverse("portal:automation-new", args=[world.funnel.pk]), {"account": world.account.pk}
        ).status_code
        == 403
    )


def test_s4_who_listens_hears_each_switch_once(world: World) -> None:
    heard: list[tuple[str, bool]] = []

    def listen(*, slug: str, on: bool, **_signal: Any) -> None:
        heard.append((slug, on))

    switched.connect(listen)
    try:
        for enabled in (False, False, True):
            switch_module(account=world.account, slug="products", enabled=enabled, origin=factories.SYSTEM)
    finally:
        switched.disconnect(listen)
    assert heard == [("products", False), ("products", True)]
