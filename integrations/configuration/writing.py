"""The file's text: YAML in a lasting order, a comment above each section, small references in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _

from integrations.configuration.grammar import SECTIONS


class _Inline(dict[str, Any]):
    """A mapping that stands in one line: {name: …, id: …}."""


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key; no aliases, so that each place can be edited on its own."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_Dumper.add_representer(
    _Inline,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True),
)


def comments() -> Mapping[str, str]:
    """What a reader should know of each section, in her language."""
    return {
        "": _(
            "The configuration of an account. Names stand for rows; no password and no key is ever in it.\n"
            "Applying it creates and changes what is named, and what is not named stays. With the line\n"
            "“remove: true” what is not named is removed, where nothing hangs on it."
        ),
        "account_settings": _(
            "Of the account as a whole. A file can ask for the second factor, never take it away."
        ),
        "modules": _("Switches and settings of modules; what is contracted is not part of the file."),
        "profiles": _("What members may do. Administrators may all, and a file never changes who they are."),
        "teams": _("Names only: who belongs to them is chosen in the administration."),
        "fields": _(
            "Custom fields. The key tells them apart; type and key never change, options are only added."
        ),
        "funnels": _(
            "Stages in their order. A mandatory checklist item or a requirement keeps cards from going on."
        ),
        "connections": _(
            "One for each partner, without credentials: a new one begins as a draft. Cadences, fields and\n"
            "the like are chosen by name and by the partner's id; where the ids are others, the name counts."
        ),
        "automations": _("In the order in which they act. A stage is named by its funnel: “Funnel / Stage”."),
        "endpoints": _(
            "Addresses for our events. A new one comes in switched off: its secret is made on its page,\n"
            "and secrets in an address are blanked."
        ),
    }


def written(data: Mapping[str, Any]) -> str:
    """The file; what `data` has beside the sections is its header."""
    told = comments()
    parts = [_comment(told[""]), _dump({key: value for key, value in data.items() if key not in SECTIONS})]
    parts += [
        "\n" + _comment(told[name]) + _dump({name: _inlined(data[name])}) for name in SECTIONS if name in data
    ]
    return "".join(parts)


def _comment(words: str) -> str:
    return "".join(f"# {line}\n" for line in words.splitlines())


def _dump(data: Mapping[str, Any]) -> str:
    text: str = yaml.dump(
        dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1000
    )
    return text


def _inlined(value: Any) -> Any:
    """Mappings of one or two plain values become one line each."""
    if isinstance(value, Mapping):
        plain = all(not isinstance(each, Mapping | list) for each in value.values())
        if plain and value and set(value) <= {"name", "id", "unknown"} and set(value) != {"name"}:
            return _Inline(value)
        return {key: _inlined(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_inlined(each) for each in value]
    return value
