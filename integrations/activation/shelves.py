"""A catalog's shelf as screens show it: how old it is and whether a new reading is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations.engine import catalog, explain
from integrations.engine.jobs import READ_WHILE
from integrations.models import CatalogShelf, Connection

FRESH = timedelta(minutes=2)  # an older shelf asks for a new reading as soon as it is looked at
PATIENCE = timedelta(seconds=60)  # after that a page stops asking whether a reading has come


def shelf_context(*, connection: Connection, kind: str) -> dict[str, Any]:
    """What parts/shelf.html shows, with the last error in the reader's language.

    `waiting`: a reading is under way; `asleep`: none will be; `late`: nobody took it up and the
    page stops asking.
    """
    found: CatalogShelf | None = catalog.shelf(connection, kind)
    waiting = found is not None and found.wanted_at is not None
    if found is not None and found.wanted_at is not None and found.read_at is not None:
        waiting = found.wanted_at > found.read_at
    asleep = connection.state not in READ_WHILE
    wanted = found.wanted_at if found is not None else None
    late = waiting and wanted is not None and timezone.now() - wanted > PATIENCE
    old = found is None or found.read_at is None or timezone.now() - found.read_at > FRESH
    return {
        "kind": kind,
        "shelf": {"read_at": found.read_at, "last_error": explain.reason(found.last_error)}
        if found
        else None,
        "waiting": waiting and not (asleep or late),
        "late": late and not asleep,
        "old": old and not (waiting or asleep),
        "asleep": asleep,
    }
