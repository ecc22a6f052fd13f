"""An installation on disk: store, sandbox and web server with real HTTP, pumps as processes of their own."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from werkzeug.serving import make_server

from integrations.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 3.0

_numbers = itertools.count(1)


def wait_for(what: str, true: Callable[[], Any], *, seconds: float) -> Any:
    """What `true` returns once it is true; a failure that names `what` after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = true()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"after {seconds:g} s still not: {what}")


class Pump:
    """One pump process; `stop_at` names the step where it stops itself."""

    def __init__(self, site: Site, *, stop_at: str = "", **environment: str) -> None:
        number = next(_numbers)
        self.marker = site.folder / f"marker-{number}"
        self.ready, self._go = site.folder / f"ready-{number}", site.folder / f"go-{number}"
        self.output = site.folder / f"pump-{number}.log"
        fault = {"FAULT_STOP_AT": f"{stop_at}:{self.marker}"} if stop_at else {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.runner", str(self.ready), str(self._go)],
            cwd=ROOT,
            env={**site.env, **fault, **environment},
            stdout=subprocess.DEVNULL,
            stderr=self.output.open("wb"),
            start_new_session=True,
        )

    def go(self) -> None:
        wait_for("the pump's process has started", self.ready.exists, seconds=60)
        self._go.touch()

    def wait_until_stopped(self, step: str) -> None:
        """Stopped by itself at the step: the marker is there and the kernel says T."""
        wait_for(f"a pump that reached “{step}”", self.marker.exists, seconds=20)
        wait_for(f"a process stopped (state T) at “{step}”", lambda: self.state() == "T", seconds=5)

    def state(self) -> str:
        status = Path(f"/proc/{self.process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0]

    def wake(self) -> None:
        """SIGCONT: it goes on where it stopped."""
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL from outside; nothing of it runs afterwards."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def end(self) -> None:
        """SIGTERM, and what is under way is finished."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def said(self) -> str:
        return self.output.read_text(errors="replace")


@dataclass(kw_only=True)
class Site:
    """`env` is what every process of the installation gets."""

    folder: Path
    sandbox: Sandbox
    env: dict[str, str]
    web: str = ""
    pumps: list[Pump] = field(default_factory=list)

    def pump(self, *, stop_at: str = "", **environment: str) -> Pump:
        pump = Pump(self, stop_at=stop_at, **environment)
        self.pumps.append(pump)
        return pump

    def end_pumps(self) -> None:
        while self.pumps:
            self.pumps.pop().kill()

    def control(self, method: str, path: str, body: object | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.sandbox.url}/_control/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def misbehave(self, kind: str, **order: object) -> None:
        self.control("POST", "mischief", {"partner": "meetime", "kind": kind, **order})

    def behave(self) -> None:
        self.control("DELETE", "mischief")


@contextmanager
def web_server() -> Iterator[str]:
    """The product's own WSGI application in threads of this process; yields its address."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


@contextmanager
def granian(site: Site, **more: str) -> Iterator[str]:
    """The product's real web server as a process of its own; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    output = (site.folder / f"granian-{next(_numbers)}.log").open("wb")
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--no-ws", "--workers", "1", "--blocking-threads", "4", "--log-level", "warning",
            "config.wsgi:application",
        ],
        cwd=ROOT, env={**site.env, **more}, stdout=output, stderr=output, start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for("the web server answers", lambda: _answers(f"{address}/healthz"), seconds=60)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(timeout=5)
        output.close()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def environment(*, url: str, sandbox: Sandbox, web: str) -> dict[str, str]:
    """What processes of this installation get; the same keys as this process, so sealed texts open."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("FAULT_", "COV_"))},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url,
        "DATA_DIR": str(settings.DATA_DIR),
        "PARTNER_URLS": f"meetime={sandbox.url}/meetime/v2",
        "PARTNERS_ON_PRIVATE_ADDRESSES": "1",
        "PUBLIC_URL": web or "http://127.0.0.1:8000",
        "PUMP_LEASE_SECONDS": str(LEASE_SECONDS),
        "CALL_DEADLINE": "2.5",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
