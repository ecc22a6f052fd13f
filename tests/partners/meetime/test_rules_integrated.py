"""What a change of a card in prospection means (M16, M35, M36, M47): pure, situations by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from integrations.contract import (
    Ask,
    ChangeView,
    Effect,
    EndEnrollment,
    EnrollmentView,
    LogInteraction,
    Outcome,
    PersonView,
    SetField,
    Situation,
    Tell,
)
from integrations.partners.meetime import rules, seeing
from tests.partners.meetime.situations import (
    CARLA,
    CONNECTION,
    DIEGO,
    ENTRY,
    FUNNEL,
    JOANA,
    LIA,
    NOBODY,
    NOW,
    PROPOSAL,
    RUI,
    SENDING,
    change,
    deal,
    lead,
    run,
    situation,
)

OTHER = 71
SETTINGS = {"funnels": [FUNNEL], "win_actions": {}, "profile": 1, "takes_funnels": True}
HELD: dict[str, Any] = {"ours": {"owner": str(CARLA)}, "theirs": {"owner_id": "31"}}


def of(kind: type[Effect], outcome: Outcome) -> Sequence[Any]:
    return [each for each in outcome.effects if isinstance(each, kind)]


def row(outcome: Outcome) -> tuple[str, bool]:
    (tried,) = outcome.tried
    return tried.row, tried.passed


def owned(value: str, **other: Any) -> Situation:
    """The card whose "Responsável mais recente" holds `value` by now."""
    other.setdefault("enrollment", run(lead(**HELD)))
    return situation(deal=deal(fields={seeing.LATEST_OWNER: value} if value else {}), **other)


def chosen(before: str, after: str, **other: Any) -> ChangeView:
    """Somebody chose another owner in the field."""
    custom = [{seeing.LATEST_OWNER: value} if value else {} for value in (before, after)]
    return change("updated", **{"fields": {"custom": custom}, **other})


# --- M16 ---


@pytest.mark.parametrize("tried", [str(DIEGO), str(NOBODY), "", "x"])
def test_m16_after_the_sending_the_field_is_put_back_and_a_record_says_why(tried: str) -> None:
    outcome = rules.on_change(chosen(str(CARLA), tried, id=9), owned(tried))
    assert row(outcome) == ("M16", False)
    assert [(each.key, each.value, each.once) for each in of(SetField, outcome)] == [
        (seeing.LATEST_OWNER, str(CARLA), False)
    ]
    (log,) = of(LogInteraction, outcome)
    assert (log.source, log.type, log.person_id, log.when) == ("owner:9", "simple", JOANA.id, NOW)
    assert "“Responsável mais recente (Meetime)”" in log.text
    assert "só a Meetime" in log.text
    (tell,) = of(Tell, outcome)
    assert (tell.severity, tell.saw) == ("warning", {"tried": tried, "owner": str(CARLA)})


def test_m16_a_chain_of_edits_returns_to_where_it_began() -> None:
    """Carla → Diego → nobody's: the field holds the last when the first is looked at."""
    first, second = chosen(str(CARLA), str(DIEGO), id=1), chosen(str(DIEGO), str(NOBODY), id=2)
    outcome = rules.on_change(first, owned(str(NOBODY)))
    assert [each.value for each in of(SetField, outcome)] == [str(CARLA)]
    # It was put back: the second edit has nothing left to undo, and the record is one.
    assert rules.on_change(second, owned(str(CARLA))).ignored


def test_m16_a_chain_that_ends_where_it_began_changes_nothing() -> None:
    for each in (chosen(str(CARLA), str(DIEGO)), chosen(str(DIEGO), str(CARLA))):
        assert rules.on_change(each, owned(str(CARLA))).ignored


def test_m16_the_owner_that_meetime_has_now_counts_not_the_one_it_was_sent_with() -> None:
    held: dict[str, Any] = {"ours": {"owner": str(CARLA)}, "theirs": {"owner_id": "32"}}
    seen = owned(str(CARLA), enrollment=run(lead(**held)))
    assert [each.value for each in of(SetField, rules.on_change(chosen(str(DIEGO), str(CARLA)), seen))] == [
        str(DIEGO)
    ]


def test_m16_a_seller_who_is_nobody_here_leaves_the_one_it_was_sent_with() -> None:
    held: dict[str, Any] = {"ours": {"owner": str(CARLA)}, "theirs": {"owner_id": "99"}}
    seen = owned(str(DIEGO), enrollment=run(lead(**held)))
    (put,) = of(SetField, rules.on_change(chosen(str(CARLA), str(DIEGO)), seen))
    assert put.value == str(CARLA)


