"""Where a secret could be seen: every row and byte of the store, and every address that can be opened."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from django.apps import apps
from django.db import connection as store
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver


def forms(secret: str) -> dict[str, bytes]:
    """The secret as it may be written: raw, quoted, as JSON, in hex, in both base64 at each alignment."""
    raw = secret.encode()
    found = {
        "raw": raw,
        "quoted": quote(secret, safe="").encode(),
        "quoted for a form": quote_plus(secret).encode(),
        "hex": raw.hex().encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
    }
    for shift in range(3):
        for name, encode in (("base64", base64.b64encode), ("urlsafe base64", base64.urlsafe_b64encode)):
            # The characters that do not depend on what stands before and after.
            core = encode(b"\0" * shift + raw)[4 if shift else 0 : len(encode(raw)) - 6]
            found[f"{name} at {shift}"] = core
    return found


@dataclass
class Watch:
    """The canaries by name, and what was found where."""

    canaries: dict[str, str] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def look(self, where: str, text: bytes | str, *, but: str = "") -> None:
        """Notes every canary that stands in the text, in any of its forms, except the one named `but`."""
        raw = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        for name, secret in self.canaries.items():
            if name == but:
                continue
            for form, wanted in forms(secret).items():
                if wanted in raw:
                    at = raw.index(wanted)
                    near = raw[max(0, at - 60) : at].decode(errors="replace")
                    self.found.append(f"{name} ({form}) in {where}, after …{near}")

    def assert_clean(self) -> None:
        assert not self.found, "secrets were found:\n" + "\n".join(dict.fromkeys(self.found))


def store_bytes() -> Iterable[tuple[str, bytes]]:
    """The whole store as it lies on the disk, or as a dump of every row."""
    if store.vendor == "sqlite":
        path = Path(str(store.settings_dict["NAME"]))
        for each in (path, path.with_name(path.name + "-wal")):
            if each.exists():
                yield each.name, each.read_bytes()
    for model in apps.get_models(include_auto_created=True):
        columns = ", ".join(f'"{each.column}"' for each in model._meta.concrete_fields)
        with store.cursor() as cursor:
            cursor.execute(f'SELECT {columns} FROM "{model._meta.db_table}"')
            for row in cursor.fetchall():
                text = "\n".join(
                    bytes(value).decode(errors="replace")
                    if isinstance(value, bytes | memoryview)
                    else json.dumps(value)
                    if isinstance(value, dict | list)
                    else str(value)
                    for value in row
                )
                yield f"table {model._meta.db_table}", text.encode(errors="surrogatepass")


def addresses(known: dict[str, Any]) -> Iterator[str]:
    """Every address of the installation that a GET can open, its numbers filled from `known`."""
    yield from _walk(get_resolver().url_patterns, "", known)


def _walk(patterns: Iterable[Any], prefix: str, known: dict[str, Any]) -> Iterator[str]:
    for pattern in patterns:
        part = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + part, known)
        elif isinstance(pattern, URLPattern):
            path = _filled(prefix + part, known)
            if path is not None:
                yield "/" + path


def _filled(route: str, known: dict[str, Any]) -> str | None:
    route = re.sub(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)", r"<\1>", route)
    route = (
        route.replace("\\Z", "")
        .replace("\\.", ".")
        .replace("/?", "/")
        .strip("^$")
        .replace("$", "")
        .replace("^", "")
    )
    for name in re.findall(r"<(?:\w+:)?(\w+)>", route):
        if name not in known:
            return None
        route = re.sub(rf"<(?:\w+:)?{name}>", str(known[name]), route)
    return None if re.search(r"[()?*\\\[\]]", route) else route


def admin_pages() -> Iterator[str]:
    from django.contrib import admin
    from django.urls import reverse

    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for name, rows in (("changelist", [None]), ("change", list(model._default_manager.all()[:3]))):
            for row in rows:
                try:
                    yield reverse(f"{base}_{name}", args=[row.pk] if row is not None else [])
                except NoReverseMatch:
                    continue
