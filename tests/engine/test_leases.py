"""Leases: who holds a lane writes, who lost it does not, and nobody waits longer than needed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from funnels import services
from funnels.models import Deal
from integrations.engine import (
    claim,
    clock,
    listen,
    speak,
)
from integrations.models import Connection, Lane, OutboxAction
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.hands import enter


def test_a_lane_is_claimed_once_and_again_after_its_lease(bench: Bench, deal: Deal) -> None:
    """Promise 2: two workers never hold one lane; a worker that died gives it back by time."""
    enter(bench, deal)
    first = claim.claim(most=10)
    assert [lease.key for lease in first] == [f"deal:{deal.pk}"]
    assert claim.claim(most=10) == []
    Lane.unscoped.update(lease_until=clock.now() - timedelta(seconds=1))
    second = claim.claim(most=10)
    assert second[0].token != first[0].token
    with pytest.raises(claim.LeaseLost), transaction.atomic():
        claim.hold(first[0])
    speak.work(first[0])
    assert Lane.unscoped.get(pk=second[0].lane_id).token == second[0].token
    speak.work(second[0])
    assert OutboxAction.unscoped.get().state == "done"
    assert len([row for row in bench.ledger("lead.created") if row["by"] == "api"][-1:]) == 1


def test_a_change_during_the_call_leaves_the_lane_due(bench: Bench, deal: Deal) -> None:
    """`done` is the `wanted` that was read: an edit meanwhile is not swallowed."""
    enter(bench, deal)
    (lease,) = claim.claim(most=1)
    services.update_deal(deal=deal, title="Outro", origin=factories.SYSTEM)
    claim.release(lease, next_due=None)
    lane = Lane.unscoped.get(pk=lease.lane_id)
    assert lane.due_at is not None
    assert lane.wanted > lane.done


def test_a_holder_that_gives_back_late_does_not_undo_everything_is_due(bench: Bench, deal: Deal) -> None:
    """The probe's success and a loser's release meet: nobody rests a minute more than needed."""
    enter(bench, deal)
    (lease,) = claim.claim(most=1)
    listen.make_all_due([bench.connection])
    claim.release(lease, next_due=clock.now() + timedelta(seconds=60))
    due_at = Lane.unscoped.get(pk=lease.lane_id).due_at
    assert due_at is not None
    assert due_at <= clock.now()


def test_connections_are_served_in_turn(bench: Bench) -> None:
    """Promise 5: one connection with a thousand lanes takes one place of a small batch."""
    other = Connection.unscoped.create(
        account=factories.AccountFactory(), partner="meetime", state=Connection.State.ACTIVE
    )
    then = clock.now() - timedelta(minutes=5)
    for connection, count in ((bench.connection, 50), (other, 1)):
        Lane.unscoped.bulk_create(
            Lane(account_id=connection.account_id, connection=connection, key=f"x:{n}", due_at=then, wanted=1)
            for n in range(count)
        )
    Lane.unscoped.filter(connection=other).update(due_at=clock.now())
    leases = claim.claim(most=2)
    assert {lease.connection_id for lease in leases} == {bench.connection.pk, other.pk}


def test_what_broke_between_claim_and_work_consumes_nothing(bench: Bench, deal: Deal) -> None:
    """Promise 1: a card moved while the connection breaks is sent once it is mended."""
    enter(bench, deal)
    (lease,) = claim.claim(most=1)
    Connection.unscoped.filter(pk=bench.connection.pk).update(state=Connection.State.BROKEN)
    speak.work(lease)
    assert not OutboxAction.unscoped.exists()
    Connection.unscoped.filter(pk=bench.connection.pk).update(state=Connection.State.ACTIVE)
    bench.drain()
    assert OutboxAction.unscoped.get().state == "done"
