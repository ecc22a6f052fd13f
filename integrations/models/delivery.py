"""What arrived, raw, and the things inside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel
from integrations.models.changing import Changing, ChangingQuerySet
from integrations.models.connection import Connection
from integrations.models.lane import Lane


class Delivery(Changing, ScopedModel):
    """One webhook request or one polled page, as it came; `dedupe` is the partner's own message id."""

    class Source(models.TextChoices):
        WEBHOOK = "webhook", _("webhook")
        POLL = "poll", _("poll")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        UNVERIFIED = "unverified", _("signature not valid")
        TAKEN = "taken", _("taken in")
        IGNORED = "ignored", _("not for us")
        FAILED = "failed", _("not understood")

    ALLOWED: ClassVar[Mapping[str, frozenset[str]]] = {
        State.RECEIVED: frozenset({State.TAKEN, State.IGNORED, State.FAILED}),
        State.UNVERIFIED: frozenset({State.RECEIVED}),
        State.IGNORED: frozenset({State.RECEIVED}),
        State.FAILED: frozenset({State.RECEIVED}),
        State.TAKEN: frozenset(),
    }

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="deliveries")
    source = models.CharField(_("came by"), max_length=8, choices=Source.choices)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    dedupe = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001  # NULL is not unique, "" would be
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    received_at = models.DateTimeField(_("received"))

    unscoped: ClassVar = ChangingQuerySet.as_manager()

    class Meta(ScopedModel.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["connection", "dedupe"], name="delivery_once")]
        indexes = [
            models.Index(fields=["id"], name="delivery_open", condition=models.Q(state="received")),
            models.Index(fields=["account", "-id"], name="delivery_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class Arrival(Changing, ScopedModel):
    """One thing inside a Delivery, with its lane; a bad one does not block its neighbours."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPLIED = "applied", _("applied")
        IGNORED = "ignored", _("not for us")
        FAILED = "failed", _("failed")

    ALLOWED: ClassVar[Mapping[str, frozenset[str]]] = {
        State.WAITING: frozenset(State),
        State.IGNORED: frozenset({State.WAITING}),
        State.FAILED: frozenset({State.WAITING}),
        State.APPLIED: frozenset(),
    }

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="arrivals")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="arrivals")
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="arrivals")
    kind = models.CharField(_("kind"), max_length=40)
    their_id = models.CharField(_("their id"), max_length=120)
    event = models.CharField(_("event"), max_length=40, blank=True, default="")
    record = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    tried = models.JSONField(default=list)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    unscoped: ClassVar = ChangingQuerySet.as_manager()

    class Meta(ScopedModel.Meta):
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        indexes = [
            models.Index(fields=["lane", "id"], name="arrival_open", condition=models.Q(state="waiting")),
            models.Index(fields=["connection", "kind", "their_id", "-id"], name="arrival_of_thing"),
            models.Index(fields=["account", "-id"], name="arrival_latest"),
            models.Index(fields=["account", "updated_at"], name="arrival_updated"),
            models.Index(
                fields=["account", "-id"], name="arrival_failed", condition=models.Q(state="failed")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.their_id} {self.event}".strip()


class PollCursor(ScopedModel):
    """Where polling of one kind stands; moves only after its page is stored."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="cursors")
    kind = models.CharField(max_length=40)
    cursor = models.TextField(blank=True, default="")
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True, default="")

    class Meta(ScopedModel.Meta):
        verbose_name = _("poll cursor")
        verbose_name_plural = _("poll cursors")
        constraints = [models.UniqueConstraint(fields=["connection", "kind"], name="poll_cursor_once")]

    def __str__(self) -> str:
        return self.kind
