"""Counterpart, Link and Conflict: which record of the other side is ours, and what both last agreed on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel


class Counterpart(ScopedModel):
    """The other side as mapping sees it: whose fields these are. A connection owns one."""

    slug = models.SlugField(_("partner"), max_length=40)
    remote_id = models.CharField(_("account there"), max_length=120)

    class Meta(ScopedModel.Meta):
        verbose_name = _("counterpart")
        verbose_name_plural = _("counterparts")
        constraints = [
            models.UniqueConstraint(fields=["account", "slug", "remote_id"], name="counterpart_once")
        ]

    def __str__(self) -> str:
        return f"{self.slug} · {self.remote_id}"


class Link(ScopedModel):
    """ "Their id 123 is our lead 45" for one counterpart.

    `ours` are the values as we last sent them, `theirs` as they were last read back: each side is
    compared with its own face (engine.md, "Merge").
    """

    counterpart = models.ForeignKey(Counterpart, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(_("kind"), max_length=40)
    their_id = models.CharField(_("their id"), max_length=120)
    entity = models.CharField(_("our record"), max_length=20)
    our_id = models.BigIntegerField(_("our id"))
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    agreed_at = models.DateTimeField(_("agreed"), null=True, blank=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("link")
        verbose_name_plural = _("links")
        indexes = [
            models.Index(fields=["counterpart", "kind", "their_id", "-id"], name="link_by_their_id"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["counterpart", "kind", "entity", "our_id"], name="link_once"),
        ]

    def __str__(self) -> str:
        return f"{self.their_id} = {self.entity} {self.our_id}"
