"""A clock that stories wind on, the same for the CRM and for the sandbox: steps are minutes apart, not milliseconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from integrations.engine import clock
from integrations.sandbox.server import Sandbox


class StoryClock:
    """Real time and what was wound on; stopped, only what is wound on."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.stopped: float | None = None

    def seconds(self) -> float:
        """Epoch seconds."""
        return (time.time() if self.stopped is None else self.stopped) + self.ahead

    def wind(self, seconds: float) -> float:
        """That much later; the new time."""
        self.ahead += seconds
        return self.seconds()


CLOCK = StoryClock()
"""One a process: the sandbox outlives tests and reads it."""


def install(monkeypatch: pytest.MonkeyPatch, *, stopped: float | None = None) -> StoryClock:
    """The CRM tells the story's time for one test; `stopped`, epoch seconds, makes each telling's times equal."""

    def now() -> datetime:
        return datetime.fromtimestamp(CLOCK.seconds(), UTC)

    CLOCK.ahead = 0.0 if stopped is not None else CLOCK.ahead
    monkeypatch.setattr(CLOCK, "stopped", stopped)
    monkeypatch.setattr(timezone, "now", now)
    monkeypatch.setattr(clock, "now", now)
    return CLOCK


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that lives in the story's time."""
    with Sandbox(port=0, webhook_spacing=(0.05,), webhook_tries=3, clock=CLOCK.seconds) as running:
        yield running
