"""What the server lends to a partner's stand-in, and what it asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from werkzeug.wrappers import Request, Response

from .hooks import Message
from .ledger import Ledger


class Carrier(Protocol):
    """Takes webhooks away: the courier, or who delivers none."""

    def send(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Ledger to write to, carrier of webhooks, and the clock (epoch seconds)."""

    ledger: Ledger
    courier: Carrier
    clock: Callable[[], float]


class ControlError(Exception):
    """A control call that cannot be done: status and words for whoever plays."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class PartnerSandbox(Protocol):
    """One partner's stand-in. Paths come without the slug: `/v2/leads`, `/`."""

    label: str
    refusals: Mapping[str, tuple[int, str, str]]
    """How this partner words "401", "429", "500", "503": status, content type, body."""

    def is_api(self, path: str) -> bool:
        """Whether this path belongs to the API (else it is a page for people)."""

    def alias(self, request: Request) -> str:
        """Whose credential a request bears, as a name safe to show; `unknown` for none of ours."""

    def answer(self, request: Request, path: str) -> Response:
        """The API itself."""

    def page(self, request: Request, path: str) -> Response:
        """The pages on which a person plays the partner's user."""

    def control(self, method: str, path: str, order: dict[str, Any]) -> tuple[int, Any]:
        """One control call, `order` being its JSON body and query: (status, JSON)."""

    def reset(self) -> None:
        """Back to the first day."""


Factory = Callable[[Desk], PartnerSandbox]
