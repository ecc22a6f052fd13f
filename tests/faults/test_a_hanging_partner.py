"""A partner that hangs holds no web page: all answer from the store while every sender waits."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client

from accounts.keys import issue_key
from accounts.models import User
from integrations.models import Exchange, Lane
from tests import factories
from tests.faults.site import Site, granian, wait_for
from tests.faults.story import Story, begin

pytestmark = pytest.mark.faults

PAGE_SECONDS = 1.0
VALIDATION_SECONDS = 6.0


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[str]:
    # The deadline of a real installation, so that the senders truly hang through the whole test.
    with granian(site, CALL_DEADLINE="20") as address:
        yield address


class Browser:
    """A signed-in administrator over real HTTP."""

    def __init__(self, server: str, user: User) -> None:
        client = Client()
        client.force_login(user)
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        self.host, self.port = urlsplit(server).hostname, urlsplit(server).port

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[float, int, str]:
        """Seconds, status, text; a redirect is an answer."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.monotonic()
        connection = http.client.HTTPConnection(self.host or "", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers={"Cookie": cookie, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _is, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return time.monotonic() - began, answer.status, text

    def quickest(self, path: str, **more: Any) -> tuple[float, int, str]:
        """The best of three: a loaded machine may stumble once, a held page never answers in time."""
        return min((self.ask(path, **more) for _try in range(3)), key=lambda answer: answer[0])


def hang(site: Site, story: Story, cards: int) -> None:
    """Every thread of a pump waits for the partner."""
    deals = [story.card("email") for _each in range(cards)]
    site.misbehave("hang", seconds=30)
    pump = site.pump(CALL_DEADLINE="20", PUMP_LEASE_SECONDS="90", LIFT_PACE="1")
    pump.go()
    for deal in deals:
        story.enter(deal)
    speaking = Lane.unscoped.filter(connection=story.connection, step=Lane.Step.SPEAKING)
    wait_for("senders that hang at the partner", lambda: speaking.count() >= min(cards, 8), seconds=20)


def test_board_card_and_api_answer_while_every_sender_hangs(site: Site, server: str) -> None:
    """G5, promise 5: measured through the real web server, with a pump whose eight threads all hang."""
    story = begin(site)
    admin = factories.member(
        account=story.account, email=f"admin@{story.account.pk}.example", administrator=True
    )
    _row, key = issue_key(account=story.account, name="Prova", created_by=factories.SYSTEM)
    deal = story.card("email")
    browser = Browser(server, admin)
    browser.ask(f"/funnels/{story.funnel.pk}/")  # templates and imports are loaded once
    hang(site, story, 10)
    held = []
    for path, headers in (
        (f"/funnels/{story.funnel.pk}/", {}),
        (f"/deals/{deal.pk}/", {}),
        ("/integrations/meetime/", {}),
        ("/sync/", {}),
        ("/api/v1/deals/", {"Authorization": f"Bearer {key}"}),
        ("/api/v1/outbox/", {"Authorization": f"Bearer {key}"}),
    ):
        seconds, status, text = browser.quickest(path, headers=headers)
        assert status == 200, f"{path} answered {status}: {text[:300]}"
        if seconds > PAGE_SECONDS:
            held.append(f"{path} took {seconds:.2f} s")
    assert not held, held
    assert not Exchange.unscoped.filter(connection=story.connection, status=None).exists(), (
        "a call ended meanwhile: the senders were not hanging"
    )


def test_moving_a_card_does_not_wait_for_the_partner(site: Site, server: str) -> None:
    """The change and its mark are all that a click writes."""
    story = begin(site)
    hang(site, story, 2)
    deal = factories.deal(funnel=story.funnel)
    began = time.monotonic()
    story.enter(deal)
    assert time.monotonic() - began < PAGE_SECONDS


def test_a_token_is_validated_within_its_time(site: Site, server: str) -> None:
    """M3: five seconds at most are given to the partner, in the wizard and in the API."""
    story = begin(site)
    admin = factories.member(
        account=story.account, email=f"admin@{story.account.pk}.example", administrator=True
    )
    _row, key = issue_key(account=story.account, name="Prova", created_by=factories.SYSTEM)
    browser = Browser(server, admin)
    browser.ask("/integrations/meetime/")
    before = story.connection.generation
    site.misbehave("hang", seconds=30)
    form = urlencode(
        {
            "token": story.token,
            "account": story.account.pk,
            "csrfmiddlewaretoken": browser.cookies.get("tomada_csrf", ""),
        }
    )
    seconds, status, _text = browser.ask(
        "/integrations/meetime/credentials/",
        method="POST",
        body=form,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": site.env["PUBLIC_URL"]},
    )
    assert (status, seconds < VALIDATION_SECONDS + 1) == (302, True), (status, seconds)
    _seconds, status, page = browser.ask("/integrations/meetime/")
    assert status == 200
    assert story.token not in page
    story.connection.refresh_from_db()
    seconds, status, text = browser.ask(
        f"/api/v1/connections/{story.connection.pk}/validate/",
        method="POST",
        body=json.dumps({"credentials": {"token": story.token}}),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "If-Match": f'"{story.connection.version}"',
        },
    )
    assert 500 <= status < 600, (status, text)
    assert seconds < VALIDATION_SECONDS + 1, seconds
    assert json.loads(text)["code"]
    story.connection.refresh_from_db()
    assert story.connection.generation == before, "an unreachable partner changed the credentials"
