"""A small job every few seconds that shows whether the background queue still runs on this machine."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task
from redis.exceptions import RedisError

from integrations.models import Heartbeat

logger = logging.getLogger(__name__)

CLUSTER = "TOMADA_CLUSTER"
"""The environment variable by which a cluster knows its own name; its supervisor sets it."""
JOB = "integrations.engine.canary.beat"
OUTAGE = (DatabaseError, InterfaceError, RedisError)


def beat(asker: str, number: int) -> None:
    """The job: where it ran gives a sign of life, and canary `number` of `asker` counts as answered.

    Many machines share one queue, so the cluster that runs it need not be the one that asked.
    """
    now = timezone.now()
    here = os.environ.get(CLUSTER, asker)
    Heartbeat.objects.update_or_create(name=f"canary:{here}", defaults={"at": now})
    Heartbeat.objects.update_or_create(name=f"answer:{asker}:{number}", defaults={"at": now})


class Watch:
    """Sends canaries and tells when the cluster has to be replaced. Times: seconds of a monotonic clock.

    The cluster is silent when it ran no canary for `silence` seconds while one of ours stayed unanswered
    as long; both, since on many machines luck alone may hand all our canaries to the others. After each
    start of the cluster and after an outage of the store it has `grace` seconds.
    """

    def __init__(self, *, cluster: str, every: float, silence: float, grace: float) -> None:
        self.cluster = cluster
        self._every, self._silence, self._grace = every, silence, grace
        self._number, self._next = 0, 0.0
        self._asked: dict[int, float] = {}
        self._last_at: datetime | None = None
        self._heard = self._patient_until = 0.0

    def restarted(self, *, now: float) -> None:
        """A new cluster: nothing asked before counts, and it has its grace."""
        self._asked.clear()
        self._patient_until = now + self._grace
        self._heard = now

    def silent(self, *, now: float) -> bool:
        """One look: reads the answers, asks anew when it is time, and judges. Never raises for an outage."""
        try:
            self._read(now=now)
            if now >= self._next:
                self._next = now + self._every
                self._number += 1
                self._asked[self._number] = now
                async_task(
                    JOB,
                    self.cluster,
                    self._number,
                    task_name=f"canary {self._number}",
                    group="canary",
                    save=False,
                )
        except OUTAGE as error:
            logger.warning("The canary cannot reach the store or the broker: %s", error)
            connection.close()
            self.restarted(now=now)
            return False
        oldest = min(self._asked.values(), default=now)
        return (
            now >= self._patient_until
            and now - self._heard >= self._silence
            and now - oldest >= self._silence
        )

    def clean(self) -> None:
        """Takes canaries and answers of before out of the store; jobs of others are left alone."""
        try:
            Heartbeat.objects.filter(name__startswith=f"answer:{self.cluster}:").delete()
            mine = [row.pk for row in OrmQ.objects.all()[:1000] if _asked_by(row.task) == self.cluster]
            OrmQ.objects.filter(pk__in=mine).delete()
        except OUTAGE as error:
            logger.warning("Old canaries stay: %s", error)
            connection.close()

    def _read(self, *, now: float) -> None:
        last = Heartbeat.objects.filter(name=f"canary:{self.cluster}").values_list("at", flat=True).first()
        if last != self._last_at:
            self._last_at, self._heard = last, now
        names = {f"answer:{self.cluster}:{number}": number for number in self._asked}
        found = list(Heartbeat.objects.filter(name__in=names).values_list("name", flat=True)) if names else []
        for name in found:
            del self._asked[names[name]]
        if found:
            Heartbeat.objects.filter(name__in=found).delete()


def _asked_by(task: dict[str, Any]) -> str | None:
    """Which supervisor's canary a queued job is; None for any other job."""
    return str(task["args"][0]) if task.get("func") == JOB and task.get("args") else None
