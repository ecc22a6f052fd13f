"""Stands between a supervisor and its process group, run as a script: the group ends with either of them."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def keep(command: list[str]) -> None:
    """Runs `command` in this process's own group and never returns: the whole group is killed at the end.

    Standard input is a pipe that only the supervisor holds: its end is the supervisor's death, also by
    SIGKILL. SIGTERM goes on to the command alone, so that it can end its own children in order.
    """
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None

    def die_with_the_keeper() -> None:
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    # One thread only, so the hook between fork and exec is safe here.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_the_keeper)  # noqa: S603

    def pass_on(*_: object) -> None:
        child.send_signal(signal.SIGTERM)  # does nothing to one that has ended

    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    while child.poll() is None:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 1024)
        if 0 in ready and not os.read(0, 1024):
            break
    # What the command left behind (a queue's workers outlive their main process) goes with it.
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    keep(sys.argv[1:])
