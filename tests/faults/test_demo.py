"""`manage.py demo` with real processes: answers, keeps its data, leaves nothing behind (interface.md)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INHERITED = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "DEMO", "PUBLIC_URL", "PARTNER_URLS", "SANDBOX_URL")

pytestmark = [
    pytest.mark.faults,
    pytest.mark.any_store,  # a demonstration has its own store
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc (Linux)"),
]


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    env = {key: value for key, value in os.environ.items() if key not in INHERITED}
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--data-dir", str(folder), "--json", *more],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def mentioning(folder: Path) -> set[int]:
    """Every living process whose environment names the folder."""
    found = set()
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={folder}\0".encode() in (each / "environ").read_bytes():
                found.add(int(each.name))
        except OSError:
            continue
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    for pid in mentioning(tmp_path / "data"):
        os.kill(pid, signal.SIGKILL)


def test_demo_answers_keeps_its_data_and_leaves_nothing_behind(folder: Path) -> None:
    first = start(folder, "--port", "0", "--sandbox-port", "0", "--empty")
    assert first.stdout is not None
    facts = json.loads(first.stdout.readline())
    assert set(facts) == {"portal", "sandbox", "admin", "api_key", "account"}
    with urllib.request.urlopen(f"{facts['portal']}/healthz", timeout=5) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(facts["sandbox"], timeout=5) as answer:
        assert answer.status == 200
    assert len(mentioning(folder)) >= 10, "sandbox, web, worker, pump, queue and their keepers"

    first.kill()
    first.communicate(timeout=10)
    deadline = time.monotonic() + 8
    while mentioning(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not mentioning(folder), "SIGKILL of the demonstration ends everything it started"

    second = start(folder, "--port", "0", "--sandbox-port", "0", "--empty")
    assert second.stdout is not None
    again = json.loads(second.stdout.readline())
    assert {key: again[key] for key in ("admin", "api_key", "account")} == {
        key: facts[key] for key in ("admin", "api_key", "account")
    }
    second.terminate()
    rest, _errors = second.communicate(timeout=60)
    assert second.returncode == 0
    assert rest == "", "one line of JSON and nothing else on stdout"
    assert not mentioning(folder)


def test_a_taken_port_is_named_with_what_to_do(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = start(folder, "--port", str(port))
        _out, errors = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert str(port) in errors
    assert "--port" in errors