def test_m16_it_is_edited_here_until_it_is_sent_and_after_the_end() -> None:
    edited = chosen(str(CARLA), str(DIEGO))
    before = owned(str(DIEGO), enrollment=run(lead(state="new", their_id=""), state="sending"))
    after = owned(str(DIEGO), enrollment=run(lead(state="won", **HELD), ended_at=NOW))
    for seen in (owned(str(DIEGO), enrollment=None), before, after):
        outcome = rules.on_change(edited, seen)
        assert outcome.ignored
        assert not outcome.effects


def test_m16_what_meetime_itself_wrote_is_not_put_back() -> None:
    own = chosen(str(CARLA), str(DIEGO), origin=f"connection:{CONNECTION}")
    assert rules.on_change(own, owned(str(DIEGO))).ignored


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ["a", "b"]},
        {"owner": [CARLA, DIEGO]},
        {"custom": [{"segment": "a"}, {"segment": "b"}]},
        {"custom": [None, {"segment": "b"}]},
    ],
)
def test_m16_other_changes_of_the_card_are_no_matter_of_it(fields: dict[str, Any]) -> None:
    assert rules.on_change(change("updated", fields=fields), owned(str(DIEGO))).ignored


def test_m46_the_main_contacts_lead_says_whose_the_card_is() -> None:
    leads = (
        lead(RUI, ours={"owner": str(DIEGO)}, theirs={"owner_id": "32"}),
        lead(JOANA, **HELD),
    )
    seen = owned(str(DIEGO), enrollment=run(*leads))
    (put,) = of(SetField, rules.on_change(chosen(str(CARLA), str(DIEGO)), seen))
    assert put.value == str(CARLA)


# --- M35 ---


def test_m35_contacts_that_come_later_are_named_and_not_sent() -> None:
    seen = situation(enrollment=run(), deal=deal(related=(RUI, LIA)))
    outcome = rules.on_change(change("updated", fields={"related": [[], [RUI.id, LIA.id]]}), seen)
    assert row(outcome) == ("M35", False)
    (tell,) = outcome.effects
    assert isinstance(tell, Tell)
    assert tell.severity == "warning"
    assert (tell.words % tell.saw).startswith("Rui Lima, Lia came to the card after it was sent")


def test_m35_only_the_new_ones_are_named() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)), deal=deal(related=(RUI, LIA)))
    (tell,) = rules.on_change(change("updated", fields={"related": [[], [RUI.id, LIA.id]]}), seen).effects
    assert isinstance(tell, Tell)
    assert tell.saw == {"names": "Lia"}
    (tell,) = rules.on_change(
        change("updated", fields={"related": [[RUI.id], [RUI.id, LIA.id]]}), seen
    ).effects
    assert isinstance(tell, Tell)
    assert tell.saw == {"names": "Lia"}


def test_m35_a_main_contact_that_is_exchanged_is_named() -> None:
    seen = situation(enrollment=run(), deal=deal(main=LIA))
    (tell,) = rules.on_change(change("updated", fields={"person": [JOANA.id, LIA.id]}), seen).effects
    assert isinstance(tell, Tell)
    assert tell.saw == {"names": "Lia"}


@pytest.mark.parametrize(
    "fields",
    [
        {"related": [[RUI.id], []]},  # taken away
        {"related": [[RUI.id, LIA.id], [LIA.id]]},
        {"related": [None, None]},
        {"person": [JOANA.id, None]},
        {"person": [LIA.id, JOANA.id]},  # is a lead already
        {"related": [[], [999]]},  # gone from the card by now
    ],
)
def test_m35_nobody_new_says_nothing(fields: dict[str, Any]) -> None:
    assert rules.on_change(change("updated", fields=fields), situation(enrollment=run())).ignored


def test_m35_who_was_adopted_from_there_is_not_told_as_added_here() -> None:
    own = change("updated", fields={"related": [[], [RUI.id]]}, origin=f"connection:{CONNECTION}")
    assert rules.on_change(own, situation(enrollment=run(), deal=deal(related=(RUI,)))).ignored


def test_m35_after_the_end_it_says_nothing() -> None:
    ended = situation(enrollment=run(lead(state="won"), ended_at=NOW), deal=deal(related=(RUI,)))
    assert rules.on_change(change("updated", fields={"related": [[], [RUI.id]]}), ended).ignored


def test_m35_is_said_also_when_the_same_edit_chose_another_owner() -> None:
    """One form saves both: the field goes back (M16) and the new main contact is still told."""
    custom = [{seeing.LATEST_OWNER: str(CARLA)}, {seeing.LATEST_OWNER: str(DIEGO)}]
    edited = change("updated", fields={"custom": custom, "person": [JOANA.id, LIA.id]})
    card = deal(main=LIA, fields={seeing.LATEST_OWNER: str(DIEGO)})
    outcome = rules.on_change(edited, situation(enrollment=run(lead(**HELD)), deal=card))
    assert [each.value for each in of(SetField, outcome)] == [str(CARLA)]
    assert {each.row for each in outcome.tried} >= {"M16", "M35"}


