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
    """One action a partner can be asked: its label, what may be repeated and how many requests it costs."""

    label: Words
    repeat: Repeat
    cost: int = 1


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """One kind a partner lists. `every` is seconds between polls; `catalog` kinds are kept whole."""

    label: Words
    every: int
    catalog: bool = False


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
    """A deal field that activation creates (M6); `writer`: people · system · once (CustomField.Writer)."""

    key: str
    label: Words
    type: str
    writer: str


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What a webhook request held, thing by thing."""

    records: Sequence[Record]
