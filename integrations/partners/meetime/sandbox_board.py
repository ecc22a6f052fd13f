"""What an account's assumed CRM interface was told: published funnels, where deals stand, moves asked for."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class LostReason:
    """The account's own has a number, a published one bears the id that the CRM gave it (text)."""

    id: int | str
    name: str


@dataclass(slots=True, kw_only=True)
class Funnel:
    """As published; `stages` maps their id to their name, in order."""

    id: str
    name: str
    stages: dict[str, str]
    lost_reasons: list[LostReason]


@dataclass(slots=True, kw_only=True)
class Standing:
    """Where a deal stands, as last told; `message` is why a move was declined."""

    funnel_id: str
    stage_id: str
    message: str | None
    at: float


@dataclass(slots=True, kw_only=True)
class Move:
    """A card moved at Meetime; pending until the CRM tells where the deal stands."""

    id: str
    deal: str
    stage_id: str
    lead_id: int
    prospection_id: int
    by_id: int | None
    by_name: str | None
    at: float
    pending: bool = True
    declined: str | None = None


@dataclass(slots=True, kw_only=True)
class Board:
    """One account's; keys are the CRM's own ids, text."""

    funnels: dict[str, Funnel] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    def funnel_of(self, deal: str) -> Funnel | None:
        """The published funnel that the deal is in, if both are known."""
        standing = self.standings.get(deal)
        return self.funnels.get(standing.funnel_id) if standing else None

    def pending(self, deal: str) -> list[Move]:
        """The deal's moves that nobody answered yet, oldest first."""
        return [move for move in self.moves if move.pending and move.deal == deal]
