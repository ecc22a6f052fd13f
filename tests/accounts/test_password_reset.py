"""The forgotten password: a one-use link by e-mail, the same answer for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import password_reset, second_factor
from accounts.models import AuditEntry, Sitting, User
from accounts.origin import Origin
from tests.accounts.test_second_factor import enrol
from tests.conftest import World
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "uma-senha-bem-nova-7"


def ask(client: Client, email: str) -> Any:
    return client.post("/password/forgotten/", {"email": email})


def link_in(mails: list[Any]) -> str:
    return re.search(r"http://127\.0\.0\.1:8000(/password/set/\S+)", mails[-1].body)[1]


def use(client: Client, link: str) -> Any:
    form = client.get(link)
    return client.post(form.url, {"new_password1": NEW, "new_password2": NEW})


def test_the_sign_in_page_leads_to_it(client: Client) -> None:
    page = client.get("/login/").content.decode()
    assert 'href="/password/forgotten/"' in page
    assert client.get("/password/forgotten/").status_code == 200


def test_known_and_unknown_emails_get_the_same_answer(
    client: Client, world: World, mailbox: Callable[[], list[Any]]
) -> None:
    User.objects.filter(pk=world.admin.pk).update(is_active=False)
    pages = {
        re.sub(r'value="[^"]*"', "", ask(client, email).content.decode())
        for email in (" VENDAS@casa.example", "ninguem@casa.example", world.admin.email)
    }
    assert len(pages) == 1
    assert [mail.to for mail in mailbox()] == [[world.seller.email]]


def test_the_link_sets_the_password_once_and_ends_every_session(
    client_of: Callable[[User], Client], world: World, mailbox: Callable[[], list[Any]]
) -> None:
    before = client_of(world.seller)
    ask(Client(), world.seller.email)
    link = link_in(mailbox())
    client = Client()
    assert use(client, link).url == "/"
    world.seller.refresh_from_db()
    assert world.seller.check_password(NEW)
    assert client.get("/me/sessions/").status_code == 200
    assert before.get("/me/sessions/").status_code == 302
    assert Sitting.objects.get(user=world.seller).session_key == client.session.session_key
    assert "new_password1" not in Client().get(link, follow=True).content.decode()
    line = AuditEntry.objects.of(world.account).get(action="user.password_set")
    assert line.subject == world.seller.email


def test_a_link_does_not_step_over_the_second_factor(world: World, mailbox: Callable[[], list[Any]]) -> None:
    enrol(world.seller)
    ask(Client(), world.seller.email)
    client = Client()
    assert use(client, link_in(mailbox())).url == "/login/code/"
    assert client.get("/me/sessions/").status_code == 302
    second_factor.disable(user=world.seller, origin=Origin.user(world.seller))


def test_the_mail_speaks_the_persons_language(
    client: Client, world: World, mailbox: Callable[[], list[Any]]
) -> None:
    User.objects.filter(pk=world.seller.pk).update(language="en")
    ask(client, world.seller.email)
    mail = mailbox()[-1]
    assert mail.subject == "Your new password on Tomada"
    assert "works once, for 24 hours" in mail.body


def test_nobodys_mailbox_is_flooded(client: Client, world: World, mailbox: Callable[[], list[Any]]) -> None:
    for _each in range(password_reset.FOR_ONE_EMAIL + 2):
        assert ask(client, world.seller.email).status_code == 200
    assert len(mailbox()) == password_reset.FOR_ONE_EMAIL


def test_asking_for_many_emails_from_one_address_has_to_wait(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_reset, "FROM_ONE_ADDRESS", 2)
    answers = [ask(client, f"x{number}@casa.example").status_code for number in range(3)]
    assert answers == [200, 200, 429]


def test_the_old_password_opens_nothing_afterwards(
    client: Client, world: World, mailbox: Callable[[], list[Any]]
) -> None:
    ask(client, world.seller.email)
    use(Client(), link_in(mailbox()))
    assert client.post("/login/", {"username": world.seller.email, "password": PASSWORD}).status_code == 200
