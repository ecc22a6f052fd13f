"""The pump: looks for due work every 100 ms and hands it to threads; it needs no task queue."""

from __future__ import annotations

import logging
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.conf import settings
from django.db import close_old_connections

from accounts import store
from integrations.engine import clock, speak, take_in
from integrations.engine.claim import Lease, claim
from integrations.models import Heartbeat

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
AT_ONCE = 50


def run(stop: threading.Event) -> None:
    """Until `stop`: understand what arrived, claim what is due, work on it. What is claimed is finished."""
    threads = settings.PUMP_THREADS
    under_way: set[Future[None]] = set()
    last_beat = 0.0
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="pump") as pool:
        while not stop.is_set():
            under_way = {each for each in under_way if not each.done()}
            try:
                busy = _round(pool, under_way, threads)
                if time.monotonic() - last_beat > BEAT_SECONDS:
                    last_beat = time.monotonic()
                    _beat(len(under_way))
            except store.AWAY:
                # The store is being restarted: what is stored waits there, we look again.
                log.exception("the store does not answer")
                store.reconnect()
                stop.wait(1.0)
                continue
            if not busy:
                stop.wait(settings.PUMP_POLL_SECONDS)
        wait(under_way)


def drain(*, seconds: float = 30.0) -> int:
    """Works in this thread until nothing is due; for tests and for `replay`. Returns the lanes worked on."""
    worked, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        understood = take_in.take_in(most=AT_ONCE)
        leases = claim(most=AT_ONCE)
        for lease in leases:
            speak.work(lease)
            worked += 1
        if not understood and not leases:
            break
    return worked


def _round(pool: ThreadPoolExecutor, under_way: set[Future[None]], threads: int) -> bool:
    understood = take_in.take_in(most=AT_ONCE)
    free = threads - len(under_way)
    leases = claim(most=free) if free > 0 else []
    for lease in leases:
        under_way.add(pool.submit(_work, lease))
    return bool(understood or leases)


def _work(lease: Lease) -> None:
    try:
        speak.work(lease)
    except store.AWAY:
        # The lease runs out by itself; nothing is written that did not happen.
        log.exception("lane %s: the store does not answer", lease.key)
        store.reconnect()
    except Exception:
        # A thread's death must not go unseen; the lane comes back when its lease ends.
        log.exception("lane %s of connection %s failed", lease.key, lease.connection_id)
    finally:
        close_old_connections()


def _beat(under_way: int) -> None:
    Heartbeat.objects.update_or_create(
        name=f"pump:{os.getpid()}", defaults={"at": clock.now(), "data": {"under_way": under_way}}
    )
