"""Where an error that nobody foresaw ends: logged whole, and its row is marked, so its neighbours go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

from integrations.engine.claim import LeaseLost

log = logging.getLogger(__name__)

NOT_OURS = (LeaseLost, OperationalError, InterfaceError)  # nothing was written; the row comes back by itself


@contextmanager
def unforeseen(what: str, *, then: Callable[[], object]) -> Iterator[None]:
    """Runs the block; what nobody foresaw is logged as `what`, and `then` marks and tells (pain 13)."""
    try:
        yield
    except NOT_OURS:
        raise
    except Exception:
        log.exception("%s: an error nobody foresaw", what)
        then()
