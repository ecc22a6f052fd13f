"""What is told of a lead after it was sent, request by request (M36–M38, M41, M42, M47); network in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.contract import Action, Receipt, Refused, Unavailable, Unsupported
from integrations.partners.meetime.partner import Meetime
from tests.partners.meetime.test_pull import START, Answer, There, lead, run


class Kept(There):
    """A lead that keeps what is put, and the funnels that were told before."""

    def __init__(self, *, put: int | None = None, funnels: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.leads = [
            {**lead(reference="15.22"), "lead_name": "Joana Prado", "lead_annotations": "<p>Oi</p>"}
        ]
        self.put, self.funnels = put, funnels

    def send(self, method: str, path: str, *, json: Any = None, **given: Any) -> Any:
        if method == "GET" and path == "/crm/funnels":
            if self.put is not None:
                raise Refused("no", status=self.put)
            return Answer({"data": [{"id": each} for each in self.funnels]})
        if method == "PUT" and self.put is not None:
            self.told.append((method, path, json))
            raise Refused("the prospection is locked", status=self.put)
        answer = super().send(method, path, json=json, **given)
        if method == "PUT" and path == "/leads/1" and self.leads:
            self.leads[0].update({"lead_name": json.get("name", "Joana Prado")})
        return answer


def pushed(there: There, kind: str, **values: Any) -> Receipt:
    return updated(there, values, kind=kind)


def updated(
    there: There,
    values: Mapping[str, Any],
    agreed: Mapping[str, Any] | None = None,
    *,
    kind: str = "update_lead",
) -> Receipt:
    """`agreed`: how the lead read over there when both sides last agreed."""
    action = Action(
        kind=kind, reference="15.22", their_id="1", values=values, since=START, agreed=agreed or {}
    )
    return Meetime().push(there, action)  # type: ignore[arg-type]


# --- M37, M38 ---


def test_m37_only_what_differs_is_said_and_read_back() -> None:
    there = Kept()
    receipt = pushed(there, "update_lead", name="Joana Alves")
    assert there.told == [("PUT", "/leads/1", {"name": "Joana Alves", "firstName": "Joana"})]
    assert there.asked == ["GET leads", "PUT leads", "GET leads"]
    assert len(there.asked) <= Meetime.actions["update_lead"].cost
    assert (receipt.id, receipt.facts["said"], receipt.facts["taken"]) == ("1", {"name": "Joana Alves"}, "")
    assert receipt.facts["theirs"] == {"name": "Joana Alves"}


AGREED = {"name": "Joana Prado", "email": "joana@padariasol.example", "custom.segmento": "Comércio"}


def test_m37_what_their_people_changed_meanwhile_is_handed_over_and_not_written_over() -> None:
    there = Kept()
    there.leads[0] |= {"lead_name": "Joana P. Alves", "segmento": "Indústria", "lead_position": "Diretora"}
    values = {"name": "Joana Alves", "company": "Sol"}
    receipt = updated(there, values, {**AGREED, "native.position": "", "company": ""})
    assert there.told == [("PUT", "/leads/1", {"company": "Sol"})]
    assert receipt.facts["said"] == {"company": "Sol"}
    assert set(receipt.facts["theirs"]) == {"company"}, "nothing else is agreed on unseen"
    assert receipt.facts["there"]["name"] == "Joana P. Alves"
    assert receipt.facts["there"]["native.position"] == "Diretora"
    assert receipt.facts["there"]["custom.segmento"] == "Indústria"
    assert receipt.facts["when"] == there.leads[0]["lead_updated_date"]


def test_m37_where_nothing_changed_there_nothing_is_handed_over() -> None:
    there = Kept()
    there.leads[0] |= {"segmento": "Comércio"}
    assert "there" not in updated(there, {"name": "Joana Alves"}, AGREED).facts


def test_m37_both_sides_changed_to_the_same_is_no_difference_of_theirs() -> None:
    there = Kept()
    there.leads[0] |= {"lead_name": "Joana Alves", "segmento": "Comércio"}
    assert updated(there, {"name": "Joana Alves"}, AGREED).facts["said"] == {"name": "Joana Alves"}


def test_m37_a_field_that_the_row_does_not_name_is_blank_there_and_can_be_said() -> None:
    there = Kept()
    receipt = updated(there, {"custom.nova": "x"}, {"custom.nova": ""})
    assert there.told == [("PUT", "/leads/1", {"customFields": {"nova": "x"}})]
    assert receipt.facts["said"] == {"custom.nova": "x"}


def test_m38_a_free_email_is_updated() -> None:
    there = Kept()
    assert Meetime.actions["update_lead"].cost == 4, "the lead, its new e-mail, the change, the lead again"
    receipt = pushed(there, "update_lead", email="nova@padariasol.example")
    assert there.told == [("PUT", "/leads/1", {"email": "nova@padariasol.example"})]
    assert receipt.facts["taken"] == ""


def test_m38_an_email_the_lead_itself_has_is_free() -> None:
    there = Kept()
    assert pushed(there, "update_lead", email="joana@padariasol.example").facts["taken"] == ""
    assert len(there.told) == 1


def test_m38_an_email_of_another_lead_is_not_said_and_the_rest_is() -> None:
    there = Kept()
    there.leads.append({**lead(reference=None, number="2"), "lead_email": "rui@padariasol.example"})
    receipt = pushed(there, "update_lead", email="rui@padariasol.example", company="Sol")
    assert there.told == [("PUT", "/leads/1", {"company": "Sol"})]
    assert (receipt.facts["taken"], receipt.facts["said"]) == ("rui@padariasol.example", {"company": "Sol"})


def test_m38_alone_it_asks_for_no_change_at_all() -> None:
    there = Kept()
    there.leads.append({**lead(reference=None, number="2"), "lead_email": "rui@padariasol.example"})
    receipt = pushed(there, "update_lead", email="rui@padariasol.example")
    assert there.told == []
    assert (receipt.facts["said"], receipt.facts["taken"]) == ({}, "rui@padariasol.example")


def test_m37_a_lead_that_was_deleted_there_is_refused_in_words() -> None:
    there = Kept()
    there.leads = []
    with pytest.raises(Refused, match="deleted"):
        pushed(there, "update_lead", name="x")


# --- M47 ---


@pytest.mark.parametrize(
    ("values", "body"),
    [
        ({"result": "won", "reason": ""}, {"status": "WON"}),
        ({"result": "lost", "reason": "Sem contato"}, {"status": "LOST", "lostReason": "Sem contato"}),
    ],
)
def test_m47_the_current_run_is_closed(values: dict[str, str], body: dict[str, str]) -> None:
    there = Kept()
    there.runs = [run(500, status="SWITCHED_CADENCE"), run(501)]
    assert pushed(there, "close_lead", **values).facts["made"] == "closed"
    assert there.told == [("PUT", "/prospections/501", body)]


@pytest.mark.parametrize("runs", [[], [run(500, status="WON")], [run(499), run(500, status="LOST")]])
def test_m47_what_had_ended_before_is_left(runs: list[dict[str, Any]]) -> None:
    there = Kept()
    there.runs = runs
    assert pushed(there, "close_lead", result="won", reason="").facts["made"] == "closed_before"
    assert there.told == []


@pytest.mark.parametrize(
    ("reference", "made"),
    [("16.23", "passed"), ("15.22", "closed"), ("15", "closed"), ("ERP-9.99x", "closed"), (None, "closed")],
)
def test_m47_m32_a_run_after_ours_is_closed_unless_it_is_another_cards(
    reference: str | None, made: str
) -> None:
    """Their people change cadences too; a newer lead of ours in the reference tells a card's sending apart."""
    there = Kept()
    there.leads[0]["external_reference"] = reference
    there.runs = [run(500, status="SWITCHED_CADENCE"), run(501)]
    assert pushed(there, "close_lead", result="lost", reason="", run="500").facts["made"] == made
    assert len(there.told) == (made == "closed")
    assert len(there.asked) <= Meetime.actions["close_lead"].cost


