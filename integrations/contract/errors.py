"""Everything a partner's verb may raise, and the only things it may raise (house.md, "A partner")."""

from __future__ import annotations


class PartnerError(Exception):
    """Something a partner did or said. `words` is shown to a person and never holds a secret."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words)
        self.words = words


class Denied(PartnerError):
    """Our credentials no longer open the door: the connection breaks and everything waits."""


class Refused(PartnerError):
    """Understood and declined, in their words; the row steps aside for a person. `status`: HTTP's."""

    def __init__(self, words: str = "", *, status: int | None = None) -> None:
        super().__init__(words)
        self.status = status


class Throttled(PartnerError):
    """Too fast. `after` is in seconds; `whom` names the contact, or None for the whole connection."""

    def __init__(self, words: str = "", *, after: float = 5.0, whom: str | None = None) -> None:
        super().__init__(words)
        self.after = after
        self.whom = whom


class Unavailable(PartnerError):
    """It surely did not happen: the connection's clock decides when to try again."""


class Unsure(PartnerError):
    """It may have happened: the evidence is asked for before anything is sent again."""


class Unsupported(PartnerError):
    """Not for us: ignored and counted."""


class Malformed(PartnerError):
    """Not what the contract promises: kept raw and marked failed."""
