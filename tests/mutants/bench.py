"""A copy of the working tree with its own database, in which one rule at a time is taken out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mutants.listed import ROOT, Rule

LONGEST = 120  # seconds that one rule's tests may take
PASSED, FAILED, NOTHING = 0, 1, 5  # pytest's exit codes
# Hypothesis without deadlines and luck: a busy machine must not be what kills a mutant.
OPTIONS = "--strict-markers -p no:cacheprovider --timeout=110 --hypothesis-profile=ci"
ENDED = re.compile(r"^(FAILED|ERROR) (\S+?::[^\s\[]+(?:\[.*?\])?)(?: - (.*))?$", re.MULTILINE)
# A mutant that cannot even be run takes no rule out: its entry is wrong.
NO_RULE = (
    "NameError",
    "UnboundLocalError",
    "ImportError",
    "ModuleNotFoundError",
    "SyntaxError",
    "IndentationError",
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one mutant: `killer` is the test that died of it, `died_of` the error that pytest names.

    `wrong` is why the entry proves nothing.
    """

    rule: Rule
    killer: str = ""
    died_of: str = ""
    wrong: str = ""
    seconds: float = 0.0

    @property
    def line(self) -> str:
        """Its line of the table."""
        what = (
            f"WRONG: {self.wrong}"
            if self.wrong
            else f"killed by {self.killer}"
            if self.killer
            else "SURVIVED"
        )
        return f"{self.rule.id} · {what} · {self.seconds:.1f}"


class Bench:
    """One job's copy: tests run in it, first as it is, then with one rule out at a time."""

    def __init__(self, folder: Path) -> None:
        self.root, self._data = folder / "tree", folder / "data"
        self._database = folder / "test.sqlite3"
        self._output = folder / "output.txt"
        self._data.mkdir(parents=True)
        _copy(self.root)
        self._warm = subprocess.Popen(
            [sys.executable, "tests/mutants/warm.py"],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def broken(self, tests: Sequence[str]) -> tuple[set[str], str]:
        """The tests that fail with every rule in place, and pytest's words where it could not run at all."""
        if not tests:
            return set(), ""
        code, said = self._run(tests, timeout=3600)
        failed = {match[1] for match in ENDED.findall(said)}
        if code in (PASSED, NOTHING) or (code == FAILED and failed):
            return failed, ""
        return failed, said[-3000:]

    def without(self, rule: Rule) -> Verdict:
        """The verdict on one rule; the file is as it was afterwards."""
        problems = rule.problems(self.root)
        if problems:
            return Verdict(rule=rule, wrong="; ".join(problems))
        path = self.root / rule.file
        source, times = path.read_bytes(), path.stat()
        started = time.monotonic()
        try:
            path.write_bytes(rule.mutated(source.decode()).encode())
            # Compiled files are told apart by second and size: no mutant may bear the time of another.
            os.utime(path, ns=(times.st_atime_ns, time.time_ns() + 3_600_000_000_000))
            verdict = self._judged(rule)
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return replace(verdict, seconds=time.monotonic() - started)

    def _judged(self, rule: Rule) -> Verdict:
        code, said = self._run(rule.tests, "-x", timeout=LONGEST, fresh=rule.fresh)
        if code is None and rule.timeout_kills:
            return Verdict(rule=rule, killer=f"{rule.tests[0]} (it never ended)")
        if code is None:
            return Verdict(rule=rule, wrong=f"its tests took longer than {LONGEST} s")
        if code == PASSED:
            return Verdict(rule=rule)
        failed = [(test, words) for what, test, words in ENDED.findall(said) if what == "FAILED"]
        if code != FAILED or not failed:
            last = " | ".join(said.strip().splitlines()[-3:])
            return Verdict(rule=rule, wrong=f"nothing could be run: {last[:300]}")
        test, words = failed[0]
        if words.startswith(NO_RULE):
            return Verdict(rule=rule, wrong=f"it does not run: {words}")
        return Verdict(rule=rule, killer=test, died_of=words)

    def _run(
        self, tests: Sequence[str], *options: str, timeout: float, fresh: bool = False
    ) -> tuple[int | None, str]:
        """pytest in this copy: its exit code, None when its time was over, and what it said.

        The database stays for the next run unless a `fresh` one is asked for.
        """
        asked = {
            "arguments": [*tests, *options, "-q", "-o", f"addopts={OPTIONS}", "-p", "no:warnings", "--tb=no"]
            + ([] if fresh else ["--reuse-db"]),
            "environment": {
                **self._environment(),
                "TEST_SQLITE": "" if fresh else str(self._database),
                "PYTHONDONTWRITEBYTECODE": "1" if "-x" in options else "",
            },
            "timeout": timeout,
            "output": str(self._output),
        }
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(json.dumps(asked) + "\n")
        self._warm.stdin.flush()
        code: int | None = json.loads(self._warm.stdout.readline())
        return code, self._output.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """Ends the process that runs its tests."""
        self._warm.communicate()

    def _environment(self) -> dict[str, str]:
        """Ours, with its own data, on SQLite, in lines that are not cut."""
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        return {**kept, "DATA_DIR": str(self._data), "COLUMNS": "400"}


def _copy(target: Path) -> None:
    """The working tree as it stands, tracked or not, without what is ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = ROOT / name
        if source.is_file():  # one that was deleted is still tracked
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
