"""What travels: a call and its answer, and what a partner tells us."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

Values: TypeAlias = Mapping[str, Any]
"""Field values by neutral key: text, or a list of texts for phones."""


class Answer(Protocol):
    """One HTTP answer as a client reads it."""

    @property
    def status(self) -> int: ...

    def json(self) -> Any:
        """The decoded body; raises Malformed when it is not JSON."""


class Call(Protocol):
    """One conversation with a partner: credentials in hand, deadline running, pace already taken."""

    @property
    def credentials(self) -> Mapping[str, str]: ...

    def secret(self, kind: str, their_id: str, name: str) -> str:
        """A secret of a catalog row (a cadence's posting token), "" when it has none."""

    def known(self, kind: str, their_ids: Collection[str]) -> Set[str]:
        """Which of these ids over there are ours already."""

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request below the partner's base address; raises the errors above."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing as a partner tells it, in neutral shape.

    `fields` holds only what it speaks of: absent is not blank. `event` is None for a snapshot and a word
    ("won", "lost", "done") for a fact. `reference` is our own reference when they carry it back.
    `about` names other records by kind: {"lead": "123"}. `secrets` are sealed before they are stored.
    """

    kind: str
    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    event: str | None = None
    when: datetime | None = None
    by: str | None = None
    reference: str | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a pull; `cursor` is where the next pull of this kind starts."""

    records: Sequence[Record]
    cursor: str
    more: bool


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Their id for what we asked, and what they made of it (`facts`: JSON values for rules and screens)."""

    id: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who we are over there: `id` is stable for the partner's account, `name` is for people."""

    id: str
    name: str
