"""What rules answer: the rules they tried, Effects on the CRM, and the Action asked of a partner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One rule that was tried: its requirement row, whether it let the matter pass, and what it saw (X1).

    `words` is an English message id; `saw` fills its placeholders and is shown beside it.
    """

    row: str
    passed: bool
    words: str
    saw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something to happen in the CRM; each subclass is applied by one function of engine.apply."""


@dataclass(frozen=True, kw_only=True)
class LogInteraction(Effect):
    """One interaction record on a person and the deal; `source` makes it unique for the connection."""

    source: str
    type: str
    text: str
    person_id: int | None
    when: datetime
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class SetLead(Effect):
    """A lead's new state and when it happened over there."""

    lead_id: int
    state: str
    when: datetime


@dataclass(frozen=True, kw_only=True)
class WinDeal(Effect):
    """The deal is won."""


@dataclass(frozen=True, kw_only=True)
class LoseDeal(Effect):
    """The deal is lost; `reason` is their text, matched to the funnel's own reasons without case."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MoveDeal(Effect):
    """The deal goes to a stage; blocked by a checklist → a task for its owner (M36)."""

    stage_id: int


@dataclass(frozen=True, kw_only=True)
class SetField(Effect):
    """A custom field of the deal that the integration owns."""

    key: str
    value: str
    once: bool = False


@dataclass(frozen=True, kw_only=True)
class EndEnrollment(Effect):
    """The run ends at `when`: nothing later is taken in (M43)."""

    when: datetime
    words: str


@dataclass(frozen=True, kw_only=True)
class Enroll(Effect):
    """A new run starts: these persons become leads, the main contact first (M28, M29)."""

    automation_id: int
    parameters: Mapping[str, Any]
    person_ids: Sequence[int]
    ghost_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Sent(Effect):
    """A lead exists over there: their ids, its state and what they made of it (M32: `made`).

    `made`: created · reopened · updated · left; "left" belongs to another run and ends here.
    """

    lead_id: int
    their_id: str
    state: str
    made: str
    run: str = ""
    url: str = ""
    agreed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tell(Effect):
    """A line in the card's timeline about the integration; `words` is a message id filled by `saw`."""

    words: str
    saw: Mapping[str, Any] = field(default_factory=dict)
    severity: str = "info"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What rules decided and why; `ignored` says that the news is not for us."""

    tried: Sequence[Tried]
    effects: Sequence[Effect] = ()
    ignored: bool = False


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something to be asked of the partner, computed from the present when it is spoken.

    `reference` is ours and unique, carried over to them; `their_id` is what it is done to over there, "" when
    that does not exist yet; `since` is when it was first spoken, from where the evidence is looked for.
    """

    kind: str
    reference: str
    their_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
