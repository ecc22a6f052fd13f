"""The second factor: set up, asked for in the second step, each code once, and demanded by an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as product
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor, signin
from accounts.models import Account, AuditEntry, User
from accounts.origin import Origin
from tests.conftest import World
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def code_of(user: User, *, later: int = 0) -> str:
    """The app's code; `later`: of that many steps ahead, as if half a minute had gone by."""
    device = TOTPDevice.objects.filter(user=user).latest("pk")
    return f"{totp(device.bin_key, drift=later):06d}"


def enrol(user: User) -> list[str]:
    second_factor.begin(user)
    verdict, codes = second_factor.confirm(user=user, code=code_of(user), origin=Origin.user(user))
    assert verdict.right
    # The setting up happened a while ago: the code of now has not been used.
    TOTPDevice.objects.filter(user=user).update(last_t=-1)
    return codes


def free() -> None:
    """The seconds that a wrong code costs have gone by."""
    TOTPDevice.objects.update(throttling_failure_count=0)
    StaticDevice.objects.update(throttling_failure_count=0)


def first_step(client: Client, user: User, to: str = "") -> Any:
    return client.post("/login/", {"username": user.email, "password": PASSWORD, "next": to})


def second_step(client: Client, code: str) -> Any:
    return client.post("/login/code/", {"code": code})


def test_setting_up_shows_picture_and_key_and_needs_a_right_code(client_of: SignedIn, world: World) -> None:
    client, other = client_of(world.seller), client_of(world.seller)
    page = client.get("/me/second-factor/").content.decode()
    assert 'src="data:image/svg+xml' in page
    key = re.search(r'class="typed-key">([A-Z2-7 ]+)<', page)[1]
    assert client.get("/me/second-factor/").content.decode().count(key) == 1  # a reload keeps the key
    assert client.post("/me/second-factor/", {"code": "000000"}).status_code == 200
    assert not second_factor.enrolled(world.seller)
    free()
    done = client.post("/me/second-factor/", {"code": code_of(world.seller)})
    codes = re.findall(r"<code>([a-z2-7]{5}-[a-z2-7]{5})</code>", done.content.decode())
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert "no-store" in done["Cache-Control"]
    assert second_factor.enrolled(world.seller)
    again = client.get("/me/second-factor/").content.decode()
    assert codes[0] not in again
    assert not StaticToken.objects.filter(token=codes[0].replace("-", "")).exists()  # only a digest is kept
    assert other.get("/me/second-factor/").status_code == 302  # her other sessions came in without it
    assert AuditEntry.objects.of(world.account).filter(action="second_factor.enabled").count() == 1


def test_signing_in_asks_for_the_code_before_anything_opens(world: World) -> None:
    enrol(world.seller)
    client = Client()
    answer = first_step(client, world.seller, "/me/sessions/?a=1")
    assert answer.url == "/login/code/"
    assert client.get("/me/sessions/").status_code == 302
    assert client.get("/login/code/").status_code == 200
    planted = client.cookies[product.SESSION_COOKIE_NAME].value
    assert second_step(client, code_of(world.seller)).url == "/me/sessions/?a=1"
    assert client.get("/me/sessions/").status_code == 200
    assert client.cookies[product.SESSION_COOKIE_NAME].value != planted


def test_the_second_step_gives_the_session_a_new_key(world: World) -> None:
    """Who planted a session before the password has no part in the second step."""
    enrol(world.seller)
    client = Client()
    client.get("/login/code/")
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies[product.SESSION_COOKIE_NAME] = session.session_key
    first_step(client, world.seller)
    planted = Client()
    planted.cookies[product.SESSION_COOKIE_NAME] = session.session_key
    assert planted.get("/login/code/").status_code == 302


def test_a_code_opens_once(world: World) -> None:
    enrol(world.seller)
    code = code_of(world.seller)
    one, two = Client(), Client()
    first_step(one, world.seller)
    first_step(two, world.seller)
    assert second_step(one, code).status_code == 302
    assert second_step(two, code).status_code == 200
    free()
    assert second_step(two, code_of(world.seller, later=1)).status_code == 302


def test_a_recovery_code_opens_once_however_it_is_typed(world: World) -> None:
    codes = enrol(world.seller)
    one, two = Client(), Client()
    first_step(one, world.seller)
    first_step(two, world.seller)
    assert second_step(one, f" {codes[0].upper()} ").status_code == 302
    assert second_step(two, codes[0]).status_code == 200
    assert second_factor.standing(world.seller).codes_left == second_factor.RECOVERY_CODES - 1


def test_somebody_elses_code_does_not_open(world: World) -> None:
    enrol(world.seller)
    theirs = enrol(world.admin)
    client = Client()
    first_step(client, world.seller)
    assert second_step(client, theirs[0]).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_wrong_code_makes_the_next_one_wait(world: World) -> None:
    enrol(world.seller)
    client = Client()
    first_step(client, world.seller)
    second_step(client, "000000")
    client.cookies["django_language"] = "en"
    answer = second_step(client, code_of(world.seller))
    assert "Wait 1 second" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_codes_locks_out_like_guessing_passwords(world: World) -> None:
    """A new first step with the right password does not give new tries."""
    enrol(world.seller)
    client = Client()
    for number in range(product.AXES_FAILURE_LIMIT):
        if number % 3 == 0:
            first_step(client, world.seller)
        free()
        answer = second_step(client, "000000")
    assert answer.status_code == 429
    free()
    assert second_step(client, code_of(world.seller)).status_code == 429
    assert first_step(Client(), world.seller).status_code == 429


