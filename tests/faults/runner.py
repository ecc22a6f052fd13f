"""A pump as a process of its own: it says when it is ready and begins when a file says go."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import django


def main(ready: Path, go: Path) -> None:
    """FAULT_STOP_AT names the step to stop at; LIFT_PACE=1 lifts our pace as the sandbox's own is lifted.

    ONE_THREAD=1 works without threads: a process that is stopped and lives on must not have stopped another
    thread inside a transaction, which on SQLite would keep everybody else from writing. SENDER=1 sends our
    events too.
    """
    django.setup()

    from integrations import contract
    from integrations.endpoints import sender
    from integrations.engine import pump
    from integrations.engine.supervisor import stop_on_signals

    if os.environ.get("LIFT_PACE"):
        for partner in contract.partners().values():
            partner.pace = (contract.Window(seconds=1.0, rate=10_000.0, burst=10_000),)
    ready.touch()
    while not go.exists():
        time.sleep(0.02)
    stop = stop_on_signals()
    if os.environ.get("SENDER"):
        with sender.beside(stop):
            pump.run(stop)
    elif not os.environ.get("ONE_THREAD"):
        pump.run(stop)
    while not stop.wait(0.05):
        pump.drain()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
