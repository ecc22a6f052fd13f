"""Every setting of every module stands in docs/modulos.md with the test of its effect (S3)."""

from __future__ import annotations

import re

from django.utils.translation import override

from accounts.module_settings import DECLARED, Kind
from tests.house.code import ROOT

ROW = re.compile(
    r"\| (?P<document>[^|]+) \| `(?P<name>[\w.]+)` \| (?P<effect>[^|]+) \| `(?P<test>test_\w+)` \|"
)


def rows() -> dict[str, dict[str, str]]:
    text = (ROOT / "docs/modulos.md").read_text(encoding="utf-8")
    return {found["name"]: found.groupdict() for found in ROW.finditer(text)}


def test_s3_every_declared_setting_has_its_row_in_the_documents_words() -> None:
    found = rows()
    assert set(found) == set(DECLARED)
    for name, setting in DECLARED.items():
        assert found[name]["document"] == setting.document, name
        assert len(found[name]["effect"]) > 10, name
        assert len(setting.effect) > 10, name


def test_s3_every_row_names_a_test_that_exists() -> None:
    known = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {row["test"] for row in rows().values()} <= known


def test_messages_s3_labels_are_the_documents_own_words() -> None:
    with override("pt-br"):
        spoken = {name: str(each.label) for name, each in DECLARED.items() if each.kind is not Kind.IMAGE}
    assert spoken == {name: DECLARED[name].document for name in spoken}


def test_s3_every_declaration_is_whole() -> None:
    for name, setting in DECLARED.items():
        assert bool(setting.choices) is (setting.kind in (Kind.CHOICE, Kind.GENDER, Kind.ICON)), name
        assert bool(setting.image) is (setting.kind is Kind.IMAGE), name
        assert not setting.beside or DECLARED[f"{setting.module}.{setting.beside}"].beside == setting.key
        if setting.kind in (Kind.CHOICE, Kind.GENDER):
            assert setting.default in dict(setting.choices), name
        if setting.kind in (Kind.NUMBER, Kind.NEXT_NUMBER):
            assert setting.minimum < setting.maximum, name
