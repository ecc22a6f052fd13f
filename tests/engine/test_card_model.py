"""A model of one card with up to three leads, compared step by step with the engine (M33, M39, M40, M43)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from funnels import services
from funnels.models import Deal, InteractionRecord
from integrations.models import Arrival, Automation, Enrollment, Lead
from integrations.partners.meetime import news
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import person, their_id

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "12"))
"""How many stories are told; CI may ask for more by MODEL_EXAMPLES."""

# What the document says happens to the card, by what happened and whether other leads are open.
# (happening, others open there, lose the others) → (status of the deal, the integration goes on)
# 6.1, FAQ 12: won → the configured action, and it ends. 6.2: lost → with others open the deal stays;
# "lose the others" yes, or the last one → the deal is lost, and it ends.
DOCUMENT = {
    ("won", False, False): ("won", False),
    ("won", False, True): ("won", False),
    ("won", True, False): ("won", False),
    ("won", True, True): ("won", False),
    ("lost", False, False): ("lost", False),
    ("lost", False, True): ("lost", False),
    ("lost", True, False): ("open", True),
    ("lost", True, True): ("lost", False),
}


@dataclass
class Card:
    """The card as the document says it must be."""

    leads: list[str]
    status: str = "open"
    running: bool = True
    number: int = 1
    records: int = 0
    here: dict[str, str] = field(default_factory=dict)
    there: dict[str, bool] = field(default_factory=dict)


class CardMachine(RuleBasedStateMachine):
    """Steps of Meetime's user and of ours; the news is read after some of them, and at the end."""

    bench: Bench
    deal_of: staticmethod

    @initialize(count=st.integers(1, 3))
    def sent(self, count: int) -> None:
        deal = type(self).deal_of(count)
        self.deal = deal
        services.move_deal(deal=deal, stage=self.bench.stages()[1], origin=factories.SYSTEM)
        self.bench.drain()
        self.expected = Card(leads=[their_id(lead) for lead in self._leads()])
        self._begin()

    def _begin(self) -> None:
        self.expected.here = dict.fromkeys(self.expected.leads, "executing")
        self.expected.there = dict.fromkeys(self.expected.leads, True)
        self.expected.status, self.expected.running = "open", True

    def _leads(self) -> list[Lead]:
        number = self.expected.number if hasattr(self, "expected") else 1
        return list(
            Lead.unscoped.filter(enrollment__deal=self.deal, enrollment__number=number).order_by("pk")
        )

    def _pick(self, data: st.DataObject) -> str | None:
        mine = [lead for lead in self.expected.leads if self._is_open(lead)]
        return data.draw(st.sampled_from(mine)) if mine else None

    def _is_open(self, lead: str) -> bool:
        """A lead of the present run that is open over there."""
        return self.expected.there[lead] and self.expected.here[lead] == "executing"

    def _happens(self, what: str, lead: str, *, lose_others: bool) -> None:
        """What the document's table makes of it."""
        card = self.expected
        others = [each for each in card.leads if each != lead and self._is_open(each)]
        # Over there "the others" are all open leads of the deal, one that an earlier run left open too.
        lost_too = [each for each in card.leads if each != lead and card.there[each]] if lose_others else []
        card.status, card.running = DOCUMENT[what, bool(others), lose_others]
        card.here[lead] = what
        card.here.update({each: "lost" for each in lost_too if each in others})
        card.there.update(dict.fromkeys([lead, *lost_too], False))
        card.records += 1 + len(lost_too)

    @precondition(lambda self: self.expected.running)
    @rule(data=st.data(), lose_others=st.booleans())
    def win(self, data: st.DataObject, lose_others: bool) -> None:
        lead = self._pick(data)
        if lead is not None:
            self.bench.act(lead, "win", lose_others=lose_others)
            self.bench.poll()
            self._happens("won", lead, lose_others=lose_others)

    @precondition(lambda self: self.expected.running)
    @rule(data=st.data(), lose_others=st.booleans())
    def lose(self, data: st.DataObject, lose_others: bool) -> None:
        lead = self._pick(data)
        if lead is not None:
            self.bench.act(lead, "lose", lose_others=lose_others)
            self.bench.poll()
            self._happens("lost", lead, lose_others=lose_others)

    @precondition(lambda self: self.expected.running)
    @rule(data=st.data(), kind=st.sampled_from(["CALL", "E_MAIL", "MEETING", "WHATSAPP", "SEARCH"]))
    def activity(self, data: st.DataObject, kind: str) -> None:
        lead = self._pick(data)
        if lead is not None:
            self.bench.act(lead, "activities", type=kind, annotation="feito")
            self.bench.poll()
            self.expected.records += 1

    @rule()
    def read_again(self) -> None:
        """The same news once more, digests forgotten: nothing happens twice."""
        Arrival.unscoped.filter(lane__key=f"deal:{self.deal.pk}").update(digest="")
        self.bench.poll()

    @precondition(lambda self: not self.expected.running)
    @rule()
    def reopen(self) -> None:
        """Opened again in the sending stage: the next run reopens the closed leads (M43, M32).

        Leads that were left open over there are of equal priority and stay as they are.
        """
        services.reopen_deal(deal=self.deal, origin=factories.SYSTEM)
        self.bench.drain()
        card = self.expected
        card.number += 1
        card.here = {lead: "left" if card.there[lead] else "executing" for lead in card.leads}
        card.there = dict.fromkeys(card.leads, True)
        card.status, card.running = "open", True

    @invariant()
    def it_is_as_the_document_says(self) -> None:
        if not hasattr(self, "expected"):
            return
        card = self.expected
        deal = Deal.unscoped.get(pk=self.deal.pk)
        run = Enrollment.unscoped.filter(deal=deal).order_by("-number").first()
        assert run is not None
        assert run.number == card.number
        assert deal.status == card.status
        assert (run.state != Enrollment.State.ENDED) is card.running
        assert [str(lead.state) for lead in self._leads()] == [card.here[lead] for lead in card.leads]
        assert InteractionRecord.unscoped.filter(deal=deal).count() == card.records
        assert not Arrival.unscoped.filter(state=Arrival.State.FAILED).exists()


@pytest.mark.timeout(600)
def test_m39_m40_a_card_goes_where_the_document_says(
    bench: Bench, owner: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine must not make an answer of the same instant a late one.
    monkeypatch.setattr(news, "GRACE", timedelta(hours=1))
    bench.win_action("win")
    row = Automation.unscoped.get(pk=bench.automation.pk)
    row.pk, row.trigger = None, "reopened"
    row.save()
    told = {"stories": 0}

    def deal_of(count: int) -> Deal:
        told["stories"] += 1
        story = told["stories"]
        people = [person(bench, f"Pessoa {at}", f"p{at}.{story}@modelo.example") for at in range(count)]
        deal = factories.deal(funnel=bench.world.funnel, person=people[0], owner=owner)
        return services.set_related_contacts(deal=deal, persons=people[1:], origin=factories.SYSTEM)

    class Machine(CardMachine):
        pass

    Machine.bench, Machine.deal_of = bench, staticmethod(deal_of)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
            database=None,
            derandomize=True,
        ),
    )
    assert told["stories"] >= EXAMPLES
