"""What each action says of the card as it stands (M11, M12, M36, M46–M48): pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.contract import PersonView, Refused
from integrations.partners.meetime import saying, sending
from integrations.partners.meetime.partner import Meetime
from tests.partners.meetime.situations import (
    DIEGO,
    FUNNEL,
    JOANA,
    PROPOSAL,
    RUI,
    SOL,
    deal,
    lead,
    run,
    situation,
)

TOLD = {
    JOANA.id: {"native.position": "Sócia", "custom.renovacao": "31/12/2026", "custom.cnpj": ""},
    RUI.id: {"native.position": "Comprador", "custom.renovacao": "31/12/2026", "custom.cnpj": ""},
}
GHOST = PersonView(id=8, name="Padaria Sol", email="", is_ghost=True)


def test_x9_every_action_has_its_values() -> None:
    assert set(saying.SAYS) == set(Meetime.actions)


def test_m11_what_follows_is_the_persons_and_the_companys() -> None:
    said = saying.update_lead(situation(enrollment=run()), lead(), {})
    assert said == {
        "name": "Joana Prado",
        "email": "joana@padariasol.example",
        "company": "Padaria Sol",
        "phones": ["(48) 99911-2233", "(48) 3333-4444"],
    }


def test_m11_a_card_without_a_company_says_none() -> None:
    said = saying.update_lead(situation(enrollment=run(), deal=deal(company=None)), lead(), {})
    assert (said["company"], said["phones"]) == ("", ["(48) 99911-2233"])


@pytest.mark.parametrize(
    ("mine", "firms", "expected"),
    [
        (("1", "2"), ("3",), ["1", "2", "3"]),
        (("1",), ("1", "2", "1"), ["1", "2"]),
        ((), ("3", "4"), ["3", "4"]),
        ((), (), []),
    ],
)
def test_m12_all_phones_the_persons_first_once_each(
    mine: tuple[str, ...], firms: tuple[str, ...], expected: list[str]
) -> None:
    card = deal(company=replace(SOL, phones=firms))
    seen = situation(enrollment=run(), deal=card, people={JOANA.id: replace(JOANA, phones=mine)})
    assert saying.update_lead(seen, lead(), {})["phones"] == expected


def test_m46_a_related_lead_says_its_own_person_and_the_same_company() -> None:
    seen = situation(enrollment=run(lead(), lead(RUI)), told=TOLD)
    said = saying.update_lead(seen, lead(RUI), {})
    assert (said["name"], said["email"], said["company"]) == ("Rui Lima", RUI.email, "Padaria Sol")
    assert said["phones"] == ["(48) 3333-4444"]
    assert said["native.position"] == "Comprador"


@pytest.mark.parametrize("action", ["send_lead", "update_lead"])
def test_m48_what_the_associated_fields_say_is_said_too_blanks_and_all(action: str) -> None:
    said = saying.SAYS[action](situation(enrollment=run(), told=TOLD), lead(), {})
    assert {key: said[key] for key in TOLD[JOANA.id]} == TOLD[JOANA.id]
    assert said["name"] == "Joana Prado"


def test_m48_what_cannot_be_said_is_left_out_and_stops_nothing() -> None:
    untold = {JOANA.id: {"custom.segmento": {"value": "Atacado", "why": "x", "saw": {}, "side": "ours"}}}
    said = saying.send_lead(situation(enrollment=run(), untold=untold), lead(), {})
    assert not [key for key in said if key.startswith("custom.")]
    assert said["name"] == "Joana Prado"


def test_m37_what_is_sent_once_does_not_follow_and_all_that_follows_is_sent() -> None:
    seen = situation(enrollment=run(), told=TOLD)
    first, later = saying.send_lead(seen, lead(), {}), saying.update_lead(seen, lead(), {})
    assert set(first) - set(later) == sending.SENT_ONCE
    assert {key: first[key] for key in later} == later


def test_m37_a_person_who_is_gone_is_refused_in_words() -> None:
    seen = situation(enrollment=run(), people={RUI.id: RUI})
    for action in ("send_lead", "update_lead"):
        with pytest.raises(Refused, match="deleted"):
            saying.SAYS[action](seen, lead(), {})


def test_m31_a_ghost_is_called_by_the_companys_whole_name() -> None:
    seen = situation(enrollment=run(), deal=deal(main=GHOST), people={GHOST.id: GHOST})
    said = saying.send_lead(seen, lead(GHOST), {})
    assert (said["name"], said["first_name"], said["email"]) == ("Padaria Sol", "Padaria Sol", "")


def test_m16_the_one_in_the_field_gets_the_lead() -> None:
    card = deal(fields={"meetime_latest_owner": str(DIEGO)})
    said = saying.send_lead(situation(enrollment=run(), deal=card), lead(), {})
    assert said["owner_email"] == "diego@exemplo.example"


# --- M47 ---


@pytest.mark.parametrize(
    ("asked", "reason", "said"),
    [
        ("won", "", {"result": "won", "reason": ""}),
        ("lost", "Sem orçamento", {"result": "lost", "reason": "Sem orçamento"}),
        ("lost", "", {"result": "lost", "reason": ""}),
    ],
)
def test_m47_a_closing_says_the_result_that_was_asked_and_the_cards_reason(
    asked: str, reason: str, said: dict[str, Any]
) -> None:
    seen = situation(enrollment=run(), deal=deal(status=asked, loss_reason=reason))
    assert saying.close_lead(seen, lead(), {"result": asked}) == {**said, "run": "1"}


def test_m47_a_deleted_person_does_not_keep_her_lead_open() -> None:
    seen = situation(enrollment=run(), deal=deal(status="won"), people={})
    assert saying.close_lead(seen, lead(), {"result": "won"})["result"] == "won"
    assert saying.collect(seen, lead(), {}) == {}


# --- M36 ---


@pytest.mark.parametrize("asked", [{}, {"message": "Falta: Proposta assinada."}])
def test_m36_where_the_card_stands_now_and_why_it_was_not_moved(asked: dict[str, str]) -> None:
    seen = situation(enrollment=run(), deal=deal(stage_id=PROPOSAL))
    assert saying.place_deal(seen, lead(), asked) == {
        "deal": "15",
        "funnel": str(FUNNEL),
        "stage": str(PROPOSAL),
        "message": asked.get("message", ""),
    }


def test_m42_collecting_says_nothing() -> None:
    assert saying.collect(situation(enrollment=run(ended_at=None)), lead(), {}) == {}
