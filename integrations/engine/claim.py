"""Who works on which lane: short leases, in turn over connections; only their holder writes outcomes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection as store
from django.db import transaction
from django.db.models import Case, DateTimeField, F, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_noop as _

from funnels.models import Deal
from integrations.engine import clock
from integrations.models import Connection, Lane, OutboxAction

STUMBLE_SECONDS, LONGEST_STUMBLE = 5.0, 1800.0


class LeaseLost(Exception):
    """Somebody else holds the lane by now: what was about to be written is not."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """One lane in hand; `wanted` is what it asked for when it was taken."""

    lane_id: int
    connection_id: int
    key: str
    token: str
    wanted: int


def claim(*, most: int) -> list[Lease]:
    """Up to `most` due lanes, one of each connection first; what was left while speaking becomes Unsure."""
    now = clock.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    due = Lane.unscoped.filter(free, due_at__lte=now, connection__state=Connection.State.ACTIVE)
    turn = Window(RowNumber(), partition_by=F("connection_id"), order_by=F("due_at").asc())
    chosen = [row["pk"] for row in due.annotate(turn=turn).order_by("turn", "due_at").values("pk")[:most]]
    if not chosen:
        return []
    leases = []
    with transaction.atomic():
        rows = Lane.unscoped.filter(free, pk__in=chosen)
        if store.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        lanes = list(rows)
        # Nobody holds these lanes: what is being spoken on them was left in the middle.
        OutboxAction.unscoped.filter(lane__in=lanes, state=OutboxAction.State.SPEAKING).become(
            OutboxAction.State.UNSURE,
            reason=_("The sender stopped while speaking; the evidence is asked for."),
            due_at=now,
        )
        for lane in lanes:
            token = secrets.token_hex(8)
            lane.token, lane.step = token, Lane.Step.CLAIMED
            lane.lease_until = now + timedelta(seconds=settings.PUMP_LEASE_SECONDS)
            leases.append(
                Lease(
                    lane_id=lane.pk,
                    connection_id=lane.connection_id,
                    key=lane.key,
                    token=token,
                    wanted=lane.wanted,
                )
            )
        Lane.unscoped.bulk_update(lanes, ["token", "step", "lease_until"])
    return leases


def hold(lease: Lease, **values: object) -> None:
    """Writes to the lane only while the lease is ours, inside the caller's transaction; else LeaseLost.

    The card is locked before its lane, as services do when a person changes it: the other way round the two
    would wait for each other.
    """
    if lease.key.startswith("deal:") and store.features.has_select_for_update:
        list(Deal.unscoped.select_for_update().filter(pk=int(lease.key[5:])).values_list("pk"))
    if not Lane.unscoped.filter(pk=lease.lane_id, token=lease.token).update(
        **values or {"token": lease.token}
    ):
        raise LeaseLost


def extend(lease: Lease, *, step: str, now: datetime) -> None:
    """A new lease for the next call, with the step it is at."""
    hold(lease, step=step, lease_until=now + timedelta(seconds=settings.PUMP_LEASE_SECONDS))


def stumbled(lease: Lease) -> None:
    """The lane rests, longer each time, after an error nobody foresaw; staff see its failures."""
    failures = Lane.unscoped.values_list("failures", flat=True).get(pk=lease.lane_id) + 1
    rest = min(STUMBLE_SECONDS * 2 ** min(failures, 8), LONGEST_STUMBLE)
    with transaction.atomic():
        hold(
            lease,
            token="",
            step=Lane.Step.IDLE,
            lease_until=None,
            failures=failures,
            last_error=_("An error nobody foresaw; support has the details."),
            due_at=clock.now() + timedelta(seconds=rest),
        )


def release(lease: Lease, *, next_due: datetime | None) -> None:
    """Gives the lane back; a change made meanwhile leaves it due."""
    now = clock.now()
    with transaction.atomic():
        hold(
            lease,
            token="",
            step=Lane.Step.IDLE,
            lease_until=None,
            done=lease.wanted,
            failures=0,
            last_error="",
            due_at=Case(
                When(wanted__gt=lease.wanted, then=Value(now)),
                default=Value(next_due, output_field=DateTimeField()),
            ),
        )
