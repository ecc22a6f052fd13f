"""Fields that an account adds to deals, persons and companies."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import VersionedModel
from funnels.fields import FieldType


class CustomField(VersionedModel):
    """A custom field. `key` never changes; `writer` says whose hand may write it (M16–M19)."""

    class Entity(models.TextChoices):
        DEAL = "deal", _("Deal")
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    class Writer(models.TextChoices):
        PEOPLE = "people", _("People and integrations")
        SYSTEM = "system", _("Integrations only")
        ONCE = "once", _("Integrations only, once")

    entity = models.CharField(_("of"), max_length=10, choices=Entity.choices)
    key = models.SlugField(_("key"), max_length=60)
    label = models.CharField(_("label"), max_length=120)
    type = models.CharField(_("type"), max_length=20, choices=FieldType.choices)
    options = models.JSONField(_("options"), default=list, blank=True)
    writer = models.CharField(_("written by"), max_length=8, choices=Writer.choices, default=Writer.PEOPLE)
    position = models.PositiveIntegerField(default=0)

    class Meta(VersionedModel.Meta):
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        ordering = ["entity", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "entity", "key"], name="custom_field_key_once")
        ]

    def __str__(self) -> str:
        return self.label
