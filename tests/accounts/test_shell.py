"""The frame: who sees what, languages, accounts, error pages, policy, live number and search (G2, G5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.staticfiles import finders
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import health, live, navigation, search
from accounts.middleware import clock_of
from accounts.models import AuditEntry, Membership, User
from accounts.services import audit
from tests.conftest import World, make_world
from tests.factories import SYSTEM, profile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("test_urls")]
SignedIn = Callable[[User], Client]


@pytest.fixture
def _menu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_entries", [])
    navigation.add("Trabalho", gettext_lazy("Search"), "search", "search", order=2)
    navigation.add("Administração", "Senhas", "key", "password_change", administrator=True, order=9)
    navigation.add("Trabalho", "Sumida", "question_mark", "no-such-page")
    navigation.add("Trabalho", "Fluxos", "bolt", "live", module="workflow")


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.mark.usefixtures("_menu")
def test_menu_by_profile(client_of: SignedIn, world: World) -> None:
    """G2: no menu entry for others; no dead links; a module that is off hides its entry (S4)."""
    seller = client_of(world.seller).get("/search/").content.decode()
    admin = client_of(world.admin).get("/search/").content.decode()
    assert "Senhas" not in seller
    assert "Senhas" in admin
    assert "Sumida" not in admin
    assert "Fluxos" not in admin
    assert 'href="/search/" aria-current="page"' in seller


def test_administrator_pages(client_of: SignedIn, world: World) -> None:
    """G2: everyone else gets 403, in words and in the frame."""
    answer = english(client_of(world.seller)).get("/t/administration/")
    assert answer.status_code == 403
    assert "Only administrators can open this page" in answer.content.decode()
    assert 'class="side"' in answer.content.decode()
    assert client_of(world.admin).get("/t/administration/").status_code == 200


def test_post_of_another_account_changes_nothing(client_of: SignedIn, world: World, stranger: World) -> None:
    client = client_of(world.seller)
    assert client.post("/t/plain/").status_code == 409
    assert client.post("/t/plain/", {"account": stranger.account.pk}).status_code == 409
    assert client.post("/t/plain/", headers={"X-Account": str(world.account.pk)}).status_code == 200
    assert client.post("/t/plain/", {"account": world.account.pk}).status_code == 200


def test_error_pages(client_of: SignedIn, world: World) -> None:
    client = english(client_of(world.seller))
    missing = client.get("/nada/")
    assert missing.status_code == 404
    assert "There is nothing here" in missing.content.decode()
    assert 'class="side"' in missing.content.decode()
    stale = client.get("/t/stale/")
    assert stale.status_code == 412
    assert "Someone else changed this meanwhile" in stale.content.decode()
    part = client.get("/t/stale/", headers={"HX-Request": "true"})
    assert part["Content-Type"].startswith("text/plain")
    assert part.content.decode().startswith("Someone else changed this meanwhile")
    client.raise_request_exception = False
    broken = client.get("/t/breaks/")
    assert broken.status_code == 500
    assert "secret detail" not in broken.content.decode()
    assert "Something went wrong on our side" in broken.content.decode()
    assert "Content-Security-Policy" in broken.headers
    assert Client().get("/nada/").status_code == 404


def test_language_is_the_persons_own(client: Client, client_of: SignedIn, world: World) -> None:
    """pt-BR by default whatever the browser says; a person's choice follows her to other browsers."""
    assert client.get("/login/", headers={"Accept-Language": "en"})["Content-Language"] == "pt-br"
    signed_in = client_of(world.seller)
    answer = signed_in.post("/language/", {"language": "en", "next": "/t/plain/"})
    assert answer.url == "/t/plain/"
    assert client_of(world.seller).get("/t/plain/")["Content-Language"] == "en"
    assert '<html lang="en"' in signed_in.get("/t/plain/").content.decode()
    assert client.post("/language/", {"language": "en", "next": "https://evil.example/"}).url == "/"
    assert client.get("/login/")["Content-Language"] == "en"
    assert client.post("/language/", {"language": "xx"}).status_code == 404


def test_switching_accounts(client_of: SignedIn, world: World, stranger: World) -> None:
    place = profile(account=stranger.account, administrator=True)
    client = client_of(world.seller)
    assert client.post("/account/switch/", {"to": stranger.account.pk}).status_code == 404
    Membership.objects.of(stranger.account).create(account=stranger.account, user=world.seller, profile=place)
    assert client.get("/t/administration/").status_code == 403
    assert client.post("/account/switch/", {"to": stranger.account.pk}).status_code == 302
    assert client.get("/t/administration/").status_code == 200
    assert "Estranha" in client.get("/t/plain/").content.decode()
    entry = AuditEntry.objects.of(stranger.account).get(action="account.switched")
    assert (entry.actor_id, entry.actor_label) == (world.seller.pk, str(world.seller))
    # The tab that still shows the first account cannot change anything.
    assert client.post("/t/plain/", {"account": world.account.pk}).status_code == 409
    Membership.objects.of(stranger.account).filter(user=world.seller).update(is_active=False)
    assert "Casa" in client.get("/t/plain/").content.decode()


@pytest.mark.parametrize("path", ["/login/", "/t/plain/", "/api/docs/", "/nada", "/admin/login/"])
def test_policy(client_of: SignedIn, world: World, path: str) -> None:
    answer = client_of(world.seller).get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    page = answer.content.decode()
    inline = [tag for tag in page.split("<script")[1:] if "src=" not in tag.partition(">")[0]]
    assert inline == []
    assert " onclick=" not in page


