"""Guessing at sign-in is stopped: for an e-mail from an address, for an address, at every door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as product
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts import lockout
from accounts.models import User
from tests.conftest import World
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str = PASSWORD, **meta: Any) -> Any:
    return client.post("/login/", {"username": email, "password": password}, **meta)


def wrong(client: Client, email: str, times: int, **meta: Any) -> Any:
    answer = None
    for _each in range(times):
        answer = sign_in(client, email, "errada", **meta)
    return answer


def test_the_right_password_has_to_wait_too_and_the_page_says_how_long(client: Client, world: World) -> None:
    answer = wrong(client, world.seller.email, product.AXES_FAILURE_LIMIT)
    assert answer.status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=8, seconds=30))
    answer = sign_in(client, world.seller.email)
    assert answer.status_code == 429
    assert 360 < int(answer["Retry-After"]) <= 390
    page = answer.content.decode()
    assert "7 min" in page
    assert "_auth_user_id" not in client.session


def test_one_try_less_opens_and_empties_the_counter(client: Client, world: World) -> None:
    wrong(client, world.seller.email, product.AXES_FAILURE_LIMIT - 1)
    assert sign_in(client, world.seller.email).status_code == 302
    other = Client()
    assert wrong(other, world.seller.email, product.AXES_FAILURE_LIMIT - 1).status_code == 200


def test_the_wait_ends_by_itself(client: Client, world: World) -> None:
    wrong(client, world.seller.email, product.AXES_FAILURE_LIMIT)
    AccessAttempt.objects.update(attempt_time=timezone.now() - product.AXES_COOLOFF_TIME)
    assert sign_in(client, world.seller.email).status_code == 302


def test_impatience_does_not_make_the_wait_longer(client: Client, world: World) -> None:
    wrong(client, world.seller.email, product.AXES_FAILURE_LIMIT)
    before = AccessAttempt.objects.get().attempt_time
    wrong(client, world.seller.email, 3)
    assert AccessAttempt.objects.get().attempt_time == before


def test_upper_case_and_another_browser_are_the_same_guess(client: Client, world: World) -> None:
    half = product.AXES_FAILURE_LIMIT // 2
    wrong(client, world.seller.email.upper(), half, HTTP_USER_AGENT="Um")
    wrong(client, world.seller.email, half, HTTP_USER_AGENT="Outro")
    assert sign_in(client, world.seller.email).status_code == 429


def test_another_address_and_another_email_are_free(client: Client, world: World) -> None:
    wrong(client, world.seller.email, product.AXES_FAILURE_LIMIT)
    assert sign_in(Client(), world.admin.email).status_code == 302
    assert sign_in(Client(REMOTE_ADDR="192.0.2.9"), world.seller.email).status_code == 302


def test_an_address_that_tries_many_emails_is_stopped_as_a_whole(
    client: Client, world: World, settings: Any
) -> None:
    settings.LOCKOUT_ADDRESS_LIMIT = 20
    for number in range(19):
        assert wrong(client, f"x{number}@casa.example", 1).status_code == 200
    # Her own success in between does not empty the address's counter.
    assert sign_in(Client(), world.admin.email).status_code == 302
    wrong(client, "x20@casa.example", 1)
    assert sign_in(Client(), world.admin.email).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.9"), world.admin.email).status_code == 302


def test_the_staff_door_counts_with_the_portals(client: Client, db: None) -> None:
    chief = User.objects.create_superuser(email="chefe@tomada.example", password=PASSWORD)
    url = reverse("admin:login")
    for _each in range(product.AXES_FAILURE_LIMIT):
        answer = client.post(url, {"username": chief.email.upper(), "password": "errada"})
    assert answer.status_code == 429
    assert "15 min" in answer.content.decode()
    assert client.post(url, {"username": chief.email, "password": PASSWORD}).status_code == 429
    assert sign_in(client, chief.email).status_code == 429


def test_nothing_typed_is_kept_in_clear(client: Client, world: World) -> None:
    wrong(client, world.seller.email, 2)
    row = AccessAttempt.objects.get()
    assert "errada" not in row.post_data
    assert (row.username, row.ip_address, row.failures_since_start) == (world.seller.email, "127.0.0.1", 2)


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (False, "203.0.113.7", "10.0.0.1"),
        (True, "203.0.113.7", "203.0.113.7"),
        (True, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (True, "gibberish", "10.0.0.1"),
        (True, "", "10.0.0.1"),
    ],
)
def test_only_what_the_proxy_wrote_counts_as_the_address(
    settings: Any, behind: bool, forwarded: str, address: str
) -> None:
    settings.BEHIND_PROXY = behind
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert lockout.address_of(request) == address


def test_m22_an_open_session_is_no_place_to_guess_the_password(world: World, client_of: Any) -> None:
    client, new = client_of(world.seller), "padaria-de-sol-9"
    sent = {"old_password": "errada", "new_password1": new, "new_password2": new}
    for _each in range(product.AXES_FAILURE_LIMIT):
        answer = client.post("/password/", sent)
    assert answer.status_code == 429
    answer = client.post("/password/", {**sent, "old_password": PASSWORD})
    assert answer.status_code == 429
    assert "15 min" in answer.content.decode()
    world.seller.refresh_from_db()
    assert world.seller.check_password(PASSWORD)
