"""Support sees one account's rows at a time: with a reason, for an hour, and in that account's audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import support
from accounts.models import Account, AuditEntry, Membership, Module, SupportAccess, User
from accounts.staff_scope import tells_of_an_account
from funnels.models import Deal, Person
from integrations.models import OutboxAction
from tests import factories
from tests.admin import rows
from tests.admin.test_every_screen import SCREENS, address, make

# Screens that every member of staff reads without opening an account, and why.
OPEN_TO_ALL = {
    "accounts.Module": "what is contracted tells nothing of a customer's data",
    "accounts.ModuleRequest": "whoever answers has to see that somebody asked",
    "accounts.SupportAccess": "it is about our own staff",
}


@pytest.fixture
def door(chief: User) -> Client:
    """A superuser, signed in, with no account open."""
    client = Client()
    client.force_login(chief)
    return client


def open_by_form(client: Client, account: Account, reason: str = "Chamado 42: cards parados") -> Any:
    return client.post(f"{reverse('admin:support')}?account={account.pk}", {"reason": reason})


def test_without_an_open_account_nothing_of_any_is_shown(door: Client, base: rows.Base) -> None:
    """Superusers too: list, row, history, form of a new row and autocomplete."""
    shut = [model for model in rows.MAKE if tells_of_an_account(model)]
    assert len(shut) >= 25
    for model in shut:
        row = make(model, base, 1)[-1]
        urls = [
            address(model, "changelist"),
            address(model, "change", row.pk),
            address(model, "history", row.pk),
        ]
        if admin.site._registry[model].create is not None:
            urls.append(address(model, "add"))
        for url in urls:
            answer = door.get(url)
            assert answer.status_code == 302, url
            assert answer.url.startswith(reverse("admin:support")), url
        query = f"?app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name=account"
        door.get(reverse("admin:autocomplete") + query)
    query = "?app_label=integrations&model_name=outboxaction&field_name=connection&term="
    assert door.get(reverse("admin:autocomplete") + query).json()["results"] == []
    assert not AuditEntry.unscoped.filter(action__startswith="support.").exists()


def test_what_stays_reachable_is_listed_with_its_reason() -> None:
    wide = {
        model._meta.label
        for model in SCREENS
        if "account" in {field.name for field in model._meta.fields} and not tells_of_an_account(model)
    }
    # Accounts, users and the installation's own tables have no account.
    assert wide <= OPEN_TO_ALL.keys()
    assert {"accounts.Module", "accounts.SupportAccess"} <= wide


def test_opening_needs_a_reason(door: Client, chief: User, world: Any) -> None:
    for reason in ("", "chamado", " a         b "):
        assert open_by_form(door, world.account, reason).status_code == 200
    assert not SupportAccess.unscoped.exists()
    with pytest.raises(support.NoReason):
        support.open_account(staff=chief, account=world.account, reason="a  b c  d   ", now=timezone.now())
    assert open_by_form(door, world.account).status_code == 302
    row = SupportAccess.unscoped.get()
    assert (row.account_id, row.staff_id, row.until - row.at) == (world.account.pk, chief.pk, support.LASTS)


def test_opening_is_told_to_the_account_and_leads_back(door: Client, chief: User, world: Any) -> None:
    deal = factories.deal(funnel=world.funnel)
    sent = door.get(address(Deal, "change", deal.pk)).url
    query = parse_qs(urlsplit(sent).query)
    assert query["account"] == [str(world.account.pk)]
    assert "Casa" in door.get(sent).content.decode()
    answer = door.post(sent, {"reason": "Chamado 42: card parado", "next": query["next"][0]})
    assert answer.url == address(Deal, "change", deal.pk)
    assert door.get(answer.url).status_code == 200
    lines = AuditEntry.objects.of(world.account).filter(action__startswith="support.").order_by("pk")
    assert [(line.action, line.actor_id) for line in lines] == [
        ("support.opened", chief.pk),
        ("support.viewed", chief.pk),
    ]
    assert lines[0].data["reason"] == "Chamado 42: card parado"
    assert lines[1].data["table"] == "funnels.Deal"
    assert deal.title not in f"{lines[1].subject} {lines[1].data}"


def test_only_rows_of_the_open_account_are_shown(desk: Client, world: Any, stranger: Any) -> None:
    ours = factories.deal(funnel=world.funnel, title="Padaria Sol")
    theirs = factories.deal(funnel=stranger.funnel, title="Alheio Ltda")
    page = desk.get(address(Deal, "changelist")).content.decode()
    assert ours.title in page
    assert theirs.title not in page
    answer = desk.get(address(Deal, "change", theirs.pk))
    assert answer.status_code == 302
    assert f"account={stranger.account.pk}" in answer.url
    for posted in (
        desk.post(address(Deal, "change", theirs.pk), {"title": "X"}),
        desk.post(address(Deal, "delete", theirs.pk), {"post": "yes"}),
        desk.post(address(Deal, "act", theirs.pk, "win")),
    ):
        assert posted.status_code in (302, 404)
    theirs.refresh_from_db()
    assert (theirs.title, theirs.status, theirs.deleted_at) == ("Alheio Ltda", "open", None)
    found = desk.get(
        address(Deal, "changelist"), {"q": theirs.number, "account__id__exact": stranger.account.pk}
    )
    assert theirs.title not in found.content.decode()
    assert not AuditEntry.objects.of(stranger.account).filter(action__startswith="support.").exists()


def test_tables_under_a_row_show_the_open_account_only(desk: Client, world: Any, stranger: Any) -> None:
    page = desk.get(address(Account, "change", stranger.account.pk)).content.decode()
    assert stranger.seller.name not in page
    assert world.seller.name in desk.get(address(Account, "change", world.account.pk)).content.decode()


def test_a_form_neither_names_nor_writes_rows_of_another_account(
    desk: Client, world: Any, stranger: Any
) -> None:
    person = Person.unscoped.create(account=stranger.account, name="Eva Alheia", name_key="eva alheia")
    deal = factories.deal(funnel=world.funnel)
    sent = {"title": deal.title, "stage": deal.stage_id, "person": person.pk, "seen_version": deal.version}
    answer = desk.post(address(Deal, "change", deal.pk), sent)
    assert answer.status_code == 200
    assert "Eva Alheia" not in answer.content.decode()
    new = {"account": stranger.account.pk, "name": "Nova", "email": "", "phones": ""}
    assert desk.post(address(Person, "add"), new).status_code == 200
    assert not Person.unscoped.filter(name="Nova").exists()
    place = {"account": stranger.account.pk, "user": world.seller.pk, "profile": 1}
    desk.post(address(Membership, "add"), place)
    assert not Membership.unscoped.filter(account=stranger.account, user=world.seller).exists()


def test_each_row_is_told_once_for_each_access(desk: Client, chief: User, world: Any) -> None:
    one, two = (factories.deal(funnel=world.funnel, title=f"Card {i}") for i in range(2))
    for deal in (one, one, two, one):
        desk.get(address(Deal, "change", deal.pk))
    desk.get(address(Deal, "history", one.pk))
    viewed = AuditEntry.objects.of(world.account).filter(action="support.viewed")
    assert viewed.count() == 2
    factories.opened(chief, world.account)
    desk.get(address(Deal, "change", one.pk))
    assert viewed.count() == 3


def test_another_account_closes_the_first(desk: Client, chief: User, world: Any, stranger: Any) -> None:
    open_by_form(desk, stranger.account)
    theirs, ours = factories.deal(funnel=stranger.funnel), factories.deal(funnel=world.funnel)
    assert desk.get(address(Deal, "change", theirs.pk)).status_code == 200
    assert desk.get(address(Deal, "change", ours.pk)).status_code == 302
    assert AuditEntry.objects.of(world.account).filter(action="support.closed").count() == 1
    assert SupportAccess.unscoped.filter(ended_at=None).count() == 1


def test_after_an_hour_it_is_shut(desk: Client, world: Any) -> None:
    deal = factories.deal(funnel=world.funnel)
    assert desk.get(address(Deal, "change", deal.pk)).status_code == 200
    SupportAccess.unscoped.update(until=timezone.now() - timedelta(seconds=1))
    assert desk.get(address(Deal, "change", deal.pk)).status_code == 302
    assert desk.get(address(Deal, "changelist")).status_code == 302
    assert desk.post(reverse("admin:support-extend")).url == reverse("admin:support")
    assert "data-support-account" not in desk.get(reverse("admin:index")).content.decode()


def test_the_banner_says_which_account_why_and_until_when(desk: Client, world: Any) -> None:
    for url in (reverse("admin:index"), address(Deal, "changelist"), address(User, "changelist")):
        page = desk.get(url).content.decode()
        assert f'data-support-account="{world.account.pk}"' in page, url
        assert "Chamado 42: conferir" in page
        until = timezone.localtime(SupportAccess.unscoped.get().until)
        assert f"{until:%H:%M}" in page


def test_it_is_prolonged_and_closed_by_the_banners_buttons(desk: Client, world: Any) -> None:
    SupportAccess.unscoped.update(until=timezone.now() + timedelta(minutes=2))
    assert desk.get(reverse("admin:support-extend")).status_code == 405
    assert (
        desk.post(reverse("admin:support-extend"), {"next": "/admin/accounts/user/"}).url
        == "/admin/accounts/user/"
    )
    assert SupportAccess.unscoped.get().until > timezone.now() + timedelta(minutes=59)
    assert desk.post(reverse("admin:support-close")).url == reverse("admin:index")
    assert desk.get(address(Deal, "changelist")).status_code == 302
    told = AuditEntry.objects.of(world.account).filter(action__startswith="support.").order_by("pk")
    assert [line.action for line in told] == ["support.opened", "support.extended", "support.closed"]


def test_one_members_access_is_not_anothers(desk: Client, world: Any, client_of: Any) -> None:
    other = User.objects.create_superuser(email="outra@tomada.example", name="Outra")
    assert client_of(other).get(address(Deal, "changelist")).status_code == 302


def test_opening_is_for_staff(client_of: Any, world: Any) -> None:
    for client in (Client(), client_of(world.admin)):
        assert open_by_form(client, world.account).url.startswith(reverse("admin:login"))
    assert not SupportAccess.unscoped.exists()


def test_accounts_are_found_by_name_and_number(door: Client, world: Any, stranger: Any) -> None:
    for typed in ("stranh", str(stranger.account.pk)):
        page = door.get(reverse("admin:support"), {"q": typed}).content.decode()
        assert f"?account={stranger.account.pk}&" in page
        assert f"?account={world.account.pk}&" not in page
    assert door.get(reverse("admin:support"), {"account": "999999"}).status_code == 404


def test_contracting_goes_on_without_opening_an_account(door: Client, world: Any) -> None:
    module = Module.unscoped.create(account=world.account, slug="workflow")
    assert door.get(address(Module, "changelist")).status_code == 200
    sent = {"contracted": "on", "enabled": "on", "seen_version": 1}
    assert door.post(address(Module, "change", module.pk), sent).status_code == 302
    module.refresh_from_db()
    assert module.contracted


def test_the_first_page_keeps_the_partners_words_of_other_accounts_to_itself(
    desk: Client, chief: User, base: rows.Base, stranger: Any
) -> None:
    row = make(OutboxAction, base, 1)[-1]
    OutboxAction.unscoped.filter(pk=row.pk).update(reason="ana@padaria.example já existe")
    url = reverse("admin:index")
    assert "ana@padaria.example" in desk.get(url).content.decode()
    factories.opened(chief, stranger.account)
    page = desk.get(url).content.decode()
    assert "ana@padaria.example" not in page
    assert address(OutboxAction, "change", row.pk) in page
