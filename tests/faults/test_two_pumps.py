"""Two pumps on the same lanes, a store that cuts its connections, a queue elsewhere or gone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection as store

from funnels import services
from integrations.models import Arrival, Delivery, Lead, OutboxAction, PollCursor
from tests import availability, factories
from tests.faults.site import ROOT, Site, wait_for
from tests.faults.story import Story, begin, compare_heard, compare_sent

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

CARDS, FEWER = 200, 60  # all of them with `make faults`


def with_a_friend(story: Story, deal: Any) -> None:
    """A second person on the card, who is sent after the main contact (M29)."""
    friend = services.create_person(
        account=story.account,
        name="Segunda",
        email=f"segunda{deal.pk}@padaria.example",
        origin=factories.SYSTEM,
    )
    services.set_related_contacts(deal=deal, persons=[friend], origin=factories.SYSTEM)


def cut_connections() -> int:
    """Every other session on our own database ends, as when its server restarts; returns how many."""
    own = store.settings_dict
    with psycopg.connect(
        dbname="postgres", host=own["HOST"] or None, port=own["PORT"] or None,
        user=own["USER"] or None, password=own["PASSWORD"] or None, autocommit=True,
    ) as admin:  # fmt: skip
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", [own["NAME"]]
        ).fetchone()
    store.close()
    return int(ended[0]) if ended else 0


def test_two_pumps_send_many_cards_once_and_in_order(site: Site, whole_set: bool) -> None:
    """Promises 2 and 3; on PostgreSQL every database connection is cut three times meanwhile."""
    pumps = [site.pump(LIFT_PACE="1", PUMP_LEASE_SECONDS="6") for _each in range(2)]
    stories = [begin(site), begin(site)]
    cards = []
    for number in range(CARDS if whole_set else FEWER):
        story = stories[number % 2]
        deal = story.card("no_email" if number % 10 == 9 else "email")
        if number % 20 == 0:
            with_a_friend(story, deal)
        cards.append((story, deal))
    for pump in pumps:
        pump.go()
    for number, (story, deal) in enumerate(cards):
        story.enter(deal)
        if store.vendor == "postgresql" and number % (len(cards) // 4) == 1 and number > 1:
            assert cut_connections() > 0
    for story in stories:
        story.settle(seconds=90)
    for story in stories:
        made = Counter(row["body"]["externalReference"] for row in story.ledger("lead.created"))
        wanted = set(
            OutboxAction.unscoped.filter(connection=story.connection).values_list("reference", flat=True)
        )
        assert set(made) == wanted, f"missing over there: {wanted - set(made)}"
        twice = {reference: count for reference, count in made.items() if count > 1}
        assert not twice, f"sent more than once: {twice}"
        states = Counter(
            OutboxAction.unscoped.filter(connection=story.connection).values_list("state", flat=True)
        )
        assert set(states) == {"done"}, states
        _in_order(story)
    for pump in pumps:
        pump.end()


def _in_order(story: Story) -> None:
    """Of one card the main contact came first over there."""
    main = {str(lead.pk): lead.is_main for lead in Lead.unscoped.filter(account=story.account)}
    seen: set[str] = set()
    for row in story.ledger("lead.created"):
        deal, lead = row["body"]["externalReference"].split(".")
        assert main[lead] or deal in seen, f"the second lead of card {deal} overtook the main one"
        seen.add(deal)


def test_two_pumps_take_in_each_news_once_and_in_order(site: Site) -> None:
    """M33, M39: webhooks and polled pages of the same facts, taken in by two processes at once."""
    story = begin(site)
    story.listen()
    deals = [story.card("email") for _each in range(12)]
    for deal in deals:
        story.enter(deal)
    story.finish(rounds=40)
    pumps = [site.pump() for _each in range(2)]
    for pump in pumps:
        pump.go()
    for deal in deals:
        lead = story.their_id(deal)
        for kind in ("CALL", "E_MAIL", "SEARCH"):
            story.order(f"leads/{lead}/activities", type=kind, annotation=kind)
        story.order(f"leads/{lead}/win")
    for kind in ("first", "again"):
        story.poll() if kind == "first" else story.heard()
    story.settle(seconds=60)
    for deal in deals:
        compare_heard(story, deal, activities=3)
    told: dict[tuple[int, int], list[tuple[Any, datetime]]] = {}
    for arrival in Arrival.unscoped.filter(connection=story.connection).order_by("pk"):
        if arrival.delivery.source == Delivery.Source.WEBHOOK:
            page, turn = 0, arrival.pk
        else:  # a page lists results by their ids: how things stand comes first, then facts as they happened
            page, turn = arrival.delivery_id, (bool(arrival.event), arrival.record["when"] or "")
        told.setdefault((arrival.lane_id, page), []).append((turn, arrival.applied_at))
    for (lane, page), turns in told.items():
        times = [at for _turn, at in sorted(turns)]
        assert times == sorted(times), f"lane {lane} was not taken in oldest first, page {page}"


def test_without_a_queue_webhooks_and_sends_still_hold(site: Site) -> None:
    """engine.md, "Who runs it": with django-q2 stopped for good, deliveries both ways hold every promise.

    The queue's broker does not even answer here, and nobody runs the cluster.
    """
    absent = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    pump = site.pump(**absent)
    story = begin(site)
    story.listen()
    pump.go()
    deal = story.card("email")
    story.enter(deal)
    story.settle()
    compare_sent(story, deal, who="email")
    lead = story.their_id(deal)
    story.order(f"leads/{lead}/activities", type="CALL", annotation="Falamos")
    story.order(f"leads/{lead}/win")
    story.heard()
    wait_for("the deal is won", lambda: type(deal).unscoped.get(pk=deal.pk).status == "won", seconds=20)
    story.settle()
    compare_heard(story, deal, activities=1)
    # A door that nudges the queue answers all the same.
    done = subprocess.run(
        [sys.executable, "-c", NUDGE, str(story.connection.pk)],
        cwd=ROOT, env={**site.env, **absent}, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


NUDGE = """
import sys, django
django.setup()
from integrations.engine import jobs
jobs.nudge(int(sys.argv[1]))
print("ok")
"""


def test_the_queue_on_redis_runs_the_background_syncs(site: Site) -> None:
    """The same job over Redis as the broker: a nudge, and the news is polled by the cluster."""
    address = availability.require("redis").rpartition("/")[0] + "/9"
    story = begin(site)
    deal = story.card("email")
    story.enter(deal)
    story.finish()
    lead = story.their_id(deal)
    story.order(f"leads/{lead}/activities", type="CALL", annotation="Falamos")
    story.order(f"leads/{lead}/win")
    queued = {"REDIS_URL": address, "Q_NAME": f"faults-{time.time_ns()}", "Q_WORKERS": "1"}
    cluster = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        cwd=ROOT, env={**site.env, **queued}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        subprocess.run(
            [sys.executable, "-c", NUDGE, str(story.connection.pk)],
            cwd=ROOT, env={**site.env, **queued}, capture_output=True, timeout=150, check=True,
        )  # fmt: skip
        polled = PollCursor.unscoped.filter(connection=story.connection, polled_at__isnull=False)
        wait_for("both kinds were polled by the cluster", lambda: polled.count() == 2, seconds=40)
    finally:
        cluster.terminate()
        cluster.wait(timeout=20)
    story.finish()
    compare_heard(story, deal, activities=1)
    assert (
        settings.Q_CLUSTER
    )  # the test process itself may queue elsewhere; the cluster was told by its environment
