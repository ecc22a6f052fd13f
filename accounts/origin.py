"""Who makes a change: a user, an API key, an automation or a connection, carried through every service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Origin:
    """`kind`: user · api · automation · connection · system; `id` is the row's id; `label` is for people."""

    kind: str
    id: int | None = None
    label: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id is not None else self.kind

    @classmethod
    def user(cls, user: object) -> Origin:
        """A person in the portal."""
        return cls(kind="user", id=getattr(user, "pk", None), label=str(user))

    @classmethod
    def api(cls, *, key_id: int, label: str) -> Origin:
        """An integrator's key."""
        return cls(kind="api", id=key_id, label=label)

    @classmethod
    def automation(cls, *, run_id: int, label: str) -> Origin:
        """An automation of the CRM's own; the id is that of its run, so that chains can be followed (S7)."""
        return cls(kind="automation", id=run_id, label=label)

    @classmethod
    def connection(cls, *, connection_id: int, label: str) -> Origin:
        """A partner's news, applied by the engine."""
        return cls(kind="connection", id=connection_id, label=label)

    @classmethod
    def system(cls, label: str = "Tomada") -> Origin:
        """The product itself: seeds and housekeeping."""
        return cls(kind="system", label=label)
