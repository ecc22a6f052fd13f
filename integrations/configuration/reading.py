"""From the bytes of a file to YAML nodes: size, encoding, syntax, and nothing that grows when it is read."""

from __future__ import annotations

from typing import Any

import yaml
from django.utils.translation import gettext as _

from integrations.configuration.kinds import Mistake, NotReadable

MOST_BYTES = 1_000_000
DEEPEST = 24
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the safe one; in C where it is built


def root_of(raw: bytes | str) -> yaml.Node:
    """The file's one document as nodes, tags of the safe loader only; raises NotReadable with the line.

    Anchors and aliases are refused: a few lines of them unfold to gigabytes.
    """
    text = _decoded(raw)
    _refuse_unsafe(text)
    try:
        root = yaml.compose(text, Loader=LOADER)
    except (yaml.YAMLError, RecursionError) as error:
        raise NotReadable([_mistake(error)]) from None
    if root is None:
        raise NotReadable([Mistake(line=1, path="", words=_("The file is empty."))])
    return root


def _decoded(raw: bytes | str) -> str:
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        words = _("The file is larger than 1 MB. A configuration is far smaller: this is another file.")
        raise NotReadable([Mistake(line=1, path="", words=words)])
    if isinstance(raw, str):
        return raw.removeprefix("\ufeff")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        words = _("The file is not in UTF-8. Save it anew with the encoding UTF-8.")
        raise NotReadable([Mistake(line=line, path="", words=words)]) from None


def _refuse_unsafe(text: str) -> None:
    """Walks the events, which unfold nothing: syntax, depth, anchors, tags, a second document."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            words = _refused(event, depth, documents)
            if words:
                raise NotReadable([Mistake(line=line, path="", words=words)])
    except yaml.YAMLError as error:
        raise NotReadable([_mistake(error)]) from None


def _refused(event: Any, depth: int, documents: int) -> str:
    if documents > 1:
        return _("The file holds more than one document (“---”). Keep one.")
    if depth > DEEPEST:
        return _("The file is nested too deeply.")
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return _("Anchors and aliases (& and *) are not read here. Write it out.")
    if getattr(event, "tag", None):
        return _("Tags (!) are not read here.")
    return ""


def _mistake(error: BaseException) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", "") or getattr(error, "reason", "") or type(error).__name__)
    words = _("This is not valid YAML (%(problem)s). Often it is the indentation, a tab, or a missing quote.")
    return Mistake(line=mark.line + 1 if mark else 1, path="", words=words % {"problem": problem[:120]})
