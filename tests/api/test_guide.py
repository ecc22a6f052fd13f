"""The guide's examples are run as they stand, and its table has every code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from accounts import problems
from config.api_urls import router  # noqa: F401  # registers every refusal
from tests.api.conftest import Api
from tests.conftest import World

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```http\n(.*?)```\n`(\d{3})`\n```json\n(.*?)```", re.DOTALL)
ANYTHING = "…"


def fits(wanted: Any, seen: Any, kept: dict[str, str], where: str) -> None:
    """`wanted` is a part of `seen`; {{name}} is learnt at its first sight and must be the same ever after."""
    name = re.fullmatch(r"\{\{(\w+)\}\}", wanted) if isinstance(wanted, str) else None
    if name:
        assert kept.setdefault(name[1], seen) == seen, where
    elif isinstance(wanted, dict):
        for key, inner in wanted.items():
            fits(inner, seen[key], kept, f"{where}.{key}")
    elif isinstance(wanted, list):
        assert len(wanted) == len(seen), where
        for inner, row in zip(wanted, seen, strict=True):
            fits(inner, row, kept, where)
    elif wanted != ANYTHING:
        assert wanted == seen, where


def test_the_examples_are_true(api: Api, world: World) -> None:
    kept: dict[str, str] = {}
    examples = EXAMPLE.findall(GUIDE)
    assert len(examples) == GUIDE.count("```http") >= 12
    for request, status, wanted in examples:
        for name, value in kept.items():
            request = request.replace(f"{{{{{name}}}}}", value)
        head, _blank, body = request.partition("\n\n")
        line, *headers = head.strip().splitlines()
        method, path = line.split(" ", 1)
        named = dict(header.split(": ", 1) for header in headers)
        response = api.send(method, path, json.loads(body) if body.strip() else None, **named)
        assert response.status_code == int(status), (line, response.content.decode())
        fits(json.loads(wanted), response.json(), kept, line)


def test_every_code_is_explained() -> None:
    told = {code: int(status) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)`", GUIDE, re.MULTILINE)}
    ours = ("accounts.", "funnels.", "integrations.")
    known = {
        each.code: each.status for error, each in problems._known.items() if error.__module__.startswith(ours)
    }
    assert known.items() <= told.items()
