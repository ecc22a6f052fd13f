"""One HTTP request and its answer for support, and the lines a card's timeline shows of the integration."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel
from funnels.models import Deal
from integrations.models.connection import Connection
from integrations.models.outbox import OutboxAction


class Exchange(ScopedModel):
    """Redacted, at most 64 kB a body, kept 30 days."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="exchanges")
    action = models.ForeignKey(
        OutboxAction, on_delete=models.SET_NULL, null=True, blank=True, related_name="exchanges"
    )
    at = models.DateTimeField(_("at"))
    method = models.CharField(_("method"), max_length=8)
    url = models.CharField(_("address"), max_length=1000)
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")

    class Meta(ScopedModel.Meta):
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        indexes = [
            models.Index(fields=["account", "-id"], name="exchange_latest"),
            models.Index(fields=["at"], name="exchange_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


class SyncEvent(ScopedModel):
    """A line about the integration: `words` is a message id, filled by `saw`, translated on screen."""

    class Severity(models.TextChoices):
        INFO = "info", _("information")
        SUCCESS = "success", _("success")
        WARNING = "warning", _("warning")
        ERROR = "error", _("error")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="events")
    deal = models.ForeignKey(
        Deal, on_delete=models.CASCADE, null=True, blank=True, related_name="sync_events"
    )
    at = models.DateTimeField(_("at"))
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    words = models.CharField(max_length=300)
    saw = models.JSONField(default=dict)

    class Meta(ScopedModel.Meta):
        verbose_name = _("sync event")
        verbose_name_plural = _("sync events")
        indexes = [
            models.Index(fields=["deal", "-id"], name="sync_event_of_deal"),
            models.Index(fields=["account", "-id"], name="sync_event_latest"),
        ]

    def __str__(self) -> str:
        return self.words
