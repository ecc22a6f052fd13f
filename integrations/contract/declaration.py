"""What a partner declares about itself, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from integrations.contract.wire import Record

Words: TypeAlias = object
"""A sentence for people: a str, or a translation that str() gives in the reader's language."""


class Repeat(StrEnum):
    """What happens to an action whose outcome is unknown (engine.md, "Out")."""

    SAFE = "safe"
    EVIDENCE = "evidence"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """One action a partner can be asked: its label, what may be repeated and how many requests it costs.

    `after_end`: also spoken when the run that asked for it has ended. `after_publish`: asked for each running
    card once they take what is published. `differences`: it carries only the fields that differ from what
    was last agreed on. `holder_only`: it writes to the lead, so it is dropped when the lead passes to another
    card (M32).
    """

    label: Words
    repeat: Repeat
    cost: int = 1
    after_end: bool = False
    after_publish: bool = False
    differences: bool = False
    holder_only: bool = False


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """One kind a partner lists. `every` is seconds between polls; `catalog` kinds are kept whole.

    `published` kinds go the other way: we tell the partner ours. `flows` names the flows that need the
    kind, () for all.
    """

    label: Words
    every: int
    catalog: bool = False
    published: bool = False
    flows: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class CredentialField:
    """One input of the credentials step, with where to find it (G7)."""

    name: str
    label: Words
    help: Words
    secret: bool = True
    max_length: int = 2048


@dataclass(frozen=True, kw_only=True)
class Window:
    """One window of a partner's pace: `rate` requests a `seconds`, at most `burst` at once."""

    seconds: float
    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True)
class AutomationAction:
    """An automation action that a partner adds to funnels: its triggers and its parameters.

    `parameters`: name → (label, "catalog:<kind>" or a tuple of (value, label) choices).
    """

    slug: str
    label: Words
    triggers: Sequence[str]
    parameters: Mapping[str, tuple[Words, str | Sequence[tuple[str, Words]]]]


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """A deal field that activation creates (M6); `writer`: people · system · once (CustomField.Writer).

    `sellers`: its choices are the users linked to the partner (M16).
    """

    key: str
    label: Words
    type: str
    writer: str
    sellers: bool = False


@dataclass(frozen=True, kw_only=True)
class TheirType:
    """A type of the partner's fields: its label and the longest text it takes, None without limit."""

    label: Words
    longest: int | None = None


@dataclass(frozen=True, kw_only=True)
class FixedField:
    """A pair that is always associated (M11): `ours` is the row's property, `theirs` a neutral key.

    `note`: what people should know of it, in one sentence.
    """

    entity: str
    ours: str
    theirs: str
    label: Words
    their_label: Words
    way: str = "both"
    note: Words = ""


@dataclass(frozen=True, kw_only=True)
class Mappable:
    """Which of their fields can be associated: the catalog kind that lists them, and the kind of record."""

    catalog: str
    record: str
    types: Mapping[str, TheirType]
    pairs: Sequence[tuple[str, str]]
    fixed: Sequence[FixedField] = ()


@dataclass(frozen=True, kw_only=True)
class FlowSpec:
    """One way to use a partner (M1): whether cards are sent in it, and which modules it demands (G3)."""

    sends: bool
    modules: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What a webhook request held, thing by thing."""

    records: Sequence[Record]