# --- M36 ---


def moved(to: int = PROPOSAL, **other: Any) -> ChangeView:
    return change("moved", **{"fields": {"stage": [SENDING, to]}, **other})


def test_m36_a_move_within_the_funnel_is_told_there_once() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)), deal=deal(stage_id=PROPOSAL))
    outcome = rules.on_change(moved(id=12), seen)
    (asked,) = of(Ask, outcome)
    assert (asked.action, asked.lead_id, dict(asked.asked), asked.once) == ("place_deal", 101, {}, "place:12")
    assert ("M36", True) in [(each.row, each.passed) for each in outcome.tried]


@pytest.mark.parametrize(
    "leads",
    [
        (lead(state="new", their_id=""),),
        (lead(state="left"),),
    ],
)
def test_m36_while_no_lead_of_the_card_is_there_nothing_is_told(leads: tuple[Any, ...]) -> None:
    outcome = rules.on_change(moved(), situation(enrollment=run(*leads)))
    assert not of(Ask, outcome)


def test_m36_it_is_told_by_the_first_lead_that_is_there() -> None:
    seen = situation(enrollment=run(lead(state="left"), lead(RUI)))
    (asked,) = of(Ask, rules.on_change(moved(), seen))
    assert asked.lead_id == 102


def test_m36_an_account_that_takes_no_funnels_is_told_nothing() -> None:
    seen = situation(enrollment=run(), settings={**SETTINGS, "takes_funnels": False})
    assert not rules.on_change(moved(), seen).effects


def test_m36_their_own_move_is_not_told_back_by_the_change_it_makes() -> None:
    outcome = rules.on_change(moved(origin=f"connection:{CONNECTION}"), situation(enrollment=run()))
    assert not outcome.effects


# --- M47 ---


def two(**other: Any) -> EnrollmentView:
    return run(lead(), lead(RUI, state="waiting"), number=4, **other)


@pytest.mark.parametrize(("kind", "words"), [("won", "won here"), ("lost", "lost here")])
def test_m47_closed_here_its_open_leads_are_closed_there_the_same_way_and_the_run_ends(
    kind: str, words: str
) -> None:
    seen = situation(enrollment=two(), deal=deal(status=kind, loss_reason="Sem orçamento"))
    outcome = rules.on_change(change(kind, fields={}), seen)
    assert [(each.action, each.lead_id, each.asked, each.once) for each in of(Ask, outcome)] == [
        ("close_lead", 101, {"result": kind}, "close:4"),
        ("close_lead", 102, {"result": kind}, "close:4"),
        ("collect", 101, {}, "collect:4"),
        ("collect", 102, {}, "collect:4"),
    ]
    (end,) = of(EndEnrollment, outcome)
    assert end.when == NOW
    assert words in end.words
    assert [each.words for each in of(Tell, outcome)] == [end.words]
    kinds = [type(each) for each in outcome.effects]
    assert kinds.index(Ask) < kinds.index(EndEnrollment), "asked of the run while it runs"


@pytest.mark.parametrize("state", ["waiting", "executing", "paused", "reopened"])
def test_m47_every_open_state_is_closed(state: str) -> None:
    seen = situation(enrollment=run(lead(state=state)), deal=deal(status="won"))
    asked = of(Ask, rules.on_change(change("won"), seen))
    assert [each.action for each in asked] == ["close_lead", "collect"]


@pytest.mark.parametrize("one", [lead(RUI, state="won"), lead(RUI, state="lost"), lead(RUI, state="left")])
def test_m47_leads_that_ended_or_belong_to_another_card_are_left(one: Any) -> None:
    seen = situation(enrollment=run(lead(), one), deal=deal(status="lost"))
    asked = of(Ask, rules.on_change(change("lost"), seen))
    assert [each.lead_id for each in asked if each.action == "close_lead"] == [101]


def test_m47_a_lead_that_was_never_made_has_nothing_to_close() -> None:
    seen = situation(enrollment=run(lead(state="new", their_id=""), state="sending"), deal=deal(status="won"))
    outcome = rules.on_change(change("won"), seen)
    assert not of(Ask, outcome)
    assert of(EndEnrollment, outcome)


def test_m47_a_deleted_card_leaves_its_leads_open_there_and_ends() -> None:
    outcome = rules.on_change(
        change("deleted", fields={}), situation(enrollment=two(), deal=deal(deleted=True))
    )
    assert not of(Ask, outcome)
    (end,) = of(EndEnrollment, outcome)
    assert "deleted" in end.words
    assert of(Tell, outcome)


