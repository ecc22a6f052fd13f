"""How fast a connection may speak: one row per window of the contract sheet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel
from integrations.models.connection import Connection


class PaceWindow(ScopedModel):
    """A token bucket: `tokens` at `counted_at`, refilled by rate up to burst; below zero is borrowed."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="pace")
    window = models.CharField(max_length=40)
    tokens = models.FloatField()
    counted_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        verbose_name = _("pace window")
        verbose_name_plural = _("pace windows")
        constraints = [models.UniqueConstraint(fields=["connection", "window"], name="pace_window_once")]

    def __str__(self) -> str:
        return f"{self.window}: {self.tokens:.1f}"
