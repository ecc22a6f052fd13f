"""Rules about news that no other test would miss, were they taken out (tests/mutants): pure."""

from __future__ import annotations

import pytest

from integrations.contract import Ask, LogInteraction, LoseDeal, WinDeal
from integrations.partners.meetime import rules
from tests.partners.meetime.situations import (
    FUNNEL,
    RUI,
    change,
    deal,
    lead,
    run,
    situation,
    told,
)

REMOVED = {
    "funnels": [],
    "win_actions": {f"{FUNNEL}:77": {"action": "win", "stage": None}},
    "profile": 1,
    "takes_funnels": True,
}


@pytest.mark.parametrize(
    ("event", "effect"), [("done", LogInteraction), ("won", WinDeal), ("lost", LoseDeal)]
)
def test_m9_leads_of_a_removed_funnel_go_on_to_their_end(event: str, effect: type) -> None:
    outcome = rules.on_record(told(event), situation(enrollment=run(), settings=REMOVED))
    assert not outcome.ignored
    assert [each for each in outcome.effects if isinstance(each, effect)]


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_m42_closed_here_the_annotations_are_asked_for_too(kind: str) -> None:
    closed = change(kind, fields={"status": ["open", kind]})
    seen = situation(enrollment=run(lead(), lead(RUI, state="lost")), deal=deal(status=kind))
    asked = [each for each in rules.on_change(closed, seen).effects if isinstance(each, Ask)]
    assert [each.lead_id for each in asked if each.action == "collect"] == [101, 102]
