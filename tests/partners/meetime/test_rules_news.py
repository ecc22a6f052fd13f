"""What Meetime's news does to a card (M33, M39, M40, M41, M43): pure, situations by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import (
    Agreed,
    Ask,
    Effect,
    EndEnrollment,
    LogInteraction,
    LoseDeal,
    MoveDeal,
    Outcome,
    PersonView,
    Record,
    SetLead,
    Tell,
    WinDeal,
)
from integrations.partners.meetime import rules
from tests.partners.meetime.situations import (
    FUNNEL,
    JOANA,
    LIA,
    NOW,
    PROPOSAL,
    RUI,
    deal,
    lead,
    run,
    situation,
    told,
)

GHOST = PersonView(id=8, name="Padaria Sol", email="", is_ghost=True)


def of(kind: type[Effect], outcome: Outcome) -> Sequence[Any]:
    return [each for each in outcome.effects if isinstance(each, kind)]


def names(outcome: Outcome) -> list[str]:
    return [type(each).__name__ for each in outcome.effects if not isinstance(each, Tell)]


def moved_there(stage: str, person: PersonView = JOANA) -> Record:
    about = {"lead": f"90{person.id}", "run": "1"}
    fields = {"stage_id": stage}
    return Record(kind="move", id="m1", event="stage_moved", when=NOW, by="Carla", about=about, fields=fields)


def wins(
    action: str, stage: int | None = None, *, funnel: int = FUNNEL, cadence: str = "77"
) -> dict[str, Any]:
    chosen = {"action": action, "stage": stage}
    return {"funnels": [FUNNEL], "win_actions": {f"{funnel}:{cadence}": chosen}, "profile": 1}


# --- M33: the document's table, row by row ---


@pytest.mark.parametrize(
    ("type", "network", "record"),
    [
        ("SEARCH", "", "simple"),  # Pesquisa → Registro simples
        ("CALL", "", "phone"),  # Ligação → Registro de telefone
        ("E_MAIL", "", "email"),  # (broken row; question 13) → Registro de e-mail
        ("SOCIAL_POINT", "", "simple"),  # Social Point → Registro simples
        ("SOCIAL_POINT", "LINKEDIN", "simple"),
        ("SOCIAL_POINT", "WHATSAPP", "whatsapp"),  # Social Point – WhatsApp → Registro de WhatsApp
        ("MEETING", "", "meeting"),  # Reunião → Registro de reunião
        ("CARRIER_PIGEON", "", "simple"),  # any other → simple
        ("", "", "simple"),
        ("CALL", "WHATSAPP", "phone"),
    ],
)
def test_m33_each_activity_becomes_its_record(type: str, network: str, record: str) -> None:
    seen = situation(enrollment=run())
    (log,) = of(LogInteraction, rules.on_record(told("done", type=type, network=network), seen))
    assert (log.type, log.person_id, log.by, log.when) == (record, JOANA.id, "Carla", NOW)


@given(st.text(max_size=20), st.text(max_size=20))
def test_m33_any_type_at_all_becomes_exactly_one_record(type: str, network: str) -> None:
    seen = situation(enrollment=run())
    assert len(of(LogInteraction, rules.on_record(told("done", type=type, network=network), seen))) == 1


def test_m33_the_record_goes_to_the_leads_own_person() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)))
    (log,) = of(LogInteraction, rules.on_record(told("done", RUI), seen))
    assert log.person_id == RUI.id


def test_m33_the_same_activity_told_twice_has_one_source() -> None:
    seen = situation(enrollment=run())
    by_webhook = rules.on_record(told("done", text="Falei"), seen)
    by_poll = rules.on_record(told("done", name="Ligação 1", text="Falei"), seen)
    assert of(LogInteraction, by_webhook)[0].source == of(LogInteraction, by_poll)[0].source


def test_m33_a_meeting_told_as_activity_and_as_meeting_is_one() -> None:
    seen = situation(enrollment=run())
    activity = told("done", type="MEETING")
    meeting = replace(activity, kind="meeting", id="6001", by=None)
    sources = {of(LogInteraction, rules.on_record(each, seen))[0].source for each in (activity, meeting)}
    assert len(sources) == 1
    later = replace(meeting, id="6002", when=NOW + timedelta(hours=1))
    assert of(LogInteraction, rules.on_record(later, seen))[0].source not in sources


def test_m33_a_record_without_words_of_its_own_is_named_after_its_kind() -> None:
    seen = situation(enrollment=run())
    (log,) = of(LogInteraction, rules.on_record(told("done", type="SOCIAL_POINT", network="WHATSAPP"), seen))
    assert log.text == "Social Point – WhatsApp"


# --- M39 ---


@pytest.mark.parametrize(
    ("settings", "effect"),
    [
        (wins("win"), "WinDeal"),
        (wins("keep"), None),
        (wins("move", PROPOSAL), "MoveDeal"),
        ({"funnels": [FUNNEL], "win_actions": {}, "profile": 1}, None),  # M8: none chosen keeps the stage
        (wins("win", cadence="78"), None),  # another cadence's action
        (wins("win", funnel=FUNNEL + 1), None),  # another funnel's action
    ],
)
def test_m39_the_action_of_funnel_and_cadence_and_the_run_ends(settings: Any, effect: str | None) -> None:
    outcome = rules.on_record(told("won"), situation(enrollment=run(), settings=settings))
    moved = ["MoveDeal", "Agreed"] if effect == "MoveDeal" else [effect] if effect else []
    expected = ["SetLead", "LogInteraction", *moved, "EndEnrollment", "Ask"]
    assert names(outcome) == expected
    assert of(EndEnrollment, outcome)[0].when == NOW
    if effect == "MoveDeal":
        assert of(MoveDeal, outcome)[0].stage_id == PROPOSAL


def test_m39_the_funnel_is_the_one_the_deal_is_in_now_and_the_cadence_the_one_it_was_won_in() -> None:
    settings = {
        "funnels": [FUNNEL],
        "profile": 1,
        "win_actions": {
            f"{FUNNEL}:77": {"action": "keep", "stage": None},
            "71:78": {"action": "win", "stage": None},
        },
    }
    seen = situation(enrollment=run(), settings=settings, deal=deal(funnel_id=71))
    assert of(WinDeal, rules.on_record(told("won", cadence_id="78"), seen))
    assert not of(WinDeal, rules.on_record(told("won", cadence_id="77"), seen))


def test_m39_told_twice_it_is_applied_once() -> None:
    seen = situation(enrollment=run(lead(state="won"), ended_at=NOW), settings=wins("win"))
    outcome = rules.on_record(told("won"), seen)
    assert outcome.ignored
    assert not outcome.effects


def test_m39_a_second_lead_won_before_the_end_is_recorded_and_acts_no_more() -> None:
    seen = situation(
        enrollment=run(lead(state="won"), lead(RUI), ended_at=NOW), settings=wins("move", PROPOSAL)
    )
    assert names(rules.on_record(told("won", RUI, after=-5), seen)) == ["SetLead", "LogInteraction"]


def test_m39_others_left_open_are_told_and_not_taken_in_any_more() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI), lead(LIA, state="lost")), settings=wins("keep"))
    outcome = rules.on_record(told("won"), seen)
    assert any(each.saw == {"count": 1} for each in of(Tell, outcome))
    ended = replace(seen, enrollment=run(lead(state="won"), lead(RUI), ended_at=NOW))
    for later in (told("lost", RUI, after=3600), told("done", RUI, after=3600), told("won", RUI, after=3600)):
        late = rules.on_record(later, ended)
        assert late.ignored
        assert not late.effects
        assert late.tried[-1].row == "M43"


def test_m39_lose_the_others_carries_the_wins_own_time_and_is_recorded() -> None:
    ended = situation(enrollment=run(lead(state="won"), lead(RUI), ended_at=NOW))
    assert names(rules.on_record(told("lost", RUI), ended)) == ["SetLead", "LogInteraction", "Agreed"]


@pytest.mark.parametrize(
    ("event", "after", "taken"),
    [
        ("lost", 59, True),
        ("lost", 61, False),
        ("won", 1, False),
        ("done", 1, False),
        ("stage_moved", 1, False),
    ],
)
def test_m39_m43_just_after_a_win_only_losses_are_the_answer_to_lose_the_others(
    event: str, after: float, taken: bool
) -> None:
    ended = situation(enrollment=run(lead(state="won"), lead(RUI), ended_at=NOW))
    record = moved_there(str(PROPOSAL), RUI) if event == "stage_moved" else told(event, RUI)
    outcome = rules.on_record(replace(record, when=NOW + timedelta(seconds=after)), ended)
    assert (not outcome.ignored) is taken


def test_m39_the_won_lead_itself_is_none_of_the_others() -> None:
    ended = situation(enrollment=run(lead(state="won"), lead(RUI), ended_at=NOW))
    assert rules.on_record(told("lost", after=1), ended).ignored


def test_m43_without_a_win_nobody_was_asked_whether_to_lose_the_others() -> None:
    ended = situation(enrollment=run(lead(state="lost"), lead(RUI), ended_at=NOW))
    assert rules.on_record(told("lost", RUI, after=1), ended).ignored


@pytest.mark.parametrize("status", ["won", "lost"])
def test_m39_a_deal_closed_here_already_is_left_as_it_is_and_the_run_ends(status: str) -> None:
    seen = situation(enrollment=run(), deal=deal(status=status), settings=wins("win"))
    assert names(rules.on_record(told("won"), seen)) == ["SetLead", "LogInteraction", "EndEnrollment", "Ask"]


# --- M40 ---


def test_m40_the_only_lead_lost_loses_the_deal_with_its_reason_and_ends() -> None:
    outcome = rules.on_record(told("lost", loss_reason="Sem orçamento"), situation(enrollment=run()))
    assert names(outcome) == ["SetLead", "LogInteraction", "Agreed", "LoseDeal", "EndEnrollment", "Ask"]
    assert of(LoseDeal, outcome)[0].reason == "Sem orçamento"
    assert "Motivo: Sem orçamento" in of(LogInteraction, outcome)[0].text


@pytest.mark.parametrize("state", ["new", "waiting", "executing", "paused", "reopened"])
def test_m40_with_another_open_the_deal_stays_and_the_run_goes_on(state: str) -> None:
    outcome = rules.on_record(told("lost"), situation(enrollment=run(lead(), lead(RUI, state=state))))
    assert names(outcome) == ["SetLead", "LogInteraction", "Agreed"]
    assert of(LogInteraction, outcome)[0].person_id == JOANA.id


@pytest.mark.parametrize("state", ["lost", "won", "left"])
def test_m40_the_last_open_lead_lost_closes_the_deal_with_its_own_reason(state: str) -> None:
    seen = situation(enrollment=run(lead(RUI, state=state), lead()))
    outcome = rules.on_record(told("lost", loss_reason="Sem contato"), seen)
    assert of(LoseDeal, outcome)[0].reason == "Sem contato"
    assert of(EndEnrollment, outcome)


def test_m40_told_twice_it_is_applied_once() -> None:
    outcome = rules.on_record(told("lost"), situation(enrollment=run(lead(state="lost"), lead(RUI))))
    assert outcome.ignored


def test_m40_a_deal_won_here_meanwhile_is_not_lost() -> None:
    outcome = rules.on_record(told("lost"), situation(enrollment=run(), deal=deal(status="won")))
    assert names(outcome) == ["SetLead", "LogInteraction", "Agreed", "EndEnrollment", "Ask"]


def test_m39_a_lead_opened_again_there_and_won_in_the_end_counts_as_won() -> None:
    seen = situation(enrollment=run(lead(state="lost"), lead(RUI)), settings=wins("win"))
    outcome = rules.on_record(told("won", after=60), seen)
    assert [each.state for each in of(SetLead, outcome)] == ["won"]
    assert of(WinDeal, outcome)


@pytest.mark.parametrize(("known", "late"), [("lost", "won"), ("won", "lost")])
def test_m43_an_older_result_told_after_a_newer_one_is_recorded_and_acts_no_more(
    known: str, late: str
) -> None:
    seen = situation(enrollment=run(lead(state=known), lead(RUI)), settings=wins("win"))
    assert names(rules.on_record(told(late, after=-60), seen)) == ["LogInteraction"]


# --- M42 ---


@pytest.mark.parametrize("event", ["won", "lost"])
def test_m42_at_the_end_every_lead_of_the_run_is_asked_for_its_annotations_once(event: str) -> None:
    gone, elsewhere = lead(LIA, state="new", their_id=""), lead(GHOST, state="left", main=False)
    related = lead(RUI, state="lost" if event == "lost" else "executing")
    seen = situation(enrollment=run(lead(), related, gone, elsewhere, number=3))
    asked = of(Ask, rules.on_record(told(event), seen))
    # Neither the lead that was never made nor the one that belongs to another card.
    expected = [("collect", 101), ("collect", 102)] if event == "won" else []
    assert [(each.action, each.lead_id) for each in asked] == expected
    assert {each.once for each in asked} <= {"collect:3"}


def test_m42_when_the_last_open_lead_is_lost_the_one_lost_before_is_asked_too() -> None:
    seen = situation(enrollment=run(lead(RUI, state="lost"), lead(), number=2))
    asked = of(Ask, rules.on_record(told("lost"), seen))
    assert [(each.action, each.lead_id, each.once) for each in asked] == [
        ("collect", 102, "collect:2"),
        ("collect", 101, "collect:2"),
    ]


def test_m42_while_another_lead_is_open_nothing_is_asked_and_the_result_is_recorded_at_once() -> None:
    outcome = rules.on_record(told("lost", RUI), situation(enrollment=run(lead(), lead(RUI))))
    assert names(outcome) == ["SetLead", "LogInteraction", "Agreed"]
    assert of(LogInteraction, outcome)[0].person_id == RUI.id


def test_m42_a_result_that_comes_after_the_end_asks_nothing_more() -> None:
    ended = situation(enrollment=run(lead(state="won"), lead(RUI), ended_at=NOW))
    assert not of(Ask, rules.on_record(told("lost", RUI), ended))


def test_m42_a_result_told_by_whoever_comes_first_is_one_record() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)))
    (by_webhook,) = of(LogInteraction, rules.on_record(told("lost"), seen))
    assert by_webhook.source == "result:901:1:lost"
    (won,) = of(LogInteraction, rules.on_record(told("won"), seen))
    assert won.source == "result:901:1:won"


# --- M36 ---


def test_m36_a_move_over_there_moves_the_card_and_answers_where_it_stands() -> None:
    outcome = rules.on_record(moved_there(str(PROPOSAL)), situation(enrollment=run()))
    (move,) = of(MoveDeal, outcome)
    assert (move.stage_id, move.answer, move.lead_id) == (PROPOSAL, "place_deal", 101)
    (tell,) = of(Tell, outcome)
    assert tell.words % tell.saw == "The card was moved to “Proposta” at Meetime."
    assert tell.saw["by"] == "Carla"


@pytest.mark.parametrize("stage", ["", "x", "-1", "9²"])
def test_m36_a_stage_that_is_none_of_ours_is_answered_and_moves_nothing(stage: str) -> None:
    outcome = rules.on_record(moved_there(stage), situation(enrollment=run()))
    (move,) = of(MoveDeal, outcome)
    assert (move.stage_id, move.answer) == (0, "place_deal")


def test_m36_a_move_of_a_lead_that_is_nobodys_or_after_the_end_is_ignored() -> None:
    assert rules.on_record(moved_there("702", RUI), situation(enrollment=run())).ignored
    ended = situation(enrollment=run(lead(state="won"), ended_at=NOW))
    late = replace(moved_there("702"), when=NOW + timedelta(hours=1))
    assert rules.on_record(late, ended).ignored


# --- M43 ---


@pytest.mark.parametrize(
    ("after", "taken"), [(-3600, True), (0, True), (1, False), (59, False), (86400, False)]
)
def test_m43_what_happened_before_the_end_is_taken_in_however_late(after: float, taken: bool) -> None:
    ended = situation(enrollment=run(lead(state="won"), ended_at=NOW), now=NOW + timedelta(days=3))
    assert bool(of(LogInteraction, rules.on_record(told("done", after=after), ended))) is taken


def test_m43_a_lead_of_no_card_is_ignored() -> None:
    assert rules.on_record(told("won", RUI), situation(enrollment=run())).ignored
    assert rules.on_record(told("won"), situation(enrollment=None)).ignored


def test_x1_every_sentence_can_be_filled_with_what_it_saw() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)), settings=wins("win"))
    for record in (told("won"), told("lost"), told("done"), moved_there("702"), moved_there("x")):
        outcome = rules.on_record(record, seen)
        for each in (*outcome.tried, *of(Tell, outcome)):
            assert each.words % each.saw


def test_m40_the_reason_is_that_of_the_latest_loss_whichever_is_told_last() -> None:
    later = replace(lead(RUI, state="lost"), closed_at=NOW, theirs={"loss_reason": "Sem interesse"})
    outcome = rules.on_record(told("lost", after=-30), situation(enrollment=run(lead(), later)))
    assert of(LoseDeal, outcome)[0].reason == "Sem interesse"


def test_m36_an_older_move_told_last_does_not_move_the_card_back() -> None:
    moved_later = replace(lead(), theirs={"moved_at": NOW.isoformat()})
    record = replace(
        told("won", after=-30), kind="move", event="stage_moved", fields={"stage_id": str(PROPOSAL)},
        about={"lead": lead().their_id},
    )  # fmt: skip
    outcome = rules.on_record(record, situation(enrollment=run(moved_later)))
    assert outcome.ignored
    assert not of(MoveDeal, outcome)


MOVED_BEFORE = moved_there(str(PROPOSAL))


def after_the_end(**card: Any) -> Outcome:
    """What a move of NOW does that is told after the end a minute later."""
    main = lead(state="won", theirs=card.pop("theirs", {}))
    ended = run(main, ended_at=NOW + timedelta(seconds=60))
    return rules.on_record(MOVED_BEFORE, situation(enrollment=ended, deal=deal(**card)))


def test_m36_m43_a_move_told_after_the_end_moves_a_card_that_stood_still_and_asks_nothing_there() -> None:
    outcome = after_the_end(stage_since=NOW - timedelta(seconds=1))
    assert [(each.stage_id, each.answer) for each in of(MoveDeal, outcome)] == [(PROPOSAL, "")]


@pytest.mark.parametrize(
    "card",
    [
        {"status": "won"},
        {"status": "lost"},
        {"stage_since": NOW + timedelta(seconds=1)},
        {"theirs": {"moved_at": (NOW + timedelta(seconds=60)).isoformat()}},
    ],
    ids=["won", "lost", "moved here", "moved by the win action"],
)
def test_m36_m39_a_move_told_after_the_end_is_only_recorded_where_something_came_later(card: Any) -> None:
    outcome = after_the_end(**card)
    assert [type(each) for each in outcome.effects] == [Tell]
    assert (outcome.ignored, outcome.tried[-1].row) == (False, "M43")


def test_m36_m39_the_win_actions_move_is_the_latest_move() -> None:
    outcome = rules.on_record(told("won"), situation(enrollment=run(), settings=wins("move", PROPOSAL)))
    assert {"moved_at": NOW.isoformat()} in [each.theirs for each in of(Agreed, outcome)]


@pytest.mark.parametrize("event", ["won", "lost"])
def test_m43_a_result_of_an_earlier_run_of_a_lead_opened_again_there_is_history(event: str) -> None:
    """They tell how a lead stands before they tell what happened to it: it is open in another run by then."""
    seen = situation(enrollment=run(lead(their_run="10")), settings=wins("win"))
    assert names(rules.on_record(replace(told(event), about={"run": "9"}), seen)) == ["LogInteraction"]


@pytest.mark.parametrize("event", ["won", "lost"])
def test_m39_m40_a_result_of_a_newer_run_than_the_known_one_counts(event: str) -> None:
    seen = situation(enrollment=run(lead(their_run="9")))
    (state,) = of(SetLead, rules.on_record(replace(told(event), about={"run": "10"}), seen))
    assert (state.state, state.run) == (event, "10")


def test_m33_a_polled_activity_names_who_did_it_by_the_sellers_list() -> None:
    record = replace(told("done", by_id="31", type="QUIZ"), by=None)
    (made,) = of(LogInteraction, rules.on_record(record, situation(enrollment=run())))
    assert (made.by, made.text) == ("Carla Mendes", "Quiz")


@pytest.mark.parametrize(
    ("settings", "own", "ours"),
    [
        ({}, {}, "5"),
        ({"takes_funnels": False}, {}, ""),
        ({"funnels": []}, {}, ""),
        ({}, {"5": {"name": "Sem contato"}}, ""),
        ({}, {"5": {"name": "Outro"}}, "5"),
    ],
    ids=["told", "no funnels taken", "funnel not told", "their own", "same number"],
)
def test_m41_a_reasons_id_is_ours_only_where_they_show_ours(settings: Any, own: Any, ours: str) -> None:
    seen = situation(enrollment=run())
    seen = replace(
        seen, settings={**seen.settings, **settings}, catalog={**seen.catalog, "lost_reasons": own}
    )
    outcome = rules.on_record(told("lost", loss_reason="Sem contato", loss_reason_id="5"), seen)
    assert [(each.reason, each.reason_id) for each in of(LoseDeal, outcome)] == [("Sem contato", ours)]


def test_m40_m41_the_latest_loss_brings_its_own_id() -> None:
    theirs = {"loss_reason": "Sem interesse", "loss_reason_id": "6"}
    later = replace(lead(RUI, state="lost"), closed_at=NOW, theirs=theirs)
    outcome = rules.on_record(
        told("lost", after=-30, loss_reason="Preço", loss_reason_id="5"),
        situation(enrollment=run(lead(), later)),
    )
    assert of(LoseDeal, outcome)[0].reason_id == "6"


def test_m42_a_lead_lost_again_after_it_was_opened_again_there_has_both_results() -> None:
    seen = situation(enrollment=run(lead(state="lost", their_run="9"), lead(RUI)))
    again = replace(told("lost", after=60), about={"run": "10"})
    assert names(rules.on_record(again, seen)) == ["SetLead", "LogInteraction", "Agreed"]
    both = situation(enrollment=run(lead(state="lost", their_run="10"), lead(RUI)))
    first = replace(told("lost", after=-60), about={"run": "9"})
    assert names(rules.on_record(first, both)) == ["LogInteraction"]
