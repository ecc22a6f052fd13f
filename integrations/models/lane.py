"""The lane: one connection and one key, the only thing that is leased."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel
from integrations.models.connection import Connection


class LaneQuerySet(models.QuerySet[Any]):
    """Lanes at once."""

    def forget_leases(self) -> int:
        """Nobody holds these any more: for a store that was restored while no worker runs."""
        return self.update(token="", step=Lane.Step.IDLE, lease_until=None)


class Lane(ScopedModel):
    """`key` is "deal:<id>", else "<kind>:<their id>", or "webhook": a lock for registering it.

    `wanted` is raised in the transaction of a change; `done` is the `wanted` that its last
    holder read; `change_cursor` the last journal line it consumed. `step` is where its
    holder is: idle · claimed · speaking.
    """

    class Step(models.TextChoices):
        IDLE = "idle", _("idle")
        CLAIMED = "claimed", _("claimed")
        SPEAKING = "speaking", _("speaking")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="lanes")
    key = models.CharField(_("key"), max_length=80)
    wanted = models.PositiveBigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    change_cursor = models.PositiveBigIntegerField(default=0)
    step = models.CharField(_("step"), max_length=10, choices=Step.choices, default=Step.IDLE)
    token = models.CharField(max_length=32, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True, default="")

    unscoped: ClassVar = LaneQuerySet.as_manager()

    class Meta(ScopedModel.Meta):
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="lane_once")]
        indexes = [
            models.Index(fields=["due_at"], name="lane_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """The last sign of life of one part of the worker: pump, canary, supervisor."""

    name = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.name
