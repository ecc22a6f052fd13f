"""The named steps of a delivery; a fault test stops this process at one of them and kills it from outside."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from django.conf import settings

STOPPING = 0.3  # seconds
STEPS = ("claimed", "speaking", "answered", "recorded", "taken", "applied")


def reached(step: str) -> None:
    """Stops the whole process (SIGSTOP) when settings.FAULT_STOP_AT names this step; else nothing.

    FAULT_STOP_AT is "<step>:<file>": the file is made just before stopping, so the tester knows; a file
    that exists already lets the process pass.
    """
    if not settings.FAULT_STOP_AT:
        return
    wanted, _colon, marker = settings.FAULT_STOP_AT.partition(":")
    if wanted != step:
        return
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(STOPPING)  # the signal may stop another thread first: this one must not slip on meanwhile
