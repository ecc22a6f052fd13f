"""What rules look at: the CRM and a run at a partner as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """A person as rules see her; phones as typed, first the preferred."""

    id: int
    name: str
    email: str
    phones: Sequence[str] = ()
    is_ghost: bool = False


@dataclass(frozen=True, kw_only=True)
class CompanyView:
    """A company as rules see it; phones as typed."""

    id: int
    name: str
    phones: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class LeadView:
    """One person being prospected; `state` is one of Lead.State: new, waiting, executing … left.

    `ours` and `theirs` are the two faces of what was last agreed on, by neutral key (engine.md, "Merge");
    `as_of` is the partner's own time of the latest reading that is in them. `own_company`: whose company it
    speaks of where that is not the card's.
    """

    id: int
    person_id: int
    their_id: str
    state: str
    is_main: bool
    closed_at: datetime | None = None
    their_run: str = ""
    ours: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None
    own_company: CompanyView | None = None


@dataclass(frozen=True, kw_only=True)
class EnrollmentView:
    """The run of a deal at the partner. `state`: sending · active · ended."""

    id: int
    number: int
    state: str
    ended_at: datetime | None
    leads: Sequence[LeadView]
    started_at: datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AutomationView:
    """An automation of the deal's funnel, and whether the card passes its filters."""

    id: int
    order: int
    description: str
    trigger: str
    stage_id: int
    action: str
    connection_id: int | None
    parameters: Mapping[str, Any]
    matches: bool
    filters_saw: Sequence[Mapping[str, Any]]
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class DealView:
    """A card as rules see it; `status`: open · won · lost; `fields` holds canonical text by field key.

    `stage_since`: when it entered the stage that it stands in.
    """

    id: int
    title: str
    status: str
    funnel_id: int
    stage_id: int
    owner_id: int | None
    fields: Mapping[str, str]
    main: PersonView | None
    related: Sequence[PersonView]
    company: CompanyView | None
    deleted: bool = False
    loss_reason: str = ""
    stage_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """One change of the CRM. `kind`: created · updated · moved · won · lost · reopened · deleted."""

    id: int
    entity: str
    kind: str
    fields: Mapping[str, Sequence[Any]]
    origin: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything a rule may know about one deal at one connection; plain values, no database.

    `users`: our user id → their id; `catalog`: kind → their id → row; `settings`: the partner's own;
    `people`: everyone of the card and of its run, by our id; `flow`: the connection's; `told`: our person's
    id → what mapped fields say for her, by neutral key; `untold`: what they cannot; `stages`: its funnel's.
    """

    connection_id: int
    connection_state: str
    now: datetime
    deal: DealView
    enrollment: EnrollmentView | None
    automations: Sequence[AutomationView]
    users: Mapping[int, str]
    catalog: Mapping[str, Mapping[str, Mapping[str, Any]]]
    settings: Mapping[str, Any]
    people: Mapping[int, PersonView] = field(default_factory=dict)
    flow: str = ""
    told: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    untold: Mapping[int, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    stages: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """What a rule may know about news that belong to no card: the connection, without a deal."""

    connection_id: int
    flow: str
    now: datetime
    users: Mapping[int, str]
    catalog: Mapping[str, Mapping[str, Mapping[str, Any]]]
    settings: Mapping[str, Any]
