"""What support staff cannot do to people and accounts, and what the account reads of what they did."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts import sittings, support
from accounts.models import Account, AuditEntry, Membership, Module, SupportAccess, User
from accounts.modules import MODULES
from accounts.services import create_account
from tests import factories
from tests.admin.test_every_screen import address

OFF, ON = ({"contracted": on, "enabled": on} for on in (False, True))


@pytest.fixture
def in_two(world: Any, stranger: Any) -> User:
    """The seller of `world`, who is an administrator of the other account."""
    profile = factories.profile(account=stranger.account, administrator=True)
    Membership.unscoped.create(account=stranger.account, user=world.seller, profile=profile)
    return world.seller


def test_s5_staff_get_no_place_that_outlives_reason_and_hour(desk: Client, chief: User, world: Any) -> None:
    """Neither whoever acts nor a colleague, in an open account or in a new one."""
    colleague = User.objects.create_user(email="outra@tomada.example", is_staff=True)
    profile = factories.profile(account=world.account, administrator=True)
    for user in (chief, colleague):
        place = {"account": world.account.pk, "user": user.pk, "profile": profile.pk}
        assert desk.post(address(Membership, "add"), place).status_code == 200
        new = {"name": "Nova", "admin_email": user.email.upper(), "admin_name": "Eu"}
        assert desk.post(address(Account, "add"), new).status_code == 200
        assert not Membership.unscoped.filter(user=user).exists()
    assert not Account.objects.filter(name="Nova").exists()
    customer = User.objects.create_user(email="bia@casa.example")
    place = {"account": world.account.pk, "user": customer.pk, "profile": profile.pk}
    assert desk.post(address(Membership, "add"), place).status_code == 302
    assert Membership.unscoped.filter(user=customer, account=world.account).exists()


def test_s5_being_somebody_needs_a_reason_in_each_of_her_accounts(
    desk: Client, chief: User, world: Any, stranger: Any, in_two: User
) -> None:
    link = address(User, "act", in_two.pk, "link")
    answer = desk.post(link)
    assert f"account={stranger.account.pk}" in answer.url
    page = desk.get(answer.url).content.decode()
    assert "Estranha" in page
    assert "/password/set/" not in page
    factories.opened(chief, stranger.account)  # closes the first, whose reason counts until its hour is over
    assert "/password/set/" in desk.post(link, follow=True).content.decode()
    for account in (world.account, stranger.account):
        assert AuditEntry.objects.of(account).filter(action="user.password_link").count() == 1


def test_s5_a_reason_that_was_taken_back_or_is_too_old_no_longer_counts(
    desk: Client, chief: User, world: Any, stranger: Any, in_two: User
) -> None:
    act = address(User, "act", in_two.pk, "second-factor")
    access = SupportAccess.unscoped.get(staff=chief)
    support.close(access=access, now=access.at)
    factories.opened(chief, stranger.account)
    assert f"account={world.account.pk}" in desk.post(act).url
    factories.opened(chief, world.account)
    SupportAccess.unscoped.filter(account=stranger.account).update(until=access.at)
    assert f"account={stranger.account.pk}" in desk.post(act).url


def test_g2_the_only_administrator_of_an_account_is_not_switched_off(desk: Client, world: Any) -> None:
    url = address(User, "change", world.admin.pk)
    off = {"name": world.admin.name, "language": ""}
    answer = desk.post(url, off)
    assert answer.status_code == 200
    assert "Casa" in answer.content.decode()
    world.admin.refresh_from_db()
    assert world.admin.is_active
    factories.member(account=world.account, email="dois@casa.example", administrator=True)
    assert desk.post(url, off).status_code == 302
    world.admin.refresh_from_db()
    assert not world.admin.is_active


def test_m22_switching_somebody_on_again_revives_no_session(desk: Client, world: Any, client_of: Any) -> None:
    her = client_of(world.seller)
    url, values = address(User, "change", world.seller.pk), {"name": "V", "language": ""}
    assert her.get("/tasks/").status_code == 200
    assert desk.post(url, values).status_code == 302
    assert desk.post(url, {**values, "is_active": "on"}).status_code == 302
    world.seller.refresh_from_db()
    assert world.seller.is_active
    assert her.get("/tasks/").url.startswith("/login/")
    assert sittings.end_all(user=world.seller) == 0


def test_s5_modules_contracted_with_a_new_account_are_in_its_trail(chief: User) -> None:
    account, _admin = create_account(
        name="Nova",
        admin_email="a@nova.example",
        modules=["workflow", "api", "deals"],
        origin=factories.SYSTEM,
    )
    lines = AuditEntry.objects.of(account).filter(action="module.contracted").order_by("pk")
    assert [(line.subject, line.data) for line in lines] == [
        (slug, {"before": OFF, "after": ON}) for slug in ("api", "workflow")
    ]


def test_s2_a_new_account_is_offered_no_module_that_comes_later(desk: Client, world: Any) -> None:
    later = next(each for each in MODULES.values() if each.later and not each.basic)
    page = desk.get(address(Account, "add")).content.decode()
    assert f'value="{later.slug}"' not in page
    new = {"name": "Nova", "admin_email": "a@nova.example", "admin_name": "", "modules": [later.slug]}
    assert desk.post(address(Account, "add"), new).status_code == 200
    assert not Account.objects.filter(name="Nova").exists()
    module = {"account": world.account.pk, "slug": later.slug, "contracted": "on", "enabled": "on"}
    assert desk.post(address(Module, "add"), module).status_code == 200
