"""A partner's own folder as the wizard shows it: its logo and its guide in the reader's language."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.nouns import worded
from integrations.contract import Partner

_BULLET = re.compile(r"^(?:[-*]|\d+\.) +")


def folder(partner: Partner) -> Path:
    """Where the partner's files stand."""
    return Path(str(sys.modules[type(partner).__module__].__file__)).parent


def guide_html(partner: Partner) -> SafeString:
    """guide.md as HTML: paragraphs, "## " headings, lists and **bold**; guide.en.md for English readers; in
    the account's own words where it has nouns.worded's markers (S3).

    The text is ours, from the repository, and is escaped all the same; no guide is "".
    """
    place = folder(partner)
    english = place / "guide.en.md"
    path = english if (get_language() or "").startswith("en") and english.exists() else place / "guide.md"
    if not path.exists():
        return SafeString()
    told = worded(path.read_text(encoding="utf-8"), "en" if path == english else "pt")
    text = re.sub(r"^(#.*)$", r"\1\n", told, flags=re.MULTILINE)
    blocks = re.split(r"\n{2,}", text.strip())
    return mark_safe("\n".join(map(_block, blocks)))  # noqa: S308 - every line went through escape()


def _block(block: str) -> str:
    lines = block.splitlines()
    if lines[0].startswith("#"):
        return f"<h3>{_inline(lines[0].lstrip('# '))}</h3>"
    if all(_BULLET.match(line) for line in lines):
        tag = "ol" if lines[0][0].isdigit() else "ul"
        items = "".join(f"<li>{_inline(_BULLET.sub('', line))}</li>" for line in lines)
        return f"<{tag}>{items}</{tag}>"
    return f"<p>{_inline(' '.join(lines))}</p>"


def _inline(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))
