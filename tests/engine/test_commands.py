"""`restored` and `replay`: nothing is sent twice after a restore, and what stepped aside goes again (X4)."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from funnels import services
from funnels.models import Deal
from integrations.models import Arrival, Lead, OutboxAction
from mapping.models import Link
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.test_story import send

State = OutboxAction.State


def told(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_after_a_restore_the_lead_that_was_made_meanwhile_is_found_and_not_made_again(
    bench: Bench, deal: Deal
) -> None:
    their_id = send(bench, deal)
    # The backup is older than the sending: it knows the action as waiting and nothing of the lead.
    OutboxAction.unscoped.update(state=State.WAITING, since=None, payload={}, receipt={}, done_at=None)
    Lead.unscoped.update(state="new", sent_at=None, their_run="")
    Link.unscoped.all().delete()
    assert "1 open actions" in told("restored")
    assert OutboxAction.unscoped.get().state == State.UNSURE
    bench.drain()
    assert OutboxAction.unscoped.get().state == State.DONE
    assert Link.unscoped.get().their_id == their_id
    made = [row for row in bench.ledger("lead.created") if row["by"] == "api"]
    assert len(made) == 1


def test_replay_counts_first_and_sends_with_yes(bench: Bench, deal: Deal, owner: User) -> None:
    bench.control("POST", f"meetime/cadences/{bench.automation.parameters['cadence']}/delete", {})
    services.move_deal(deal=deal, stage=bench.stages()[1], origin=factories.SYSTEM)
    bench.drain()
    assert OutboxAction.unscoped.get().state == State.REFUSED
    number = str(bench.connection.pk)
    assert "1 rows" in told("replay", "--connection", number)
    assert OutboxAction.unscoped.get().state == State.REFUSED
    assert "1 rows" in told("replay", "--connection", number, "--yes")
    assert OutboxAction.unscoped.get().state == State.WAITING
    assert "0 rows" in told("replay", "--connection", number, "--inbox", "--yes")
    assert not Arrival.unscoped.exists()
    with pytest.raises(CommandError, match="no connection"):
        call_command("replay", "--connection", "999999")
