"""When this happens, if that holds, do this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel
from funnels.models import Deal, Funnel, Stage
from integrations.models.changing import Changing, ChangingQuerySet
from integrations.models.connection import Connection


class Automation(VersionedModel):
    """An automation of a funnel's stage; `filters`: {"all": bool, "rules": [{"field", "operator", "value"}]}.

    `action` is the slug a partner declares, with its connection, or one of the CRM's own, without (S7).
    `trigger_values`: what the trigger needs to know, such as {"days": 7} or {"field": "amount"}.
    Why one that is on does not run (M9, M27) is not kept but asked for: automations.offers.stopped_words.
    """

    class Trigger(models.TextChoices):
        ENTERED = "entered", _("Card entered this stage")
        REOPENED = "reopened", _("Card reopened in this stage")
        WON = "won", _("Card won")
        LOST = "lost", _("Card lost")
        CHANGED = "changed", _("Field changed")
        IDLE = "idle", _("Card idle for some days")
        DEADLINE = "deadline", _("Deadline passed")
        CLIENT_IDLE = "client_idle", _("Client inactive for some days")

    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="automations")
    stage = models.ForeignKey(
        Stage, on_delete=models.CASCADE, related_name="automations", verbose_name=_("stage")
    )
    position = models.PositiveIntegerField(_("order"), default=0)
    description = models.CharField(_("Description of the automation"), max_length=200)
    trigger = models.CharField(_("Trigger"), max_length=12, choices=Trigger.choices, default=Trigger.ENTERED)
    trigger_values = models.JSONField(default=dict, blank=True)
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


class WorkflowRun(Changing, ScopedModel):
    """One automation of the CRM's own actions, on one deal, for one cause: queued, done once, and explained.

    `cause`: what set it off, such as "change:17" or "idle:2026-11-22", once for each automation and deal.
    `root`: the cause of the whole chain, within which one automation acts on one card once; "" for the
    clock's, each of which stands for itself. `chain`: the automations that led here, the first one first;
    `tried`: the rules and what they saw (X1).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("conditions did not hold")
        REFUSED = "refused", _("refused")
        LOOP = "loop", _("stopped: it went in a circle")

    ALLOWED: ClassVar[Mapping[str, frozenset[str]]] = {
        State.WAITING: frozenset({State.WAITING, State.DONE, State.SKIPPED, State.REFUSED, State.LOOP}),
        State.REFUSED: frozenset({State.WAITING}),
        State.DONE: frozenset(),
        State.SKIPPED: frozenset(),
        State.LOOP: frozenset(),
    }

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="workflow_runs")
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="workflow_runs")
    cause = models.CharField(max_length=80)
    root = models.CharField(max_length=80, blank=True, default="")
    chain = models.JSONField(default=list)
    tried = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(_("at"))
    done_at = models.DateTimeField(null=True, blank=True)

    unscoped: ClassVar = ChangingQuerySet.as_manager()

    class Meta(ScopedModel.Meta):
        verbose_name = _("workflow run")
        verbose_name_plural = _("workflow runs")
        constraints = [
            models.UniqueConstraint(fields=["automation", "deal", "cause"], name="workflow_run_once"),
            models.UniqueConstraint(
                fields=["root", "automation", "deal"],
                condition=~models.Q(root="") & models.Q(state__in=("waiting", "done", "refused")),
                name="workflow_once_a_chain",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="workflow_open", condition=models.Q(state="waiting")),
            models.Index(fields=["deal", "-id"], name="workflow_of_deal"),
            models.Index(fields=["account", "-id"], name="workflow_latest"),
            models.Index(fields=["account", "updated_at"], name="workflow_updated"),
            models.Index(fields=["root", "deal"], name="workflow_of_root"),
        ]

    def __str__(self) -> str:
        return f"{self.automation} · {self.deal}"
