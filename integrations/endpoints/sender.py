"""The sender beside the pump: posts what is due, signed, outside any transaction, and writes the outcome."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from accounts import store
from integrations.contract import PartnerError
from integrations.endpoints import outcome, payloads, signing, verdict
from integrations.endpoints.claim import Lease, claim, claim_next
from integrations.endpoints.verdict import Verdict
from integrations.engine import clock
from integrations.engine.steps import reached
from integrations.engine.unforeseen import unforeseen
from integrations.http import Door, Request
from integrations.models import EventDelivery
from integrations.vault import VaultLocked

log = logging.getLogger(__name__)

DEADLINE = 10.0  # seconds for one request, over everything
CAP_BYTES = 256 * 1024  # of an answer; nobody reads it
THREADS = 6  # more than one account may have (claim.EACH_ACCOUNT)
POLL_SECONDS = 0.5
TURN_SECONDS = (
    2.0  # so long a thread goes on with one endpoint's backlog; then whoever waited longest is next
)
LOCKED = _("The secret cannot be opened with the keys of this installation. Make a new one.")
UNFORESEEN = _("An error nobody foresaw; support has the details.")


@functools.cache
def door() -> Door:
    """This process's way out to endpoints; made on first use, after any fork."""
    return Door(allow_private=settings.PARTNERS_ON_PRIVATE_ADDRESSES, cap_bytes=CAP_BYTES)


def run(stop: threading.Event) -> None:
    """Until `stop`: claims what is due and sends it. What is claimed is finished."""
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="sender") as pool:
        while not stop.is_set():
            under_way = _still(under_way)
            try:
                leases = claim(most=THREADS - len(under_way), now=clock.now())
            except store.AWAY:
                log.exception("the store does not answer")
                store.reconnect()
                stop.wait(1.0)
                continue
            under_way |= {pool.submit(_in_thread, lease, stop) for lease in leases}
            if not leases:
                _rest(under_way, stop)
        wait(under_way)


@contextmanager
def beside(stop: threading.Event) -> Iterator[None]:
    """Runs in a thread of its own until `stop`; its death stops the process, which is started anew."""
    thread = threading.Thread(target=_until, args=(stop,), name="sender")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _until(stop: threading.Event) -> None:
    try:
        run(stop)
    finally:
        stop.set()


def drain(*, seconds: float = 30.0, way: Door | None = None) -> int:
    """Sends in this thread until nothing is due; returns how many requests went out. For tests."""
    sent, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        leases = claim(most=THREADS, now=clock.now())
        if not leases:
            break
        for lease in leases:
            send(lease, way=way)
            sent += 1
    return sent


def turn(first: Lease, *, way: Door | None = None, stop: threading.Event | None = None) -> int:
    """`first` and then what else is due at its endpoint, oldest first; returns how many were claimed.

    Ends after TURN_SECONDS, so that a backlog leaves the thread to others; at a failure and at `stop`.
    """
    sent, until = 0, time.monotonic() + TURN_SECONDS
    held: Lease | None = first
    while held is not None:
        sent += 1
        good = send(held, way=way)
        more = good and time.monotonic() < until and not (stop is not None and stop.is_set())
        held = claim_next(held, now=clock.now()) if more else None
    return sent


def send(lease: Lease, *, way: Door | None = None) -> bool:
    """One try of one delivery, and its outcome unless the lease was lost meanwhile; whether it was delivered.

    A crash between the answer and its record leaves the lease to run out: the same webhook-id is sent again.
    """
    reached("claimed")

    def stumbled() -> None:
        _write(lease, Verdict(reason=UNFORESEEN))

    found: Verdict | None = None
    with unforeseen(f"delivery {lease.delivery_id}", then=stumbled):
        found = _ask(lease, way or door())
        if found is not None:
            reached("answered")
            _write(lease, found)
            reached("recorded")
    return found is not None and found.delivered


def _rest(under_way: set[Future[None]], stop: threading.Event) -> None:
    """POLL_SECONDS, or until a thread is free: what it may have next is claimed at once."""
    if under_way:
        wait(under_way, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
    else:
        stop.wait(POLL_SECONDS)


def _still(under_way: set[Future[None]]) -> set[Future[None]]:
    """Those that are not done; an error that nobody caught would be lost with its future."""
    for each in under_way:
        if each.done() and (error := each.exception()) is not None:
            log.error("the sender stumbled over its own outcome", exc_info=error)
    return {each for each in under_way if not each.done()}


def _ask(lease: Lease, way: Door) -> Verdict | None:
    rows = EventDelivery.unscoped.select_related("endpoint", "event")
    delivery = rows.filter(pk=lease.delivery_id, lease_until=lease.until).first()
    if delivery is None:
        return None  # deleted, cancelled, or another's by now
    now = clock.now()
    try:
        keys = signing.secrets_of(delivery.endpoint, now=now)
    except VaultLocked:
        return Verdict(reason=LOCKED)
    event = delivery.event
    body = payloads.body(kind=event.kind, at=event.at.astimezone(UTC).isoformat(), data=event.data)
    signed = signing.headers(uid=event.uid, body=body, keys=keys, now=now.astimezone(UTC))
    request = Request(
        method="POST",
        url=delivery.endpoint.url,
        headers={"Content-Type": "application/json", **signed},
        body=body,
        secret_values=signing.all_forms(keys),
    )
    _let_go_of_the_store()
    reached("speaking")
    try:
        return verdict.judge(way.send(request, deadline_seconds=DEADLINE, now=timezone.now))
    except PartnerError as error:
        return verdict.unreached(error)


def _write(lease: Lease, found: Verdict) -> None:
    held = outcome.record(delivery_id=lease.delivery_id, until=lease.until, found=found, now=clock.now())
    if not held:
        log.warning("delivery %s passed to another holder or was deleted", lease.delivery_id)


def _in_thread(lease: Lease, stop: threading.Event) -> None:
    try:
        turn(lease, stop=stop)
    except store.AWAY:
        log.exception("delivery %s: the store does not answer", lease.delivery_id)
        store.reconnect()  # the lease runs out by itself
    finally:
        close_old_connections()


def _let_go_of_the_store() -> None:
    """Gives a pooled connection back while the endpoint is spoken to."""
    mine = connections["default"]
    if mine.vendor == "postgresql" and not mine.in_atomic_block:
        mine.close()
