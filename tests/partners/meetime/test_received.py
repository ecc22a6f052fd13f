"""The flow that only receives: a won lead becomes a deal, nothing else acts (M45); pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.contract import AccountView, ReceiveDeal, Record
from integrations.partners.meetime import rules
from integrations.partners.meetime.received import receive
from tests.partners.meetime.situations import (
    CARLA,
    CATALOG,
    CONNECTION,
    NOW,
    PROPOSAL,
    USERS,
    change,
    read,
    situation,
    told,
)

VALUES = {
    "name": "Joana Prado",
    "email": "joana@padariasol.example",
    "company": "Padaria Sol",
    "phones": ["+5548999112233"],
    "custom.segmento": "Comércio",
}


def account(flow: str = "won_leads", **other: Any) -> AccountView:
    values: dict[str, Any] = {
        "connection_id": CONNECTION,
        "flow": flow,
        "now": NOW,
        "users": USERS,
        "catalog": CATALOG,
        "settings": {"won_stage": PROPOSAL, "profile": 1, "funnels": []},
    }
    return AccountView(**{**values, **other})


def won(**other: Any) -> Record:
    return told("won", values=VALUES, owner_id="31", **other)


def received(record: Record, view: AccountView | None = None) -> ReceiveDeal:
    outcome = receive(record, view or account())
    assert outcome is not None
    assert not outcome.ignored
    assert [(each.row, each.passed) for each in outcome.tried] == [("M45", True)]
    (effect,) = outcome.effects
    assert isinstance(effect, ReceiveDeal)
    return effect


def test_m45_a_won_lead_becomes_a_deal_in_the_chosen_stage() -> None:
    effect = received(won(after=-5))
    assert (effect.their_id, effect.run, effect.stage_id) == ("901", "1", PROPOSAL)
    assert (effect.title, effect.values, effect.by) == ("Padaria Sol", VALUES, "Carla")
    assert effect.when == won(after=-5).when
    assert effect.text == "Lead ganho na Meetime (Cadência de Prospecção)"


@pytest.mark.parametrize(("owner", "expected"), [("31", CARLA), ("99", None), ("", None)])
def test_m45_the_owner_is_the_user_linked_to_their_seller(owner: str, expected: int | None) -> None:
    assert received(told("won", values=VALUES, owner_id=owner)).owner_id == expected


def test_m45_a_record_without_a_seller_has_no_owner() -> None:
    assert received(told("won", values=VALUES)).owner_id is None


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"name": "Joana", "company": "Padaria Sol"}, "Padaria Sol"),
        ({"name": "Joana", "company": ""}, "Joana"),
        ({"name": "", "email": "j@x.example"}, "j@x.example"),
        ({"phones": ["1"]}, "Lead"),
    ],
)
def test_m45_the_deal_is_named_after_what_is_known(values: dict[str, Any], title: str) -> None:
    assert received(told("won", values=values)).title == title


def test_m45_a_win_without_a_time_is_as_of_now() -> None:
    assert received(replace(won(), when=None)).when == NOW


@pytest.mark.parametrize("flow", ["centralisation", ""])
def test_m44_the_other_flow_makes_no_deals(flow: str) -> None:
    for record in (won(), told("lost", values=VALUES), told("done"), read()):
        assert receive(record, account(flow)) is None


@pytest.mark.parametrize(
    "record",
    [
        told("lost", values=VALUES, loss_reason="Sem contato"),
        told("done"),
        read(),
        told("won"),  # no values: who it is, is not known
        told("won", values={}),
    ],
)
def test_m45_only_a_won_lead_that_says_who_it_is_acts(record: Record) -> None:
    outcome = receive(record, account())
    assert outcome is not None
    assert outcome.ignored
    assert not outcome.effects
    assert [(each.row, each.passed) for each in outcome.tried] == [("M45", False)]


def test_m45_nothing_is_sent_in_this_flow_and_the_card_says_why() -> None:
    outcome = rules.on_change(change(), situation(flow="won_leads"))
    assert not outcome.effects
    assert [(each.row, each.passed) for each in outcome.tried] == [("M45", False)]
    assert [each.row for each in rules.explain(situation(flow="won_leads"))] == ["M45"]


def test_x1_what_was_received_can_be_told() -> None:
    outcome = receive(won(), account())
    assert outcome is not None
    (tried,) = outcome.tried
    assert tried.words % tried.saw
    assert tried.saw == {"lead": "Joana Prado", "owner": str(CARLA), "stage": PROPOSAL}
