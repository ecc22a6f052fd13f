"""A process that has imported what the product stands on, run as a script: each pytest is a fork of it.

It never imports anything of the product, so that a fork reads the files as they are then.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

OURS = ("accounts", "bench", "config", "funnels", "integrations", "mapping", "tests")
LISTED = "import django, sys; django.setup(); import pytest; print(*sys.modules, sep=chr(10))"


def warm(environment: dict[str, str]) -> None:
    """Imports every module of others that the product imports, but for those that want its settings."""
    listed = subprocess.run(
        [sys.executable, "-c", LISTED], env=environment, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split():
        if name.partition(".")[0] not in (*OURS, "__main__"):
            with contextlib.suppress(Exception):  # it is imported where it is needed
                importlib.import_module(name)


def forked(asked: dict[str, Any]) -> int | None:
    """pytest's exit code, None when its time was over."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os._exit(_tests(asked))
    end, parent = time.monotonic() + asked["timeout"], os.getppid()
    while time.monotonic() < end and os.getppid() == parent:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)  # its time is over, or nobody waits for it any more
    os.waitpid(child, 0)
    return None


def _tests(asked: dict[str, Any]) -> int:
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.path.insert(0, os.getcwd())
    import pytest

    code = int(pytest.main(asked["arguments"]))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    sys.path.pop(0)  # this folder: its modules bear common names
    warm({**os.environ, "PYTHONPATH": os.getcwd(), "DJANGO_SETTINGS_MODULE": "config.settings"})
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)
