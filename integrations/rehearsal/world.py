"""A partner's private world, spoken to inside this process: no port, no ledger, nothing kept (X2)."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Collection, Mapping, Set
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from integrations.contract import Partner
from integrations.http_answer import Response, raise_for

Catalog = Mapping[str, Mapping[str, Mapping[str, Any]]]


class World(Protocol):
    """What a partner's `sandbox_private.PrivateWorld` offers; `token` opens it."""

    token: str

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """(status, decoded JSON, or text, or None)."""


def can_rehearse(partner: Partner) -> bool:
    """Whether the partner has a private world; it is found by its name, as the sandbox's server does."""
    return find_spec(_place(partner)) is not None


def world_of(partner: Partner, catalog: Catalog) -> World:
    """A new one that holds the account's own catalog and not a single lead."""
    rows = {kind: [{**row, "id": id} for id, row in shelf.items()] for kind, shelf in catalog.items()}
    made: World = import_module(_place(partner)).PrivateWorld(rows, leads=())
    return made


def _place(partner: Partner) -> str:
    return f"{type(partner).__module__.rpartition('.')[0]}.sandbox_private"


class PrivateCall:
    """contract.Call into a private world: the account's credentials and secrets are not in it."""

    def __init__(self, partner: Partner, world: World, *, now: datetime) -> None:
        self._world, self._now = world, now
        self.credentials: Mapping[str, str] = {field.name: world.token for field in partner.credentials}

    def secret(self, kind: str, their_id: str, name: str) -> str:  # noqa: ARG002
        """None is needed there."""
        return ""

    def known(self, kind: str, their_ids: Collection[str]) -> Set[str]:  # noqa: ARG002
        """Nothing over there is ours yet."""
        return frozenset()

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One request and its answer; raises the contract's errors as the door to the network does."""
        status, body = self._world.request(method, path, params=params, json=json, headers=headers)
        response = Response(
            method=method,
            status=status,
            headers={},
            body=_written(body),
            elapsed_ms=0,
            received_at=self._now,
        )
        raise_for(response)
        return response


def _written(body: Any) -> bytes:
    if body is None:
        return b""
    return (body if isinstance(body, str) else jsonlib.dumps(body)).encode()
