"""What a partner lists and we keep: cadences, users, fields, reasons."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scoping import ScopedModel
from integrations.models.connection import Connection


class CatalogShelf(ScopedModel):
    """One kind of one connection: how old it is and whether a new reading is wanted.

    `unsupported`: their interface has no such thing, by their own last answer; an outage says nothing of it.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="shelves")
    kind = models.CharField(max_length=40)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    wanted_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(_("failed"), null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True, default="")
    unsupported = models.BooleanField(_("not offered there"), default=False)

    class Meta(ScopedModel.Meta):
        verbose_name = _("catalog")
        verbose_name_plural = _("catalogs")
        constraints = [models.UniqueConstraint(fields=["connection", "kind"], name="shelf_once")]

    def __str__(self) -> str:
        return self.kind


class CatalogItem(ScopedModel):
    """One row of a shelf; `gone_at` when it is no longer listed; `data` is theirs, without secrets."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="catalog")
    kind = models.CharField(_("kind"), max_length=40)
    their_id = models.CharField(_("their id"), max_length=120)
    name = models.CharField(_("name"), max_length=250, blank=True)
    data = models.JSONField(default=dict)
    sealed = models.TextField(blank=True, default="", editable=False)
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("catalog item")
        verbose_name_plural = _("catalog items")
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "their_id"], name="catalog_item_once")
        ]

    def __str__(self) -> str:
        return self.name or self.their_id


class LinkedUser(ScopedModel):
    """Their user is our user, matched by e-mail (M22)."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="linked_users")
    their_id = models.CharField(max_length=120)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta(ScopedModel.Meta):
        verbose_name = _("linked user")
        verbose_name_plural = _("linked users")
        constraints = [
            models.UniqueConstraint(fields=["connection", "their_id"], name="linked_user_once"),
        ]

    def __str__(self) -> str:
        return f"{self.their_id} = {self.user}"
