"""Something to be done at the partner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel
from integrations.models.changing import Changing, ChangingQuerySet
from integrations.models.connection import Connection
from integrations.models.enrollment import Enrollment, Lead
from integrations.models.lane import Lane


class OutboxAction(Changing, ScopedModel):
    """One action of one lane; `reference` is ours and unique, `reason` says in words what comes next.

    `asked` is what rules asked for beyond the present, `payload` what was said; `since` is when it was first
    spoken: the evidence is looked for from there on.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SPEAKING = "speaking", _("being sent")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        UNSURE = "unsure", _("outcome unknown")
        PERSON = "person", _("a person decides")
        DEAD = "dead", _("given up")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.WAITING, State.SPEAKING, State.UNSURE)
    NEEDS_PERSON = (State.REFUSED, State.PERSON, State.DEAD)

    ALLOWED: ClassVar[Mapping[str, frozenset[str]]] = {
        State.WAITING: frozenset({*State} - {State.DONE}),
        State.SPEAKING: frozenset({*State} - {State.SPEAKING, State.CANCELLED}),
        State.UNSURE: frozenset({*State} - {State.SPEAKING, State.CANCELLED}),
        State.REFUSED: frozenset({State.WAITING, State.CANCELLED}),
        State.DEAD: frozenset({State.WAITING, State.CANCELLED}),
        State.PERSON: frozenset({State.UNSURE, State.CANCELLED}),
        State.DONE: frozenset(),
        State.CANCELLED: frozenset(),
    }

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="actions")
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="actions")
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, null=True, blank=True, related_name="actions"
    )
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, null=True, blank=True, related_name="actions")
    kind = models.CharField(_("action"), max_length=40)
    reference = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    asked = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    receipt = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created"))
    done_at = models.DateTimeField(null=True, blank=True)

    unscoped: ClassVar = ChangingQuerySet.as_manager()

    class Meta(ScopedModel.Meta):
        verbose_name = _("outbox action")
        verbose_name_plural = _("outbox")
        constraints = [
            models.UniqueConstraint(fields=["connection", "reference"], name="outbox_reference_once")
        ]
        indexes = [
            models.Index(
                fields=["lane", "id"],
                name="outbox_open",
                condition=models.Q(state__in=["waiting", "speaking", "unsure"]),
            ),
            models.Index(fields=["account", "state", "-id"], name="outbox_by_state"),
            models.Index(fields=["account", "done_at"], name="outbox_done"),
            models.Index(fields=["account", "updated_at"], name="outbox_updated"),
            models.Index(
                fields=["-id"],
                name="outbox_stopped",
                condition=models.Q(state__in=["refused", "person", "dead"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
