"""Tells which scopes open something, from the addresses that the API really has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.scopes import ROOT, all_scopes, scope_of

_WORD = re.compile(r"\^?([a-z-]+)")


def opening_scopes() -> list[str]:
    """Every scope that some operation asks for, in the order of all_scopes; keys may hold others, of old."""
    asked = {scope for pattern in _below_root() for scope in _asked(pattern)}
    return [each for each in all_scopes() if each in asked]


def _below_root() -> Iterator[Any]:
    for each in get_resolver().url_patterns:
        if isinstance(each, URLResolver) and f"/{each.pattern}" == ROOT:
            yield from each.url_patterns


def _asked(pattern: Any) -> Iterator[str]:
    """A resource's operations at one address: its methods are those that the router gave it."""
    actions = getattr(pattern.callback, "actions", None) if isinstance(pattern, URLPattern) else None
    word = _WORD.match(str(pattern.pattern))
    if not actions or word is None:
        return
    for method, action in actions.items():
        yield scope_of(path=f"{ROOT}{word[1]}/", method=method.upper())
        operation = pattern.callback.cls.operations.get(action)  # type: ignore[attr-defined]
        yield from operation.scopes if operation else ()
