"""S18, promise 5: one account's backlog stops nobody else's events, and gaps of ours count against nobody."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as store
from django.utils import timezone

from accounts.models import Account, Module
from integrations.endpoints import keeping, outcome, sender, services, verdict
from integrations.endpoints.claim import EACH, EACH_ACCOUNT, Lease, claim, claim_next
from integrations.endpoints.verdict import Verdict
from integrations.http import Door
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint
from tests import factories
from tests.api.test_idempotency import on_disk  # noqa: F401  # a file in which a second writer waits
from tests.conftest import World
from tests.factories import SYSTEM
from tests.integrations.endpoints.conftest import Clock, Make, happen, only
from tests.integrations.endpoints.receiver import Receiver

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/"


def backlog(endpoint: WebhookEndpoint, count: int, **values: Any) -> None:
    """So many due deliveries, older than anybody else's."""
    own = {"account_id": endpoint.account_id}
    at = timezone.now() - timedelta(hours=1)
    events = OutgoingEvent.unscoped.bulk_create(
        OutgoingEvent(**own, uid=f"evt_{endpoint.pk}_{n}", kind="deal.created", at=at) for n in range(count)
    )
    EventDelivery.unscoped.bulk_create(
        EventDelivery(**own, endpoint=endpoint, event=event, due_at=at, **values) for event in events
    )


def owners(leases: list[Lease]) -> Counter[int]:
    rows = EventDelivery.unscoped.filter(pk__in=[lease.delivery_id for lease in leases])
    return Counter(rows.values_list("endpoint", flat=True))


def fails(lease: Lease) -> None:
    outcome.record(
        delivery_id=lease.delivery_id, until=lease.until, found=Verdict(status=500), now=timezone.now()
    )


def told_elsewhere(stranger: World) -> WebhookEndpoint:
    """Another account with one event that has just happened."""
    factories.module(account=stranger.account, slug="api")
    row, _secret = services.create_endpoint(
        account=stranger.account, url=NOWHERE, events=["deal.created"], origin=SYSTEM
    )
    happen(stranger)
    return row


def test_s18_a_slow_endpoint_with_a_backlog_leaves_threads_to_others(
    make: Make, ours: World, stranger: World
) -> None:
    slow, _secret = make()
    backlog(slow, 300)
    quick = told_elsewhere(stranger)
    assert EACH <= EACH_ACCOUNT < sender.THREADS
    first = owners(claim(most=sender.THREADS, now=timezone.now()))
    assert (first[slow.pk], first[quick.pk]) == (EACH, 1)
    assert claim(most=sender.THREADS, now=timezone.now()) == []  # the slow one has all it may have
    happen(stranger)
    assert owners(claim(most=1, now=timezone.now())) == {quick.pk: 1}


def test_s18_an_account_with_many_endpoints_has_no_more_threads_than_one_with_few(
    make: Make, ours: World, stranger: World
) -> None:
    for _each in range(3):
        backlog(make()[0], 5)
    quick = told_elsewhere(stranger)
    first = owners(claim(most=sender.THREADS, now=timezone.now()))
    assert first.pop(quick.pk) == 1
    assert sum(first.values()) == EACH_ACCOUNT


def test_s18_dead_endpoints_with_a_backlog_do_not_fill_the_window(
    make: Make, ours: World, stranger: World
) -> None:
    for _each in range(2):
        dead, _secret = make()
        backlog(dead, 250)
        WebhookEndpoint.unscoped.filter(pk=dead.pk).update(failing_since=timezone.now())
    quick = told_elsewhere(stranger)
    assert owners(claim(most=4, now=timezone.now()))[quick.pk] == 1
    assert claim(most=1, now=timezone.now()) == []
    happen(stranger)
    for _each in range(3):
        found = claim(most=1, now=timezone.now())
        assert owners(found) == {quick.pk: 1}
        fails(found[0])
        WebhookEndpoint.unscoped.filter(pk=quick.pk).update(failing_since=None)
        EventDelivery.unscoped.filter(pk=found[0].delivery_id).update(due_at=timezone.now())


