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
    Effect,
    EndEnrollment,
    LogInteraction,
    LoseDeal,
    MoveDeal,
    Outcome,
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


def of(kind: type[Effect], outcome: Outcome) -> Sequence[Any]:
    return [each for each in outcome.effects if isinstance(each, kind)]


def names(outcome: Outcome) -> list[str]:
    return [type(each).__name__ for each in outcome.effects if not isinstance(each, Tell)]


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
    expected = ["SetLead", "LogInteraction", *([effect] if effect else []), "EndEnrollment"]
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
    assert names(rules.on_record(told("lost", RUI), ended)) == ["SetLead", "LogInteraction"]


@pytest.mark.parametrize("status", ["won", "lost"])
def test_m39_a_deal_closed_here_already_is_left_as_it_is_and_the_run_ends(status: str) -> None:
    seen = situation(enrollment=run(), deal=deal(status=status), settings=wins("win"))
    assert names(rules.on_record(told("won"), seen)) == ["SetLead", "LogInteraction", "EndEnrollment"]


# --- M40 ---


def test_m40_the_only_lead_lost_loses_the_deal_with_its_reason_and_ends() -> None:
    outcome = rules.on_record(told("lost", loss_reason="Sem orçamento"), situation(enrollment=run()))
    assert names(outcome) == ["SetLead", "LogInteraction", "LoseDeal", "EndEnrollment"]
    assert of(LoseDeal, outcome)[0].reason == "Sem orçamento"
    assert "Motivo: Sem orçamento" in of(LogInteraction, outcome)[0].text


@pytest.mark.parametrize("state", ["new", "waiting", "executing", "paused", "reopened"])
def test_m40_with_another_open_the_deal_stays_and_the_run_goes_on(state: str) -> None:
    outcome = rules.on_record(told("lost"), situation(enrollment=run(lead(), lead(RUI, state=state))))
    assert names(outcome) == ["SetLead", "LogInteraction"]
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
    assert names(outcome) == ["SetLead", "LogInteraction", "EndEnrollment"]


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


# --- M43 ---


@pytest.mark.parametrize(
    ("after", "taken"), [(-3600, True), (0, True), (59, True), (61, False), (86400, False)]
)
def test_m43_what_happened_before_the_end_is_taken_in_however_late(after: float, taken: bool) -> None:
    ended = situation(enrollment=run(lead(state="won"), ended_at=NOW), now=NOW + timedelta(days=3))
    assert bool(of(LogInteraction, rules.on_record(told("done", after=after), ended))) is taken


def test_m43_a_lead_of_no_card_is_ignored() -> None:
    assert rules.on_record(told("won", RUI), situation(enrollment=run())).ignored
    assert rules.on_record(told("won"), situation(enrollment=None)).ignored


def test_every_sentence_can_be_filled_with_what_it_saw() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)), settings=wins("win"))
    for record in (told("won"), told("lost"), told("done")):
        outcome = rules.on_record(record, seen)
        for each in (*outcome.tried, *of(Tell, outcome)):
            assert each.words % each.saw
