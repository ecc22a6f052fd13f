"""Process groups that live and die with their supervisor: started, watched, restarted, ended."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

logger = logging.getLogger(__name__)

KEEPER = Path(__file__).with_name("keeper.py")
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the first, second, … restart in a row."""
STEADY = 60.0
"""Seconds after which a group counts as sound: the next restart is a first one."""


class Group:
    """One command in a process group of its own (engine.md, "Who runs it").

    Between supervisor and command stands the keeper, so the group dies with the supervisor however that
    ends; `kept_open` are descriptors that the keeper holds as long as the group lives.
    """

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str] | None = None,
        output: IO[bytes] | int | None = None,
        kept_open: Sequence[int] = (),
    ) -> None:
        self.name, self.started_at, self.restarts = name, 0.0, 0
        self._command, self._cwd, self._env = list(command), cwd, env
        self._output, self._kept_open = output, tuple(kept_open)
        self._keeper: subprocess.Popen[bytes] | None = None
        self._in_a_row, self._not_before = 0, 0.0

    @property
    def pid(self) -> int | None:
        """The group's number while it lives."""
        return self._keeper.pid if self._keeper is not None else None

    def start(self, *, now: float) -> None:
        """Starts the group; never a second one beside the first. `now`: monotonic seconds."""
        if self._keeper is not None:
            raise RuntimeError(f"{self.name} is running already")
        self._keeper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(KEEPER), *self._command],
            stdin=subprocess.PIPE,
            stdout=self._output,
            cwd=self._cwd,
            env=None if self._env is None else dict(self._env),
            start_new_session=True,
            pass_fds=self._kept_open,
        )
        self.started_at = now
        logger.info("%s started, process group %s", self.name, self._keeper.pid)

    def look(self, *, now: float) -> bool:
        """Starts the group again when it has ended and its time has come; whether it lives now."""
        if self._keeper is not None and self._keeper.poll() is not None:
            self._bury(now=now)
            logger.warning(
                "%s ended by itself; it is started again in %.1f s", self.name, self._not_before - now
            )
        if self._keeper is None and now >= self._not_before:
            self.start(now=now)
        return self._keeper is not None

    def kill(self, *, now: float) -> None:
        """SIGKILL to every process of the group, at once; returns when they are gone."""
        if self._keeper is not None:
            # The keeper is not reaped yet, so its number cannot belong to another group by now.
            with suppress(ProcessLookupError):
                os.killpg(self._keeper.pid, signal.SIGKILL)
            self._bury(now=now)

    def ask_to_stop(self) -> None:
        """SIGTERM to the command, which ends its own children in order."""
        if self._keeper is not None and self._keeper.poll() is None:
            self._keeper.terminate()

    def stopped(self) -> bool:
        """Whether nothing runs any more."""
        return self._keeper is None or self._keeper.poll() is not None

    def _bury(self, *, now: float) -> None:
        assert self._keeper is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._keeper.pid, signal.SIGKILL)
        self._keeper.wait()
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper = None
        self.restarts += 1
        self._in_a_row = 0 if now - self.started_at >= STEADY else self._in_a_row
        self._not_before = now + BACK_OFF[min(self._in_a_row, len(BACK_OFF) - 1)]
        self._in_a_row += 1


def supervise(
    *,
    groups: Sequence[Group],
    stop: Event,
    every: float = 0.25,
    grace: float = 8.0,
    tick: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Keeps the groups alive until `stop`, then ends them: SIGTERM, `grace` seconds, SIGKILL.

    `tick` runs on every round, `every` seconds apart.
    """
    try:
        while not stop.wait(every):
            for group in groups:
                group.look(now=clock())
            tick()
    finally:
        end(groups=groups, grace=grace, clock=clock)


def end(*, groups: Sequence[Group], grace: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Asks every group to stop and kills what still runs after `grace` seconds."""
    for group in groups:
        group.ask_to_stop()
    deadline = clock() + grace
    while clock() < deadline and not all(group.stopped() for group in groups):
        time.sleep(0.05)
    for group in groups:
        group.kill(now=clock())


class AlreadyRunning(Exception):
    """Another worker holds this installation's lock on this machine."""


def only_one(path: Path, *, patience: float = 5.0) -> int:
    """A lock that this process and its keepers hold: its descriptor. AlreadyRunning after `patience` seconds.

    The keepers hold it too, so a new supervisor waits until the last process of a killed one is gone.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise AlreadyRunning(str(path)) from None
            time.sleep(0.05)
        else:
            return descriptor


def stop_on_signals() -> Event:
    """An event that SIGTERM and SIGINT set."""
    stop = Event()
    told, tell = os.pipe()

    def wait() -> None:
        os.read(told, 1)
        stop.set()

    # Setting the event inside the handler can deadlock with the main thread's own wait for it.
    Thread(target=wait, daemon=True, name="signals").start()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: os.write(tell, b"."))
    return stop
