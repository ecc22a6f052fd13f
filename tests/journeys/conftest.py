"""A running demonstration in a folder of its own, and a browser where this machine has one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "sandbox-meetime-token"
PORTS = ("--port", "0", "--sandbox-port", "0")  # any free ones


@dataclass(frozen=True, kw_only=True)
class Running:
    """What `demo --json` printed, and hands to use it: the API as an integrator, the sandbox as its user."""

    facts: dict[str, Any]

    def api(self, method: str, path: str, body: object | None = None, **headers: str) -> Any:
        """The answer's JSON; raises HTTPError for anything but 2xx."""
        return _call(
            method,
            f"{self.facts['portal']}/api/v1/{path}",
            body,
            {"Authorization": f"Bearer {self.facts['api_key']}", **headers},
        )

    def control(self, method: str, path: str, body: object | None = None) -> Any:
        """The sandbox's own side."""
        return _call(method, f"{self.facts['sandbox']}/_control/{path}", body, {})


def _call(method: str, url: str, body: object | None, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Declined(f"{method} {url}: {error.code} {error.read()[:800].decode()}") from None
    return json.loads(text) if text else None


class Declined(Exception):
    """An answer other than 2xx, with its problem details."""


def until(check: Callable[[], Any], *, seconds: float = 30.0, what: str) -> Any:
    """The first truthy answer of `check`; fails with `what` after `seconds`."""
    deadline, last = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        try:
            found = check()
        except Declined as error:
            found, last = None, f" ({error})"
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"waited {seconds} s for: {what}{last}")


def start(folder: Path, *flags: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """The demonstration as a child process, and its line of JSON."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE")
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--json", *PORTS, "--data-dir", str(folder), *flags],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "demo.log").open("w"),
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait(timeout=10)
        pytest.fail(f"the demonstration did not start: {(folder / 'demo.log').read_text()[-3000:]}")
    return process, json.loads(line)


def stop(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Running]:
    """Account and administrator only."""
    process, facts = start(tmp_path, "--empty")
    yield Running(facts=facts)
    stop(process)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demonstration with its data, one for all stories of a file."""
    process, facts = start(tmp_path_factory.mktemp("demo"))
    yield Running(facts=facts)
    stop(process)


def chromium() -> str | None:
    """The machine's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")
