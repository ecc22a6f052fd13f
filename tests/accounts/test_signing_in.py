"""Signing in and out, and the person's own password (G5)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings as product
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditEntry, Membership, Module, Profile, User
from tests.conftest import World
from tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_urls")]
SignedIn = Callable[[User], Client]


def sign_in(client: Client, email: str, password: str = PASSWORD, next_: str = "") -> object:
    return client.post("/login/", {"username": email, "password": password, "next": next_})


def test_a_page_asks_to_sign_in_and_comes_back(client: Client, world: World) -> None:
    answer = client.get("/t/plain/?a=1")
    assert answer.status_code == 302
    assert answer.url == "/login/?next=/t/plain/%3Fa%3D1"
    assert sign_in(client, "  VENDAS@casa.example ", next_="/t/plain/?a=1").url == "/t/plain/?a=1"
    assert client.get("/t/plain/").status_code == 200


def test_next_of_another_site_is_not_followed(client: Client, world: World) -> None:
    assert sign_in(client, world.seller.email, next_="https://evil.example/").url == "/"
    assert sign_in(Client(), world.seller.email, next_="//evil.example/").url == "/"


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("vendas@casa.example", "errada", "E-mail and password do not match"),
        ("ninguem@casa.example", PASSWORD, "E-mail and password do not match"),
        ("vendas", PASSWORD, "This is not a whole e-mail address"),
        ("", "", "Type your e-mail"),
    ],
)
def test_errors_are_said_in_words(
    client: Client, world: World, email: str, password: str, words: str
) -> None:
    client.cookies["django_language"] = "en"
    answer = sign_in(client, email, password)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_inactive_user_does_not_come_in(client: Client, world: World) -> None:
    User.objects.filter(pk=world.seller.pk).update(is_active=False)
    assert sign_in(client, world.seller.email).status_code == 200
    assert "_auth_user_id" not in client.session


def test_signing_in_changes_the_session_key(client: Client, world: World) -> None:
    """No session fixation: the key of before is worth nothing afterwards."""
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    client.cookies["tomada_session"] = before
    sign_in(client, world.seller.email)
    after = client.cookies["tomada_session"].value
    assert after != before
    planted = Client()
    planted.cookies["tomada_session"] = before
    assert planted.get("/t/plain/").status_code == 302


def test_guessing_has_to_wait(client: Client, world: World) -> None:
    client.cookies["django_language"] = "en"
    for _each in range(product.AXES_FAILURE_LIMIT):
        sign_in(client, world.seller.email, "errada")
    assert "Too many tries" in sign_in(client, world.seller.email).content.decode()
    assert sign_in(client, world.admin.email).status_code == 302  # someone else is not held up


def test_signing_out_needs_a_post(client_of: SignedIn, world: World) -> None:
    client = client_of(world.seller)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").url == "/login/"
    assert client.get("/t/plain/").status_code == 302


def test_a_form_without_its_token_is_refused_in_words(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"
    answer = sign_in(client, world.seller.email)
    assert answer.status_code == 403
    assert "Reload the page and send it again" in answer.content.decode()


def test_someone_without_an_account_reads_why(client: Client, world: World) -> None:
    """The 403 page in words, with a way out."""
    Membership.objects.of(world.account).filter(user=world.seller).update(is_active=False)
    client.cookies["django_language"] = "en"
    assert sign_in(client, world.seller.email).status_code == 302
    answer = client.get("/t/plain/")
    assert answer.status_code == 403
    assert "You are not a member of any account" in answer.content.decode()
    assert 'action="/logout/"' in answer.content.decode()


def test_own_password(client_of: SignedIn, world: World) -> None:
    client = client_of(world.seller)
    wrong = {"old_password": "x", "new_password1": "outra-senha-84", "new_password2": "outra-senha-84"}
    assert client.post("/password/", wrong).status_code == 200
    assert client.post("/password/", {**wrong, "old_password": PASSWORD}).status_code == 302
    world.seller.refresh_from_db()
    assert world.seller.check_password("outra-senha-84")
    assert client.get("/t/plain/").status_code == 200  # she stays signed in


def link_of(capsys: pytest.CaptureFixture[str], *extra: str) -> str:
    call_command("bootstrap", "--email", "Dona@Sol.example", "--account", "Padaria Sol", *extra)
    return re.search(r"http://127\.0\.0\.1:8000(/password/set/\S+)", capsys.readouterr().out)[1]


def test_bootstrap_makes_the_first_account(capsys: pytest.CaptureFixture[str]) -> None:
    """An account with the five profiles, its modules, and an administrator who came in by the link, once."""
    link = link_of(capsys, "--module", "api")
    account = Account.objects.get(name="Padaria Sol")
    assert set(Profile.objects.of(account).values_list("name", flat=True)) == {
        "Administrador", "Gestor", "Supervisor", "Vendedor", "Operador",
    }  # fmt: skip
    modules = {row.slug: (row.contracted, row.enabled) for row in Module.objects.of(account)}
    assert modules["api"] == modules["clients"] == (True, True)
    assert modules["workflow"] == (False, False)
    assert [entry.action for entry in AuditEntry.objects.of(account).order_by("pk")] == [
        "account.created",
        "module.contracted",
        "member.added",
    ]

    client = Client()
    form = client.get(link)
    assert form.status_code == 302  # the token leaves the address bar
    answer = client.post(form.url, {"new_password1": "padaria-de-sol-9", "new_password2": "padaria-de-sol-9"})
    assert (answer.status_code, answer.url) == (302, reverse("portal:index"))
    assert client.get("/t/administration/").status_code == 200

    again = Client().get(link)
    assert "new_password1" not in again.content.decode()
    assert again.status_code == 200


def test_bootstrap_again_makes_nothing_new(capsys: pytest.CaptureFixture[str]) -> None:
    link_of(capsys)
    link_of(capsys)
    assert Account.objects.filter(name="Padaria Sol").count() == User.objects.count() == 1


def test_the_link_dies_after_a_day(capsys: pytest.CaptureFixture[str], settings: object) -> None:
    link = link_of(capsys)
    settings.PASSWORD_RESET_TIMEOUT = -1  # type: ignore[attr-defined]
    assert "new_password1" not in Client().get(link, follow=True).content.decode()
