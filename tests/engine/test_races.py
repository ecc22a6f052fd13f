"""Races that a lease alone does not settle: people, receipts, registrations and locks beside the pump."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db import connection as store

from accounts.origin import Origin
from funnels import services
from funnels.models import Deal, InteractionRecord
from integrations import contract
from integrations.contract import Record
from integrations.engine import (
    arrivals,
    clock,
    jobs,
    life,
    pump,
    replay,
    subscription,
    take_in,
)
from integrations.models import (
    Arrival,
    Connection,
    Delivery,
    Enrollment,
    Lane,
    Lead,
    LinkedUser,
    OutboxAction,
)
from integrations.partners.meetime import seeing
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.hands import delivered, due, enter
from tests.engine.test_story import send


def test_an_action_cancelled_meanwhile_is_not_sent(bench: Bench, deal: Deal, monkeypatch: Any) -> None:
    """A person cancels the second lead while the first is being sent: the list in hand is old."""
    friend = services.create_person(
        account=bench.world.account, name="Rui", email="rui@padariasol.example", origin=factories.SYSTEM
    )
    services.set_related_contacts(deal=deal, persons=[friend], origin=factories.SYSTEM)
    enter(bench, deal)
    partner = type(contract.partner("meetime"))
    push = partner.push

    def cancels(self: Any, call: Any, action: Any) -> Any:
        other = OutboxAction.unscoped.filter(state="waiting").first()
        if other is not None:
            replay.cancel(action=other, origin=factories.SYSTEM)
        return push(self, call, action)

    monkeypatch.setattr(partner, "push", cancels)
    bench.drain()
    assert sorted(OutboxAction.unscoped.values_list("state", flat=True)) == ["cancelled", "done"]
    mine = [row for row in bench.ledger("lead.created") if (row["body"] or {}).get("email") == friend.email]
    assert mine == [], "a cancelled lead was sent"


@pytest.mark.parametrize("others", [True, False])
def test_m16_an_owner_chosen_while_the_lead_is_being_sent_is_put_back_with_one_record(
    bench: Bench, deal: Deal, monkeypatch: Any, others: bool
) -> None:
    sent_to = deal.owner_id
    other = LinkedUser.unscoped.filter(connection=bench.connection).exclude(user=deal.owner).first().user_id
    enter(bench, deal)
    partner = type(contract.partner("meetime"))
    push = partner.push

    def chosen(self: Any, call: Any, action: Any) -> Any:
        choice = {seeing.LATEST_OWNER: str(other if others else sent_to)}
        services.update_deal(deal=deal, custom=choice, origin=Origin.user(bench.world.seller))
        return push(self, call, action)

    monkeypatch.setattr(partner, "push", chosen)
    bench.drain()
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_OWNER] == str(sent_to)
    records = InteractionRecord.unscoped.filter(deal=deal, text__contains="revertido")
    assert records.count() == (1 if others else 0)


def test_a_result_seen_between_two_looks_is_not_put_aside(bench: Bench, deal: Deal, monkeypatch: Any) -> None:
    """The receipt is written between "no card of ours" and "nothing is being sent": the news stays."""
    theirs = send(bench, deal)
    (arrival,) = delivered(bench, theirs=theirs, count=1)
    looked = []
    real = arrivals.run_of

    def late(connection: Connection, row: Record) -> Enrollment | None:
        looked.append(row.id)
        return None if len(looked) == 1 else real(connection, row)

    monkeypatch.setattr(arrivals, "run_of", late)
    bench.drain()
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.APPLIED, arrival.reason


def test_trouble_of_the_store_fails_no_arrival(bench: Bench, deal: Deal, monkeypatch: Any) -> None:
    """A deadlock is nobody's fault: the lane comes back and the news is applied."""
    theirs = send(bench, deal)
    (arrival,) = delivered(bench, theirs=theirs, count=1)
    real = arrivals.apply

    def deadlock(*_given: Any) -> None:
        monkeypatch.setattr(arrivals, "apply", real)
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(arrivals, "apply", deadlock)
    with pytest.raises(OperationalError):
        bench.drain()
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.WAITING
    Lane.unscoped.update(lease_until=clock.now() - timedelta(seconds=1))
    bench.drain()
    arrival.refresh_from_db()
    assert arrival.state == Arrival.State.APPLIED


def test_more_than_a_batch_on_one_lane_is_all_taken_in(bench: Bench, deal: Deal) -> None:
    """Promise 1: what does not fit a batch is not left lying."""
    theirs = send(bench, deal)
    delivered(bench, theirs=theirs, count=230)
    bench.drain()
    assert not Arrival.unscoped.filter(state=Arrival.State.WAITING).exists()
    assert InteractionRecord.unscoped.filter(deal=deal).count() == 230


