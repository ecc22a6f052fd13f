"""When a card is sent, by which automation and with what (M9, M16–M19, M24–M32): pure, situations by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import (
    Ask,
    Enroll,
    Outcome,
    PersonView,
    Receipt,
    Refused,
    Sent,
    SetField,
    Situation,
    Tell,
)
from integrations.partners.meetime import receipts, rules, saying, seeing
from integrations.partners.meetime.partner import Meetime
from tests.partners.meetime.situations import (
    CARLA,
    CATALOG,
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
    SOL,
    automation,
    change,
    deal,
    lead,
    run,
    situation,
)

GHOST = PersonView(id=8, name="Padaria Sol", email="", is_ghost=True)


def sent(outcome: Outcome) -> Enroll | None:
    found = [each for each in outcome.effects if isinstance(each, Enroll)]
    assert len(found) <= 1
    return found[0] if found else None


def stopped_by(outcome: Outcome) -> str:
    """The row of the rule that stopped the card; everything before it passed, nothing comes after it."""
    assert sent(outcome) is None
    assert not outcome.tried[-1].passed
    return outcome.tried[-1].row


def moved(**other: Any) -> Outcome:
    return rules.on_change(change(), situation(**other))


# --- M24, M25, M26, M9 ---


@pytest.mark.parametrize("state", ["paused", "broken", "enabled"])
def test_m24_only_an_active_integration_sends(state: str) -> None:
    assert stopped_by(moved(connection_state=state)) == "M24"


@pytest.mark.parametrize(
    ("kind", "trigger", "fires"),
    [
        ("moved", "entered", True),
        ("created", "entered", True),
        ("reopened", "reopened", True),
        ("reopened", "entered", False),
        ("moved", "reopened", False),
        ("won", "won", False),
        ("lost", "lost", False),
        ("updated", "entered", False),
        ("deleted", "entered", False),
    ],
)
def test_m25_entering_and_reopening_send_winning_and_losing_never(
    kind: str, trigger: str, fires: bool
) -> None:
    outcome = rules.on_change(change(kind), situation(automations=(automation(trigger=trigger),)))
    assert (sent(outcome) is not None) is fires


def test_m25_the_partner_declares_only_its_two_triggers() -> None:
    assert [tuple(action.triggers) for action in Meetime.automation_actions] == [("entered", "reopened")]


@pytest.mark.parametrize("status", ["won", "lost"])
def test_m25_a_closed_card_is_not_sent(status: str) -> None:
    assert stopped_by(moved(deal=deal(status=status))) == "M25"


def test_m47_a_deleted_card_is_not_sent() -> None:
    outcome = moved(deal=deal(deleted=True))
    assert stopped_by(outcome) == "M25"
    assert outcome.tried[-1].saw == {"status": "deleted"}


def test_m26_a_card_that_does_not_pass_the_filters_is_not_sent_and_says_what_they_saw() -> None:
    saw = ({"field": "deal.amount", "operator": ">", "value": "1000", "saw": "10", "passed": False},)
    outcome = moved(automations=(automation(matches=False, filters_saw=saw),))
    assert stopped_by(outcome) == "M26"
    assert outcome.tried[-1].saw["filters"] == list(saw)


def test_m9_a_funnel_that_may_not_send_stops_its_automations() -> None:
    outcome = moved(settings={"funnels": [], "win_actions": {}, "profile": 1})
    assert stopped_by(outcome) == "M9"


def test_m24_an_automation_switched_off_does_not_send() -> None:
    assert stopped_by(moved(automations=(automation(enabled=False),))) == "M24"


# --- M28 ---


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_m28_the_first_in_order_that_fits_sends(order: tuple[int, ...]) -> None:
    rows = [automation(id=number, order=number, description=str(number)) for number in order]
    enroll = sent(moved(automations=rows))
    assert enroll is not None
    assert enroll.automation_id == 1


def test_m28_one_that_does_not_fit_leaves_it_to_the_next_and_says_so() -> None:
    rows = (automation(id=1, order=1, matches=False), automation(id=2, order=2))
    outcome = moved(automations=rows)
    assert sent(outcome) is not None
    assert sent(outcome).automation_id == 2  # type: ignore[union-attr]
    assert [(each.row, each.passed) for each in outcome.tried if each.row in ("M26", "M28")] == [
        ("M28", True),
        ("M26", False),
        ("M28", True),
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from([SENDING, PROPOSAL])), max_size=6))
def test_m28_whatever_the_automations_the_first_enabled_fitting_one_of_the_stage_sends(
    rows: list[tuple[bool, bool, int]],
) -> None:
    views = [
        automation(id=at, order=at, enabled=enabled, matches=fits, stage_id=stage)
        for at, (enabled, fits, stage) in enumerate(rows)
    ]
    wanted = [at for at, (enabled, fits, stage) in enumerate(rows) if enabled and fits and stage == SENDING]
    enroll = sent(moved(automations=list(reversed(views))))
    assert (enroll.automation_id if enroll else None) == (wanted[0] if wanted else None)


def test_m28_moves_of_the_integration_itself_do_not_send() -> None:
    outcome = rules.on_change(change(origin=f"connection:{CONNECTION}"), situation())
    assert stopped_by(outcome) == "M28"


@pytest.mark.parametrize(
    "origin", ["user:5", "automation:3", "api:9", "system", f"connection:{CONNECTION + 1}"]
)
def test_m28_moves_by_anybody_else_send(origin: str) -> None:
    assert sent(rules.on_change(change(origin=origin), situation())) is not None


NO_FUNNELS = {"funnels": [FUNNEL], "win_actions": {}, "profile": 1, "takes_funnels": False}


@pytest.mark.parametrize("state", ["sending", "active"])
@pytest.mark.parametrize("takes_funnels", [True, False])
def test_m28_a_card_in_prospection_is_not_sent_again_and_says_so(state: str, takes_funnels: bool) -> None:
    settings = {**NO_FUNNELS, "takes_funnels": takes_funnels}
    outcome = moved(enrollment=run(state=state), settings=settings)
    assert sent(outcome) is None
    assert {"leads": 1, "number": 1} in [each.saw for each in outcome.tried if each.row == "M28"]
    assert not next(each for each in outcome.tried if each.row == "M28").passed


@pytest.mark.parametrize("kind", ["created", "reopened"])
def test_m28_a_card_in_prospection_that_is_created_or_reopened_says_so_too(kind: str) -> None:
    seen = situation(enrollment=run(), automations=(automation(trigger="reopened"), automation()))
    outcome = rules.on_change(change(kind), seen)
    assert stopped_by(outcome) == "M28"
    assert outcome.tried[-1].saw == {"leads": 1, "number": 1}


def test_m36_a_card_in_prospection_that_moved_is_told_there_where_funnels_are_taken() -> None:
    asked = [each for each in moved(enrollment=run()).effects if isinstance(each, Ask)]
    assert [(each.action, each.lead_id) for each in asked] == [("place_deal", 101)]
    assert not moved(enrollment=run(), settings=NO_FUNNELS).effects


def test_m43_a_run_that_ended_does_not_stop_the_next() -> None:
    assert sent(moved(enrollment=run(lead(state="lost"), ended_at=NOW))) is not None


def test_m28_the_stage_of_the_move_counts_not_where_the_card_is_by_now() -> None:
    assert sent(moved(deal=deal(stage_id=PROPOSAL))) is not None
    elsewhere = change(fields={"stage": [SENDING, ENTRY]})
    assert stopped_by(rules.on_change(elsewhere, situation())) == "M28"


def test_m28_other_records_are_not_for_us() -> None:
    assert rules.on_change(change(entity="person"), situation()).ignored


# --- M27 ---


def test_m27_a_cadence_gone_since_sends_nothing_and_the_card_says_so() -> None:
    outcome = moved(catalog={**CATALOG, "cadences": {}})
    assert stopped_by(outcome) == "M27"
    (tell,) = outcome.effects
    assert isinstance(tell, Tell)
    assert (tell.severity, tell.saw["automation"]) == ("warning", "Enviar")


def test_m27_a_cadence_gone_between_decision_and_sending_is_refused_in_words() -> None:
    seen = situation(enrollment=run(lead(state="new")), catalog={**CATALOG, "cadences": {}})
    with pytest.raises(Refused, match="cadence"):
        saying.send_lead(seen, lead(), {})


@pytest.mark.parametrize("other", [{"status": "won"}, {"status": "lost"}, {"deleted": True}])
def test_m25_a_card_closed_between_decision_and_sending_is_refused_in_words(other: dict[str, Any]) -> None:
    seen = situation(enrollment=run(lead(state="new")), deal=deal(**other))
    with pytest.raises(Refused, match="closed"):
        saying.send_lead(seen, lead(), {})


def test_m29_a_person_deleted_between_decision_and_sending_is_refused_in_words() -> None:
    seen = situation(enrollment=run(lead(state="new")), people={RUI.id: RUI})
    with pytest.raises(Refused, match="deleted"):
        saying.send_lead(seen, lead(), {})


@pytest.mark.parametrize(("start", "state"), [("now", "executing"), ("wait", "waiting")])
def test_m27_start_now_or_wait(start: str, state: str) -> None:
    parameters = {"cadence": "77", "start": start}
    seen = situation(enrollment=run(lead(state="new"), parameters=parameters))
    assert saying.send_lead(seen, lead(), {})["start"] == start
    outcome = receipts.lead_sent(receipt("created"), lead(state="new"), seen)
    assert next(each for each in outcome.effects if isinstance(each, Sent)).state == state


# --- M29, M30, M31 ---


@pytest.mark.parametrize(("name", "email", "company"), list(product((True, False), repeat=3)))
def test_m30_one_of_name_email_and_company_is_needed(name: bool, email: bool, company: bool) -> None:
    main = PersonView(id=1, name="Joana" if name else "", email="j@x.example" if email else "")
    card = deal(main=main, company=SOL if company else None)
    outcome = moved(deal=card, people={1: main})
    if name or email or company:
        enroll = sent(outcome)
        assert enroll is not None
        assert list(enroll.person_ids) == [1]
        assert enroll.ghost_name == ""
    else:
        assert stopped_by(outcome) == "M30"
        assert [type(each) for each in outcome.effects] == [Tell]


def test_m30_no_contact_and_no_company_sends_nothing() -> None:
    assert stopped_by(moved(deal=deal(main=None, company=None))) == "M30"


def test_m29_the_main_contact_comes_first_then_each_related_one_with_a_name_or_an_email() -> None:
    unknown = PersonView(id=4, name="", email="", phones=("48 3333-0000",))
    enroll = sent(moved(deal=deal(related=(RUI, unknown, LIA, JOANA))))
    assert enroll is not None
    assert list(enroll.person_ids) == [JOANA.id, RUI.id, LIA.id]


def test_m31_without_a_main_contact_a_ghost_bears_the_companys_name() -> None:
    enroll = sent(moved(deal=deal(main=None)))
    assert enroll is not None
    assert (list(enroll.person_ids), enroll.ghost_name) == ([], "Padaria Sol")


def test_m31_related_contacts_do_not_replace_the_ghost() -> None:
    enroll = sent(moved(deal=deal(main=None, related=(RUI,))))
    assert enroll is not None
    assert (list(enroll.person_ids), enroll.ghost_name) == ([RUI.id], "Padaria Sol")


def test_m31_the_ghost_of_before_is_the_main_contact_now() -> None:
    enroll = sent(moved(deal=deal(main=GHOST)))
    assert enroll is not None
    assert (list(enroll.person_ids), enroll.ghost_name) == ([GHOST.id], "")


# --- M11, M12, M16 ---


def said(person: PersonView = JOANA, **other: Any) -> Any:
    seen = situation(enrollment=run(lead(person, state="new")), **other)
    seen = replace(seen, people={**seen.people, person.id: person})
    return saying.send_lead(seen, lead(person), {})


def test_m11_name_email_company_and_all_phones_go_without_repeats() -> None:
    both = replace(JOANA, phones=("(48) 99911-2233", "(48) 3333-4444"))
    values = said(both)
    assert (values["name"], values["first_name"], values["email"]) == ("Joana Prado", "Joana", JOANA.email)
    assert values["company"] == "Padaria Sol"
    assert values["phones"] == ["(48) 99911-2233", "(48) 3333-4444"]


@given(st.lists(st.text("0123456789", min_size=8, max_size=11)), st.lists(st.text("0123456789", min_size=8)))
def test_m12_every_phone_is_sent_once_the_persons_before_the_companys(
    mine: list[str], theirs: list[str]
) -> None:
    values = said(replace(JOANA, phones=tuple(mine)), deal=deal(company=replace(SOL, phones=tuple(theirs))))
    assert set(values["phones"]) == {*mine, *theirs}
    assert len(values["phones"]) == len({*mine, *theirs})
    assert values["phones"][: len(set(mine))] == list(dict.fromkeys(mine))


@pytest.mark.parametrize(
    ("field", "card_owner", "goes_to"),
    [
        ("", CARLA, "carla@exemplo.example"),
        (str(DIEGO), CARLA, "diego@exemplo.example"),
        (str(DIEGO), None, "diego@exemplo.example"),
        ("", NOBODY, None),
        ("", None, None),
        (str(NOBODY), CARLA, None),
    ],
)
def test_m16_the_field_wins_over_the_cards_owner_who_must_sell_there(
    field: str, card_owner: int | None, goes_to: str | None
) -> None:
    card = deal(owner_id=card_owner, fields={seeing.LATEST_OWNER: field} if field else {})
    outcome = moved(deal=card)
    if goes_to is None:
        assert stopped_by(outcome) == "M16"
        assert [each.severity for each in outcome.effects if isinstance(each, Tell)] == ["warning"]
        with pytest.raises(Refused):
            said(deal=card)
    else:
        assert sent(outcome) is not None
        assert said(deal=card)["owner_email"] == goes_to


def test_m16_a_seller_disabled_there_does_not_get_leads() -> None:
    users = {**CATALOG["users"], "31": {**CATALOG["users"]["31"], "active": False}}
    assert stopped_by(moved(catalog={**CATALOG, "users": users})) == "M16"


# --- M32, M17–M19 ---


def receipt(made: str) -> Receipt:
    return Receipt(id="901", facts={"made": made, "run": "8102", "url": "https://x.example/l", "agreed": {}})


def received(made: str, *, main: bool = True) -> tuple[Situation, Outcome]:
    one = lead(state="new", main=main)
    others = () if main else (lead(RUI, state="executing", main=True),)
    seen = situation(enrollment=run(one, *others))
    return seen, receipts.lead_sent(receipt(made), one, seen)


@pytest.mark.parametrize(
    ("made", "severity", "word"),
    [
        ("created", "success", "became a lead"),
        ("reopened", "success", "reopened"),
        ("updated", "success", "higher priority"),
        ("left", "warning", "left as it is"),
    ],
)
def test_m32_each_outcome_has_its_own_words(made: str, severity: str, word: str) -> None:
    _seen, outcome = received(made)
    (tell,) = [each for each in outcome.effects if isinstance(each, Tell)]
    assert word in tell.words
    assert (tell.severity, tell.saw) == (
        severity,
        {"lead": "Joana Prado", "cadence": "Cadência de Prospecção"},
    )
    assert tell.words % tell.saw
    (one,) = [each for each in outcome.effects if isinstance(each, Sent)]
    assert (one.made, one.their_id, one.run) == (made, "901", "8102")


@pytest.mark.parametrize("made", ["created", "reopened", "updated"])
def test_m17_m19_the_main_lead_writes_the_four_fields_the_initial_ones_once(made: str) -> None:
    _seen, outcome = received(made)
    fields = {each.key: (each.value, each.once) for each in outcome.effects if isinstance(each, SetField)}
    assert fields == {
        seeing.LATEST_OWNER: (str(CARLA), False),
        seeing.INITIAL_OWNER: (str(CARLA), True),
        seeing.LATEST_CADENCE: ("Cadência de Prospecção", False),
        seeing.INITIAL_CADENCE: ("Cadência de Prospecção", True),
    }


def test_m32_left_as_it_is_leaves_the_four_fields_unwritten() -> None:
    _seen, outcome = received("left")
    assert not [each for each in outcome.effects if isinstance(each, SetField)]


def test_m46_a_related_lead_writes_no_field() -> None:
    _seen, outcome = received("created", main=False)
    assert not [each for each in outcome.effects if isinstance(each, SetField)]


# --- X1 ---


def test_x1_explain_says_what_entering_the_stage_would_do_now() -> None:
    seen = situation()
    assert [each.row for each in rules.explain(seen)] == [each.row for each in moved().tried]
    assert all(each.passed for each in rules.explain(seen))
    assert [(each.row, each.passed) for each in rules.explain(situation(enrollment=run()))] == [("M28", True)]


def test_x1_every_sentence_can_be_filled_with_what_it_saw() -> None:
    worlds = [
        situation(),
        situation(connection_state="paused"),
        situation(deal=deal(main=None, company=None)),
        situation(deal=deal(owner_id=None)),
        situation(catalog={**CATALOG, "cadences": {}}),
        situation(automations=(automation(matches=False), automation(enabled=False))),
        situation(settings={"funnels": [], "win_actions": {}, "profile": None}),
        situation(automations=()),
    ]
    for seen in worlds:
        for each in rules.explain(seen):
            assert each.words % each.saw
            assert each.row
