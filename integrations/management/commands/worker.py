"""Runs the pump and the django-q2 cluster, and keeps both alive."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from integrations.engine.canary import CLUSTER, OUTAGE, Watch
from integrations.engine.jobs import Metronome
from integrations.engine.supervisor import AlreadyRunning, Group, only_one, stop_on_signals, supervise
from integrations.models import Heartbeat

logger = logging.getLogger(__name__)

FORGOTTEN = timedelta(days=1)
"""After this long a part that gave no more sign is one that was taken away, not one that stopped."""


class Command(BaseCommand):
    """`manage.py worker` (interface.md)."""

    help = "Runs the pump and the background queue, supervised; SIGTERM stops both within 10 seconds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Seconds; the defaults are those of engine.md, "Who runs it"."""
        parser.add_argument("--canary-every", type=float, default=float(os.environ.get("CANARY_EVERY", "10")))
        parser.add_argument(
            "--canary-silence", type=float, default=float(os.environ.get("CANARY_SILENCE", "30"))
        )
        parser.add_argument("--canary-grace", type=float, default=float(os.environ.get("CANARY_GRACE", "20")))

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs until SIGTERM or SIGINT."""
        host = socket.gethostname()
        stop = stop_on_signals()
        try:
            lock = only_one(settings.DATA_DIR / f"worker-{host}.lock")
        except AlreadyRunning as error:
            raise CommandError(f"A worker is running here already (lock {error}). Stop it first.") from None
        pump, cluster = (
            Group(
                name=name,
                command=[sys.executable, "manage.py", name, *flags],
                cwd=settings.BASE_DIR,
                env={**os.environ, CLUSTER: host},
                kept_open=[lock],
            )
            for name, flags in (("pump", ()), ("qcluster", ("--skip-checks",)))
        )
        watch = Watch(
            cluster=host,
            every=options["canary_every"],
            silence=options["canary_silence"],
            grace=options["canary_grace"],
        )
        watch.clean()
        guard = Guard(pump=pump, cluster=cluster, watch=watch, host=host)
        supervise(groups=[pump, cluster], stop=stop, tick=guard.tick)


class Guard:
    """What the supervisor does on every round: the canary, and its own sign of life every ten seconds."""

    def __init__(self, *, pump: Group, cluster: Group, watch: Watch, host: str) -> None:
        self._pump, self._cluster, self._watch, self._host = pump, cluster, watch, host
        self._metronome = Metronome()
        self._known: int | None = None
        self._next_look = self._next_sign = 0.0

    def tick(self) -> None:
        """Replaces a silent cluster; a second one is never started beside it."""
        now = time.monotonic()
        if self._cluster.pid != self._known:
            self._known = self._cluster.pid
            self._watch.restarted(now=now)
        if self._known is not None and now >= self._next_look:
            self._next_look = now + 0.5
            if self._watch.silent(now=now):
                logger.error("The background queue is silent: its process group is killed and started anew")
                self._cluster.kill(now=now)
                self._watch.clean()
        self._queue_what_is_due(now=now)
        if now >= self._next_sign:
            self._next_sign = now + 10
            self._sign()

    def _queue_what_is_due(self, *, now: float) -> None:
        try:
            self._metronome.tick(now=now)
        except OUTAGE as error:
            logger.warning("The store or the broker does not answer: %s", error)
            connection.close()

    def _sign(self) -> None:
        data = {
            group.name: {"pid": group.pid, "restarts": group.restarts}
            for group in (self._pump, self._cluster)
        }
        now = timezone.now()
        try:
            Heartbeat.objects.update_or_create(
                name=f"supervisor:{self._host}", defaults={"at": now, "data": data}
            )
            Heartbeat.objects.filter(at__lt=now - FORGOTTEN).delete()
        except OUTAGE as error:
            logger.warning("The store does not answer: %s", error)
            connection.close()
