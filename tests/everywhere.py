"""Runs the suite on every store that this machine has: SQLite, and PostgreSQL with Redis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import availability

ROOT = Path(__file__).resolve().parents[1]
WORKERS = max(2, (os.cpu_count() or 2) * 3 // 2)
"""More than there are cores: the tests that stop and kill processes wait for half of their time."""
NO_TEST_MATCHED = 5  # pytest's exit code


def stores() -> tuple[dict[str, dict[str, str]], list[str]]:
    """Environment by store, and what is missing in words."""
    runs = {"SQLite": {"DATABASE_URL": "", "REDIS_URL": ""}}
    missing = []
    database, broker = availability.postgres(), availability.redis_server()
    if database:
        name = "PostgreSQL and Redis" if broker else "PostgreSQL"
        # Durability is not what these tests prove; commits need not wait for the disk.
        runs[name] = {
            "DATABASE_URL": database,
            "REDIS_URL": broker,
            "PGOPTIONS": f"{os.environ.get('PGOPTIONS', '')} -c synchronous_commit=off".strip(),
        }
    for thing, found in (("postgres", database), ("redis", broker), ("chromium", availability.chromium())):
        if not found:
            missing.append(availability.THINGS[thing][1])
    return runs, missing


def run(name: str, surroundings: dict[str, str], arguments: list[str]) -> tuple[int, dict[str, int]]:
    """pytest's exit code and totals for one store; an empty value takes the variable away."""
    environment = {**os.environ, **surroundings}
    environment = {key: value for key, value in environment.items() if surroundings.get(key, value)}
    print(f"\n===== {name} =====", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        totals = Path(folder) / "totals.json"
        environment[availability.TOTALS] = str(totals)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.availability",
            "-n",
            str(WORKERS),
            "--dist",
            "loadfile",
            "--no-loadscope-reorder",  # tests/conftest.py puts the longest files first
        ]
        code = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False).returncode
        counted = json.loads(totals.read_text(encoding="utf-8")) if totals.exists() else {}
    return code, counted


def main(arguments: list[str]) -> int:
    """0 when every run is green and everything in TOMADA_REQUIRE is there."""
    runs, missing = stores()
    absent = sorted(each for each in availability.required() if not availability.THINGS[each][0]())
    sums = {"passed": 0, "failed": 0, "skipped": 0}
    codes = []
    for number, (name, surroundings) in enumerate(runs.items()):
        extra: list[str] = []
        if number:  # what touches no store gives the same answer on each; tables come by migration once
            surroundings, extra = {**surroundings, availability.STORE_ONLY: "1"}, ["--migrations"]
        if number < len(runs) - 1:
            surroundings = {**surroundings, availability.MORE_STORES: "1"}
        code, counted = run(name, surroundings, [*extra, *arguments])
        codes.append(0 if code == NO_TEST_MATCHED and arguments else code)
        for key, number in counted.items():
            sums[key] += number
    print(f"\nRan on: {', '.join(runs)}")
    for words in missing:
        print(f"Could not run here: {words}")
    if absent:
        print(f"{availability.REQUIRE} names what is not here: {', '.join(absent)}")
    print(f"{sums['passed']} passed, {sums['failed']} failed, {sums['skipped']} skipped")
    return max([*codes, 1 if absent else 0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
