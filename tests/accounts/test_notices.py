"""What needs a person is told once, in her language, in the portal and by e-mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from accounts import notices
from accounts.contracting import contract_module
from accounts.models import Membership, Notice, User
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.django_db
WORDS = gettext_noop("%(partner)s no longer accepts the credentials: everything waits until you renew them.")
Mailbox = Callable[[], list[Any]]


def told(world: World, **more: Any) -> int:
    given = {"kind": "connection", "words": WORDS, "values": {"partner": "Meetime"}, "source": "denied:1"}
    return notices.tell(account=world.account, now=timezone.now(), **{**given, **more})


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_administrators_are_told_once_until_they_have_read_it(world: World) -> None:
    assert (told(world), told(world)) == (1, 0)
    row = Notice.unscoped.get()
    assert (row.user, row.account) == (world.admin, world.account)
    assert notices.read(account=world.account, user=world.admin, now=timezone.now()) == 1
    assert told(world) == 1


def test_people_who_left_are_not_told(world: World) -> None:
    gone = factories.member(account=world.account, email="foi@x.example", administrator=True)
    Membership.unscoped.filter(user=gone).update(is_active=False)
    assert told(world) == 1


def test_it_is_mailed_in_the_readers_language_with_a_link(
    world: World, mailbox: Mailbox, settings: Any
) -> None:
    User.objects.filter(pk=world.admin.pk).update(language="en")
    told(world, link="/integrations/meetime/")
    (letter,) = mailbox()
    assert letter.to == [world.admin.email]
    assert "Meetime no longer accepts the credentials" in letter.body
    assert f"{settings.PUBLIC_URL}/account/{world.account.pk}/?to=/integrations/meetime/" in letter.body
    assert letter.alternatives
    assert Notice.unscoped.get().mailed_at is not None


def test_a_reader_chooses_what_comes_by_e_mail(world: World, mailbox: Mailbox) -> None:
    notices.choose(account=world.account, user=world.admin, mailed=["api_key"])
    told(world)
    assert mailbox() == []
    assert Notice.unscoped.get().mailed_at is None
    told(world, kind="api_key", source="k")
    assert len(mailbox()) == 1
    told(world, kind="task", source="t", to=[world.seller])
    assert len(mailbox()) == 1, "reminders are not mailed"


def test_the_bell_counts_the_list_tells_and_opening_reads(world: World) -> None:
    told(world, link="/integrations/meetime/")
    told(world, source="other", link="https://evil.example/")
    chief = client_of(world.admin)
    page = chief.get("/notices/").content.decode()
    assert "bell-count" in page
    assert page.count("Meetime") >= 2
    posted = {"account": world.account.pk}
    away, inside = Notice.unscoped.order_by("-pk")
    assert chief.post(f"/notices/{inside.pk}/", posted)["Location"] == "/integrations/meetime/"
    assert chief.post(f"/notices/{away.pk}/", posted)["Location"] == "/notices/"
    assert "bell-count" not in chief.get("/notices/").content.decode()
    chief.post("/notices/", {**posted, "mailed": ["api_key"]})
    assert "connection" in notices.unwanted(account=world.account, user=world.admin)


def test_nobody_reads_or_opens_anothers(world: World, stranger: World) -> None:
    told(world)
    row = Notice.unscoped.get()
    for user, account in ((world.seller, world.account), (stranger.admin, stranger.account)):
        client = client_of(user)
        assert "Meetime no longer" not in client.get("/notices/").content.decode()
        assert client.post(f"/notices/{row.pk}/", {"account": account.pk}).status_code == 404
        client.post("/notices/read/", {"account": account.pk})
    assert Notice.unscoped.get().read_at is None


def test_old_ones_are_forgotten(world: World) -> None:
    now = timezone.now()
    told(world)
    told(world, source="b")
    Notice.unscoped.filter(source="b").update(read_at=now - timedelta(days=91))
    assert notices.forget_old(now=now) == 1
    assert notices.forget_old(now=now + timedelta(days=366)) == 1


def test_g2_only_active_members_are_told_of_cards(world: World, stranger: World, mailbox: Mailbox) -> None:
    Membership.unscoped.filter(user=world.seller).update(is_active=False)
    to = [world.seller, stranger.seller, world.admin]
    assert told(world, kind="workflow", to=to) == 1
    assert Notice.unscoped.get().user == world.admin
    assert [letter.to for letter in mailbox()] == [[world.admin.email]]


def test_s5_a_module_is_named_in_the_readers_language(world: World, client_of: Any) -> None:
    """Whoever wrote it, in whichever language."""
    User.objects.filter(pk=world.admin.pk).update(language="en")
    with translation.override("pt-br"):
        contract_module(
            account=world.account, slug="api", contracted=True, enabled=False, origin=factories.SYSTEM
        )
    assert "API access" in client_of(world.admin).get("/notices/").content.decode()


def test_g3_an_e_mails_link_opens_its_own_account_and_nothing_else(
    world: World, stranger: World, mailbox: Mailbox, client_of: Any
) -> None:
    """She works in one account and reads of a card of the other one."""
    her = world.seller
    profile = factories.profile(account=stranger.account, administrator=False)
    Membership.unscoped.create(account=stranger.account, user=her, profile=profile)
    deal = factories.deal(funnel=stranger.funnel, owner=her)
    path = f"/deals/{deal.pk}/"
    notices.tell(
        account=stranger.account, kind="workflow", words=WORDS, values={"partner": "X"}, link=path, to=[her],
        now=timezone.now(),
    )  # fmt: skip
    (letter,) = mailbox()
    link = f"/account/{stranger.account.pk}/?to={path}"
    assert link in letter.body
    client = client_of(her)
    assert client.get(path).status_code == 404
    assert client.get(link, follow=True).status_code == 200
    assert client.session["account_id"] == stranger.account.pk
    assert Client().get(link).url == f"/login/?next=/account/{stranger.account.pk}/%3Fto%3D{path}"
    for away in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""):
        assert client.get(f"/account/{stranger.account.pk}/", {"to": away}).url == "/", away
    assert client_of(world.admin).get(link).status_code == 404
