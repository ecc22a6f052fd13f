"""How long raw payloads stay: what arrived, what was sent, what rules saw of it, and exchanges (X8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from accounts.models import Account
from integrations.models import (
    Arrival,
    AutomationRun,
    Delivery,
    Exchange,
    OutboxAction,
    SyncEvent,
    WorkflowRun,
)
from mapping.models import Conflict

BATCH = 2000
SETTLED = (Delivery.State.TAKEN, Delivery.State.IGNORED, Delivery.State.UNVERIFIED, Delivery.State.FAILED)
READ = (Arrival.State.APPLIED, Arrival.State.IGNORED, Arrival.State.FAILED)
# What a person still decides keeps what was said: sending it again compares with it.
SAID = (OutboxAction.State.DONE, OutboxAction.State.CANCELLED)
QUOTED = ("value", "tried")  # what lines of a card quote of a field; whose line it is stays
EXPIRED = "…"


def expire(account: Account, *, now: datetime) -> int:
    """Empties what is older than the account's `payload_days`; returns how many rows. What waits stays.

    States, times and reasons stay, so that the sync centre still tells what happened; a delivery that was
    not understood can no longer be taken in again. What both sides agreed on stands in links and stays.
    """
    edge = now - timedelta(days=account.payload_days)
    done = 0
    bodies = Delivery.unscoped.filter(account=account, received_at__lt=edge, state__in=SETTLED)
    while ids := _ids(bodies.exclude(body=b"")):
        done += Delivery.unscoped.filter(pk__in=ids).update(body=b"", headers={})
    records = Arrival.unscoped.filter(account=account, received_at__lt=edge, state__in=READ)
    while ids := _ids(records.exclude(record={})):
        done += Arrival.unscoped.filter(pk__in=ids).update(record={}, tried=[])
    old = Exchange.unscoped.filter(account=account, at__lt=edge)
    while ids := _ids(old):
        done += Exchange.unscoped.filter(pk__in=ids).delete()[0]
    return done + _expire_sent(account, edge) + _expire_told(account, edge)


def _expire_sent(account: Account, edge: datetime) -> int:
    done = 0
    said = OutboxAction.unscoped.filter(account=account, done_at__lt=edge, state__in=SAID)
    while ids := _ids(said.exclude(payload={}, asked={}, receipt={})):
        done += OutboxAction.unscoped.filter(pk__in=ids).update(payload={}, asked={}, receipt={})
    values = Conflict.unscoped.filter(account=account, at__lt=edge)
    while ids := _ids(values.exclude(ours="", theirs="")):
        done += Conflict.unscoped.filter(pk__in=ids).update(ours="", theirs="")
    return done


def _expire_told(account: Account, edge: datetime) -> int:
    """Rules and their outcome stay, and numbers (whose turn it was); the texts that they saw go."""
    runs = AutomationRun.unscoped.filter(account=account, at__lt=edge)
    done = _each(runs.exclude(tried=[]).exclude(tried__0__has_key="expired"), "tried", _without_texts)
    ended = WorkflowRun.unscoped.filter(account=account, done_at__lt=edge)
    ended = ended.exclude(state=WorkflowRun.State.WAITING)
    done += _each(ended.exclude(tried=[]).exclude(tried__0__has_key="expired"), "tried", _without_texts)
    quoting = Q()
    for name in QUOTED:
        quoting |= Q(saw__has_key=name) & ~Q(**{f"saw__{name}": EXPIRED})
    lines = SyncEvent.unscoped.filter(account=account, at__lt=edge)
    return done + _each(lines.filter(quoting), "saw", _without_quotes)


def _each(rows: Any, column: str, emptied: Any) -> int:
    """Rewrites one column, a batch at a time; rows that were rewritten are not among them the next time."""
    done = last = 0
    while found := list(rows.filter(pk__gt=last).only("pk", column).order_by("pk")[:BATCH]):
        last = found[-1].pk
        for row in found:
            setattr(row, column, emptied(getattr(row, column)))
        done += rows.model.unscoped.bulk_update(found, [column], batch_size=200)
    return done


def _without_texts(tried: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**rule, "saw": _blank(rule.get("saw") or {}), "expired": True} for rule in tried]


def _without_quotes(saw: dict[str, Any]) -> dict[str, Any]:
    return {**saw, **{name: EXPIRED for name in QUOTED if name in saw}}


def _blank(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _blank(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_blank(each) for each in value]
    return EXPIRED if isinstance(value, str) and value else value


def _ids(rows: Any) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:BATCH])
