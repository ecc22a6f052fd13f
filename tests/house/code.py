"""The product's own modules, read once: paths, sources and syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "config", "funnels", "integrations", "mapping")
PARTNERS = ROOT / "integrations" / "partners"


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file: `path` from the root, with slashes."""

    path: str
    source: str
    tree: ast.Module

    @property
    def imports(self) -> set[str]:
        """Every imported module by its full name, lazily imported ones too."""
        found = set()
        package = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").split(".")
        if not self.path.endswith("__init__.py"):
            package = package[:-1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                name = ".".join([*base, *filter(None, [node.module])])
                found |= {name} | {f"{name}.{alias.name}" for alias in node.names}
        return found


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product, without migrations."""
    return tuple(_read())


def product(*, without: tuple[str, ...] = ()) -> list[Module]:
    """The modules whose path starts with none of `without`."""
    return [module for module in modules() if not module.path.startswith(without)]


def partner_slugs() -> list[str]:
    """The folders below integrations/partners."""
    return sorted(folder.name for folder in PARTNERS.iterdir() if (folder / "apps.py").exists())


def _read() -> Iterator[Module]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                source = path.read_text(encoding="utf-8")
                yield Module(path=path.relative_to(ROOT).as_posix(), source=source, tree=ast.parse(source))
