"""What truly happened at the partners' side, append-only, to be compared with what the CRM believes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

Entry = dict[str, Any]

KEPT_IN_MEMORY = 200_000
"""Entries; older ones remain in the file, if there is one."""

SECRET_NAMES = frozenset({"token", "secret", "authorization", "api_key", "password", "x-sandbox-token"})

TOKEN_IN_ADDRESS = re.compile(r"\btoken=[^&\s\"]+")

_request: ContextVar[tuple[str, str]] = ContextVar("request", default=("", ""))


def alias_of(token: str) -> str:
    """A short name for a credential that does not give it away: `conta-` and eight hexadecimal digits."""
    return "conta-" + hashlib.sha256(token.encode()).hexdigest()[:8]


def redacted(value: Any) -> Any:
    """The same JSON value, at any depth blanked under a secret's name and after `token=` in an address."""
    if isinstance(value, str) and "token=" in value:
        return TOKEN_IN_ADDRESS.sub("token=***", value)
    if isinstance(value, dict):
        return {
            key: "***" if str(key).lower() in SECRET_NAMES else redacted(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner) for inner in value]
    return value


@contextmanager
def during(*, method: str, path: str) -> Iterator[None]:
    """Entries added inside carry this request's method and path (path without its query)."""
    mark = _request.set((method, path))
    try:
        yield
    finally:
        _request.reset(mark)


class Ledger:
    """Thread-safe list of entries {seq, at, partner, account, method, path, kind, ids, body, …}.

    `at` is epoch seconds; `account` an alias, never the token; `seq` starts at 1 and has no gaps.
    With `path`, each entry is also a line of JSON in that file, flushed at once; a file there is continued.
    """

    def __init__(self, *, clock: Callable[[], float], path: Path | None = None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._first = 1
        self._file: TextIO | None = None
        if path is not None:
            if path.exists():
                self._entries = _whole_lines(path)
                self._first = self._entries[0]["seq"] if self._entries else 1
            self._file = path.open("a", encoding="utf-8")

    def add(
        self,
        *,
        partner: str,
        kind: str,
        account: str = "",
        ids: dict[str, Any] | None = None,
        body: Any = None,
        **more: Any,
    ) -> Entry:
        """Append one entry and return it; `body` is JSON and is redacted here."""
        method, path = _request.get()
        entry: Entry = {
            "seq": 0,
            "at": self._clock(),
            "partner": partner,
            "account": account,
            "method": method,
            "path": path,
            "kind": kind,
            "ids": ids or {},
            "body": redacted(body),
            **more,
        }
        with self._lock:
            entry["seq"] = self._first + len(self._entries)
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")
                self._file.flush()
            if len(self._entries) > KEPT_IN_MEMORY * 5 // 4:
                surplus = len(self._entries) - KEPT_IN_MEMORY
                del self._entries[:surplus]
                self._first += surplus
        return entry

    def since(self, seq: int = 0, *, partner: str = "", kind: str = "", account: str = "") -> list[Entry]:
        """Entries after `seq`, oldest first; `kind` may end in `*` (`lead.*`)."""
        with self._lock:
            rows = self._entries[max(0, seq + 1 - self._first) :]
        whole, start = not kind.endswith("*"), kind.rstrip("*")
        return [
            row
            for row in rows
            if (not kind or (row["kind"] == kind if whole else row["kind"].startswith(start)))
            and (not partner or row["partner"] == partner)
            and (not account or row["account"] == account)
        ]

    def close(self) -> None:
        """Close the file; further entries stay in memory only."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        with self._lock:
            return self._entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.since())


def _whole_lines(path: Path) -> list[Entry]:
    """The file's entries; a last line cut by a crash is cut off the file, else the next would join it."""
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) != len(raw):
        path.write_bytes(whole)
    return [json.loads(line) for line in whole.splitlines()]
