"""The grammar's bricks: what may stand at a place of the file, each mistake with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

MOST_MISTAKES = 50
MOST_ENTRIES = 20_000  # more does not fit into a file (reading.MOST_BYTES)
TAG = "tag:yaml.org,2002:"
NUMERIC = (f"{TAG}int", f"{TAG}float", f"{TAG}bool")


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """Something in the file that cannot be read: where it stands, what is wrong. `line` counts from 1."""

    line: int
    path: str
    words: str

    def __str__(self) -> str:
        where = _("line %(line)d") % {"line": self.line}
        return f"{where}, {self.path}: {self.words}" if self.path else f"{where}: {self.words}"


class NotReadable(Exception):
    """The file is refused whole; `mistakes` says why, line by line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))

    @property
    def words(self) -> str:
        """All of them in one text."""
        return str(self)


class Unfit(Exception):
    """A node that is not of the kind that belongs there; `words` says what is expected."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass
class Reader:
    """Collects the mistakes of one file."""

    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, node: yaml.Node, path: str, words: str) -> None:
        """Notes one mistake; too many end the reading."""
        self.mistakes.append(Mistake(line=node.start_mark.line + 1, path=path, words=words))
        if len(self.mistakes) >= MOST_MISTAKES:
            raise NotReadable(self.mistakes)

    def read(self, kind: Kind, node: yaml.Node, path: str) -> Any:
        """The node's value; None after a mistake, which is noted."""
        try:
            return kind.read(node, path, self)
        except Unfit as unfit:
            self.wrong(node, path, unfit.words)
            return None


class Kind:
    """What may stand at a place."""

    def read(self, node: yaml.Node, path: str, reader: Reader) -> Any:
        """The value; raises Unfit, or notes what is wrong further in."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Text(Kind):
    """Text without line breaks at its ends; `loose` also takes numbers as they are written."""

    most: int = 120
    blank: bool = False
    loose: bool = False

    def read(self, node: yaml.Node, path: str, reader: Reader) -> str:  # noqa: ARG002
        if not isinstance(node, yaml.ScalarNode) or (node.tag in NUMERIC and not self.loose):
            raise Unfit(_("Text is expected here; put numbers and yes/no in quotes."))
        if node.tag == f"{TAG}null":
            if self.blank:
                return ""
            raise Unfit(_("Something has to be written here."))
        text = str(node.value).strip()
        if not text and not self.blank:
            raise Unfit(_("Something has to be written here."))
        if len(text) > self.most:
            raise Unfit(_("%(most)s characters at most.") % {"most": self.most})
        if any(ord(letter) < 32 and letter not in "\n\t" for letter in text) or not _encodable(text):
            raise Unfit(_("Control characters cannot stand here."))
        return text


@dataclass(frozen=True, kw_only=True)
class Flag(Kind):
    """true or false."""

    def read(self, node: yaml.Node, path: str, reader: Reader) -> bool:  # noqa: ARG002
        if not isinstance(node, yaml.ScalarNode) or node.tag != f"{TAG}bool":
            raise Unfit(_("Write true or false."))
        return node.value.lower() in {"true", "yes", "on"}


@dataclass(frozen=True, kw_only=True)
class Number(Kind):
    """A whole number."""

    least: int = 0
    most: int = 1_000_000

    def read(self, node: yaml.Node, path: str, reader: Reader) -> int:  # noqa: ARG002
        written = node.value.lstrip("-") if isinstance(node, yaml.ScalarNode) else ""
        if node.tag != f"{TAG}int" or not (written.isascii() and written.isdigit() and len(written) < 10):
            raise Unfit(_("Write a whole number."))
        number = int(node.value)
        if not self.least <= number <= self.most:
            words = _("Write a number from %(least)s to %(most)s.")
            raise Unfit(words % {"least": self.least, "most": self.most})
        return number


@dataclass(frozen=True, kw_only=True)
class Word(Kind):
    """One of a few words."""

    choices: Sequence[str]

    def read(self, node: yaml.Node, path: str, reader: Reader) -> str:
        text = Text(loose=True, blank=True).read(node, path, reader)
        if text not in self.choices:
            raise Unfit(_("Use one of: %(choices)s.") % {"choices": ", ".join(filter(None, self.choices))})
        return text


@dataclass(frozen=True, kw_only=True)
class Scalar(Kind):
    """Text, a whole number, true or false, as it is written."""

    def read(self, node: yaml.Node, path: str, reader: Reader) -> Any:
        if node.tag == f"{TAG}bool":
            return Flag().read(node, path, reader)
        if node.tag == f"{TAG}int":
            return Number(least=-999_999_999, most=999_999_999).read(node, path, reader)
        return Text(most=10_000, blank=True, loose=True).read(node, path, reader)


@dataclass(frozen=True, kw_only=True)
class ListOf(Kind):
    """A list; `once` gives what may stand in it only once.

    `most` only bounds the work: what an account can have, the services say, and no export is beyond it.
    """

    item: Kind
    most: int = MOST_ENTRIES
    once: Callable[[Any], object] | None = None

    def read(self, node: yaml.Node, path: str, reader: Reader) -> list[Any]:
        if node.tag == f"{TAG}null":
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise Unfit(_("A list is expected here: one line for each, beginning with “- ”."))
        if len(node.value) > self.most:
            raise Unfit(_("%(most)s entries at most.") % {"most": self.most})
        found, seen = [], set()
        for number, each in enumerate(node.value, 1):
            place = f"{path}[{number}]"
            before = len(reader.mistakes)
            value = reader.read(self.item, each, place)
            if len(reader.mistakes) > before:
                continue
            key = self.once(value) if self.once else None
            if key is not None and key in seen:
                reader.wrong(each, place, _("This stands there twice."))
            seen.add(key)
            found.append(value)
        return found


@dataclass(frozen=True, kw_only=True)
class MapOf(Kind):
    """A mapping whose keys are words of the account's own, all values of one kind or by key."""

    value: Kind | Callable[[str], Kind | None]
    most: int = 200
    unknown: Callable[[str], str] = str

    def read(self, node: yaml.Node, path: str, reader: Reader) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, key_node, value_node in pairs(node, path, reader):
            place = f"{path}.{key}" if path else key
            kind = self.value if isinstance(self.value, Kind) else self.value(key)
            if kind is None:
                reader.wrong(key_node, place, self.unknown(key))
            else:
                found[key] = reader.read(kind, value_node, place)
        if len(found) > self.most:
            raise Unfit(_("%(most)s entries at most.") % {"most": self.most})
        return found