def test_m47_our_own_run_is_closed_without_a_third_request() -> None:
    there = Kept()
    there.leads[0]["external_reference"] = "16.23"
    there.runs = [run(500)]
    assert pushed(there, "close_lead", result="won", reason="", run="500").facts["made"] == "closed"
    assert len(there.asked) == 2


@pytest.mark.parametrize(
    ("status", "made"),
    [(404, "no_call"), (405, "no_call"), (501, "no_call"), (400, "declined"), (409, "declined")],
)
def test_m47_a_call_they_do_not_offer_and_one_they_decline_are_told_apart(status: int, made: str) -> None:
    there = Kept(put=status)
    there.runs = [run(500)]
    receipt = pushed(there, "close_lead", result="lost", reason="")
    assert receipt.facts["made"] == made
    assert receipt.facts["words"] == "the prospection is locked"


def test_m47_what_did_not_happen_is_not_taken_for_a_call_they_lack() -> None:
    there = Kept()
    there.runs = [run(500)]
    there.fail = {"PUT prospections": Unavailable("down")}
    with pytest.raises(Unavailable):
        pushed(there, "close_lead", result="lost", reason="")


# --- M42 ---


def test_m42_annotations_and_the_last_values_are_read() -> None:
    receipt = pushed(Kept(), "collect")
    assert receipt.facts["annotations"] == "<p>Oi</p>"
    assert receipt.facts["values"]["name"] == "Joana Prado"


