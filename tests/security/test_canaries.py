"""Canaries in every credential, searched for wherever anybody could look, also after each fault (S5, S16)."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django_q.brokers import get_broker
from django_q.brokers.redis_broker import Redis
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from accounts.keys import issue_key
from accounts.logs import Redact
from integrations import contract
from integrations.engine import caller, life
from integrations.models import CatalogItem, Connection, Exchange, OutboxAction
from integrations.webhooks import webhook_secret
from tests import factories
from tests.faults.site import Site
from tests.faults.story import Story, begin, compare_sent
from tests.security.places import Watch, addresses, admin_pages, store_bytes

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ADDRESS = "webhook address"
AWKWARD = "+/=&%?~"  # what URLs, forms and base64 write otherwise
MISCHIEF = (
    "401",
    "429",
    "429_retry_after",
    "500",
    "503",
    "html",
    "half_json",
    "empty",
    "drip",
    "hang",
    "did_not_answer",
)


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything at DEBUG, through the product's own handler, as an operator would read it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Redact())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    before = root.level
    levels = {name: logging.getLogger(name).level for name in ("django.db.backends", "django.server")}
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # SQL with its parameters is Django's own aid for DEBUG=1; what it writes is looked at in the store.
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def watch_over(story: Story) -> Watch:
    """Every secret of the story's connection: its token, the webhook's secret, what catalogs keep sealed."""
    row = Connection.unscoped.get(pk=story.connection.pk)
    secret = webhook_secret(row)
    watch = Watch({"credential": story.token, ADDRESS: row.webhook_token})
    if secret:
        watch.canaries["webhook secret"] = secret
    for item in CatalogItem.unscoped.filter(connection=row).exclude(sealed=""):
        opened = caller.vault().open(item.sealed, context=caller.sealing(row))
        for name, value in opened.items():
            if value:
                watch.canaries[f"{item.kind} {item.their_id} {name}"] = value
    assert len(watch.canaries) > 3, "the sandbox gave no secret of a cadence; nothing is proven about it"
    return watch


def look_at_store(watch: Watch) -> None:
    """Every row and byte; the webhook's address stands in its own column, to be found by."""
    for name, raw in store_bytes():
        kept = name == "table integrations_connection" or not name.startswith("table ")
        watch.look(name, raw, but=ADDRESS if kept else "")