def test_m47_moved_to_a_funnel_that_may_not_send_it_leaves_its_leads_open_and_ends() -> None:
    fields = {"stage": [SENDING, 900], "funnel": [FUNNEL, OTHER]}
    seen = situation(enrollment=two(), deal=deal(funnel_id=OTHER, stage_id=900))
    outcome = rules.on_change(change("moved", fields=fields, at=NOW + timedelta(seconds=5)), seen)
    assert row(outcome) == ("M47", True)
    assert not of(Ask, outcome)
    (end,) = of(EndEnrollment, outcome)
    assert end.when == NOW + timedelta(seconds=5)
    assert "may not send" in end.words


def test_m47_moved_to_another_funnel_that_may_send_it_goes_on() -> None:
    fields = {"stage": [SENDING, 900], "funnel": [FUNNEL, OTHER]}
    settings = {**SETTINGS, "funnels": [FUNNEL, OTHER]}
    seen = situation(enrollment=two(), deal=deal(funnel_id=OTHER, stage_id=900), settings=settings)
    outcome = rules.on_change(change("moved", fields=fields), seen)
    assert not of(EndEnrollment, outcome)
    assert [each.action for each in of(Ask, outcome)] == ["place_deal"]


def test_m9_a_funnel_no_longer_allowed_does_not_end_a_card_that_moves_within_it() -> None:
    seen = situation(enrollment=two(), settings={**SETTINGS, "funnels": []}, deal=deal(stage_id=PROPOSAL))
    outcome = rules.on_change(moved(), seen)
    assert not of(EndEnrollment, outcome)


@pytest.mark.parametrize(
    ("kind", "now"), [("won", "open"), ("lost", "open"), ("won", "lost"), ("lost", "won")]
)
def test_m47_reopened_meanwhile_the_closing_before_says_nothing(kind: str, now: str) -> None:
    outcome = rules.on_change(change(kind), situation(enrollment=two(), deal=deal(status=now)))
    assert outcome.ignored
    assert not outcome.effects


def test_m47_reopened_while_it_runs_it_is_still_in_prospection() -> None:
    outcome = rules.on_change(change("reopened", fields={}), situation(enrollment=two()))
    assert (outcome.tried[-1].row, outcome.tried[-1].passed) == ("M28", False)
    assert not outcome.effects


@pytest.mark.parametrize("kind", ["won", "lost", "deleted"])
def test_m47_what_meetime_closed_is_not_closed_there_again(kind: str) -> None:
    seen = situation(enrollment=two(), deal=deal(status=kind if kind != "deleted" else "open"))
    assert rules.on_change(change(kind, origin=f"connection:{CONNECTION}"), seen).ignored


@pytest.mark.parametrize("origin", ["user:5", "automation:3", "api:9", "system", "connection:99"])
def test_m47_whoever_else_closes_it(origin: str) -> None:
    seen = situation(enrollment=two(), deal=deal(status="won"))
    assert of(EndEnrollment, rules.on_change(change("won", origin=origin), seen))


@pytest.mark.parametrize("kind", ["won", "lost", "deleted", "updated"])
def test_m43_after_the_end_nothing_is_told(kind: str) -> None:
    ended = situation(enrollment=run(lead(state="won"), ended_at=NOW), deal=deal(status="won"))
    outcome = rules.on_change(change(kind), ended)
    assert outcome.ignored
    assert not outcome.effects


def test_x1_every_sentence_of_an_integrated_card_can_be_filled_with_what_it_saw() -> None:
    fields = {"stage": [ENTRY, 900], "funnel": [FUNNEL, OTHER]}
    worlds: list[tuple[ChangeView, Situation]] = [
        (chosen(str(CARLA), str(DIEGO)), owned(str(DIEGO))),
        (change("updated", fields={"related": [[], [RUI.id]]}), situation(enrollment=run())),
        (change("won"), situation(enrollment=two(), deal=deal(status="won"))),
        (change("lost"), situation(enrollment=two(), deal=deal(status="lost"))),
        (change("deleted"), situation(enrollment=two())),
        (change("moved", fields=fields), situation(enrollment=two())),
        (moved(), situation(enrollment=two())),
    ]
    for happened, seen in worlds:
        outcome = rules.on_change(happened, seen)
        assert outcome.tried
        for each in (*outcome.tried, *of(Tell, outcome)):
            assert each.words % each.saw


def test_m35_a_person_without_a_name_is_called_by_her_email() -> None:
    ana = PersonView(id=6, name="", email="ana@padariasol.example")
    seen = situation(enrollment=run(), deal=deal(related=(ana,)))
    seen = replace(seen, people={**seen.people, ana.id: ana})
    (tell,) = rules.on_change(change("updated", fields={"related": [[], [ana.id]]}), seen).effects
    assert isinstance(tell, Tell)
    assert tell.saw == {"names": "ana@padariasol.example"}
