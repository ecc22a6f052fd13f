"""Where a person is signed in: seen, ended, and in step with what really opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sittings
from accounts.models import Sitting, User
from tests.conftest import World
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0 Safari/537.36"
)


def sign_in(user: User, agent: str = CHROME) -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    client.post("/login/", {"username": user.email, "password": PASSWORD})
    return client


def key_of(client: Client) -> str:
    return client.session.session_key or ""


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/130.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("curl/8.0", "Unknown browser"),
    ],
)
def test_a_browser_is_said_in_words(agent: str, words: str) -> None:
    from django.utils import translation

    with translation.override("en"):
        assert sittings.browser_words(agent) == words


def test_the_page_lists_ones_own_sessions_and_marks_this_one(world: World) -> None:
    here, there = sign_in(world.seller), sign_in(world.seller, "Firefox/130.0 (Android)")
    sign_in(world.admin, "OPR/99 Linux")
    here.cookies["django_language"] = "en"
    page = here.get("/me/sessions/").content.decode()
    assert ("Chrome on Windows" in page, "Firefox on Android" in page, "Opera" in page) == (True, True, False)
    assert page.count("This session") == 1
    assert "127.0.0.1" in page
    assert key_of(here) not in page
    assert key_of(there) not in page


def test_ending_one_ends_it_at_once(world: World) -> None:
    here, there = sign_in(world.seller), sign_in(world.seller)
    row = Sitting.objects.get(session_key=key_of(there))
    assert here.post("/me/sessions/end/", {"session": row.pk}).status_code == 302
    assert there.get("/me/sessions/").status_code == 302
    assert here.get("/me/sessions/").status_code == 200
    assert not Sitting.objects.filter(pk=row.pk).exists()


def test_somebody_elses_session_cannot_be_ended(world: World) -> None:
    here, theirs = sign_in(world.seller), sign_in(world.admin)
    row = Sitting.objects.get(session_key=key_of(theirs))
    here.post("/me/sessions/end/", {"session": row.pk})
    assert here.post("/me/sessions/end/", {"session": "x"}).status_code == 404
    assert theirs.get("/me/sessions/").status_code == 200


def test_ending_all_others_leaves_this_one(world: World) -> None:
    here, one, two = (sign_in(world.seller) for _each in range(3))
    other = sign_in(world.admin)
    here.post("/me/sessions/end/")
    assert [client.get("/me/sessions/").status_code for client in (here, one, two, other)] == [
        200,
        302,
        302,
        200,
    ]
    assert Sitting.objects.filter(user=world.seller).count() == 1


def test_a_new_password_ends_the_others_and_the_rows_agree(world: World) -> None:
    here, there = sign_in(world.seller), sign_in(world.seller)
    began = Sitting.objects.get(session_key=key_of(here)).began_at
    new = "outra-senha-84"
    here.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert here.get("/me/sessions/").status_code == 200
    assert there.get("/me/sessions/").status_code == 302
    row = Sitting.objects.get(user=world.seller)
    assert (row.session_key, row.began_at) == (key_of(here), began)
    assert Session.objects.count() == 1


def test_signing_out_takes_the_row_away(world: World) -> None:
    client = sign_in(world.seller)
    client.post("/logout/")
    assert not Sitting.objects.exists()


def test_seen_is_written_at_most_once_a_minute_and_costs_nothing_between(world: World) -> None:
    client = sign_in(world.seller)
    client.get("/me/sessions/")
    row = Sitting.objects.get()
    with CaptureQueriesContext(connection) as asked:
        client.get("/me/second-factor/")
    assert not [query for query in asked.captured_queries if "accounts_sitting" in query["sql"]]
    Sitting.objects.update(seen_at=timezone.now() - timedelta(seconds=50))
    cache.clear()  # as another web process without Redis
    client.get("/me/second-factor/")
    assert timezone.now() - Sitting.objects.get().seen_at > timedelta(seconds=45)
    Sitting.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    cache.clear()
    client.get("/me/second-factor/", REMOTE_ADDR="192.0.2.4")
    again = Sitting.objects.get()
    assert again.pk == row.pk
    assert timezone.now() - again.seen_at < timedelta(seconds=30)
    assert again.address == "192.0.2.4"


def test_a_session_from_before_there_were_rows_gets_one(world: World) -> None:
    client = sign_in(world.seller)
    Sitting.objects.all().delete()
    cache.clear()
    client.get("/me/sessions/")
    assert Sitting.objects.get().session_key == key_of(client)


def test_the_page_asks_as_much_for_thirty_sessions_as_for_two(world: World) -> None:
    clients = [sign_in(world.seller) for _each in range(2)]
    clients[0].get("/me/sessions/")
    with CaptureQueriesContext(connection) as few:
        clients[0].get("/me/sessions/")
    for _each in range(28):
        sign_in(world.seller)
    with CaptureQueriesContext(connection) as many:
        clients[0].get("/me/sessions/")
    assert len(many) == len(few)


def test_old_rows_go_with_their_sessions(world: World) -> None:
    living, over, gone = (sign_in(world.seller) for _each in range(3))
    now = timezone.now() + timedelta(hours=2)
    Session.objects.filter(session_key=key_of(over)).update(expire_date=now - timedelta(hours=1))
    Session.objects.filter(session_key=key_of(gone)).delete()
    assert sittings.forget_old(now=now) == 2
    assert Sitting.objects.get().session_key == key_of(living)
    assert Session.objects.count() == 1
