"""How fast a connection may speak: token buckets in the database, shared by every process."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from django.db import transaction

from integrations.contract import Window
from integrations.models import Connection, PaceWindow


class Urgency(Enum):
    """Who asks: a person waits · something just happened · back-fill and polling."""

    PERSON = "person"
    LIVE = "live"
    BACKGROUND = "background"


KEPT_FOR_PEOPLE = 0.2  # a fifth of the burst (engine.md, "Pace and time")


def reserve(
    *,
    connection: Connection,
    windows: tuple[Window, ...],
    cost: int,
    urgency: Urgency,
    now: datetime,
) -> float:
    """Takes `cost` requests from every window and returns 0, or takes nothing and returns seconds to wait.

    A cost above what a bucket can hold is taken when the bucket is full and borrowed from the future.
    """
    with transaction.atomic():
        rows = []
        wait = 0.0
        for index, window in enumerate(windows):
            row = _row(connection, f"{index}:{window.seconds:g}s", window, now)
            row.tokens = min(
                float(window.burst),
                row.tokens + max(0.0, (now - row.counted_at).total_seconds()) * window.rate / window.seconds,
            )
            row.counted_at = max(now, row.counted_at)
            kept = 0.0 if urgency is Urgency.PERSON else window.burst * KEPT_FOR_PEOPLE
            needed = min(float(cost), window.burst - kept) + kept
            wait = max(wait, (needed - row.tokens) * window.seconds / window.rate)
            rows.append(row)
        if wait > 0:
            return wait
        for row in rows:
            row.tokens -= cost
            row.save(update_fields=["tokens", "counted_at"])
    return 0.0


def _row(connection: Connection, name: str, window: Window, now: datetime) -> PaceWindow:
    row: PaceWindow
    row, _created = PaceWindow.unscoped.select_for_update().get_or_create(
        connection=connection,
        window=name,
        defaults={"account_id": connection.account_id, "tokens": float(window.burst), "counted_at": now},
    )
    return row
