"""An installation of its own for a measurement: store, sandbox and pump as real processes, then gone."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests import availability

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
"""Seconds for a process to answer, or to stop."""


class NotHere(Exception):
    """The store that was asked for is not on this machine."""


@contextlib.contextmanager
def installation(*, store: str) -> Iterator[str]:
    """Makes this process a fresh installation on `store` (sqlite · postgres); yields the sandbox's URL."""
    with tempfile.TemporaryDirectory(prefix="tomada-bench-") as folder, _database(store, folder) as database:
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        os.environ.update(
            {
                "DATA_DIR": folder,
                "DATABASE_URL": database,
                "REDIS_URL": "",
                "DEMO": "true",
                "LOG_LEVEL": "WARNING",
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "PARTNER_URLS": f"meetime={url}/meetime/v2",
                "PARTNERS_ON_PRIVATE_ADDRESSES": "true",
                "SANDBOX_TOKEN": "",
            }
        )
        with process("sandbox", "--port", str(port)):
            _wait_for(url)
            import django

            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            try:
                yield url
            finally:
                from django.db import connections

                for each in connections.all():
                    each.close()
                    if getattr(each, "pool", None):
                        each.close_pool()


@contextlib.contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py <command>` in this environment, until the end of the block."""
    running = subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def control(url: str, method: str, path: str, body: object | None = None) -> Any:
    """One control call of the sandbox, decoded."""
    request = urllib.request.Request(
        f"{url}/_control/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


@contextlib.contextmanager
def _database(store: str, folder: str) -> Iterator[str]:
    if store == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    server = availability.postgres()
    if not server:
        raise NotHere(availability.THINGS["postgres"][1])
    base, name = server.rpartition("/")[0], f"tomada_bench_{secrets.token_hex(4)}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{base}/{name}"
    finally:
        with psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            control(url, "GET", "ledger?limit=1")
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
