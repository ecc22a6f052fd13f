"""One Meetime account as the stand-in keeps it: leads, prospections, activities and what surrounds them."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from integrations.sandbox.ledger import alias_of

from .sandbox_board import Board, Funnel, LostReason

PRIORITIES = ("LOW", "MEDIUM", "HIGH", "VERY_HIGH")
PAUSED = {"WAITING": "PAUSED_FROM_WAITING", "EXECUTING": "PAUSED_FROM_EXECUTING"}
CLOSED = frozenset({"WON", "LOST", "FINISHED", "SWITCHED_CADENCE"})


class Complaint(Exception):
    """What Meetime declines: HTTP status and its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


@dataclass(slots=True, kw_only=True)
class User:
    id: int
    email: str
    name: str | None = None
    role: str = "SDR"
    team_id: int | None = None
    team_name: str | None = None
    modules: tuple[str, ...] = ("FLOW",)
    active: bool = True
    deleted_on: float | None = None


@dataclass(slots=True, kw_only=True)
class Cadence:
    id: int
    name: str
    token: str
    priority: str = "MEDIUM"
    cadence_focus: str = "OUTBOUND"
    description: str = ""
    created_by_id: int | None = None
    owner_id: int | None = None
    created: float = 0
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class CustomField:
    id: int
    key: str
    name: str
    type: str = "TEXT"
    options: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Activity:
    id: int
    type: str
    name: str
    status: str
    scope: str
    executed: float
    executed_by_id: int | None
    lead_id: int
    prospection_id: int
    cadence_id: int
    annotation: str | None = None
    social_network: str | None = None
    updated: float = 0


@dataclass(slots=True, kw_only=True)
class Meeting:
    id: int
    title: str
    description: str | None
    start: float
    end: float


@dataclass(slots=True, kw_only=True)
class Prospection:
    id: int
    lead_id: int
    cadence_id: int
    owner_id: int | None
    status: str
    created: float
    begin: float | None = None
    end: float | None = None
    last_activity: float | None = None
    lost_reason: LostReason | None = None
    origin_type: str = "IMPORTED_FROM_LIST"
    inbound: bool = False
    deleted: float | None = None
    activities: list[int] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Lead:
    """`native` holds the plain text fields by their camelCase names."""

    id: int
    native: dict[str, str | None]
    phones: list[dict[str, Any]]
    custom: dict[str, str | None]
    created: float
    updated: float
    external_reference: str | None = None
    deleted: float | None = None
    prospections: list[int] = field(default_factory=list)

    @property
    def email(self) -> str:
        return self.native.get("email") or ""

    @property
    def deal(self) -> str:
        """The part of the reference that leads of one deal share (`<deal>.<lead>`; the deal alone too)."""
        return (self.external_reference or "").partition(".")[0]


@dataclass(slots=True, kw_only=True)
class Webhook:
    id: int
    target_url: str
    events: tuple[str, ...]
    secret: str
    enabled: bool
    created: float


@dataclass(slots=True, kw_only=True)
class Pace:
    """Token bucket: `rate` a second, `burst` at once. The sheet has no number (11): 1/s is its plan."""

    rate: float = 1.0
    burst: float = 5.0
    left: float = 5.0
    at: float = 0.0

    def takes(self, now: float) -> bool:
        """Whether a request at `now` (seconds) is within pace; a tenth of slack absorbs jitter."""
        self.left = min(self.burst, self.left + max(0.0, now - self.at) * self.rate)
        self.at = now
        if self.left < 0.9:
            return False
        self.left = max(0.0, self.left - 1)
        return True


