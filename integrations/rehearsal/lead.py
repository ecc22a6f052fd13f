"""One person is said to a private world and read back from it (X2)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from funnels.models import Deal, Person
from integrations.contract import (
    Action,
    LeadView,
    Outcome,
    Partner,
    PartnerError,
    PersonView,
    Sent,
    Situation,
    Tell,
)
from integrations.engine import explain
from integrations.rehearsal.difference import Fields, Said
from integrations.rehearsal.result import LeadShown
from integrations.rehearsal.world import PrivateCall


@dataclass(frozen=True, kw_only=True)
class OneLead:
    """A lead that does not exist: `kind` is the action that sends it, `row` its person, saved or not."""

    partner: Partner
    call: PrivateCall
    fields: Fields
    kind: str
    deal: Deal
    seen: Situation
    lead: LeadView
    person: PersonView
    row: Person

    def send(self) -> tuple[LeadShown, Outcome | None]:
        """How it reads over there, and what the receipt means; None when it was declined."""
        try:
            values = self.partner.values(self.kind, self.seen, self.lead, {})
            action = Action(
                kind=self.kind,
                reference=f"{self.deal.pk}.{-self.lead.id}",
                values=values,
                since=self.seen.now,
            )
            receipt = self.partner.push(self.call, action)
        except PartnerError as refused:
            return self._told("", explain.reason(refused.words)), None
        outcome = self.partner.on_receipt(self.kind, receipt, self.lead, self.seen)
        sent = next((each for each in outcome.effects if isinstance(each, Sent)), None)
        made = sent.made if sent is not None else "created"
        tells = [each for each in outcome.effects if isinstance(each, Tell)]
        words = " ".join(explain.in_words(each.words, each.saw) for each in tells)
        if sent is None or not sent.theirs:  # not read back: nothing can be compared
            return self._told(made, words), outcome
        said = Said(
            values=values,
            problems=self.seen.untold.get(self.person.id, {}),
            rows={"deal": self.deal, "company": self.deal.company, "person": self.row},
        )
        lines = self.fields.lines(said, sent.theirs, left=made == "left")
        return dataclasses.replace(self._told(made, words), fields=lines), outcome

    def _told(self, made: str, words: str) -> LeadShown:
        return LeadShown(
            person_id=self.person.id if self.person.id > 0 else None,
            name=self.person.name,
            email=self.person.email,
            is_main=self.lead.is_main,
            is_ghost=self.person.is_ghost,
            made=made,
            words=words,
        )
