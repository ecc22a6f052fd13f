"""Processes stopped at each named step and killed: nothing lost, nothing twice (promises 1, 2, 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.site import Site, wait_for
from tests.faults.story import WHO, Story, begin, compare_heard, compare_sent

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc (Linux)"),
]

OUT = ("claimed", "speaking", "answered", "recorded")
IN = ("taken", "applied")
ALWAYS = {
    *((step, who) for step in OUT for who in ("email", "no_email")),
    ("speaking", "open"),
    ("answered", "closed"),
    *((step, "email") for step in IN),
}
"""What every run of the suite shows; `make faults` (-m faults) and TOMADA_FAULTS=all show all of them."""


def test_every_step_of_the_engine_is_killed_at() -> None:
    from integrations.engine.steps import STEPS

    assert set(STEPS) == {*OUT, *IN}


@pytest.fixture
def story(site: Site) -> Story:
    return begin(site)


def only_if_asked(whole_set: bool, step: str, who: str) -> None:
    if (step, who) not in ALWAYS and not whole_set:
        pytest.skip("runs with `make faults`, or with TOMADA_FAULTS=all")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("step", OUT)
def test_a_sender_killed_at(whole_set: bool, site: Site, step: str, who: str) -> None:
    """X4, M29, M32: whatever step the sender dies at, the partner ends up with exactly one lead of ours."""
    only_if_asked(whole_set, step, who)
    victim, rescuer = site.pump(stop_at=step), site.pump()
    story = begin(site)
    deal = story.card(who)
    story.enter(deal)
    victim.go()
    victim.wait_until_stopped(step)
    victim.kill()
    rescuer.go()
    story.settle()
    compare_sent(story, deal, who=who)
    assert "Traceback" not in rescuer.said(), rescuer.said()


@pytest.mark.parametrize("who", [who for who in WHO if who != "open"])
@pytest.mark.parametrize("step", IN)
def test_a_reader_killed_at(whole_set: bool, site: Site, step: str, who: str) -> None:
    """M33, M39: whatever step the reader dies at, each activity is one record and the deal is won once."""
    only_if_asked(whole_set, step, who)
    victim, rescuer = site.pump(stop_at=step), site.pump()
    story = begin(site)
    story.listen()
    deal = story.card(who)
    story.enter(deal)
    story.finish()
    lead = story.their_id(deal)
    story.order(f"leads/{lead}/activities", type="CALL", annotation="Falamos")
    story.order(f"leads/{lead}/activities", type="WHATSAPP", annotation="Mensagem")
    story.order(f"leads/{lead}/win")
    story.heard()
    victim.go()
    victim.wait_until_stopped(step)
    victim.kill()
    rescuer.go()
    story.settle()
    compare_heard(story, deal, activities=2)
    compare_sent_stays(story)
    story.poll()
    story.settle()
    compare_heard(story, deal, activities=2)
    assert "Traceback" not in rescuer.said(), rescuer.said()


def compare_sent_stays(story: Story) -> None:
    """Our own win of the card sent nothing more."""
    assert len(story.ledger()) == 1, [row["kind"] for row in story.ledger()]


def test_a_sender_that_wakes_up_late_sends_nothing(site: Site) -> None:
    """A machine that slept through its lease must not send what another settled meanwhile."""
    sleeper, other = site.pump(stop_at="speaking", ONE_THREAD="1"), site.pump()
    story = begin(site)
    deal = story.card("no_email")
    story.enter(deal)
    sleeper.go()
    sleeper.wait_until_stopped("speaking")
    other.go()
    story.settle()
    sleeper.wake()
    wait_for(
        "the sleeper noticed that its lease passed", lambda: "passed to another" in sleeper.said(), seconds=15
    )
    compare_sent(story, deal, who="no_email")
