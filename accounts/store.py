"""The store's pooled connections: what a restarted server left dead is thrown away at once."""

from __future__ import annotations

import sys
from typing import Any

from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connections

AWAY = (OperationalError, InterfaceError)
"""What the driver says when the server does not answer, or does not any more."""


def reconnect() -> None:
    """For a long-lived thread to which the store did not answer: its connections end, and the pool's."""
    connections.close_all()
    drain()


def drain() -> None:
    """What the pool keeps is made anew; what is lent is closed when it comes back. SQLite has no pool.

    A pool lends one by one the connections that a restart left dead: each would cost its borrower an error
    or, with the pool's own check, a wait that doubles each time.
    """
    pool = getattr(connections["default"], "pool", None)
    if pool is not None and not pool.closed:
        pool.drain()


def _after_a_request(**_signal: Any) -> None:
    """A restart is one person's error, not as many people's as the pool has connections."""
    if isinstance(sys.exc_info()[1], AWAY):
        drain()


def listen() -> None:
    """Call once, when the process starts."""
    got_request_exception.connect(_after_a_request, dispatch_uid="accounts.store")