def test_s18_retention_keeps_what_waits_and_forgets_failures_of_what_is_gone(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    Account.objects.update(payload_days=1)
    with Receiver(500) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        drained()
        assert keeping.forget_old(now=watch.at + timedelta(days=4)) == 0
        assert only(ours).state == "waiting"
        assert keeping.forget_old(now=watch.at + timedelta(days=31)) == 1
        row.refresh_from_db()
        assert (row.failing_since, row.last_error) == (None, "")
        watch.forward(days=31)
        happen(ours)
        drained()
    row.refresh_from_db()
    assert row.enabled  # one failure after a month is not a month of failures


def test_s18_the_five_days_stand_still_while_the_module_is_off(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    with Receiver(500) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        drained()
        Module.unscoped.filter(slug="api").update(enabled=False)
        for _day in range(6):
            watch.forward(days=1)
            drained()
        factories.module(account=ours.account, slug="api")
        watch.forward(minutes=11)
        assert drained() == 1
    row.refresh_from_db()
    assert (row.enabled, row.failing_since, only(ours).state) == (True, watch.at, "waiting")


def test_s18_the_five_days_stand_still_while_no_worker_runs(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "JITTER", 0)
    with Receiver(500) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        drained()
        began = watch.at
        watch.forward(days=6)  # due again five seconds after the first failure, and nobody was there
        assert drained() == 1
        row.refresh_from_db()
        assert row.enabled
        assert row.failing_since == only(ours).first_tried_at == began + timedelta(days=6, seconds=-5)
        while WebhookEndpoint.unscoped.get(pk=row.pk).enabled:
            watch.to_next_try()
            drained()
    assert timedelta(days=11) <= watch.at - began <= timedelta(days=12)


def test_s18_an_endpoint_that_is_deleted_while_it_is_told_disturbs_nobody(
    ours: World, make: Make, way: Door, caplog: pytest.LogCaptureFixture
) -> None:
    row, _secret = make()
    happen(ours)

    class Meanwhile(Door):
        """Somebody deletes the endpoint before it answers."""

        def send(self, *given: Any, **named: Any) -> Any:
            services.delete_endpoint(endpoint=row, origin=SYSTEM)
            return way.send(*given, **named)

    held = claim(most=1, now=timezone.now())[0]
    sender.send(held, way=Meanwhile(allow_private=True))
    assert "deleted" in caplog.text
    assert "nobody foresaw" not in caplog.text


def ids(theirs: Receiver) -> list[str]:
    return [got.headers["webhook-id"] for got in theirs.got]


def test_s18_a_backlog_goes_out_in_one_turn_oldest_first(make: Make, way: Door) -> None:
    with Receiver() as theirs:
        row, _secret = make(url=theirs.url)
        backlog(row, 40)
        first = claim(most=1, now=timezone.now())[0]
        assert sender.turn(first, way=way) == 40
    assert ids(theirs) == [f"evt_{row.pk}_{n}" for n in range(40)]
    assert set(EventDelivery.unscoped.values_list("state", "attempts")) == {("delivered", 1)}


def test_s18_a_turn_ends_at_the_first_failure_and_after_its_time(
    make: Make, way: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(200, 200, 500) as theirs:
        row, _secret = make(url=theirs.url)
        backlog(row, 5)
        assert sender.turn(claim(most=1, now=timezone.now())[0], way=way) == 3
        assert claim_next(claim(most=1, now=timezone.now())[0], now=timezone.now()) is None  # it fails now
    with Receiver() as theirs:
        other, _secret = make(url=theirs.url)
        backlog(other, 5)
        monkeypatch.setattr(sender, "TURN_SECONDS", 0.0)
        assert sender.turn(claim(most=1, now=timezone.now())[0], way=way) == 1
        monkeypatch.undo()
        stop = threading.Event()
        stop.set()
        assert sender.turn(claim(most=1, now=timezone.now())[0], way=way, stop=stop) == 1


@pytest.mark.parametrize("off", ["endpoint", "module"])
def test_s18_a_turn_ends_where_endpoint_or_module_is_switched_off(make: Make, off: str) -> None:
    row, _secret = make()
    backlog(row, 5)
    first = claim(most=1, now=timezone.now())[0]
    if off == "endpoint":
        WebhookEndpoint.unscoped.update(enabled=False)
    else:
        Module.unscoped.filter(slug="api").update(enabled=False)
    assert claim_next(first, now=timezone.now()) is None


def test_s18_a_turn_takes_rows_of_its_endpoint_alone_and_none_that_is_in_hand(make: Make) -> None:
    row, _secret = make()
    backlog(row, 3)
    backlog(make()[0], 3)
    now = timezone.now()
    held = [lease for lease in claim(most=2, now=now) if owners([lease])[row.pk]]
    while (found := claim_next(held[-1], now=now)) is not None:
        held.append(found)
    assert owners(held) == {row.pk: 3}
    assert len({lease.delivery_id for lease in held}) == 3


@pytest.mark.usefixtures("on_disk")
def test_s18_a_burst_to_one_endpoint_does_not_wait_for_rounds_of_the_sender(make: Make) -> None:
    stop = threading.Event()
    with Receiver() as theirs:
        row, _secret = make(url=theirs.url)
        backlog(row, 90)  # a round of three each half a second would take fifteen seconds

        def work() -> None:
            sender.run(stop)
            store.close()

        thread = threading.Thread(target=work)
        began = time.monotonic()
        thread.start()
        while len(theirs.got) < 90 and time.monotonic() - began < 60:
            time.sleep(0.05)
        took = time.monotonic() - began
        stop.set()
        thread.join(timeout=60)
    assert len(set(ids(theirs))) == 90
    assert took < 10
