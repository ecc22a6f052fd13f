"""Meetime's settings of a connection: allowed funnels, win actions, the default profile of sellers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Profile
from accounts.scoping import ScopedModel, VersionedModel
from funnels.models import Funnel, Stage
from integrations.models import Connection


class MeetimeSettings(VersionedModel):
    """One row a connection: the profile of users created from Meetime's (M21), where won leads go (M45)."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="meetime")
    default_profile = models.ForeignKey(
        Profile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default profile"),
    )
    won_stage = models.ForeignKey(
        Stage,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("stage of received deals"),
    )

    class Meta(VersionedModel.Meta):
        verbose_name = _("Meetime settings")
        verbose_name_plural = _("Meetime settings")

    def __str__(self) -> str:
        return str(self.connection)


class AllowedFunnel(ScopedModel):
    """A funnel that may send leads; allowing it sends nothing by itself (M7)."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="meetime_funnels")
    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopedModel.Meta):
        verbose_name = _("allowed funnel")
        verbose_name_plural = _("allowed funnels")
        constraints = [models.UniqueConstraint(fields=["connection", "funnel"], name="meetime_funnel_once")]

    def __str__(self) -> str:
        return str(self.funnel)


class WinAction(VersionedModel):
    """What a won lead does to its deal, one per funnel and cadence (M8); none chosen keeps the stage."""

    holds_nobody = "what administrators set up"  # X8: see integrations/privacy/elsewhere.py

    class Action(models.TextChoices):
        WIN = "win", _("Win the deal")
        KEEP = "keep", _("Keep the deal in the same stage")
        MOVE = "move", _("Move the deal to a stage")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="meetime_win_actions")
    funnel = models.ForeignKey(Funnel, on_delete=models.CASCADE, related_name="+", verbose_name=_("funnel"))
    cadence_id = models.CharField(_("cadence"), max_length=120)
    action = models.CharField(_("action"), max_length=5, choices=Action.choices)
    stage = models.ForeignKey(
        Stage, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("stage")
    )

    class Meta(VersionedModel.Meta):
        verbose_name = _("win action")
        verbose_name_plural = _("win actions")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "funnel", "cadence_id"], name="meetime_win_action_once"
            ),
            models.CheckConstraint(
                condition=models.Q(action="move", stage__isnull=False)
                | (~models.Q(action="move") & models.Q(stage__isnull=True)),
                name="meetime_win_action_stage",
            ),
        ]

    def __str__(self) -> str:
        return self.get_action_display()