def test_the_second_step_does_not_wait_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    enrol(world.seller)
    client = Client()
    first_step(client, world.seller)
    monkeypatch.setattr(signin, "PENDING_SECONDS", -1)
    assert client.get("/login/code/").url == "/login/"


def test_a_new_password_ends_a_second_step_that_waits(world: World) -> None:
    enrol(world.seller)
    client = Client()
    first_step(client, world.seller)
    world.seller.set_password("outra-senha-84")
    world.seller.save()
    assert second_step(client, code_of(world.seller)).url == "/login/"


def test_next_of_another_site_is_not_followed_after_the_code(world: World) -> None:
    enrol(world.seller)
    client = Client()
    first_step(client, world.seller, "https://evil.example/")
    assert second_step(client, code_of(world.seller)).url == "/"


def test_switching_it_off_and_new_codes_ask_for_the_password(client_of: SignedIn, world: World) -> None:
    old = enrol(world.seller)
    client, url = client_of(world.seller), "/me/second-factor/"
    for do in ("disable", "codes"):
        assert client.post(url, {"do": do, "password": "errada"}).status_code == 200
    assert second_factor.standing(world.seller).codes_left == second_factor.RECOVERY_CODES
    fresh = client.post(url, {"do": "codes", "password": PASSWORD}).content.decode()
    assert old[0] not in fresh
    assert not second_factor.verify(user=world.seller, code=old[0]).right
    assert client.post(url, {"do": "disable", "password": PASSWORD}).status_code == 302
    assert not second_factor.enrolled(world.seller)
    assert not StaticDevice.objects.filter(user=world.seller).exists()
    assert AuditEntry.objects.of(world.account).filter(action="second_factor.disabled").count() == 1
    assert first_step(Client(), world.seller).url == "/"


def test_guessing_the_password_there_locks_out_too(client_of: SignedIn, world: World) -> None:
    enrol(world.seller)
    client = client_of(world.seller)
    for _each in range(product.AXES_FAILURE_LIMIT):
        client.post("/me/second-factor/", {"do": "disable", "password": "errada"})
    client.post("/me/second-factor/", {"do": "disable", "password": PASSWORD})
    assert second_factor.enrolled(world.seller)


def test_an_account_that_demands_it_leads_members_to_set_it_up(client_of: SignedIn, world: World) -> None:
    client = client_of(world.seller)
    assert client.get("/persons/").status_code == 200
    Account.objects.filter(pk=world.account.pk).update(demands_second_factor=True)
    for path in ("/", "/persons/", "/deals/new/", "/me/sessions/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, "/me/second-factor/"), path
    posted = client.post("/persons/new/", {"account": world.account.pk, "name": "Ana"})
    assert posted.url == "/me/second-factor/"
    part = client.get("/live/", HTTP_HX_REQUEST="true")
    assert (part.status_code, part["HX-Redirect"]) == (204, "/me/second-factor/")
    assert client.get("/me/second-factor/").status_code == 200
    assert client.get("/brand.css").status_code == 200, "the set-up page has the account's colours"
    client.post("/me/second-factor/", {"code": code_of(world.seller)})
    assert client.get("/persons/").status_code == 200


def test_where_it_is_demanded_it_cannot_be_switched_off(client_of: SignedIn, world: World) -> None:
    enrol(world.seller)
    Account.objects.filter(pk=world.account.pk).update(demands_second_factor=True)
    client = client_of(world.seller)
    client.post("/me/second-factor/", {"do": "disable", "password": PASSWORD})
    assert second_factor.enrolled(world.seller)


def test_only_administrators_demand_it_and_the_page_says_who_has_none(
    client_of: SignedIn, world: World, stranger: World
) -> None:
    seller, admin = client_of(world.seller), client_of(world.admin)
    assert seller.get("/security/").status_code == 403
    enrol(world.admin)
    page = admin.get("/security/").content.decode()
    assert world.seller.email in page
    assert world.admin.email not in page.split("<main")[1]
    assert stranger.seller.email not in page
    sent = {"account": world.account.pk, "demanded": "on"}
    assert seller.post("/security/", sent).status_code == 403
    assert admin.post("/security/", sent).status_code == 302
    world.account.refresh_from_db()
    assert world.account.demands_second_factor
    admin.post("/security/", {**sent, "demanded": "off"})
    actions = AuditEntry.objects.of(world.account).filter(action__startswith="second_factor.")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "second_factor.enabled",
        "second_factor.demanded",
        "second_factor.optional",
    ]


def test_staff_who_have_it_are_asked_at_their_door(db: None) -> None:
    chief = User.objects.create_superuser(email="chefe@tomada.example", password=PASSWORD)
    url = f"{reverse('admin:login')}?next=/admin/accounts/user/"
    data = {"username": chief.email, "password": PASSWORD, "next": "/admin/accounts/user/"}
    assert Client().post(url, data).url == "/admin/accounts/user/"
    enrol(chief)
    client = Client()
    assert client.post(url, data).url == "/login/code/"
    assert client.get("/admin/accounts/user/").status_code == 302
    assert second_step(client, code_of(chief)).url == "/admin/accounts/user/"
    assert client.get("/admin/accounts/user/").status_code == 200
    assert client.get("/me/second-factor/").status_code == 200  # also without a place in any account