def test_one_htmx(client_of: SignedIn, world: World) -> None:
    page = client_of(world.seller).get("/t/plain/").content.decode()
    assert page.count("htmx.js") + page.count("htmx-2") == 1
    assert f'"X-Account": "{world.account.pk}"' in page
    assert "X-CSRFToken" in page


def test_htmx_without_a_session_goes_to_the_sign_in_page(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/t/plain/"}
    answer = client.get("/t/plain/", headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/login/?next=/t/plain/")


@pytest.fixture
def number(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, int]]:
    numbers: dict[int, int] = {}
    monkeypatch.setattr(live, "counters", [lambda account: numbers.get(account, 0), lambda _account: 1])
    return numbers


def test_live_number(client_of: SignedIn, world: World, stranger: World, number: dict[int, int]) -> None:
    client = client_of(world.seller)
    assert client.get("/live/").json() == {"now": 1}
    assert client.get("/live/?since=1").status_code == 204
    number[stranger.account.pk] = 5
    assert client.get("/live/?since=1").status_code == 204
    number[world.account.pk] = 1
    assert client.get("/live/?since=1").json() == {"now": 2}
    assert client.get("/live/?since=gar%C3%A7a").json() == {"now": 2}


def test_search_stays_in_the_account(
    client_of: SignedIn, world: World, stranger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(member: Membership, words: str, limit: int) -> list[search.Hit]:
        return [search.Hit(title=f"{words} <{member.account}>", description="Card", link="/x/")][:limit]

    monkeypatch.setattr(search, "finders", [find])
    client = client_of(world.seller)
    part = client.get("/search/?s=sol", headers={"HX-Request": "true"}).content.decode()
    assert "sol &lt;Casa&gt;" in part
    assert "<html" not in part
    assert (
        "Casa"
        not in client_of(stranger.seller)
        .get("/search/?s=sol", headers={"HX-Request": "true"})
        .content.decode()
    )
    assert "&lt;Casa&gt;" not in client.get("/search/?s=s").content.decode()


def test_a_page_costs_five_queries(
    client_of: SignedIn, world: World, django_assert_num_queries: object, number: dict[int, int]
) -> None:
    """Session, person, her places with profile and account, the menu's modules, the bell: as with many accounts."""
    for count in range(4):
        other = make_world(f"Conta {count}", f"conta{count}.example").account
        place = profile(account=other, administrator=False)
        Membership.objects.of(other).create(account=other, user=world.seller, profile=place)
    client = client_of(world.seller)
    client.get("/t/plain/")
    with django_assert_num_queries(5):  # type: ignore[operator]
        client.get("/t/plain/")
    with django_assert_num_queries(3):  # type: ignore[operator]
        client.get("/live/")


def test_health(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}

    class Gone:
        def cursor(self) -> object:
            raise DatabaseError

    monkeypatch.setattr(health, "connection", Gone())
    assert client.get("/healthz").status_code == 503


def test_audit(world: World) -> None:
    entry = audit(account=world.account, origin=SYSTEM, action="x", subject="s" * 200, data={"a": 1})
    entry.refresh_from_db()
    assert (entry.actor_id, entry.actor_label, len(entry.subject), entry.data) == (
        None,
        "tests",
        160,
        {"a": 1},
    )


def test_staff_site_is_for_staff(client_of: SignedIn, world: World) -> None:
    assert client_of(world.admin).get("/admin/").status_code == 302


def test_the_frame_has_no_dead_links(client_of: SignedIn, world: World) -> None:
    """unfold's header would link to admin:index and others: every address stays in the portal and answers."""
    client = client_of(world.admin)
    page = client.get("/t/plain/").content.decode()
    addresses = set(re.findall(r'(?:href|action|hx-get)="(/[^"#?]*)', page)) - {"/logout/"}
    assert {"/", "/password/", "/search/", "/language/"} <= addresses
    for address in sorted(addresses):
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            assert client.get(address).status_code in {200, 302, 405}, address
        assert not address.startswith("/admin/")


def test_words_of_a_service_reach_the_page_escaped(client_of: SignedIn, world: World) -> None:
    """What people typed comes back in error pages as text, never as markup."""
    account = world.account
    account.name = '"><img src=x onerror=alert(1)>'
    account.save()
    page = client_of(world.seller).post("/t/plain/", {"account": 0})
    assert page.status_code == 409
    assert "<img src=x" not in page.content.decode()


@pytest.mark.parametrize(
    ("zone", "offset"), [("America/Manaus", -4), ("America/Sao_Paulo", -3), ("Mars/Olympus", -3)]
)
def test_every_page_tells_the_accounts_time(world: World, zone: str, offset: int) -> None:
    """Times are the account's own; a zone nobody knows closes no page."""
    world.account.time_zone = zone
    with clock_of(world.account):
        at = timezone.localtime(datetime(2026, 1, 1, 12, tzinfo=UTC))
        assert at.utcoffset() == timedelta(hours=offset)
    with clock_of(None):
        assert timezone.get_current_timezone_name() == "America/Sao_Paulo"


def test_support_without_an_account_is_shown_to_its_own_door(client: Client, db: None) -> None:
    client.force_login(User.objects.create_superuser(email="s@tomada.example", password="x", name="Suporte"))
    answer = client.get("/search/")
    assert answer.status_code == 403
    assert 'href="/admin/"' in answer.content.decode()
