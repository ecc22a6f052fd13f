"""One account's link to one account of a partner: credentials, settings, life."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from accounts.origin import Origin
from accounts.scoping import VersionedModel
from mapping.models import Counterpart


def new_token() -> str:
    """The unguessable part of a webhook address."""
    return secrets.token_urlsafe(32)


class Connection(VersionedModel):
    """Its `state` is the wizard's place: draft → validated → enabled → active ⇄ paused; broken when denied.

    `sealed` holds the credentials encrypted (vault.py); `clock_until` is when the partner may be tried
    again after an outage; `webhook_token` is part of the address that the partner calls.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Not connected")
        VALIDATED = "validated", _("Credentials checked")
        ENABLED = "enabled", _("Being set up")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        BROKEN = "broken", _("Credentials refused")
        INACTIVE = "inactive", _("Deactivated")

    partner = models.SlugField(_("partner"), max_length=40)
    state = FSMField(_("state"), default=State.DRAFT, choices=State.choices, max_length=12)
    state_reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    flow = models.CharField(_("flow"), max_length=20, blank=True, default="")
    remote_id = models.CharField(_("account there"), max_length=120, blank=True, default="")
    remote_name = models.CharField(_("name there"), max_length=200, blank=True, default="")
    counterpart = models.OneToOneField(
        Counterpart, on_delete=models.PROTECT, null=True, blank=True, related_name="connection"
    )
    sealed = models.TextField(blank=True, default="", editable=False)
    generation = models.PositiveIntegerField(default=0, editable=False)
    webhook_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    sealed_webhook = models.TextField(blank=True, default="", editable=False)
    webhook_id = models.CharField(max_length=120, blank=True, default="", editable=False)
    clock_until = models.DateTimeField(_("tried again at"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, default="")
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)

    moved_by: Origin | None = None  # whose step it is, for who hears of its state; no column

    class Meta(VersionedModel.Meta):
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "partner"], condition=~models.Q(state="inactive"), name="connection_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} · {self.remote_name or self.account}"

    @transition(
        field=state,
        source=[State.DRAFT, State.VALIDATED, State.INACTIVE],
        target=State.VALIDATED,
    )
    def validated(self) -> None:
        """Credentials opened the door."""

    @transition(field=state, source=[State.DRAFT, State.INACTIVE], target=State.DRAFT)
    def begin(self) -> None:
        """The wizard's first step; a connection that was deactivated begins anew with its links."""

    @transition(field=state, source=State.BROKEN, target=State.ACTIVE)
    def mended(self) -> None:
        """New credentials open the door of an active connection again: everything resumes."""

    @transition(field=state, source=State.VALIDATED, target=State.ENABLED)
    def enable(self) -> None:
        """The settings open (M4)."""

    @transition(field=state, source=State.ENABLED, target=State.ACTIVE)
    def activate(self) -> None:
        """From now on changes travel (M5)."""

    @transition(field=state, source=State.ACTIVE, target=State.PAUSED)
    def pause(self) -> None:
        """Everything is stored and nothing is spoken."""

    @transition(field=state, source=State.PAUSED, target=State.ACTIVE)
    def resume(self) -> None:
        """What waited goes out."""

    @transition(field=state, source=State.ACTIVE, target=State.BROKEN)
    def deny(self) -> None:
        """The partner refused our credentials; a paused one does not speak and finds out on resuming."""

    @transition(field=state, source="*", target=State.INACTIVE)
    def deactivate(self) -> None:
        """Links stay, nothing travels (G6)."""
