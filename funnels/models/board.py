"""Funnels, their stages with checklists and loss reasons, and the deals (cards) that travel through them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, transition

from accounts.models import User
from accounts.scoping import ScopedModel, VersionedModel
from funnels.models.people import Company, Person


class Funnel(VersionedModel):
    """A sales funnel."""

    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveIntegerField(default=0)

    class Meta(VersionedModel.Meta):
        verbose_name = _("funnel")
        verbose_name_plural = _("funnels")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Stage(VersionedModel):
    """A stage of a funnel."""

    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveIntegerField(default=0)

    class Meta(VersionedModel.Meta):
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ChecklistItem(VersionedModel):
    """Something to be done in a stage; a mandatory one keeps cards from leaving it forwards (S8)."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="checklist")
    text = models.CharField(_("text"), max_length=200)
    mandatory = models.BooleanField(_("mandatory"), default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta(VersionedModel.Meta):
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist items")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class Requirement(VersionedModel):
    """What a card must have to leave this stage forwards, if its condition holds (S8).

    `condition`: {"all": bool, "rules": [{"field", "operator", "value"}]}, no rules: always. `field`, named as
    in automations' filters, must not be empty.
    """

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="requirements")
    text = models.CharField(_("what is missing"), max_length=200)
    field = models.CharField(_("field that must be filled"), max_length=80)
    condition = models.JSONField(_("only if"), default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(_("on"), default=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class LossReason(VersionedModel):
    """Why a deal of this funnel can be lost; a deleted one stays on old deals (M41)."""

    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="loss_reasons")
    name = models.CharField(_("name"), max_length=120)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("loss reason")
        verbose_name_plural = _("loss reasons")
        constraints = [
            models.UniqueConstraint(
                "funnel", Lower("name"), condition=Q(deleted_at__isnull=True), name="loss_reason_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Deal(VersionedModel):
    """A card. `custom` holds canonical text by custom field key; `amount` is in reais."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("deal", "Open")
        WON = "won", pgettext_lazy("deal", "Won")
        LOST = "lost", pgettext_lazy("deal", "Lost")

    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    title_key = models.CharField(max_length=200, editable=False, default="")
    funnel = models.ForeignKey(Funnel, on_delete=models.PROTECT, related_name="deals")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deals", verbose_name=_("stage"))
    entered_stage_at = models.DateTimeField(_("in this stage since"))
    status = FSMField(_("status"), default=Status.OPEN, choices=Status.choices, max_length=8)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    loss_reason = models.ForeignKey(
        LossReason, on_delete=models.SET_NULL, null=True, blank=True, related_name="deals"
    )
    loss_note = models.CharField(_("note on the loss"), max_length=500, blank=True, default="")
    owner = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    person = models.ForeignKey(
        Person,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("main contact"),
    )
    company = models.ForeignKey(
        Company,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("company"),
    )
    amount = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        indexes = [
            models.Index(fields=["account", "stage", "status", "-entered_stage_at"], name="deal_on_board"),
            models.Index(fields=["account", "updated_at"], name="deal_updated"),
            models.Index(fields=["account", "title_key"], name="deal_by_title"),
        ]
        constraints = [models.UniqueConstraint(fields=["account", "number"], name="deal_number_once")]

    def __str__(self) -> str:
        return self.title

    @transition(field=status, source=Status.OPEN, target=Status.WON)
    def win(self) -> None:
        """open → won."""

    @transition(field=status, source=Status.OPEN, target=Status.LOST)
    def lose(self) -> None:
        """open → lost."""

    @transition(field=status, source=[Status.WON, Status.LOST], target=Status.OPEN)
    def reopen(self) -> None:
        """won or lost → open again."""


class DealCounter(models.Model):
    """The next deal number of an account; taken under a row lock, so it never goes back (S3)."""

    account = models.OneToOneField("accounts.Account", on_delete=models.CASCADE, primary_key=True)
    next_number = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("deal counter")
        verbose_name_plural = _("deal counters")

    def __str__(self) -> str:
        return str(self.next_number)


class RelatedContact(ScopedModel):
    """A further person of a deal; at a partner she becomes a lead of the same deal (M29)."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="related_contacts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="related_deals")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("related contact")
        verbose_name_plural = _("related contacts")
        constraints = [models.UniqueConstraint(fields=["deal", "person"], name="related_contact_once")]

    def __str__(self) -> str:
        return f"{self.deal} · {self.person}"


class ChecklistMark(ScopedModel):
    """A checklist item that was done for one deal."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="checklist_marks")
    item = models.ForeignKey(ChecklistItem, on_delete=models.CASCADE, related_name="marks")
    done_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("checklist mark")
        verbose_name_plural = _("checklist marks")
        constraints = [models.UniqueConstraint(fields=["deal", "item"], name="checklist_mark_once")]

    def __str__(self) -> str:
        return f"{self.deal} · {self.item}"