def look_at_pages(watch: Watch, story: Story, *, deal: Any) -> int:
    """Portal, support's admin and API, each address once; returns how many answered 200."""
    number = story.account.pk
    admin = factories.member(account=story.account, email=f"dona{number}@casa.example", administrator=True)
    staff = get_user_model().objects.create_superuser(
        email=f"suporte{number}@tomada.example", password="x" * 20
    )
    _row, key = issue_key(account=story.account, name="Prova", created_by=factories.SYSTEM)
    exchange = Exchange.unscoped.filter(connection=story.connection).last()
    known = {
        "slug": "meetime", "funnel_id": story.funnel.pk, "deal_id": deal.pk, "deal": deal.pk,
        "person_id": deal.person_id, "pk": story.automation.pk, "id": story.connection.pk,
        "connection": story.connection.pk, "kind": "cadences", "section": "overview", "name": "leads",
        "partner": "meetime",
    }  # fmt: skip
    opened = 0
    doors = {"portal": Client(raise_request_exception=False), "admin": Client(raise_request_exception=False)}
    doors["portal"].force_login(admin)
    doors["admin"].force_login(staff)
    factories.opened(staff, story.account)
    paths = list(dict.fromkeys(addresses(known)))
    paths += [f"/sync/exchanges/{exchange.pk}/", f"/api/v1/exchanges/{exchange.pk}/"]
    paths += list(admin_pages())
    for path in paths:
        if path.startswith(("/admin/logout", "/logout", "/static", "/api/docs")):
            continue
        door = "admin" if path.startswith("/admin/") else "portal"
        headers = {"Authorization": f"Bearer {key}"} if path.startswith("/api/v1/") else {}
        answer = doors[door].get(path, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        watch.look(f"the answer of {path}", body)
        watch.look(f"the headers of {path}", str(answer.headers))
        watch.look(f"the cookies of {path}", str(answer.cookies))
        opened += answer.status_code == 200
    return opened


def test_after_success_and_after_each_fault(site: Site, logs: io.StringIO, settings: Any) -> None:
    """S16: token, webhook secret and cadence tokens stand nowhere but sealed."""
    settings.CALL_DEADLINE = 1.0
    settings.DEBUG = False
    story = begin(site, tail=AWKWARD)
    story.listen()
    watch = watch_over(story)
    good = story.card("email")
    story.enter(good)
    story.finish()
    compare_sent(story, good, who="email")
    deals = []
    for kind in MISCHIEF:
        deal = story.card("email")
        deals.append(deal)
        site.misbehave(kind, seconds=1.4)
        story.enter(deal)
        story.drain()
        with suppress(contract.PartnerError):
            life.validate(
                connection=story.connection, credentials={"token": story.token}, origin=factories.SYSTEM
            )
        site.behave()
        life.validate(
            connection=story.connection, credentials={"token": story.token}, origin=factories.SYSTEM
        )
        story.finish()
    for deal in deals:
        compare_sent(story, deal, who="email")
    look_at_store(watch)
    watch.look("the logs", logs.getvalue())
    opened = look_at_pages(watch, story, deal=good)
    watch.look("the logs of the pages", logs.getvalue())
    watch.assert_clean()
    assert opened > 30, f"only {opened} pages answered; the walk proves too little"
    assert Exchange.unscoped.filter(connection=story.connection).count() > 40
    assert "••••" in "".join(Exchange.unscoped.values_list("url", flat=True)), "nothing was blanked at all"


def test_an_exception_inside_a_call_shows_no_secret(site: Site, logs: io.StringIO, monkeypatch: Any) -> None:
    """A traceback as logged, as formatted, and Django's error report for support."""
    story = begin(site, tail=AWKWARD)
    story.listen()
    watch = watch_over(story)
    partner = contract.partner("meetime")
    told: list[str] = []

    def breaks(call: Any, _action: Any) -> None:
        try:
            call.send("GET", "/nowhere", headers={"Authorization": story.token})
        except Exception as error:
            told.append("".join(traceback.format_exception(error)))
            told.append(repr(call))
            raise RuntimeError("something nobody foresaw") from error

    monkeypatch.setattr(type(partner), "push", staticmethod(breaks))
    deal = story.card("email")
    story.enter(deal)
    story.drain()
    action = OutboxAction.unscoped.get(enrollment__deal=deal)
    assert (action.state, bool(action.reason)) == ("unsure", True)
    assert told, "the call did not fail"
    for text in told:
        watch.look("a traceback", text)
    assert "something nobody foresaw" in logs.getvalue(), "the exception was not logged"
    watch.look("the logs", logs.getvalue())
    look_at_store(watch)
    watch.assert_clean()


def queued() -> list[Any]:
    """Every job that waits, as the cluster would read it."""
    broker = get_broker()
    if isinstance(broker, Redis):
        waiting = broker.connection.lrange(broker.list_key, 0, -1)
        return [SignedPackage.loads(raw) for raw in waiting]
    return [row.task for row in OrmQ.objects.all()]


def test_the_queue_carries_ids_only(site: Site) -> None:
    """django-q2's payloads, in the store or in Redis, name a connection, never its secrets."""
    get_broker().purge_queue()  # Redis outlives the tests before
    story = begin(site, tail=AWKWARD)
    watch = watch_over(story)
    jobs = queued()
    for job in jobs:
        watch.look("a queued job", str(job))
    watch.assert_clean()
    assert len(jobs) > 0, "nothing was queued; the walk proves nothing"
