"""What a lead that is read over there means (M18, M20, M34, M37, M43, M46): pure, situations by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import (
    AdoptLead,
    Effect,
    Outcome,
    Record,
    SetField,
    SetLead,
    TakeIn,
)
from integrations.partners.meetime import rules, seeing
from integrations.partners.meetime.lead_reading import RUNNING
from tests.partners.meetime.situations import (
    CARLA,
    CATALOG,
    DIEGO,
    JOANA,
    LIA,
    NOW,
    RUI,
    lead,
    read,
    run,
    situation,
)


def of(kind: type[Effect], outcome: Outcome) -> Sequence[Any]:
    return [each for each in outcome.effects if isinstance(each, kind)]


def fields(outcome: Outcome) -> dict[str, str]:
    return {each.key: each.value for each in of(SetField, outcome)}


def heard(record: Record, *leads: Any, **other: Any) -> Outcome:
    return rules.on_record(record, situation(enrollment=run(*leads), **other))


# --- M37 ---


def test_m37_what_the_lead_says_now_is_taken_in_with_its_owner() -> None:
    values = {"name": "Joana Alves", "email": "j@x.example", "phones": ["1"], "custom.segmento": ""}
    outcome = heard(read(values=values, owner_id="32", after=-30))
    (taken,) = of(TakeIn, outcome)
    assert (taken.lead_id, taken.when) == (101, replace(read(after=-30)).when)
    assert taken.values == {**values, "owner_id": "32"}
    assert ("M37", True) in [(each.row, each.passed) for each in outcome.tried]


def test_m37_a_lead_without_a_stamp_of_its_own_is_as_of_now() -> None:
    (taken,) = of(TakeIn, heard(replace(read(), when=None)))
    assert taken.when == NOW


@pytest.mark.parametrize(("after", "taken"), [(-1, False), (0, True), (1, True)])
def test_m37_a_reading_older_than_the_last_is_past(after: float, taken: bool) -> None:
    outcome = heard(read(after=after, owner_id="32"), lead(as_of=NOW))
    assert (bool(outcome.effects), outcome.ignored) == (taken, not taken)


@pytest.mark.parametrize("state", ["waiting", "executing", "paused", "reopened"])
def test_m37_an_open_lead_follows_in_every_state(state: str) -> None:
    assert of(TakeIn, heard(read(state="executing"), lead(state=state)))


@pytest.mark.parametrize("state", ["won", "lost"])
def test_m37_a_lead_that_ended_there_says_no_more(state: str) -> None:
    outcome = heard(read(state=""), lead(state=state), lead(RUI))
    assert not of(TakeIn, outcome)
    assert not of(SetLead, outcome)


@pytest.mark.parametrize("state", ["new", "left"])
def test_m32_a_lead_that_is_not_in_prospection_for_this_card_is_ignored(state: str) -> None:
    outcome = heard(read(), lead(state=state), lead(RUI))
    assert outcome.ignored
    assert not outcome.effects


@pytest.mark.parametrize(
    ("known", "now", "becomes"),
    [
        ("waiting", "executing", "executing"),
        ("executing", "paused", "paused"),
        ("paused", "executing", "executing"),
        ("executing", "waiting", "waiting"),
        ("reopened", "executing", "executing"),
        ("executing", "executing", None),
        ("executing", "won", None),  # a result is a fact: it comes as one
        ("executing", "lost", None),
        ("executing", "", None),  # switched, finished, or nothing at all
    ],
)
def test_m37_its_state_follows_results_do_not(known: str, now: str, becomes: str | None) -> None:
    changed = of(SetLead, heard(read(state=now), lead(state=known)))
    assert [each.state for each in changed] == ([becomes] if becomes else [])


def test_m32_another_run_over_there_is_known_from_then_on() -> None:
    (changed,) = of(SetLead, heard(read(run="2"), lead()))
    assert (changed.state, changed.run, changed.lead_id) == ("executing", "2", 101)


@pytest.mark.parametrize("state", ["won", "lost"])
def test_m32_a_closed_lead_taken_up_again_there_is_reopened_and_follows(state: str) -> None:
    outcome = heard(read(state="executing", run="2", after=60), lead(state=state), lead(RUI))
    assert [(each.state, each.run) for each in of(SetLead, outcome)] == [("reopened", "2")]
    assert of(TakeIn, outcome)


@pytest.mark.parametrize("state", ["won", "lost"])
def test_m43_a_late_reading_of_the_run_that_ended_does_not_reopen(state: str) -> None:
    outcome = heard(read(state="executing", run="1", after=-60), lead(state=state), lead(RUI))
    assert not of(SetLead, outcome)
    assert not of(TakeIn, outcome)


# --- M18, M20, M16, M46 ---


def test_m18_m20_the_cards_cadence_and_owner_follow_the_lead() -> None:
    outcome = heard(read(owner_id="32", cadence_id="78", cadence="Inbound quente"))
    assert fields(outcome) == {seeing.LATEST_OWNER: str(DIEGO), seeing.LATEST_CADENCE: "Inbound quente"}
    assert not any(each.once for each in of(SetField, outcome))


def test_m19_the_initial_fields_are_not_touched() -> None:
    assert {seeing.INITIAL_CADENCE, seeing.INITIAL_OWNER}.isdisjoint(fields(heard(read(owner_id="32"))))


def test_m18_a_cadence_without_its_name_is_looked_up_and_an_unknown_one_leaves_the_field() -> None:
    assert fields(heard(read(cadence="", cadence_id="78")))[seeing.LATEST_CADENCE] == "Inbound quente"
    assert seeing.LATEST_CADENCE not in fields(heard(read(cadence="", cadence_id="99")))


def test_m16_an_owner_who_is_nobody_here_leaves_the_field() -> None:
    for owner in ("", "99"):
        assert seeing.LATEST_OWNER not in fields(heard(read(owner_id=owner)))


def test_m46_a_related_lead_does_not_speak_for_the_card() -> None:
    outcome = heard(read(RUI, owner_id="32"), lead(), lead(RUI))
    assert fields(outcome) == {}
    assert of(TakeIn, outcome), "its own fields are followed all the same"


def test_m46_the_main_contacts_lead_speaks_wherever_it_stands() -> None:
    assert fields(heard(read(owner_id="32"), lead(RUI), lead()))[seeing.LATEST_OWNER] == str(DIEGO)


def test_m46_when_the_main_lead_was_left_the_first_sent_speaks() -> None:
    leads = (lead(state="left"), lead(RUI), lead(LIA))
    assert fields(heard(read(RUI, owner_id="32"), *leads))[seeing.LATEST_OWNER] == str(DIEGO)
    assert fields(heard(read(LIA, owner_id="31"), *leads)) == {}


def test_m46_a_lead_that_was_never_made_is_not_the_first_sent() -> None:
    """Main left to another card, the next one refused there: the third is the first that was sent."""
    leads = (lead(state="left"), lead(RUI, state="new", their_id=""), lead(LIA))
    assert fields(heard(read(LIA, owner_id="32"), *leads)).get(seeing.LATEST_OWNER) == str(DIEGO)


def test_m46_a_main_lead_that_is_lost_still_speaks_for_the_card() -> None:
    leads = (lead(state="lost"), lead(RUI))
    assert fields(heard(read(RUI, owner_id="32"), *leads)) == {}


def test_m46_a_paused_lead_keeps_speaking() -> None:
    outcome = heard(read(state="paused", owner_id="32"), lead(state="executing"))
    assert [each.state for each in of(SetLead, outcome)] == ["paused"]
    assert fields(outcome)[seeing.LATEST_OWNER] == str(DIEGO)


# --- M34, M44 ---


def test_m34_a_lead_added_there_to_the_card_becomes_a_related_contact() -> None:
    values = {"name": "Rui Lima", "email": "rui@padariasol.example", "phones": []}
    outcome = heard(read(RUI, values=values, state="waiting", run="7", after=5))
    (adopted,) = outcome.effects
    assert isinstance(adopted, AdoptLead)
    assert (adopted.their_id, adopted.state, adopted.run) == ("902", "waiting", "7")
    assert (adopted.values, adopted.url, adopted.when) == (values, "https://x.example/2", read(after=5).when)
    assert [(each.row, each.passed) for each in outcome.tried] == [("M34", True)]


def test_m34_a_lead_that_is_known_is_not_added_again() -> None:
    assert not of(AdoptLead, heard(read(RUI), lead(), lead(RUI)))


def test_m34_a_lead_added_there_before_it_is_worked_on_waits() -> None:
    """Read before its prospection exists: it must not stay a lead that was never sent."""
    (adopted,) = of(AdoptLead, heard(read(RUI, state="", run="")))
    assert adopted.state in RUNNING


@pytest.mark.parametrize(
    ("since", "row"),
    [(-3600, "M43"), (-90, "M43"), (-30, "M34"), (0, "M34"), (3600, "M34"), (None, "M34")],
    ids=["an hour before", "before", "as clocks differ", "at once", "later", "unknown"],
)
def test_m43_a_lead_added_before_the_card_was_sent_this_time_is_of_an_ended_run(
    since: int | None, row: str
) -> None:
    told = "" if since is None else (NOW + timedelta(seconds=since)).isoformat()
    record = read(RUI, state="executing")
    record = replace(record, fields={**record.fields, "since": told})
    outcome = rules.on_record(record, situation(enrollment=run(lead(), started_at=NOW)))
    assert [each.row for each in outcome.tried] == [row]
    assert bool(of(AdoptLead, outcome)) is (row == "M34") is not outcome.ignored


def test_m44_without_a_run_of_this_card_nothing_is_made() -> None:
    outcome = rules.on_record(read(), situation(enrollment=None))
    assert outcome.ignored
    assert not outcome.effects


# --- M43 ---


@pytest.mark.parametrize("person", [JOANA, RUI])
@pytest.mark.parametrize("after", [-3600.0, 0.0, 30.0, 3600.0])
def test_m43_after_the_end_nothing_of_a_lead_is_taken_in(person: Any, after: float) -> None:
    """Not its fields, not its owner, and no lead added there: a snapshot is no fact of before."""
    ended = situation(enrollment=run(lead(state="won"), ended_at=NOW))
    outcome = rules.on_record(read(person, after=after, owner_id="32"), ended)
    assert outcome.ignored
    assert not outcome.effects
    assert outcome.tried[-1].row == "M43"


# --- X1 ---


@given(
    st.sampled_from(["new", "waiting", "executing", "paused", "reopened", "won", "lost", "left"]),
    st.sampled_from(["", "waiting", "executing", "paused", "won", "lost"]),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "31", "32", "99"]),
)
def test_x1_whatever_is_read_the_sentences_can_be_filled_and_only_open_leads_are_written(
    known: str, now: str, number: str, owner: str
) -> None:
    outcome = heard(read(state=now, run=number, owner_id=owner), lead(state=known), lead(RUI))
    assert outcome.tried
    for each in outcome.tried:
        assert each.words % each.saw
    if known in ("new", "left"):
        assert outcome.ignored
    if known in ("won", "lost") and number == "1":
        assert not of(TakeIn, outcome)
    assert all(
        each.value in (str(CARLA), str(DIEGO), "Cadência de Prospecção") for each in of(SetField, outcome)
    )


def test_m18_every_cadence_is_named_as_the_catalogue_names_it() -> None:
    for their_id, row in CATALOG["cadences"].items():
        assert fields(heard(read(cadence_id=their_id, cadence="")))[seeing.LATEST_CADENCE] == row["name"]