@dataclass(frozen=True, kw_only=True)
class Object(Kind):
    """A mapping with these keys; what is `required` has to be there, what nobody knows is a mistake."""

    keys: Mapping[str, Kind]
    required: Sequence[str] = ()

    def read(self, node: yaml.Node, path: str, reader: Reader) -> dict[str, Any]:
        found: dict[str, Any] = {}
        known = ", ".join(self.keys)
        for key, key_node, value_node in pairs(node, path, reader):
            place = f"{path}.{key}" if path else key
            if key not in self.keys:
                words = _("“%(key)s” is not known here. Known: %(known)s.")
                reader.wrong(key_node, place, words % {"key": key[:60], "known": known})
            else:
                found[key] = reader.read(self.keys[key], value_node, place)
        for key in self.required:
            if key not in found:
                reader.wrong(node, path, _("“%(key)s” is missing.") % {"key": key})
        return found


def pairs(node: yaml.Node, path: str, reader: Reader) -> list[tuple[str, yaml.Node, yaml.Node]]:
    """(key as it is written, its node, the value's node); a key that stands twice is a mistake."""
    if node.tag == f"{TAG}null":
        return []
    if not isinstance(node, yaml.MappingNode):
        raise Unfit(_("Keys with values are expected here, such as “name: …”."))
    found: dict[str, tuple[str, yaml.Node, yaml.Node]] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            reader.wrong(key_node, path, _("A key has to be plain text."))
            continue
        key = str(key_node.value)
        if key in found:
            reader.wrong(key_node, f"{path}.{key}" if path else key, _("This key stands there twice."))
        found[key] = (key, key_node, value_node)
    return list(found.values())


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\x7f" not in text
