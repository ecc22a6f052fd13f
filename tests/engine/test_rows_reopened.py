"""A lead that Meetime's people close and take up again is open, whoever tells it first (M40, M34, M37)."""

from __future__ import annotations

import pytest

from funnels.models import Deal, InteractionRecord
from integrations.engine import clock
from tests.engine.conftest import Bench
from tests.engine.rows import lead_of
from tests.engine.test_rows_late import read
from tests.engine.test_rules_kept_results import heard, two  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("two")


def reopen(bench: Bench, lead: str) -> str:
    """Taken up again there; the id of its new run."""
    cadence = int(bench.automation.parameters["cadence"])
    made = bench.act(lead, "reopen", cadence_id=cadence, started=True)
    return str(made["prospections"][-1]["id"])


def lose(bench: Bench, lead: str) -> None:
    bench.act(lead, "lose", lose_others=False)


def status(deal: Deal) -> str:
    deal.refresh_from_db()
    return str(deal.status)


def records(deal: Deal, words: str) -> int:
    return InteractionRecord.unscoped.filter(deal=deal, text__contains=words).count()


def test_m40_a_lead_taken_up_again_counts_as_open(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
) -> None:
    lose(bench, two["joana"])
    bench.poll()
    reopen(bench, two["joana"])
    bench.poll()
    lose(bench, two["rui"])
    bench.poll()
    assert (status(deal), lead_of(deal).state) == ("open", "reopened")
    lose(bench, two["joana"])
    bench.poll()
    assert (status(deal), records(deal, "Lead perdido")) == ("lost", 3)


def test_m40_what_is_done_in_a_later_run_tells_that_the_lead_was_taken_up(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
) -> None:
    """A webhook tells of an activity, and none of the reopening."""
    lose(bench, two["joana"])
    bench.poll()
    run = reopen(bench, two["joana"])
    heard(
        bench, "activity", "91001", "done", two["joana"], run=run,
        type="CALL", network="", name="", text="De volta",
    )  # fmt: skip
    lose(bench, two["rui"])
    read(bench, "prospections")
    assert (status(deal), lead_of(deal).state, lead_of(deal).their_run) == ("open", "reopened", run)


def test_m40_a_loss_told_after_what_was_done_in_the_next_run_is_history(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
) -> None:
    former = lead_of(deal).their_run
    lose(bench, two["joana"])
    lost_at = clock.now()
    run = reopen(bench, two["joana"])
    heard(
        bench, "activity", "91001", "done", two["joana"], run=run,
        type="CALL", network="", name="", text="De volta",
    )  # fmt: skip
    assert lead_of(deal).state == "executing"
    heard(
        bench, "lead", two["joana"], "lost", two["joana"], run=former, when=lost_at,
        cadence="", cadence_id="", loss_reason="", loss_reason_id="",
    )  # fmt: skip
    assert (lead_of(deal).state, records(deal, "Lead perdido")) == ("executing", 1)


def test_m40_one_that_was_taken_up_and_closed_again_was_open_in_between(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
) -> None:
    """Rui's loss is told together with all that Joana's lead went through: the card was never without one."""
    bench.win_action("win")
    lose(bench, two["joana"])
    reopen(bench, two["joana"])
    lose(bench, two["rui"])
    bench.act(two["joana"], "win", lose_others=False)
    bench.poll()
    assert (status(deal), records(deal, "Lead perdido"), records(deal, "Lead ganho")) == ("won", 2, 1)


def test_m37_what_is_read_of_a_lead_closed_again_reopens_it_once(
    bench: Bench,
    deal: Deal,
    two: dict[str, str],  # noqa: F811
) -> None:
    lose(bench, two["joana"])
    bench.poll()
    reopen(bench, two["joana"])
    lose(bench, two["joana"])
    read(bench, "leads")
    assert lead_of(deal).state == "reopened", "how it ended is told by another list"
    read(bench, "prospections")
    read(bench, "leads")
    assert (status(deal), lead_of(deal).state) == ("open", "lost")


def test_m34_m43_the_first_run_of_a_lead_added_and_taken_up_again_is_recorded(
    bench: Bench, deal: Deal
) -> None:
    order = {"deal": str(deal.pk), "name": "Bia", "email": "bia@padariasol.example", "started": True}
    bia = str(bench.control("POST", "meetime/leads", order)["id"])
    bench.act(bia, "activities", type="CALL", annotation="Primeira conversa")
    lose(bench, bia)
    reopen(bench, bia)
    bench.poll()
    bench.poll()
    assert (records(deal, "Primeira conversa"), records(deal, "Lead perdido"), status(deal)) == (1, 1, "open")
