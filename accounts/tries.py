"""Counts wrong passwords, so that guessing takes longer than a lifetime."""

from __future__ import annotations

import hashlib

from django.core.cache import cache

AT_MOST = 10  # wrong passwords …
WITHIN = 15 * 60  # … in so many seconds, for one e-mail from one address


def key(*, email: str, address: str) -> str:
    """The counter's name; hashed, so that the cache holds no e-mail."""
    return "tries:" + hashlib.sha256(f"{email}|{address}".encode()).hexdigest()


def too_many(who: str) -> bool:
    """Whether the counter is full."""
    return int(cache.get(who, 0)) >= AT_MOST


def count(who: str) -> None:
    """One more wrong password; the counter empties WITHIN seconds after the first."""
    if not cache.add(who, 1, timeout=WITHIN):
        cache.incr(who)
