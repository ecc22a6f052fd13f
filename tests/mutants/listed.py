"""The list of rules, read from rules.toml, and what is wrong with it on paper."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROWS = tuple(f"M{number}" for number in range(1, 50))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule and how it is taken out: in `file`, `find` becomes `replace`; one of `tests` has to die.

    `fresh`: it changes tables, so a new database is made. `timeout_kills`: without it the tests never end.
    """

    id: str
    row: str
    rule: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]
    fresh: bool = False
    timeout_kills: bool = False

    def problems(self, root: Path = ROOT) -> list[str]:
        """What is wrong with it, in words; nothing is run."""
        found = []
        path = root / self.file
        count = path.read_text(encoding="utf-8").count(self.find) if path.is_file() else 0
        if not path.is_file():
            found.append(f"{self.id}: there is no file {self.file}")
        elif count != 1:
            found.append(f"{self.id}: its text stands {count} times in {self.file}")
        if self.find == self.replace:
            found.append(f"{self.id}: it takes nothing out")
        if self.row != self.id.partition(".")[0]:
            found.append(f"{self.id}: its row is {self.row}")
        return found + [f"{self.id}: there is no test {each}" for each in self.tests if not known(root, each)]

    def mutated(self, source: str) -> str:
        """The file's source without the rule."""
        return source.replace(self.find, self.replace)


def rules() -> list[Rule]:
    """Every rule in the list's order."""
    rows = tomllib.loads((HERE / "rules.toml").read_text(encoding="utf-8"))["rule"]
    return [Rule(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def missing_rows(listed: Sequence[Rule]) -> list[str]:
    """The M rows of which no rule is listed."""
    return [row for row in ROWS if row not in {rule.row for rule in listed}]


def doubled_ids(listed: Sequence[Rule]) -> list[str]:
    """Ids that two rules bear."""
    ids = [rule.id for rule in listed]
    return sorted({id for id in ids if ids.count(id) > 1})


def known(root: Path, test: str) -> bool:
    """Whether a test file, or the test function of a node id without parameters, exists."""
    name, _colons, function = test.partition("::")
    path = root / name
    return path.is_file() and (not function or function in _functions(path))


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
