"""Takes each rule out in turn and names the test that died of it: `python -m tests.mutants` (make mutants)."""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.bench import Bench, Verdict
from tests.mutants.listed import Rule, doubled_ids, missing_rows, rules

EXPECTED = ("assert", "AssertionError", "Failed: DID NOT RAISE")  # what a test itself says


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when each rule's absence killed a test and no row is without a rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="M32", help="rows or ids")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args(arguments)
    listed = rules()
    chosen = [rule for rule in listed if not given.only or {rule.row, rule.id} & set(given.only)]
    problems = [problem for rule in chosen for problem in rule.problems()]
    problems += [f"{id}: two rules bear this id" for id in doubled_ids(listed)]
    for problem in problems:
        print(problem)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tomada-mutants-") as folder:
        verdicts = run([rule for rule in chosen if not rule.problems()], Path(folder), jobs=given.jobs)
    missing = missing_rows(listed)
    told(verdicts, missing, seconds=time.monotonic() - started)
    return 1 if problems or missing or any(each.wrong or not each.killer for each in verdicts) else 0


def run(chosen: Sequence[Rule], folder: Path, *, jobs: int) -> list[Verdict]:
    """The verdict on each rule, in the list's order; each job has a copy of the tree to itself."""
    with ThreadPoolExecutor(jobs) as pool:
        benches = list(pool.map(lambda number: Bench(folder / str(number)), range(jobs)))
        try:
            broken = _broken(chosen, benches, pool)
            print(f"{len(chosen)} rules, one out at a time …", flush=True)
            waiting: queue.SimpleQueue[Rule] = queue.SimpleQueue()
            for rule in chosen:
                waiting.put(rule)
            done = pool.map(lambda bench: list(_work(bench, waiting, broken)), benches)
            verdicts = {verdict.rule.id: verdict for part in done for verdict in part}
        finally:
            for bench in benches:
                bench.close()
    return [verdicts[rule.id] for rule in chosen]


def _broken(chosen: Sequence[Rule], benches: Sequence[Bench], pool: ThreadPoolExecutor) -> list[str]:
    """The tests that fail with every rule in place: they prove nothing."""
    parts = _parts(sorted({test for rule in chosen for test in rule.tests}), len(benches))
    print(f"{sum(map(len, parts))} tests with every rule in place …", flush=True)
    found = list(pool.map(lambda pair: pair[0].broken(pair[1]), zip(benches, parts, strict=True)))
    for words in filter(None, (words for _failed, words in found)):
        print(words)
    return sorted({test for failed, _words in found for test in failed})


def _work(bench: Bench, waiting: queue.SimpleQueue[Rule], broken: Sequence[str]) -> Iterator[Verdict]:
    """One job's verdicts, told as they come."""
    while True:
        try:
            rule = waiting.get_nowait()
        except queue.Empty:
            return
        failing = next((test for test in broken if _stands_for(rule, test)), "")
        words = f"fails with the rule in place: {failing}"
        verdict = Verdict(rule=rule, wrong=words) if failing else bench.without(rule)
        print(verdict.line, flush=True)
        yield verdict


def told(verdicts: Sequence[Verdict], missing: Sequence[str], *, seconds: float) -> None:
    """Kills to look at twice, survivors, entries that prove nothing, rows without a rule, and the count."""
    odd = [each for each in verdicts if each.killer and not each.died_of.startswith(EXPECTED)]
    survivors = [each for each in verdicts if not each.killer and not each.wrong]
    wrong = [each for each in verdicts if each.wrong]
    for title, lines in (
        ("Killed by another error than a test's own", [f"{each.rule.id}: {each.died_of}" for each in odd]),
        ("Survivors", [f"{each.rule.id}: {each.rule.rule}" for each in survivors]),
        ("Entries that prove nothing", [each.line for each in wrong]),
        ("Rows without a rule", list(missing)),
    ):
        print(f"\n{title}: {len(lines)}", *lines, sep="\n  ")
    killed = len(verdicts) - len(survivors) - len(wrong)
    rows = {each.rule.row for each in verdicts}
    print(f"\n{killed} of {len(verdicts)} rules of {len(rows)} rows killed in {seconds:.0f} s")


def _parts(tests: Sequence[str], jobs: int) -> list[list[str]]:
    """The tests shared out by file, the largest first."""
    files: dict[str, list[str]] = {}
    for test in tests:
        files.setdefault(test.partition("::")[0], []).append(test)
    parts: list[list[str]] = [[] for _job in range(jobs)]
    for group in sorted(files.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return parts


def _stands_for(rule: Rule, failing: str) -> bool:
    return any(failing == test or failing.startswith((f"{test}[", f"{test}::")) for test in rule.tests)


if __name__ == "__main__":
    sys.exit(main())
