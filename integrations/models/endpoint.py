"""Our events for integrators: where they go, what happened, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scoping import ScopedModel, VersionedModel
from integrations.models.changing import Changing, ChangingQuerySet
from integrations.redaction import redact_url


class WebhookEndpoint(VersionedModel):
    """An integrator's address for our events; `sealed` is its signing secret (vault.py), shown once.

    `events`: kinds of event, ["*"] all. `off_since` with a reason: switched off by us after days of failure.
    """

    url = models.URLField(_("address"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True)
    events = models.JSONField(_("events"), default=list)
    enabled = models.BooleanField(_("on"), default=True)
    sealed = models.TextField(editable=False)
    sealed_before = models.TextField(blank=True, default="", editable=False)  # signs too until `before_until`
    before_until = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    failed_at = models.DateTimeField(_("last failure"), null=True, blank=True, editable=False)
    off_since = models.DateTimeField(_("switched off"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, default="", editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(VersionedModel.Meta):
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")

    def __str__(self) -> str:
        return redact_url(self.url, ())


class OutgoingEvent(ScopedModel):
    """Something that happened in the account, as integrators are told; written in the same transaction."""

    uid = models.CharField(max_length=40, unique=True)  # the webhook-id: the same on every try
    kind = models.CharField(_("event"), max_length=60)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(_("at"))

    class Meta(ScopedModel.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["account", "-id"], name="event_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class EventDelivery(Changing, ScopedModel):
    """One event for one endpoint: tried again with growing pauses until it answers 2xx."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")
        CANCELLED = "cancelled", _("cancelled")

    ALLOWED: ClassVar[Mapping[str, frozenset[str]]] = {
        State.WAITING: frozenset(State),
        State.DELIVERED: frozenset({State.WAITING}),
        State.DEAD: frozenset({State.WAITING}),
        State.CANCELLED: frozenset({State.WAITING}),
    }

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(OutgoingEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    unscoped: ClassVar = ChangingQuerySet.as_manager()

    class Meta(ScopedModel.Meta):
        verbose_name = _("delivery of an event")
        verbose_name_plural = _("deliveries of events")
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="event_delivery_once")]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="event_delivery_open", condition=models.Q(state="waiting")
            ),
            models.Index(
                fields=["endpoint", "due_at", "id"],
                name="event_delivery_next",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["endpoint", "-id"], name="event_delivery_latest"),
            models.Index(fields=["endpoint", "updated_at"], name="event_delivery_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.event} · {self.endpoint}"