class Account:
    """One token's world. Callers hold `lock`; ids of different accounts never meet."""

    def __init__(self, *, token: str, company: str, clock: Callable[[], float]) -> None:
        self.token, self.alias, self.company = token, alias_of(token), company
        self._clock = clock
        self.lock = threading.RLock()
        self.expired = False
        self.refuse_filters: frozenset[str] = frozenset()
        self.crm, self.numeric_custom = True, False
        self.board = Board()
        self.pace = Pace()
        self.id = 10_000 + crc32(token.encode()) % 90_000
        self._last_id = self.id * 1_000_000
        self.users: dict[int, User] = {}
        self.cadences: dict[int, Cadence] = {}
        self.custom_fields: dict[int, CustomField] = {}
        self.lost_reasons: dict[int, LostReason] = {}
        self.leads: dict[int, Lead] = {}
        self.prospections: dict[int, Prospection] = {}
        self.activities: dict[int, Activity] = {}
        self.webhooks: dict[int, Webhook] = {}
        self._by_email: dict[str, int] = {}
        self._by_deal: dict[str, set[int]] = {}

    def now(self) -> float:
        """Epoch seconds in whole milliseconds: what is shown is what is compared."""
        return int(self._clock() * 1000) / 1000

    def next_id(self) -> int:
        """Ids rise over all kinds."""
        self._last_id += 1
        return self._last_id

    def skip_ids(self, taken: Iterable[int]) -> None:
        """New ids come after these."""
        self._last_id = max(self._last_id, *taken, 0)

    def new_cadence(self, *, name: str, **more: Any) -> Cadence:
        """A cadence with its posting token."""
        number = self.next_id()
        token = hashlib.sha256(f"{self.token}:{number}".encode()).hexdigest()[:32]
        cadence = Cadence(id=number, name=name, token=token, created=self.now(), **more)
        self.cadences[number] = cadence
        return cadence

    def index(self, lead: Lead, *, old_email: str, old_deal: str) -> None:
        """Keep the lead findable by e-mail and deal; blanks are not indexed."""
        if old_email and self._by_email.get(old_email.lower()) == lead.id:
            del self._by_email[old_email.lower()]
        if old_deal:
            self._by_deal.get(old_deal, set()).discard(lead.id)
        self.leads[lead.id] = lead
        if lead.deleted is None:
            if lead.email:
                self._by_email[lead.email.lower()] = lead.id
            if lead.deal:
                self._by_deal.setdefault(lead.deal, set()).add(lead.id)

    def lead_by_email(self, email: str) -> Lead | None:
        """The lead that bears this address, case ignored; deleted ones do not count."""
        number = self._by_email.get(email.strip().lower()) if email else None
        return self.leads[number] if number is not None else None

    def touch(self, lead: Lead) -> float:
        """The lead changed now: later than before even within one millisecond, so that a poll sees it."""
        lead.updated = max(self.now(), round(lead.updated + 0.001, 3))
        return lead.updated

    def of_deal(self, deal: str) -> list[Lead]:
        """The leads of a deal, oldest first."""
        return [self.leads[number] for number in sorted(self._by_deal.get(deal, set()))] if deal else []

    def siblings(self, lead: Lead) -> list[Lead]:
        """The other leads of the same deal, oldest first."""
        return [other for other in self.of_deal(lead.deal) if other.id != lead.id]

    def published(self, lead: Lead) -> Funnel | None:
        """The published funnel of the lead's deal, where the account has the CRM interface (assumed)."""
        return self.board.funnel_of(lead.deal) if self.crm else None

    def reasons(self, lead: Lead) -> list[LostReason]:
        """What the lead shows: its deal's published funnel's, else the account's own (assumed, M41)."""
        funnel = self.published(lead)
        return funnel.lost_reasons if funnel is not None else list(self.lost_reasons.values())

    def current(self, lead: Lead) -> Prospection | None:
        """The prospection that counts now: the last."""
        return self.prospections[lead.prospections[-1]] if lead.prospections else None

    def is_open(self, lead: Lead) -> bool:
        """In prospecting, waiting or paused."""
        run = self.current(lead)
        return run is not None and lead.deleted is None and run.status not in CLOSED

    def user_by_email(self, email: str) -> User | None:
        """An active user, case ignored (contract 8)."""
        wanted = email.strip().lower()
        return next(
            (user for user in self.users.values() if user.active and user.email.lower() == wanted), None
        )

    def runs(self, lead: Lead) -> Iterator[Prospection]:
        """The lead's prospections, oldest first."""
        return (self.prospections[number] for number in lead.prospections)


def iso(at: float | None) -> str | None:
    """`2018-04-12T14:24:34.835Z` (contract 1)."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """Seconds for the four spellings in use (contract 1), read as UTC; ValueError for anything else."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def public_url(account: Account, kind: str, number: int) -> str:
    """A stable address on the partner's site for a record."""
    return f"https://meetime.com.br/{kind}/{uuid.uuid5(uuid.NAMESPACE_URL, f'{account.id}/{kind}/{number}')}"
