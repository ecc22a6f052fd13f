"""Module, what was asked for, and the pictures of White Label."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.scoping import ScopedModel, VersionedModel


class Module(VersionedModel):
    """A module of the system in an account: staff contract it, administrators switch it on (S2, G3).

    `settings`: what was chosen, by the keys that modules.MODULES declares; what is missing has its default.
    """

    slug = models.SlugField(_("module"), max_length=40)
    contracted = models.BooleanField(_("contracted"), default=False)
    enabled = models.BooleanField(_("on"), default=False)
    settings = models.JSONField(_("settings"), default=dict, blank=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("module")
        verbose_name_plural = _("modules")
        constraints = [
            models.UniqueConstraint(fields=["account", "slug"], name="module_once"),
            models.CheckConstraint(
                condition=models.Q(enabled=False) | models.Q(contracted=True), name="module_on_is_contracted"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class ModuleRequest(ScopedModel):
    """An administrator asked for a module that is not contracted (S2); support staff answer."""

    slug = models.SlugField(_("module"), max_length=40)
    asked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    text = models.CharField(_("message"), max_length=500, blank=True)
    at = models.DateTimeField(_("asked"), auto_now_add=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("request for a module")
        verbose_name_plural = _("requests for modules")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "slug"],
                condition=models.Q(answered_at__isnull=True),
                name="module_asked_once",
            )
        ]

    def __str__(self) -> str:
        return self.slug


class BrandImage(ScopedModel):
    """A logo of White Label; written once, the newest of each kind is shown."""

    class Kind(models.TextChoices):
        LIGHT = "light", _("Logo on light ground")
        DARK = "dark", _("Logo on dark ground")
        ICON = "icon", _("Icon of the browser's tab")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    path = models.CharField(_("file"), max_length=200, unique=True, editable=False)  # below MEDIA_ROOT
    content_type = models.CharField(_("content type"), max_length=40, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("brand image")
        verbose_name_plural = _("brand images")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
