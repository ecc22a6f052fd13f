"""The worker's supervision, real processes: no orphan, no frozen queue, one cluster (engine.md)."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import availability

ROOT = Path(__file__).resolve().parents[2]
FAST = ("--canary-every", "1", "--canary-silence", "3", "--canary-grace", "5")

pytestmark = [
    pytest.mark.any_store,  # its own store
    pytest.mark.faults,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc (Linux)"),
]


class Installation:
    """One installation on SQLite in a folder of its own, with its worker."""

    def __init__(self, folder: Path, *, broker: str = "") -> None:
        self.store = folder / "store.sqlite3"
        self.env = {
            **{key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")},
            "DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{self.store}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
            "REDIS_URL": broker,
            "Q_NAME": f"tests-{os.getpid()}",
        }
        self.worker: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=150, check=True,
        )  # fmt: skip
        return done.stdout

    def start(self) -> None:
        self.worker = subprocess.Popen([sys.executable, "manage.py", "worker", *FAST], cwd=ROOT, env=self.env)

    def rows(self, query: str, *values: object) -> list[Any]:
        connection = sqlite3.connect(self.store, timeout=5)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def group(self, name: str) -> int | None:
        """The process group of the pump or the cluster, as the supervisor's children show it."""
        assert self.worker is not None
        for pid, (parent, _group, words) in processes().items():
            if parent == self.worker.pid and name in words:
                return pid
        return None

    def beats(self) -> str | None:
        found = self.rows("SELECT max(at) FROM integrations_heartbeat WHERE name LIKE 'canary:%'")
        return found[0][0]


def processes() -> dict[int, tuple[int, int, list[str]]]:
    """pid → (parent, group, command line) of everything alive; zombies are not."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            words = (folder / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found[int(folder.name)] = (int(parent), int(group), words)
    return found


def members(group: int) -> set[int]:
    return {pid for pid, (_parent, its, _words) in processes().items() if its == group}


def until(question: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """The first true answer; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    return pytest.fail(f"{what} within {seconds} s")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installation")
    Installation(folder).manage("migrate", "--skip-checks", "--verbosity", "0")
    return folder


@pytest.fixture
def installation(migrated: Path, request: pytest.FixtureRequest) -> Iterator[Installation]:
    on_redis = getattr(request, "param", "database") == "redis"
    here = Installation(migrated, broker=availability.require("redis") if on_redis else "")
    connection = sqlite3.connect(here.store)
    with connection:
        for table in ("integrations_heartbeat", "django_q_task"):
            connection.execute(f"DELETE FROM {table}")
    connection.close()
    here.start()
    assert here.worker is not None
    try:
        until(lambda: here.group("qcluster"), seconds=20, what="the cluster starts")
        until(here.beats, seconds=20, what="the first canary sings")
        yield here
    finally:
        here.worker.kill()
        here.worker.wait()


@pytest.mark.parametrize("installation", ["database", "redis"], indirect=True)
def test_a_frozen_queue_is_replaced_and_works_again(installation: Installation) -> None:
    """[m] One SIGKILL on an idle django-q2 worker froze the whole cluster: here it is replaced as a whole."""
    old = installation.group("qcluster")
    assert old is not None
    everyone = members(old)
    for pid in idle_workers(old):
        os.kill(pid, signal.SIGKILL)
    killed_at = installation.beats()

    new = until(
        lambda: (group := installation.group("qcluster")) != old and group, seconds=20, what="a new cluster"
    )
    assert not everyone & set(processes()), "the whole old group is gone before the new one works"
    until(lambda: installation.beats() > killed_at, seconds=15, what="the canary sings in the new cluster")
    installation.manage(
        "shell",
        "--verbosity",
        "0",
        "-c",
        "from django_q.tasks import async_task; async_task('math.sqrt', 16)",
    )
    until(
        lambda: installation.rows("SELECT 1 FROM django_q_task WHERE func = 'math.sqrt' AND success"),
        seconds=15,
        what="a job runs again",
    )
    clusters = [
        pid
        for pid, (parent, _group, words) in processes().items()
        if "qcluster" in words and parent == installation.worker.pid
    ]
    assert clusters == [new], "never two clusters"


def test_nothing_outlives_a_killed_supervisor(installation: Installation) -> None:
    """SIGKILL of the supervisor: every process of both groups dies, and a new worker may start at once."""
    assert installation.worker is not None
    groups = [pid for pid, (parent, _g, _w) in processes().items() if parent == installation.worker.pid]
    family = set().union(*(members(group) for group in groups))
    assert len(family) >= 6, "keepers, main process, sentinel, workers, monitor, pusher"

    installation.worker.kill()
    installation.worker.wait()

    until(lambda: not family & set(processes()), seconds=5, what="nothing of the worker is left")
    last = installation.beats()
    installation.start()
    until(lambda: installation.beats() > last, seconds=20, what="the next worker runs")


def test_a_killed_main_process_of_the_queue_leaves_no_orphans(installation: Installation) -> None:
    """[m] SIGKILL of django-q2's main process left five orphans: its keeper takes them with it."""
    old = installation.group("qcluster")
    assert old is not None
    family = members(old)
    main = next(pid for pid, (parent, _g, _w) in processes().items() if parent == old)

    os.kill(main, signal.SIGKILL)

    until(lambda: not family & set(processes()), seconds=5, what="the old group is gone")
    until(lambda: installation.group("qcluster") not in (None, old), seconds=10, what="a new cluster")


@pytest.mark.skipif(importlib.util.find_spec("integrations.engine.pump") is None, reason="no pump yet")
def test_a_killed_pump_is_started_again(installation: Installation) -> None:
    old = until(lambda: installation.group("pump"), seconds=10, what="the pump starts")
    main = until(
        lambda: next((pid for pid, (parent, _g, _w) in processes().items() if parent == old), None),
        seconds=5,
        what="the pump's process",
    )

    os.kill(main, signal.SIGKILL)

    until(lambda: installation.group("pump") not in (None, old), seconds=10, what="a new pump")


def test_a_second_worker_is_refused(installation: Installation) -> None:
    """Never two clusters: the second worker of an installation says so and ends."""
    second = subprocess.run(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT, env=installation.env, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert second.returncode == 1
    assert "running here already" in second.stderr


def test_sigterm_stops_in_order_within_ten_seconds(installation: Installation) -> None:
    assert installation.worker is not None
    family = {installation.worker.pid}
    for pid, (parent, _group, _words) in processes().items():
        if parent == installation.worker.pid:
            family |= members(pid)
    sign = installation.rows("SELECT data FROM integrations_heartbeat WHERE name LIKE 'supervisor:%'")
    assert set(json.loads(sign[0][0])) == {"pump", "qcluster"}

    installation.worker.terminate()

    assert installation.worker.wait(timeout=10) == 0
    assert not family & set(processes())


def idle_workers(group: int) -> list[int]:
    """django-q2's workers: the sentinel's first two children (it forks workers before monitor and pusher)."""
    alive = processes()
    main = next(pid for pid, (parent, _g, _w) in alive.items() if parent == group)
    sentinel = next(pid for pid, (parent, _g, _w) in alive.items() if parent == main)
    return sorted(pid for pid, (parent, _g, _w) in alive.items() if parent == sentinel)[:2]
