"""S18: how events are sent: signed, again after failures, never twice at once, never to private addresses."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as store
from django.utils import timezone
from django.utils.translation import override
from standardwebhooks.webhooks import WebhookVerificationError

from accounts.models import Account, AuditEntry, Module, Notice
from integrations.endpoints import claim as claiming
from integrations.endpoints import outcome, sender, services, verdict
from integrations.endpoints.claim import EACH, claim, lease
from integrations.engine import clock
from integrations.http import Door
from integrations.models import EventDelivery, Exchange, WebhookEndpoint
from tests import factories
from tests.api.test_idempotency import on_disk  # noqa: F401  # a file in which a second writer waits
from tests.conftest import World
from tests.factories import SYSTEM
from tests.integrations.endpoints.conftest import Clock, Make, happen, only
from tests.integrations.endpoints.receiver import Receiver

pytestmark = pytest.mark.django_db


def fresh(row: WebhookEndpoint) -> WebhookEndpoint:
    found: WebhookEndpoint = WebhookEndpoint.unscoped.get(pk=row.pk)
    return found


def test_an_event_arrives_signed_as_standard_webhooks_say(
    ours: World, make: Make, drained: Callable[[], int]
) -> None:
    with Receiver() as theirs:
        _row, secret = make(url=f"{theirs.url}/tomada?conta=1")
        deal = happen(ours)
        assert drained() == 1
    got = theirs.got[0]
    told = got.verified(secret)
    assert (got.path, told["type"], told["data"]["object"]["id"]) == (
        "/tomada?conta=1",
        "deal.created",
        str(deal.pk),
    )
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"] == only(ours).event.uid
    with pytest.raises(WebhookVerificationError):
        got.verified("whsec_" + "A" * 44)
    assert (only(ours).state, only(ours).status, only(ours).attempts) == ("delivered", 200, 1)
    assert drained() == 0


def test_the_guides_own_check_without_a_library_verifies_it(
    ours: World, make: Make, drained: Callable[[], int]
) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    code = next(part for part in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "is_ours" in part)
    told: dict[str, Any] = {}
    exec(code, told)
    with Receiver() as theirs:
        row, secret = make(url=theirs.url)
        _row, new = services.rotate_secret(endpoint=row, origin=SYSTEM)
        happen(ours)
        drained()
    got = theirs.got[0]
    assert told["is_ours"](secret, got.headers, got.body)
    assert told["is_ours"](new, got.headers, got.body)
    assert not told["is_ours"](secret, got.headers, got.body + b" ")
    assert not told["is_ours"]("whsec_" + "A" * 44, got.headers, got.body)


def test_while_a_rotated_secret_overlaps_both_verify_and_afterwards_only_the_new(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    with Receiver() as theirs:
        row, old = make(url=theirs.url)
        row, new = services.rotate_secret(endpoint=row, origin=SYSTEM, overlap_hours=1)
        happen(ours)
        drained()
        assert theirs.got[0].verified(old) == theirs.got[0].verified(new)
        assert len(theirs.got[0].headers["webhook-signature"].split(" ")) == 2
        WebhookEndpoint.unscoped.update(before_until=watch.at - timedelta(seconds=1))
        happen(ours)
        drained()
        assert theirs.got[1].verified(new)
        with pytest.raises(WebhookVerificationError):
            theirs.got[1].verified(old)
        services.rotate_secret(endpoint=row, origin=SYSTEM, overlap_hours=0)
        happen(ours)
        drained()
        with pytest.raises(WebhookVerificationError):
            theirs.got[2].verified(new)


def test_failures_are_tried_again_with_growing_pauses_under_the_same_id_until_a_good_answer(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    with Receiver(500, (404, b"nao existe"), 302, 204) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        pauses = []
        for _try in range(3):
            assert drained() == 1
            pauses.append(watch.to_next_try().total_seconds())
        assert [
            (int(p > wanted * 0.89), int(p < wanted * 1.11))
            for p, wanted in zip(pauses, (5, 300, 1800), strict=True)
        ] == [(1, 1)] * 3
        assert only(ours).reason == verdict.REDIRECTED
        assert fresh(row).failing_since is not None
        assert drained() == 1
    assert len({got.headers["webhook-id"] for got in theirs.got}) == 1
    assert len({got.body for got in theirs.got}) == 1
    assert only(ours).state == "delivered"
    assert (fresh(row).failing_since, fresh(row).last_error) == (None, "")


def test_the_schedule_is_the_standard_one_and_from_the_ninth_failure_on_a_day() -> None:
    hours = [verdict.pause(n, chance=lambda: 0.5) / timedelta(hours=1) for n in (4, 5, 6, 7, 8, 9, 30)]
    assert hours == [2, 5, 10, 14, 20, 24, 24]
    assert verdict.pause(4, chance=lambda: 0.0) < verdict.pause(4, chance=lambda: 1.0)


def test_the_words_of_a_refusal_are_kept_for_people(
    ours: World, make: Make, drained: Callable[[], int]
) -> None:
    with Receiver((422, b"<h1>CNPJ</h1> desconhecido")) as theirs:
        make(url=theirs.url)
        happen(ours)
        drained()
    assert (only(ours).status, only(ours).reason) == (422, "The endpoint answered 422: CNPJ desconhecido")


def test_an_answer_that_is_too_large_is_told_as_such(ours: World, make: Make) -> None:
    capped = Door(allow_private=True, cap_bytes=sender.CAP_BYTES)
    with Receiver((200, b"x" * 400_000)) as theirs:
        make(url=theirs.url)
        happen(ours)
        sender.drain(way=capped)
        capped.close()
    assert only(ours).reason == verdict.TOO_MUCH


def test_a_kept_reason_is_told_in_the_readers_language_and_their_words_as_they_are() -> None:
    with override("pt-br"):
        assert verdict.in_words(verdict.GONE_WORDS) == "O endereço respondeu 410: não existe mais."
        assert "500" in verdict.in_words("The endpoint answered 500: ok")
        assert verdict.in_words("") == ""


@pytest.mark.parametrize(("status", "waits"), [(429, True), (503, True), (500, False)])
def test_retry_after_is_honoured_where_it_says_slow_down(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock, status: int, waits: bool
) -> None:
    with Receiver((status, b"", "Retry-After: 3600")) as theirs:
        make(url=theirs.url)
        happen(ours)
        drained()
    assert (watch.to_next_try() >= timedelta(hours=1)) is waits


def test_410_switches_the_endpoint_off_at_once_and_tells(
    ours: World, make: Make, drained: Callable[[], int]
) -> None:
    with Receiver(410) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        drained()
    row = fresh(row)
    assert (row.enabled, row.off_since is not None, only(ours).state) == (False, True, "dead")
    notice = Notice.objects.of(ours.account).get(user=ours.admin)
    assert (notice.kind, notice.link) == ("endpoint", f"/webhooks/{row.pk}/")
    assert notice.words % notice.values


def test_five_days_of_failure_in_a_row_switch_it_off_cancel_the_rest_and_tell_once(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "JITTER", 0)
    began = watch.at
    with Receiver(500) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours, title="primeiro")
        while fresh(row).enabled:
            drained()
            if fresh(row).enabled:
                assert watch.at - began < timedelta(days=6)
                watch.to_next_try()
            if watch.at - began > timedelta(days=4) and EventDelivery.unscoped.count() == 1:
                happen(ours, title="segundo")
    assert watch.at - began >= timedelta(days=5)
    states = dict(EventDelivery.unscoped.values_list("event__data__object__title", "state"))
    assert states == {"primeiro": "dead", "segundo": "cancelled"}
    assert Notice.objects.of(ours.account).filter(kind="endpoint").count() == 1
    assert AuditEntry.objects.of(ours.account).filter(action="endpoint.switched_off").exists()
    before = len(theirs.got)
    happen(ours)
    assert drained() == 0
    assert len(theirs.got) == before


def test_a_success_ends_the_row_of_failures(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    with Receiver(500, 200, 500) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        drained()
        watch.forward(days=4, hours=23)
        drained()
        assert fresh(row).failing_since is None
        watch.forward(days=1)
        happen(ours)
        drained()
    assert fresh(row).enabled
    assert fresh(row).failing_since == watch.at


def test_what_failed_is_replayed_one_by_one_or_all_since_with_the_same_id(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    with Receiver(410, 410, 200) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        happen(ours)
        drained()
        with pytest.raises(services.NotAllowed):
            services.replay(delivery=EventDelivery.unscoped.first(), origin=SYSTEM)
        row = services.update_endpoint(endpoint=fresh(row), enabled=True, origin=SYSTEM)
        assert (row.off_since, row.failing_since, row.last_error) == (None, None, "")
        ahead = watch.at + timedelta(hours=1)
        assert services.replay_failed(endpoint=row, since=ahead, origin=SYSTEM) == 0
        assert services.replay_failed(endpoint=row, since=watch.at - timedelta(hours=1), origin=SYSTEM) == 2
        assert drained() == 2
        one = EventDelivery.unscoped.filter(state="delivered").first()
        services.replay(delivery=one, origin=SYSTEM)
        assert drained() == 1
    ids = [got.headers["webhook-id"] for got in theirs.got]
    assert len(ids) == 5
    assert len(set(ids)) == 2
    assert EventDelivery.unscoped.filter(state="delivered").count() == 2


def test_a_test_goes_to_one_endpoint_alone(ours: World, make: Make, drained: Callable[[], int]) -> None:
    with Receiver() as theirs, Receiver() as others:
        row, secret = make(url=theirs.url)
        make(url=others.url)
        services.send_test(endpoint=row, origin=SYSTEM)
        drained()
    assert theirs.got[0].verified(secret)["type"] == "ping"
    assert others.got == []
    off = services.update_endpoint(endpoint=row, enabled=False, origin=SYSTEM)
    with pytest.raises(services.NotAllowed):
        services.send_test(endpoint=off, origin=SYSTEM)


def test_switching_off_cancels_what_waits_and_switching_on_does_not_send_it(
    ours: World, make: Make, drained: Callable[[], int]
) -> None:
    with Receiver() as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        row = services.update_endpoint(endpoint=row, enabled=False, origin=SYSTEM)
        assert only(ours).state == "cancelled"
        services.update_endpoint(endpoint=row, enabled=True, origin=SYSTEM)
        assert drained() == 0


def test_s4_while_the_module_is_off_nothing_goes_out_and_then_it_does(
    ours: World, make: Make, drained: Callable[[], int], watch: Clock
) -> None:
    with Receiver() as theirs:
        make(url=theirs.url)
        happen(ours)
        Module.unscoped.filter(slug="api").update(enabled=False)
        assert drained() == 0
        assert only(ours).reason == outcome.MODULE_WORDS
        factories.module(account=ours.account, slug="api")
        watch.forward(minutes=11)
        assert drained() == 1


def test_a_private_address_is_refused_at_sending_whatever_was_saved(
    ours: World, make: Make, drained: Callable[[], int]
) -> None:
    with Receiver() as theirs:
        make(url=theirs.url)
        happen(ours)
        guarded = Door(allow_private=False)
        sender.drain(way=guarded)
        guarded.close()
    assert theirs.got == []
    assert only(ours).state == "waiting"
    assert "private" in only(ours).reason or "secure" in only(ours).reason


def test_redirects_are_not_followed(ours: World, make: Make, drained: Callable[[], int]) -> None:
    with Receiver() as elsewhere, Receiver((307, b"", f"Location: {elsewhere.url}/")) as theirs:
        make(url=theirs.url)
        happen(ours)
        drained()
    assert len(theirs.got) == 1
    assert elsewhere.got == []


def test_a_crash_between_answer_and_record_sends_the_same_id_again(
    ours: World,
    make: Make,
    drained: Callable[[], int],
    watch: Clock,
    monkeypatch: pytest.MonkeyPatch,
    way: Door,
) -> None:
    with Receiver() as theirs:
        make(url=theirs.url)
        happen(ours)
        held = claim(most=1, now=clock.now())[0]
        with monkeypatch.context() as patch:
            patch.setattr(sender, "_write", lambda *_: None)  # the process died here
            sender.send(held, way=way)
        assert drained() == 0  # the lease holds
        watch.forward(seconds=lease().total_seconds() + 1)
        assert drained() == 1
        late = outcome.record(
            delivery_id=held.delivery_id,
            until=held.until,
            found=verdict.Verdict(status=500, reason="late"),
            now=clock.now(),
        )
    assert late is False
    assert theirs.got[0].headers["webhook-id"] == theirs.got[1].headers["webhook-id"]
    assert only(ours).state == "delivered"


def test_one_endpoint_gets_a_few_at_once_and_a_failing_one_a_single_try(ours: World, make: Make) -> None:
    slow, _secret = make(url="http://127.0.0.1:9/slow", events=("deal.created",))
    for _each in range(10):
        happen(ours)
    quick, _secret = make(url="http://127.0.0.1:9/quick", events=("deal.created",))
    happen(ours)
    leases = claim(most=8, now=timezone.now())
    owners = [EventDelivery.unscoped.get(pk=lease.delivery_id).endpoint_id for lease in leases]
    assert (owners.count(slow.pk), owners.count(quick.pk)) == (EACH, 1)
    assert owners[:2] in ([slow.pk, quick.pk], [quick.pk, slow.pk])
    assert claim(most=8, now=timezone.now()) == []
    EventDelivery.unscoped.filter(state="waiting").update(lease_until=None, due_at=timezone.now())
    WebhookEndpoint.unscoped.filter(pk=slow.pk).update(failing_since=timezone.now())
    leases = claim(most=8, now=timezone.now())
    owners = [EventDelivery.unscoped.get(pk=lease.delivery_id).endpoint_id for lease in leases]
    assert (owners.count(slow.pk), owners.count(quick.pk)) == (1, 1)


def test_what_another_worker_leased_after_it_was_chosen_is_left_to_that_one(
    ours: World, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    happen(ours)
    choose, quicker = claiming._in_turn, []

    def slow(*given: Any) -> Any:
        rows = choose(*given)
        if not quicker:
            quicker.append(None)
            quicker.extend(claim(most=1, now=timezone.now()))
        return rows

    monkeypatch.setattr(claiming, "_in_turn", slow)
    assert claim(most=1, now=timezone.now()) == []
    assert len(quicker) == 2


@pytest.mark.usefixtures("on_disk")
def test_two_senders_never_send_the_same_at_once(ours: World, make: Make, way: Door) -> None:
    with Receiver() as theirs:
        for _each in range(6):
            make(url=theirs.url)
        for _each in range(3):
            happen(ours)
        gate = threading.Barrier(3)

        def work() -> None:
            gate.wait()
            sender.drain(way=way)
            store.close()

        threads = [threading.Thread(target=work) for _each in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert len(theirs.got) == 18
    assert EventDelivery.unscoped.filter(state="delivered", attempts=1).count() == 18


def test_no_secret_stands_in_logs_reasons_exchanges_or_audit(
    ours: World, make: Make, drained: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    holder: list[str] = []

    class Echo(Receiver):
        """Says in its refusal what it was told in secret."""

    with Echo((500, b"")) as theirs:
        row, secret = make(url=theirs.url)
        holder.append(secret)
        theirs.answers = [(500, f"bad key {secret} or {secret[6:]}".encode())]
        happen(ours)
        drained()
        services.rotate_secret(endpoint=row, origin=SYSTEM)
    seen = [
        only(ours).reason,
        fresh(row).last_error,
        fresh(row).sealed,
        fresh(row).sealed_before,
        caplog.text,
        repr(list(AuditEntry.unscoped.values())),
        repr(list(Exchange.unscoped.values())),
        repr(list(Account.objects.values())),
    ]
    assert "bad key ••••" in only(ours).reason
    for text in seen:
        assert secret[6:] not in text