def test_m42_a_lead_that_is_gone_has_none() -> None:
    there = Kept()
    there.leads = []
    assert pushed(there, "collect").facts == {"annotations": "", "values": {}}


# --- M36, M41 ---


def test_m36_where_the_card_stands_is_put_on_its_deal() -> None:
    there = Kept()
    receipt = pushed(there, "place_deal", deal="15", funnel="70", stage="701", message="Falta: proposta.")
    body = {"funnelId": "70", "stageId": "701", "message": "Falta: proposta."}
    assert there.told == [("PUT", "/crm/deals/15", body)]
    assert (receipt.id, receipt.facts) == ("1", {"made": "placed"})


@pytest.mark.parametrize("status", [404, 405, 501])
def test_m36_an_account_without_stages_takes_none(status: int) -> None:
    receipt = pushed(Kept(put=status), "place_deal", deal="15", funnel="70", stage="701", message="")
    assert receipt.facts == {"made": "no_call"}


def test_m36_a_stage_they_decline_is_refused_in_their_words() -> None:
    with pytest.raises(Refused, match="locked"):
        pushed(Kept(put=400), "place_deal", deal="15", funnel="70", stage="701", message="")


ROWS = [
    {"id": "70", "name": "Vendas", "stages": [{"id": "700", "name": "Entrada"}], "reasons": []},
    {"id": "71", "name": "Pós", "stages": [], "reasons": [{"id": "5", "name": "Sem contato"}]},
]


def test_m36_m41_every_funnel_is_told_and_one_no_longer_allowed_goes() -> None:
    there = Kept(funnels=("70", "72"))
    Meetime().publish(there, "funnels", ROWS)  # type: ignore[arg-type]
    stages = [{"id": "700", "name": "Entrada"}]
    reasons = [{"id": "5", "name": "Sem contato"}]
    assert there.told == [
        ("PUT", "/crm/funnels/70", {"name": "Vendas", "stages": stages, "lostReasons": []}),
        ("PUT", "/crm/funnels/71", {"name": "Pós", "stages": [], "lostReasons": reasons}),
        ("DELETE", "/crm/funnels/72", None),
    ]


def test_m36_without_allowed_funnels_all_that_were_told_go() -> None:
    there = Kept(funnels=("70",))
    Meetime().publish(there, "funnels", [])  # type: ignore[arg-type]
    assert there.told == [("DELETE", "/crm/funnels/70", None)]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_m36_an_account_that_takes_no_funnels_says_so(status: int) -> None:
    with pytest.raises(Unsupported, match="does not take funnels"):
        Meetime().publish(Kept(put=status), "funnels", ROWS)  # type: ignore[arg-type]


def test_m36_what_they_decline_for_another_reason_is_refused() -> None:
    with pytest.raises(Refused):
        Meetime().publish(Kept(put=400), "funnels", ROWS)  # type: ignore[arg-type]
