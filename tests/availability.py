"""What this machine has for tests, and a pytest plugin that says what could not run here and why."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

PREFIX = "could not run here"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
POSTGRES = ("postgres://postgres@127.0.0.1:5432/tomada", "postgres:///tomada")
REDIS = "redis://127.0.0.1:6379/15"
WORKERS_APART = 6  # databases 15 to 10; the fault tests queue in 9
REQUIRE = "TOMADA_REQUIRE"
"""Environment variable: things that must be there ("chromium,postgres,redis"); what lacks them fails."""
TOTALS = "TOMADA_TOTALS"
"""Environment variable: a file that gets this session's totals as one line of JSON."""
STORE_ONLY = "TOMADA_STORE_ONLY"
"""Environment variable: only tests that touch the store; the others ran on another store already."""
MORE_STORES = "TOMADA_MORE_STORES"
"""Environment variable: this is not the last store; what is marked for that one is left to it."""
STORE_FIXTURES = {"db", "transactional_db", "live_server", "site", "running"}
STORE_MARKS = ("django_db", "faults", "journey")


def redis_of_worker(url: str, worker: str) -> str:
    """Redis for one of several test processes: each empties its cache, so each has a database of its own."""
    base, _slash, number = url.rpartition("/")
    if not number.isdecimal():  # somebody's own address, without a database in it
        return url
    return f"{base}/{int(number) - int(worker.removeprefix('gw')) % WORKERS_APART}"


if os.environ.get("REDIS_URL") and os.environ.get("PYTEST_XDIST_WORKER"):  # before settings are read
    os.environ["REDIS_URL"] = redis_of_worker(os.environ["REDIS_URL"], os.environ["PYTEST_XDIST_WORKER"])


def chromium() -> str:
    """The path of a Chromium that Playwright can drive, or ""; CHROMIUM names one."""
    named = os.environ.get("CHROMIUM", "")
    return named or next(filter(None, map(shutil.which, CHROMIUMS)), "")


def postgres() -> str:
    """A PostgreSQL that lets us make test databases, as a DATABASE_URL, or ""; TEST_POSTGRES names one."""
    named = os.environ.get("TEST_POSTGRES", "")
    for url in (named,) if named else POSTGRES:
        parts = urlsplit(url)._replace(path="/postgres")
        try:
            with psycopg.connect(parts.geturl(), connect_timeout=2) as connection:
                row = connection.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error:
            continue
        if row and row[0]:
            return url
    return ""


def redis_server() -> str:
    """A Redis as a REDIS_URL, or ""; TEST_REDIS names one. Its database 15 is ours."""
    url = os.environ.get("TEST_REDIS", REDIS)
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError:
        return ""
    return url


THINGS: dict[str, tuple[Callable[[], str], str]] = {
    "chromium": (chromium, "no Chromium; install it, or name it with CHROMIUM=<path>"),
    "postgres": (postgres, "no PostgreSQL on 127.0.0.1:5432; name one with TEST_POSTGRES=<url>"),
    "redis": (redis_server, "no Redis on 127.0.0.1:6379; name one with TEST_REDIS=<url>"),
}


def required() -> set[str]:
    """The things that must be there."""
    return {name.strip() for name in os.environ.get(REQUIRE, "").split(",") if name.strip()}


def require(thing: str) -> str:
    """Where the thing is; without it the asking test is skipped with the reason, or fails where required."""
    look, reason = THINGS[thing]
    found = look()
    if not found and thing in required():
        pytest.fail(f"{REQUIRE} names {thing}: {reason}", pytrace=False)
    if not found:
        pytest.skip(f"{PREFIX}: {reason}")
    return found


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """On a further store, leaves out what has no store: pure rules, conversion, the stand-in, the house."""
    kept = items
    if os.environ.get(STORE_ONLY):
        kept = [item for item in kept if touches_store(item)]
    if os.environ.get(MORE_STORES):
        kept = [item for item in kept if not item.get_closest_marker("last_store")]
    chosen = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = kept


def touches_store(item: Any) -> bool:
    """Whether the test has the database in hand, or starts processes that have; `any_store` says it is the same."""
    if item.get_closest_marker("any_store"):
        return False
    marked = any(item.get_closest_marker(mark) for mark in STORE_MARKS)
    return marked or bool(STORE_FIXTURES & set(item.fixturenames))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Every skip with its reason, grouped; and the totals for whoever started us."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[words.removeprefix("Skipped: ").removeprefix(f"{PREFIX}: ")].append(report.nodeid)
    if reasons:
        terminalreporter.section("could not run here")
        for words, tests in sorted(reasons.items()):
            terminalreporter.line(f"{len(tests)} × {words}")
            for name in tests[:5]:
                terminalreporter.line(f"    {name}")
            if len(tests) > 5:
                terminalreporter.line(f"    … and {len(tests) - 5} more")
    path = os.environ.get(TOTALS)
    if path:
        stats = terminalreporter.stats
        totals = {
            "passed": len(stats.get("passed", [])),
            "failed": len(stats.get("failed", [])) + len(stats.get("error", [])),
            "skipped": len(stats.get("skipped", [])),
        }
        Path(path).write_text(json.dumps(totals), encoding="utf-8")
