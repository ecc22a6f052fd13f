"""Settings that are counters of other apps: "number of the next …" (S3); apps register theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Account


@dataclass(frozen=True, kw_only=True)
class Counter:
    """`read(account)` → (next, smallest possible); `write(account, number)` → the next before.

    `write` runs inside the service's transaction and raises checking.Unfit for a number that is used.
    """

    read: Callable[[Account], tuple[int, int]]
    write: Callable[[Account, int], int]


counters: dict[str, Counter] = {}
"""By the setting's name, "deals.next_number"; filled in AppConfig.ready."""
