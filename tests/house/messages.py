"""Whether every sentence on screen has its Portuguese, and whether the compiled catalogues are fresh."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.house.code import ROOT

PYTHON = re.compile(
    r"""(?<![\w.])(?:_|gettext|gettext_lazy|gettext_noop|pgettext|ngettext|ngettext_lazy|npgettext)\(\s*"""
    r"""((?:f?"(?:[^"\\]|\\.)*"\s*)+)"""
)
TEMPLATE = re.compile(r"""{%-?\s*(?:translate|trans)\s+"((?:[^"\\]|\\.)*)\"""")
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def catalogues() -> list[Path]:
    """Every .po of ours."""
    return sorted(
        path
        for path in ROOT.rglob("locale/*/LC_MESSAGES/*.po")
        if ".venv" not in path.parts and "node_modules" not in path.parts
    )


def entries(path: Path) -> Iterator[tuple[str, list[str], bool]]:
    """(msgid, translations, fuzzy) for every living entry of a catalogue, its header left out."""
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
        texts: dict[str, str] = {}
        key = ""
        for line in lines:
            named = re.match(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+"', line)
            if named:
                key = named.group(1)
                texts[key] = ""
            if key and (found := re.search(r'"(.*)"\s*$', line)):
                texts[key] += found.group(1)
        if texts.get("msgid"):
            yield texts["msgid"], [text for name, text in texts.items() if name.startswith("msgstr")], fuzzy


def msgids() -> set[str]:
    """The msgids that code and templates use, as far as they are written out."""
    found = set()
    for app in ("accounts", "config", "funnels", "integrations", "mapping"):
        for path in (ROOT / app).rglob("*.py"):
            for match in PYTHON.finditer(path.read_text(encoding="utf-8")):
                found.add("".join(LITERAL.findall(match.group(1))))
    for app in ("accounts", "funnels", "integrations", "mapping", "templates"):
        for path in (ROOT / app).rglob("*.html"):
            found |= set(TEMPLATE.findall(path.read_text(encoding="utf-8")))
    return found - {""}


def untranslated() -> list[str]:
    """msgids without their Portuguese, and entries that are empty or fuzzy; [] before locale/ exists."""
    ours = [path for path in catalogues() if "pt_BR" in path.parts]
    if not ours:
        return []
    known = set()
    wrong = []
    for path in ours:
        for msgid, texts, fuzzy in entries(path):
            known.add(msgid)
            if fuzzy or not all(texts):
                wrong.append(f"{path.relative_to(ROOT)}: {msgid!r} is {'fuzzy' if fuzzy else 'empty'}")
    return wrong + [f"no Portuguese for {msgid!r}" for msgid in sorted(msgids() - known)]


def stale() -> list[str]:
    """Catalogues whose committed .mo is not what msgfmt makes of the .po."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for path in catalogues():
            made = Path(folder) / "made.mo"
            subprocess.run(["msgfmt", "--check-format", "-o", str(made), str(path)], check=True)
            kept = path.with_suffix(".mo")
            if not kept.exists() or content(kept) != content(made):
                wrong.append(f"{kept.relative_to(ROOT)}: run make messages")
    return wrong


def content(path: Path) -> dict[str, str]:
    """What a .mo holds; its header with dates and tool names left out, since versions of gettext differ."""
    from gettext import GNUTranslations

    with path.open("rb") as file:
        catalogue = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {str(key): text for key, text in catalogue.items() if key}


def has_msgfmt() -> bool:
    """Whether gettext is installed."""
    return shutil.which("msgfmt") is not None


if __name__ == "__main__":
    red = untranslated() + (stale() if has_msgfmt() else [])
    print("\n".join(red))
    sys.exit(bool(red))
