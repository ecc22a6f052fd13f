"""X6: a bad file is refused whole, with the line and the path of each mistake."""

from __future__ import annotations

import pytest
from django.utils import translation

from integrations.configuration import services
from integrations.configuration.kinds import NotReadable


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def mistakes(raw: bytes | str) -> list[tuple[int, str, str]]:
    with pytest.raises(NotReadable) as refused:
        services.read(raw)
    return [(each.line, each.path, each.words) for each in refused.value.mistakes]


@pytest.mark.parametrize(
    ("raw", "line", "path", "words"),
    [
        ("format: 1\nfunnels: [\n", 3, "", "not valid YAML"),
        ("format: 1\n\tteams: []\n", 2, "", "not valid YAML"),
        ("", 1, "", "empty"),
        ("format: 1\nteams: &a [x]\n", 2, "", "Anchors"),
        ("format: 1\nteams: &a [x]\nprofiles: *a\n", 2, "", "Anchors"),
        ("format: 1\nteams: !!python/object/apply:os.system [ls]\n", 2, "", "Tags"),
        ("format: 1\n---\nformat: 1\n", 2, "", "more than one document"),
        ("format: 1\nfunels: []\n", 2, "funels", "not known here. Known: format"),
        ("teams: []\n", 1, "", "“format” is missing"),
        ("format: 1\nteams: Sul\n", 2, "teams", "A list is expected"),
        ("format: 1\nteams:\n  - Sul\n  - 12\n", 4, "teams[2]", "put numbers and yes/no in quotes"),
        ("format: 1\nteams:\n  - Sul\n  - sul\n", 4, "teams[2]", "stands there twice"),
        ("format: 1\nteams: []\nteams: []\n", 3, "teams", "This key stands there twice"),
        ("format: 1\nfunnels:\n  - stages: []\n", 3, "funnels[1]", "“name” is missing"),
        (
            "format: 1\nfunnels:\n  - name: A\n    stages:\n      - name: B\n      - name: b\n",
            6,
            "funnels[1].stages[2]",
            "twice",
        ),
        (
            "format: 1\nfunnels:\n  - name: A\n    stages:\n      - {name: B, checklist: [{text: x, mandatory: maybe}]}\n",
            5,
            "funnels[1].stages[1].checklist[1].mandatory",
            "true or false",
        ),
        ("format: 1\nfields:\n  deal:\n    - {key: a, label: A, type: word}\n", 4, "fields.deal[1].type", "Use one of"),
        ("format: 1\nconnections:\n  nobody: {}\n", 3, "connections.nobody", "not installed"),
        ("format: 1\nmodules:\n  teleport: {}\n", 3, "modules.teleport", "no module"),
        ("format: 1\nconnections:\n  meetime: {token: abc}\n", 3, "connections.meetime.token", "not known here"),
        ("format: 1\nconnections:\n  meetime: {settings: {won_stage: Vendas}}\n", 3, "connections.meetime.settings.won_stage", "Funnel / Stage"),
        ("format: x\n", 1, "format", "whole number"),
        ("format: 1\nprofiles: [{name: A, permissions: [fly]}]\n", 2, "profiles[1].permissions[1]", "Use one of"),
        ("[1, 2]\n", 1, "", "Keys with values"),
        ("format: 1\nteams: [" + "[" * 40 + "]" * 40 + "]\n", 2, "", "too deeply"),
        (b"format: 1\naccount: Jo\xe3o\n", 2, "", "UTF-8"),
        (b"format: 1\n#" + b"x" * 1_000_001, 1, "", "larger than 1 MB"),
        ("format: 1\naccount: \"a\\0b\"\n", 2, "account", "Control characters"),
        ("format: 1\nteams: [\"" + "x" * 81 + "\"]\n", 2, "teams[1]", "80 characters"),
        ("format: 1\nteams:\n" + "  - t\n" * 20_001, 3, "teams", "20000 entries"),
    ],
)  # fmt: skip
def test_x6_says_line_and_path(raw, line, path, words) -> None:
    found = mistakes(raw)
    assert (found[0][0], found[0][1]) == (line, path)
    assert words in found[0][2]


def test_x6_every_mistake_is_told_in_the_files_order() -> None:
    found = mistakes("format: 1\nteams: x\nfunnels: y\nzeppelin: 1\n")
    assert [line for line, _path, _words in found] == [2, 3, 4]


def test_x6_a_later_format_is_refused_as_such() -> None:
    found = mistakes("format: 2\nsomething_new: {}\n")
    assert len(found) == 1
    assert "format 2" in found[0][2]
    assert "up to 1" in found[0][2]


def test_x6_a_bomb_of_mistakes_ends() -> None:
    raw = "format: 1\nteams:\n" + "  - 1\n" * 199
    assert len(mistakes(raw)) == 50


def test_x6_what_people_write_is_read() -> None:
    document = services.read(
        "\ufeffformat: 1\r\nteams:\r\n  - Sul\r\nautomations:\r\nfunnels:\r\n"
        "  - name: Vendas\r\n    stages:\r\n      - name: 'on'\r\n"
    )
    assert document.sections["teams"] == ["Sul"]
    assert document.sections["automations"] == []
    assert document.sections["funnels"][0]["stages"] == [{"name": "on"}]


def test_x6_dates_and_numbers_stay_as_they_are_written() -> None:
    rule = "{field: deal.custom.x, operator: on, value: 2026-12-31}"
    other = "{field: deal.amount, operator: more, value: 1.50}"
    text = (
        "format: 1\nautomations:\n  - description: x\n    stage: A / B\n    trigger: entered\n"
        f"    action: crm.move\n    filters: [{rule}, {other}]\n"
    )
    filters = services.read(text).sections["automations"][0]["filters"]
    assert [each["value"] for each in filters] == ["2026-12-31", "1.50"]
