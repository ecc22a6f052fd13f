"""S18: the guide's examples are run as they stand, and its table has every code."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts import problems
from accounts.rest.schema import HEADERS
from config.api_urls import router  # noqa: F401  # registers every refusal
from integrations.endpoints import payloads
from integrations.models import OutgoingEvent
from tests.api.conftest import Api, caller
from tests.conftest import World, make_world

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```(http|sh)\n(.*?)```\n`(\d{3})`\n```json\n(.*?)```", re.DOTALL)
PROGRAM = re.compile(r"```python\n((?:(?!```).)*)```\n```text\n(.*?)```", re.DOTALL)
EVENT = re.compile(r"### What is posted\n```json\n(.*?)```", re.DOTALL)
RATE = re.compile(r"```\n(RateLimit-.*?)```", re.DOTALL)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
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


def http(request: str) -> tuple[str, str, dict[str, str], Any]:
    """Method, path, headers and body of an example as it goes over the line."""
    head, _blank, body = request.partition("\n\n")
    line, *headers = head.strip().splitlines()
    method, path = line.split(" ", 1)
    named = dict(header.split(": ", 1) for header in headers)
    return method, path, named, json.loads(body) if body.strip() else None


def curl(command: str) -> tuple[str, str, dict[str, str], Any]:
    """The same of a curl command with -X, -H and -d."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("curl")
    parser.add_argument("address")
    parser.add_argument("-X", default="")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    given = parser.parse_args(shlex.split(command))
    headers = dict(header.split(": ", 1) for header in given.H)
    assert headers.pop("Authorization") == "Bearer $TOMADA_KEY"
    path = given.address.removeprefix("https://crm.example")
    return given.X or ("POST" if given.d else "GET"), path, headers, json.loads(given.d) if given.d else None


READERS = {"http": http, "sh": curl}


def test_s18_the_examples_are_true(api: Api, world: World) -> None:
    kept: dict[str, str] = {}
    examples = EXAMPLE.findall(GUIDE)
    assert len(examples) == GUIDE.count("```http") + GUIDE.count("```sh") >= 20
    for kind, request, status, wanted in examples:
        for name, value in kept.items():
            request = request.replace(f"{{{{{name}}}}}", value)
        method, path, named, body = READERS[kind](request)
        response = api.send(method, path, body, **named)
        assert response.status_code == int(status), (method, path, response.content.decode())
        fits(json.loads(wanted), response.json(), kept, f"{method} {path}")


def alike(wanted: Any, seen: Any, where: str = "") -> None:
    """The example has the keys and the kinds of values of what is really told; `object` is shortened."""
    assert type(wanted) is type(seen), where
    if isinstance(wanted, dict):
        assert set(wanted) <= set(seen) if where.endswith(".object") else set(wanted) == set(seen), where
        for key, inner in wanted.items():
            alike(inner, seen[key], f"{where}.{key}")


def test_s18_an_event_is_posted_as_the_guide_shows_it(api: Api, stages: list[str]) -> None:
    wanted = json.loads(EVENT.findall(GUIDE)[0])
    address = {"url": "https://93.184.216.34/", "events": [wanted["type"]]}
    api.made("webhook-endpoints/", address)
    deal = api.made("deals/", {"title": "Padaria Sol", "stage": stages[0]})
    api.post(f"deals/{deal['id']}/move/", {"stage": stages[1]})
    event = OutgoingEvent.unscoped.get()
    at = event.at.astimezone(UTC).isoformat()
    told = json.loads(payloads.body(kind=event.kind, at=at, data=event.data))
    alike(wanted, told)
    assert (wanted["type"], wanted["data"]["origin"]["kind"]) == (told["type"], "api")
    assert datetime.fromisoformat(wanted["timestamp"]).utcoffset() == timedelta()
    assert told["data"]["changed"]["stage"] == {"before": stages[0], "after": stages[1]}
    assert MOMENT.fullmatch(told["data"]["changed"]["entered_stage_at"]["after"])
    assert MOMENT.fullmatch(wanted["data"]["changed"]["entered_stage_at"]["after"])


def test_s18_every_answer_has_the_headers_that_the_guide_shows(api: Api) -> None:
    shown = dict(line.split(": ") for line in RATE.findall(GUIDE)[0].splitlines())
    answer = api.get("deals/")
    told = {name: answer[name] for name in answer.headers if name.startswith("RateLimit-")}
    assert list(shown) == list(told) == list(HEADERS)
    assert shown["RateLimit-Limit"] == told["RateLimit-Limit"] == str(settings.API_RATE)
    for each in (shown, told):
        assert int(each["RateLimit-Remaining"]) < settings.API_RATE
        assert 0 < int(each["RateLimit-Reset"]) <= 60


@pytest.mark.django_db(transaction=True)
@pytest.mark.any_store
def test_s18_the_program_does_what_it_says(
    live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The guide's Python, run against a server of its own."""
    settings.PUBLIC_URL = live_server.url
    program, wanted = PROGRAM.findall(GUIDE)[0]
    monkeypatch.setenv("TOMADA_URL", live_server.url)
    monkeypatch.setenv("TOMADA_KEY", caller(make_world("Casa", "casa.example").account).key)
    exec(compile(program, "docs/api.md", "exec"), {})
    assert capsys.readouterr().out == wanted


def test_s18_the_guide_names_the_limits_that_hold() -> None:
    from accounts.rest import bulk, parsing

    assert f"{settings.API_RATE} calls a minute" in GUIDE
    assert f"1 to {bulk.MOST:,} rows ({bulk.BulkJSON.most >> 20} MiB)" in GUIDE
    assert parsing.MAX_BODY == 2**20
    assert bulk.CHUNK == 100


def test_every_code_is_explained() -> None:
    told = {code: int(status) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)`", GUIDE, re.MULTILINE)}
    ours = ("accounts.", "funnels.", "integrations.")
    known = {
        each.code: each.status for error, each in problems._known.items() if error.__module__.startswith(ours)
    }
    assert known.items() <= told.items()
