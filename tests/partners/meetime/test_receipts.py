"""What became of an action and what that means in the CRM (M32, M36–M38, M42, M47): pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from integrations.contract import (
    Action,
    Agreed,
    Effect,
    LogInteraction,
    MakeTask,
    Outcome,
    PutBack,
    Receipt,
    Sent,
    SetLead,
    TakeIn,
    Tell,
)
from integrations.partners.meetime import receipts, rules
from integrations.partners.meetime.partner import Meetime
from tests.partners.meetime.situations import (
    CARLA,
    CATALOG,
    JOANA,
    NOW,
    RUI,
    SOL,
    deal,
    lead,
    run,
    situation,
    told,
)
from tests.partners.meetime.test_pull import There
from tests.partners.meetime.test_pull import run as prospection

FIELDS = {"201": {"key": "custom.segmento", "name": "Segmento", "type": "select"}}
CLOSED = {"deal": deal(status="lost", loss_reason="Sem orçamento"), "enrollment": run(ended_at=NOW)}


def of(kind: type[Effect], outcome: Outcome) -> Sequence[Any]:
    return [each for each in outcome.effects if isinstance(each, kind)]


def told_to_people(outcome: Outcome) -> list[str]:
    return [each.words % each.saw for each in of(Tell, outcome)]


# --- M32 ---


def test_m32_both_faces_of_what_was_agreed_are_kept() -> None:
    facts = {
        "made": "updated",
        "run": "8102",
        "url": "https://x.example/l",
        "agreed": {"name": "Joana Prado", "custom.cnpj": "01.234.567/0001-89"},
        "theirs": {"name": "Joana Prado", "custom.cnpj": "1234567000189", "native.city": "Palhoça"},
    }
    seen = situation(enrollment=run(lead(state="new", their_id="")))
    (sent,) = of(Sent, receipts.lead_sent(Receipt(id="901", facts=facts), lead(state="new"), seen))
    assert (sent.lead_id, sent.their_id, sent.made, sent.run) == (101, "901", "updated", "8102")
    assert sent.agreed == {**facts["agreed"], "owner": str(CARLA)}  # type: ignore[dict-item]
    assert sent.theirs == facts["theirs"]


# --- M37, M38 ---


def updated(said: dict[str, Any], theirs: dict[str, Any], *, taken: str = "", **held: Any) -> Outcome:
    facts = {"said": said, "theirs": theirs, "taken": taken}
    one = lead(ours={"email": "joana@padariasol.example", "name": "Joana Prado"}, **held)
    seen = situation(enrollment=run(one), catalog={**CATALOG, "custom_fields": FIELDS})
    return receipts.lead_updated(Receipt(id="901", facts=facts), one, seen)


def test_m37_what_was_said_and_how_it_reads_there_is_agreed_and_told_by_name() -> None:
    said = {"name": "Joana Alves", "custom.segmento": "Indústria"}
    theirs = {"name": "Joana Alves", "custom.segmento": "Indústria"}
    outcome = updated(said, theirs)
    (agreed,) = of(Agreed, outcome)
    assert (agreed.lead_id, dict(agreed.ours), dict(agreed.theirs)) == (101, said, theirs)
    assert told_to_people(outcome) == ["Joana Prado was updated at Meetime: nome, Segmento."]
    assert [(each.row, each.passed) for each in outcome.tried] == [("M37", True)]
    assert not of(PutBack, outcome)


def test_x14_numbers_that_only_they_have_are_not_agreed_on_as_ours() -> None:
    told = [*JOANA.phones, *SOL.phones, "(48) 90000-0000"]
    (agreed,) = of(Agreed, updated({"phones": told}, {"phones": told}))
    assert agreed.ours == {"phones": [*JOANA.phones, *SOL.phones]}
    assert agreed.theirs == {"phones": told}


def test_m37_what_changed_there_meanwhile_is_taken_in_before_anything_is_agreed() -> None:
    """Agreed on first, their change would look like what both sides hold and never follow here."""
    there = {"name": "Joana Prado", "native.position": "Diretora"}
    facts = {
        "said": {"name": "Joana Alves"},
        "theirs": {"name": "Joana Alves"},
        "taken": "",
        "there": there,
        "when": "2026-03-02T14:59:00.000Z",
    }
    outcome = receipts.lead_updated(Receipt(id="901", facts=facts), lead(), situation(enrollment=run()))
    assert [type(each) for each in outcome.effects][:2] == [TakeIn, Agreed]
    (taken,), (agreed,) = of(TakeIn, outcome), of(Agreed, outcome)
    assert (taken.lead_id, taken.values, taken.when) == (101, there, NOW - timedelta(minutes=1))
    assert (dict(agreed.ours), dict(agreed.theirs)) == ({"name": "Joana Alves"}, {"name": "Joana Alves"})


def test_m37_a_reading_without_a_time_is_as_of_now() -> None:
    facts = {"said": {}, "theirs": {}, "taken": "", "there": {"name": "x"}, "when": ""}
    outcome = receipts.lead_updated(Receipt(id="901", facts=facts), lead(), situation(enrollment=run()))
    assert [each.when for each in of(TakeIn, outcome)] == [NOW]


def test_m38_an_email_of_another_lead_is_put_back_with_a_record_of_both() -> None:
    outcome = updated({}, {"email": "joana@padariasol.example"}, taken="rui@padariasol.example")
    (put,) = of(PutBack, outcome)
    assert (put.person_id, put.lead_id, put.name) == (JOANA.id, 101, "email")
    assert put.value == "joana@padariasol.example"
    assert "“rui@padariasol.example”" in put.text
    assert "voltou a ser “joana@padariasol.example”" in put.text
    assert [(each.row, each.passed) for each in outcome.tried] == [("M37", False), ("M38", False)]
    assert not of(Tell, outcome), "nothing was updated there"


def test_m38_what_else_differed_is_sent_all_the_same() -> None:
    said = {"name": "Joana Alves"}
    outcome = updated(said, {**said, "email": "joana@padariasol.example"}, taken="rui@padariasol.example")
    (agreed,) = of(Agreed, outcome)
    assert dict(agreed.ours) == said, "the e-mail that was declined is not agreed on"
    assert of(PutBack, outcome)
    assert told_to_people(outcome) == ["Joana Prado was updated at Meetime: nome."]


def test_m38_a_lead_that_had_none_gets_none_back() -> None:
    facts = {"said": {}, "theirs": {}, "taken": "rui@padariasol.example"}
    outcome = receipts.lead_updated(Receipt(id="901", facts=facts), lead(), situation(enrollment=run()))
    assert [each.value for each in of(PutBack, outcome)] == [""]


def test_m38_each_attempt_has_a_record_of_its_own() -> None:
    first, second = (updated({}, {}, taken=email) for email in ("a@x.example", "b@x.example"))
    assert "a@x.example" in of(PutBack, first)[0].text
    assert "b@x.example" in of(PutBack, second)[0].text
    assert of(PutBack, first)[0].source.startswith("email:101:")


# --- M47 ---


def ended(made: str, *, words: str = "", **other: Any) -> Outcome:
    facts = {"made": made, **({"words": words} if words else {})}
    return receipts.lead_closed(Receipt(id="901", facts=facts), lead(), situation(**{**CLOSED, **other}))


@pytest.mark.parametrize(("status", "text"), [("won", "was won at Meetime"), ("lost", "was lost at Meetime")])
def test_m47_a_lead_closed_there_has_its_result_and_a_record(status: str, text: str) -> None:
    card = deal(status=status, loss_reason="Sem orçamento" if status == "lost" else "")
    outcome = ended("closed", deal=card)
    (state,) = of(SetLead, outcome)
    assert (state.lead_id, state.state, state.when) == (101, status, NOW)
    (log,) = of(LogInteraction, outcome)
    assert (log.person_id, log.type, log.source) == (JOANA.id, "simple", f"result:901:1:{status}")
    assert ("Motivo: Sem orçamento" in log.text) is (status == "lost")
    assert text in told_to_people(outcome)[0]
    assert not of(MakeTask, outcome)


def test_m47_the_news_of_it_that_comes_back_is_the_same_record() -> None:
    by_us = of(LogInteraction, ended("closed"))[0].source
    seen = situation(enrollment=run(lead(), lead(RUI)))
    (by_them,) = of(LogInteraction, rules.on_record(told("lost"), seen))
    assert by_us == by_them.source


@pytest.mark.parametrize(
    ("made", "text"),
    [("closed_before", "had ended at Meetime already"), ("passed", "was sent again since")],
)
def test_m47_a_lead_that_had_ended_before_or_is_another_cards_is_told_and_nothing_else(
    made: str, text: str
) -> None:
    outcome = ended(made)
    (line,) = told_to_people(outcome)
    assert text in line
    assert [type(each) for each in outcome.effects] == [Tell]
    assert outcome.tried[0].passed


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("won", "Win the lead Joana Prado at Meetime by hand"),
        ("lost", "Lose the lead Joana Prado at Meetime by hand"),
    ],
)
def test_m47_where_they_offer_no_call_the_owner_has_a_task_in_words(status: str, text: str) -> None:
    outcome = ended("no_call", deal=deal(status=status))
    (task,) = of(MakeTask, outcome)
    assert text in task.words % task.saw
    assert task.source == "close:101"
    (tell,) = of(Tell, outcome)
    assert (tell.severity, outcome.tried[0].passed) == ("warning", False)
    assert "offers no call" in tell.words % tell.saw
    assert not of(SetLead, outcome), "over there it goes on"


def test_m47_a_closing_that_was_declined_says_their_words() -> None:
    outcome = ended("declined", words="the prospection is locked")
    assert of(MakeTask, outcome)
    (tell,) = of(Tell, outcome)
    assert "the prospection is locked" in tell.words % tell.saw
    assert "no call" not in tell.words


def test_m47_a_card_reopened_before_the_receipt_came_keeps_the_result_that_was_asked() -> None:
    """It was won there; that the card is open again by now does not make it lost."""
    seen = situation(deal=deal(status="open"), enrollment=run(ended_at=NOW))
    outcome = receipts.lead_closed(closed_there("won"), lead(), seen)
    assert [each.state for each in of(SetLead, outcome)] == ["won"]


def closed_there(result: str) -> Receipt:
    """The receipt of close_lead, from the verb itself."""
    there = There()
    there.runs = [prospection(500)]
    values = {"result": result, "reason": ""}
    action = Action(kind="close_lead", reference="15.22", their_id="1", values=values)
    return Meetime().push(there, action)  # type: ignore[arg-type]


# --- M42, M43 ---


def collected(annotations: str, values: dict[str, Any] | None = None, **other: Any) -> Outcome:
    rui = lead(RUI, **{"state": "lost", **other})
    facts = {"annotations": annotations, "values": values or {}, "run": "1"}
    return receipts.collected(
        Receipt(id="902", facts=facts), rui, situation(enrollment=run(lead(), rui, ended_at=NOW))
    )


def test_m42_annotations_become_a_record_on_the_leads_own_person() -> None:
    outcome = collected("Quer proposta até sexta.")
    (log,) = of(LogInteraction, outcome)
    assert (log.type, log.person_id, log.when) == ("simple", RUI.id, NOW)
    assert log.text == "Anotações da Meetime\n\nQuer proposta até sexta."
    assert log.source == "annotations:902:500"
    assert [(each.row, each.passed) for each in outcome.tried] == [("M42", True)]


def test_m42_another_run_of_the_card_has_a_record_of_its_own() -> None:
    receipt = Receipt(id="901", facts={"annotations": "x", "values": {}})
    sources = {
        of(LogInteraction, receipts.collected(receipt, lead(), situation(enrollment=run(id=number))))[
            0
        ].source
        for number in (500, 501)
    }
    assert len(sources) == 2


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Sócia &amp; diretora", "Sócia & diretora"),
        ("<p>Ligou.</p><p>Volta na <b>sexta</b>.</p>", "Ligou.\nVolta na sexta."),
        ("um<br>dois<br/>três", "um\ndois\ntrês"),
        ("<ul><li>um</li><li>dois</li></ul>", "um\ndois"),
        ("<script>alert(1)</script>fim", "fim"),
        ('<a href="javascript:x">link</a>', "link"),
        ("3 < 4 & 5 > 2", "3 < 4 & 5 > 2"),
        ("<H2>Título</H2>corpo", "Título\ncorpo"),
    ],
)
def test_m42_their_html_is_read_as_text(html: str, text: str) -> None:
    (log,) = of(LogInteraction, collected(html))
    assert log.text.partition("\n\n")[2] == text


@pytest.mark.parametrize("blank", ["", "   ", "<p></p>", "<br>"])
def test_m42_a_lead_without_annotations_makes_no_record(blank: str) -> None:
    outcome = collected(blank)
    assert not of(LogInteraction, outcome)
    assert [(each.row, each.passed) for each in outcome.tried] == [("M42", False)]


def test_m43_what_the_lead_said_last_is_taken_in_before_the_record() -> None:
    outcome = collected("x", {"name": "Rui Lima Neto"})
    (taken,) = of(TakeIn, outcome)
    assert (taken.lead_id, taken.values, taken.when) == (102, {"name": "Rui Lima Neto"}, NOW)


@pytest.mark.parametrize(
    "other", [{"state": "executing"}, {"state": "left"}, {"their_run": "0"}], ids=["open", "left", "reopened"]
)
def test_m39_m43_of_a_lead_that_is_open_there_only_the_annotations_are_taken(other: dict[str, str]) -> None:
    outcome = collected("x", {"name": "Rui Lima Neto"}, **other)
    assert [type(each) for each in outcome.effects] == [LogInteraction]


def test_m43_a_lead_that_is_gone_there_takes_nothing_in() -> None:
    assert not collected("", {}).effects


# --- M36 ---


@pytest.mark.parametrize(("made", "passed"), [("placed", True), ("no_call", False)])
def test_m36_whether_they_know_where_the_card_stands_is_told(made: str, passed: bool) -> None:
    outcome = receipts.placed(Receipt(id="901", facts={"made": made}), lead(), situation(enrollment=run()))
    assert [(each.row, each.passed) for each in outcome.tried] == [("M36", passed)]
    assert not outcome.effects


# --- X1 ---


def test_x1_every_action_has_its_meaning_and_every_sentence_can_be_filled() -> None:
    assert set(receipts.RECEIPTS) == set(Meetime.actions)
    outcomes = [
        updated({"name": "x"}, {"name": "x"}, taken="a@x.example"),
        *(ended(made) for made in ("closed", "closed_before", "passed", "no_call", "declined")),
        *(ended(made, deal=deal(status="won")) for made in ("closed", "no_call")),
        collected("x"),
    ]
    for outcome in outcomes:
        assert outcome.tried
        for each in (*outcome.tried, *of(Tell, outcome), *of(MakeTask, outcome)):
            assert each.words % each.saw


def test_m38_an_email_put_back_is_not_sent_again_by_what_was_agreed() -> None:
    """Our agreed face keeps the former e-mail: after the putting back nothing differs."""
    outcome = updated({"name": "x"}, {"name": "x"}, taken="rui@padariasol.example")
    (agreed,) = of(Agreed, outcome)
    assert "email" not in agreed.ours
