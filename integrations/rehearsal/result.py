"""What a rehearsal found, as screens and API show it: plain values in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.engine.explain import Line


class Same(StrEnum):
    """How one field came out."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_SENT = "not_sent"


class Became(StrEnum):
    """What would become of a card: `left` is M32's "left as it is", `refused` was declined on the way."""

    SENT = "sent"
    LEFT = "left"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class FieldLine:
    """One field of one lead: what the CRM says and how it reads over there; `why` when they are not equal."""

    field: str
    label: str
    ours: str
    theirs: str
    result: Same
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A field of the card that sending would write; `keeps`: written only once, and it has a value."""

    key: str
    label: str
    before: str
    after: str
    keeps: bool = False


@dataclass(frozen=True, kw_only=True)
class LeadShown:
    """One person of a card; `made` is created, reopened, updated or left, "" when she was not sent."""

    person_id: int | None
    name: str
    email: str
    is_main: bool
    is_ghost: bool
    made: str
    words: str
    fields: Sequence[FieldLine] = ()

    @property
    def differences(self) -> int:
        """Fields that do not read over there as they stand here."""
        return sum(line.result is not Same.SAME for line in self.fields)


@dataclass(frozen=True, kw_only=True)
class CardShown:
    """One card that was made to enter a stage; `row` and `reason`: what stopped it, "" when nothing did.

    `requests` is what its leads cost at the partner.
    """

    deal_id: int
    title: str
    stage_id: int
    automation_id: int | None
    automation: str
    became: Became
    row: str
    reason: str
    tried: Sequence[Line]
    requests: int = 0
    leads: Sequence[LeadShown] = ()
    written: Sequence[Written] = ()

    @property
    def sent(self) -> bool:
        """At least one of its leads would be in prospection for this card."""
        return self.became is Became.SENT

    @property
    def differences(self) -> int:
        """Over all of its leads."""
        return sum(lead.differences for lead in self.leads)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why cards would not be sent, and how many; `row` is the requirement it comes from."""

    row: str
    text: str
    cards: int


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A stage that cards were made to enter, with the automations that wait there; `total`: open cards."""

    stage_id: int
    stage: str
    funnel: str
    trigger: str
    automations: Sequence[str]
    total: int
    cards: int


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """All of it. `total` counts the open cards that could enter, `cards` holds those that did."""

    connection_id: int
    partner: str
    at: datetime
    trial: bool
    entrances: Sequence[Entrance]
    cards: Sequence[CardShown]
    total: int
    seconds_each: float

    def count(self, became: Became) -> int:
        """How many cards came out so."""
        return sum(card.became is became for card in self.cards)

    @property
    def counts(self) -> dict[str, int]:
        """Cards by what would become of them; every word is there."""
        return {str(each): self.count(each) for each in Became}

    @property
    def leads(self) -> list[LeadShown]:
        """Everybody who would be a lead for a card."""
        return [lead for card in self.cards for lead in card.leads if lead.made not in ("", "left")]

    @property
    def without_email(self) -> int:
        """Leads that have no e-mail: nothing over there tells that they are known already."""
        return sum(not lead.email for lead in self.leads)

    @property
    def ghosts(self) -> int:
        """Leads that stand for a company."""
        return sum(lead.is_ghost for lead in self.leads)

    @property
    def differing(self) -> int:
        """Cards with a field that does not read over there as it stands here."""
        return sum(card.differences > 0 for card in self.cards)

    @property
    def seconds(self) -> float:
        """How long the actions of these cards take at the partner's pace; a lead left costs its own too."""
        return self.requests * self.seconds_each

    @property
    def seconds_for_all(self) -> float:
        """The same for all open cards, if they are like these."""
        return self.seconds * self.total / len(self.cards) if self.cards else 0.0

    @property
    def requests(self) -> int:
        """All that the partner would be asked for these cards."""
        return sum(card.requests for card in self.cards)

    @property
    def reasons(self) -> list[Reason]:
        """Why cards would not be sent, the most frequent first."""
        found: dict[tuple[str, str], int] = {}
        for card in self.cards:
            if not card.sent:
                key = (card.row, card.reason)
                found[key] = found.get(key, 0) + 1
        rows = [Reason(row=row, text=text, cards=count) for (row, text), count in found.items()]
        return sorted(rows, key=lambda reason: -reason.cards)


def plain(value: Any) -> str:
    """A value as it stands in a cell: lists with commas, nothing as ""."""
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    return "" if value is None else str(value)
