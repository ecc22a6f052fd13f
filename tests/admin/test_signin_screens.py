"""Support's screens of sign-in: sessions are ended, wrong tries forgotten, secrets never shown."""

from __future__ import annotations

from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings as product
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from accounts import second_factor
from accounts.models import AuditEntry, Sitting, SupportAccess, User
from tests.accounts.test_second_factor import enrol
from tests.admin.test_every_screen import address
from tests.conftest import World
from tests.factories import PASSWORD, opened


def test_second_factors_have_no_screen() -> None:
    """Their rows are secrets: whoever reads a key makes every code."""
    for label in ("otp_totp.TOTPDevice", "otp_static.StaticDevice", "otp_static.StaticToken"):
        assert apps.get_model(label) not in admin.site._registry


def test_support_ends_somebodys_session(desk: Client, world: World) -> None:
    phone = Client()
    phone.post("/login/", {"username": world.seller.email, "password": PASSWORD})
    row = Sitting.objects.get(user=world.seller)
    page = desk.get(address(Sitting, "change", row.pk)).content.decode()
    assert row.session_key not in page
    desk.post(address(Sitting, "act", row.pk, "end"))
    assert phone.get("/me/sessions/").status_code == 302


def test_support_lets_a_locked_out_person_try_again(desk: Client, world: World) -> None:
    client = Client()
    for _each in range(product.AXES_FAILURE_LIMIT):
        client.post("/login/", {"username": world.seller.email, "password": "errada"})
    row = AccessAttempt.objects.get()
    assert world.seller.email in desk.get(address(AccessAttempt, "changelist")).content.decode()
    assert desk.post(address(AccessAttempt, "delete", row.pk), {"post": "yes"}).status_code == 302
    answer = client.post("/login/", {"username": world.seller.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert User.objects.filter(pk=client.session["_auth_user_id"]).exists()


def test_support_switches_a_second_factor_off_with_her_account_open(
    desk: Client, chief: User, world: World, stranger: World
) -> None:
    enrol(world.seller)
    off = address(User, "act", world.seller.pk, "second-factor")
    SupportAccess.unscoped.update(until=timezone.now())  # the reason of the hour before counts no more
    opened(chief, stranger.account)
    assert desk.post(off).url.startswith("/admin/support/")
    assert second_factor.enrolled(world.seller)
    opened(chief, world.account)
    desk.post(off)
    assert not second_factor.enrolled(world.seller)
    assert AuditEntry.objects.of(world.account).filter(action="second_factor.disabled", actor=chief).exists()