def test_a_delivery_that_breaks_our_reading_stops_no_other(
    bench: Bench, deal: Deal, monkeypatch: Any
) -> None:
    """Pain 13: the pump lives on, the delivery says so, its neighbour is taken."""
    send(bench, deal)
    now = clock.now()
    for body in (b"poison", b'{"event": "LEAD.TELEPORTED"}'):
        take_in.store_delivery(
            connection=bench.connection, source="webhook", headers={}, body=body, dedupe=None, now=now
        )
    partner = type(contract.partner("meetime"))
    parse = partner.parse

    def breaks(self: Any, headers: Any, body: bytes) -> Any:
        if body == b"poison":
            raise KeyError("a key that was always there")
        return parse(self, headers, body)

    monkeypatch.setattr(partner, "parse", breaks)
    bench.drain()
    states = list(Delivery.unscoped.order_by("pk").values_list("state", "reason"))
    assert [state for state, _reason in states] == ["failed", "ignored"]
    assert all(reason for _state, reason in states)


def test_one_webhook_is_registered_by_two_jobs_at_once(bench: Bench, deal: Deal, monkeypatch: Any) -> None:
    """The secret that is kept is the secret that was told."""
    partner = type(contract.partner("meetime"))
    subscribe = partner.subscribe
    told = []

    def meanwhile(self: Any, call: Any, *, target_url: str, secret: str) -> str:
        told.append(secret)
        if len(told) == 1:
            subscription.register_webhook(bench.connection)
        return subscribe(self, call, target_url=target_url, secret=secret)

    monkeypatch.setattr(partner, "subscribe", meanwhile)
    subscription.register_webhook(bench.connection)
    from integrations.webhooks import webhook_secret

    row = Connection.unscoped.get(pk=bench.connection.pk)
    assert told == [webhook_secret(row)]
    assert len(bench.ledger("webhook.registered")) <= 1 or told


def test_moves_made_while_deactivated_are_no_news(bench: Bench, deal: Deal) -> None:
    """M5: "from now on changes travel"; what happened in between is not sent afterwards."""
    services.update_deal(deal=deal, title="Outro", origin=factories.SYSTEM)
    bench.drain()
    life.deactivate(connection=bench.connection, origin=factories.SYSTEM)
    enter(bench, deal)
    services.move_deal(deal=deal, stage=bench.stages()[2], origin=factories.SYSTEM)
    Connection.unscoped.filter(pk=bench.connection.pk).update(state=Connection.State.ENABLED)
    again = Connection.unscoped.get(pk=bench.connection.pk)
    again.sealed = bench.connection.sealed
    again.save()
    life.activate(connection=again, origin=factories.SYSTEM)
    services.update_deal(deal=deal, title="E outro", origin=factories.SYSTEM)
    bench.drain()
    assert not Lead.unscoped.exists(), "a move of the time in between was sent"


def test_a_queue_that_does_not_answer_stops_no_door(bench: Bench, monkeypatch: Any) -> None:
    """engine.md, "Who runs it": losing the nudge loses nothing, and the click succeeds."""
    from redis.exceptions import ConnectionError as Gone

    def gone(*_given: Any, **_more: Any) -> None:
        raise Gone("Connection refused")

    monkeypatch.setattr(jobs, "async_task", gone)
    jobs.nudge(bench.connection.pk)


# --- Locks on PostgreSQL ----------------------------------------------------------------------------------


@pytest.mark.skipif(
    store.vendor != "postgresql", reason="SQLite has one writer at a time: no deadlock is possible"
)
@pytest.mark.django_db(transaction=True)
def test_a_person_and_the_pump_take_the_card_before_its_lane(bench: Bench, deal: Deal) -> None:
    """Lane first, card second would wait for ever on whoever takes them the other way round."""
    theirs = send(bench, deal)
    delivered(bench, theirs=theirs, count=1)
    begun, problems = threading.Event(), []

    def person() -> None:
        try:
            with transaction.atomic():
                Deal.unscoped.select_for_update().get(pk=deal.pk)
                begun.set()
                threading.Event().wait(1.0)  # the pump arrives at the card meanwhile
                services.update_deal(deal=deal, title="Outro", origin=factories.SYSTEM)
        except OperationalError as error:
            problems.append(str(error))
        finally:
            store.close()

    thread = threading.Thread(target=person)
    thread.start()
    begun.wait(5)
    due(bench)
    pump.drain(seconds=20)
    thread.join(timeout=20)
    assert problems == []
    assert Deal.unscoped.get(pk=deal.pk).title == "Outro"
    assert not Arrival.unscoped.exclude(state=Arrival.State.APPLIED).exists()
