"""What a partner puts into an account's configuration file: settings and lists, with their verbs (X6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Ref = Literal["flag", "number", "text", "word", "profile", "team", "funnel", "funnels", "stage", "catalog"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One value in the file. Rows of ours (profile, team, funnel, stage) stand there by name; `catalog` takes
    an item of that kind by name and their id; `word` one of `choices`."""

    name: str
    ref: Ref
    catalog: str = ""
    choices: Sequence[str] = ()
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a list as it stands now: `handle` is the partner's own, `values` by setting name."""

    handle: Any
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A list of the connection's; `once` names the settings that tell its rows apart.

    Values given to `write` and returned by `read` are our rows themselves, for `catalog` their id. `write`
    takes (connection, handle or None for a new one, values, origin) and refuses with words.
    """

    name: str
    columns: Sequence[Setting]
    once: Sequence[str]
    read: Callable[[Any], Sequence[Row]]
    write: Callable[[Any, Any, Mapping[str, Any], Any], None]
    remove: Callable[[Any, Any], None]


def _nothing(_connection: Any) -> Mapping[str, Any]:
    return {}


def _unwritten(_connection: Any, _values: Mapping[str, Any], _origin: Any) -> None:
    raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ConfigurationPart:
    """A partner's part of the file: PART in its folder's configuration.py. No secret is ever part of it.

    `read` gives every setting by name, None or an empty list for what is not chosen; `write` takes
    (connection, what changes, origin), also before the credentials were checked.
    """

    settings: Sequence[Setting] = ()
    read: Callable[[Any], Mapping[str, Any]] = _nothing
    write: Callable[[Any, Mapping[str, Any], Any], None] = _unwritten
    rows: Sequence[Rows] = field(default=())
