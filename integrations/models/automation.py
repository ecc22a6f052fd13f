"""When this happens, if that holds, do this."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel
from funnels.models import Deal, Funnel, Stage
from integrations.models.connection import Connection


class Automation(VersionedModel):
    """An automation of a funnel's stage; `filters`: {"all": bool, "rules": [{"field", "operator", "value"}]}.

    `action` is the slug a partner declares. Why one that is on does not run (M9, M27) is not kept but
    asked for: automations.offers.stopped_words.
    """

    class Trigger(models.TextChoices):
        ENTERED = "entered", _("Card entered this stage")
        REOPENED = "reopened", _("Card reopened in this stage")
        WON = "won", _("Card won")
        LOST = "lost", _("Card lost")

    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="automations")
    stage = models.ForeignKey(
        Stage, on_delete=models.CASCADE, related_name="automations", verbose_name=_("stage")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    description = models.CharField(_("Description of the automation"), max_length=200)
    trigger = models.CharField(_("Trigger"), max_length=12, choices=Trigger.choices, default=Trigger.ENTERED)
    filters = models.JSONField(_("Filters"), default=dict, blank=True)
    action = models.SlugField(_("Action"), max_length=60)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, blank=True, related_name="automations"
    )
    parameters = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(_("on"), default=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("automation")
        verbose_name_plural = _("automations")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.description


class AutomationRun(ScopedModel):
    """What became of one change on one deal: which rules were tried and what they saw (X1)."""

    automation = models.ForeignKey(
        Automation, on_delete=models.CASCADE, null=True, blank=True, related_name="runs"
    )
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="automation_runs")
    change_id = models.BigIntegerField()
    at = models.DateTimeField()
    tried = models.JSONField(default=list)
    sent = models.BooleanField(default=False)

    class Meta(ScopedModel.Meta):
        verbose_name = _("automation run")
        verbose_name_plural = _("automation runs")
        constraints = [
            models.UniqueConstraint(fields=["connection", "deal", "change_id"], name="automation_run_once")
        ]

    def __str__(self) -> str:
        return f"{self.automation} · {self.deal}"
