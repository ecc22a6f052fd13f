"""The run of one deal at one partner, and the leads in it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from accounts.scoping import VersionedModel
from funnels.models import Company, Deal, Person
from integrations.models.connection import Connection


class Enrollment(VersionedModel):
    """`number` counts the runs of a deal: a reopened card starts the next; only one is not ended."""

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        ACTIVE = "active", _("Integrated")
        ENDED = "ended", _("Ended")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="enrollments")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="enrollments")
    number = models.PositiveIntegerField(default=1)
    state = FSMField(_("state"), default=State.SENDING, choices=State.choices, max_length=10)
    automation = models.ForeignKey(
        "integrations.Automation", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    parameters = models.JSONField(default=dict)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_words = models.CharField(_("why it ended"), max_length=300, blank=True, default="")

    class Meta(VersionedModel.Meta):
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(fields=["connection", "deal", "number"], name="enrollment_number_once"),
            models.UniqueConstraint(
                fields=["connection", "deal"],
                condition=~models.Q(state="ended"),
                name="enrollment_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deal} · {self.number}"

    @transition(field=state, source=State.SENDING, target=State.ACTIVE)
    def arrived(self) -> None:
        """The first lead exists over there."""

    @transition(field=state, source=[State.SENDING, State.ACTIVE], target=State.ENDED)
    def end(self) -> None:
        """Nothing later is taken in (M43)."""


class Lead(VersionedModel):
    """One person being prospected; "left" is a lead that stays with another run over there (M32)."""

    class State(models.TextChoices):
        NEW = "new", _("Being sent")
        WAITING = "waiting", _("Waiting to start")
        EXECUTING = "executing", _("In prospection")
        PAUSED = "paused", _("Paused")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        REOPENED = "reopened", _("Reopened")
        LEFT = "left", _("Left as it was")

    OPEN = (State.NEW, State.WAITING, State.EXECUTING, State.PAUSED, State.REOPENED)

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="leads")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="leads")
    is_main = models.BooleanField(_("main contact"), default=False)
    state = FSMField(_("state"), default=State.NEW, choices=State.choices, max_length=10)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    their_run = models.CharField(_("their id of the run"), max_length=120, blank=True, default="")
    outcome = models.CharField(max_length=20, blank=True, default="")
    company = models.ForeignKey(
        Company,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("company"),
        help_text=_("Filled where the lead speaks of a company of its own."),
    )
    public_url = models.CharField(max_length=500, blank=True, default="")

    class Meta(VersionedModel.Meta):
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints = [models.UniqueConstraint(fields=["enrollment", "person"], name="lead_once")]

    def __str__(self) -> str:
        return str(self.person)

    @transition(field=state, source=[*OPEN, State.LEFT], target=State.WAITING)
    def wait(self) -> None:
        """Waits for the seller to start."""

    @transition(field=state, source=[*OPEN, State.LEFT], target=State.EXECUTING)
    def execute(self) -> None:
        """The cadence runs."""

    @transition(field=state, source=[*OPEN], target=State.PAUSED)
    def pause(self) -> None:
        """Stopped for a while over there."""

    @transition(field=state, source=[*OPEN, State.LEFT], target=State.WON)
    def win(self) -> None:
        """Won over there."""

    @transition(field=state, source=[*OPEN, State.LEFT], target=State.LOST)
    def lose(self) -> None:
        """Lost over there."""

    @transition(field=state, source=[State.WON, State.LOST, *OPEN], target=State.REOPENED)
    def reopen(self) -> None:
        """Taken up again over there."""

    @transition(field=state, source=[*OPEN], target=State.LEFT)
    def leave(self) -> None:
        """It stays as it was: another run holds it over there (M32)."""
