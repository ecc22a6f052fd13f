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
    """A lead's new state and when it happened over there; `run` is their id of its run when that changed."""

    lead_id: int
    state: str
    when: datetime
    run: str = ""


@dataclass(frozen=True, kw_only=True)
class WinDeal(Effect):
    """The deal is won; blocked as a move may be, with a task whose `source` is unique in the run (M36)."""

    source: str = ""


@dataclass(frozen=True, kw_only=True)
class LoseDeal(Effect):
    """The deal is lost; `reason` is their text, matched to the funnel's own reasons without case.

    `reason_id` is our own id where they told it: it is looked for first, so a reason renamed since is known.
    """

    reason: str = ""
    reason_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MoveDeal(Effect):
    """The deal goes to a stage; blocked by a checklist → a task for its owner, one a `source` (M36).

    `answer` is the action that tells the partner where the card stands then, and why it was not moved.
    """

    stage_id: int
    answer: str = ""
    lead_id: int | None = None
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class SetField(Effect):
    """A custom field of the deal that the integration owns."""

    key: str
    value: str
    once: bool = False


@dataclass(frozen=True, kw_only=True)
class NoteEdited(Effect):
    """`value` follows in a SetField; was the field changed from `seen` meanwhile, a record says why (`text`).

    `words`, a message id, is the line on the card.
    """

    key: str
    seen: str
    value: str
    words: str
    text: str
    person_id: int


@dataclass(frozen=True, kw_only=True)
class EndEnrollment(Effect):
    """The run ends at `when`: nothing later is taken in (M43)."""

    when: datetime
    words: str


@dataclass(frozen=True, kw_only=True)
class Enroll(Effect):
    """A new run starts: these persons become leads, the main contact first (M28, M29), by `action`."""

    automation_id: int
    action: str
    parameters: Mapping[str, Any]
    person_ids: Sequence[int]
    ghost_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Sent(Effect):
    """A lead exists over there: their ids, its state and what they made of it (M32: `made`).

    `made`: created · reopened · updated · left; "left" belongs to another run and ends here. `as_of`: their
    own time of the reading that `theirs` is.
    """

    lead_id: int
    their_id: str
    state: str
    made: str
    run: str = ""
    url: str = ""
    agreed: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Agreed(Effect):
    """Fields were told: what we said and how it reads there, `as_of` their time, are the link's new faces."""

    lead_id: int
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class TakeIn(Effect):
    """A lead as it reads over there now, by neutral key; what differs from the agreed follows here (M37).

    `as_of`: their own time of the reading, None where it is not known.
    """

    lead_id: int
    values: Mapping[str, Any]
    when: datetime
    by: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AdoptLead(Effect):
    """A lead that was added over there to this card becomes a related contact (M34)."""

    their_id: str
    values: Mapping[str, Any]
    state: str
    when: datetime
    since: datetime | None = None
    run: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class PutBack(Effect):
    """A person's property returns to what it was over there; `text` is the record of why (M38)."""

    person_id: int
    lead_id: int
    name: str
    value: str
    text: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Ask(Effect):
    """An action for the outbox about a lead; `asked` reaches Partner.values, `once` is unique in the run."""

    action: str
    lead_id: int
    asked: Mapping[str, Any] = field(default_factory=dict)
    once: str = ""


@dataclass(frozen=True, kw_only=True)
class MakeTask(Effect):
    """A task for the deal's owner; `source` makes it unique for the connection."""

    words: str
    source: str
    saw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ReceiveDeal(Effect):
    """A won lead of the flow that only receives: person and company by M15, a deal in the stage (M45).

    `values` by neutral key as in TakeIn; `run` makes the win unique.
    """

    their_id: str
    run: str
    stage_id: int
    owner_id: int | None
    title: str
    values: Mapping[str, Any]
    text: str
    when: datetime
    by: str = ""


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
    `agreed` is how it read over there when both sides last agreed: an update finding otherwise stands back.
    """

    kind: str
    reference: str
    their_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    agreed: Mapping[str, Any] = field(default_factory=dict)
