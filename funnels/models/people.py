"""Persons, companies and their phones."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel


class Company(VersionedModel):
    """A company; `name_key` and `document` (CNPJ digits) are what duplicates are found by (M15).

    `latitude`, `longitude` (degrees, WGS 84): where it is, for check-ins (S3, Tarefas).
    """

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False, db_index=True)
    document = models.CharField(_("CNPJ"), max_length=18, blank=True, default="")
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True, editable=False
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True, editable=False
    )
    custom = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        indexes = [models.Index(fields=["account", "name_key"], name="company_by_name")]

    def __str__(self) -> str:
        return self.name


class Person(VersionedModel):
    """A person; `email_key` is unique in the account, so concurrent arrivals make one row (M15).

    A ghost (M31) stands in for a card without a contact: `ghost_of` is that card, one each.
    """

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True, default="")
    email_key = models.CharField(max_length=254, blank=True, default="", editable=False)
    company = models.ForeignKey(
        Company,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="persons",
        verbose_name=_("company"),
    )
    ghost_of = models.OneToOneField(
        "funnels.Deal", on_delete=models.SET_NULL, null=True, blank=True, related_name="ghost", editable=False
    )
    is_ghost = models.BooleanField(_("ghost"), default=False, editable=False)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True, editable=False
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True, editable=False
    )
    custom = models.JSONField(default=dict, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        indexes = [models.Index(fields=["account", "name_key"], name="person_by_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "email_key"],
                condition=~Q(email_key="") & Q(is_ghost=False) & Q(deleted_at__isnull=True),
                name="person_email_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Phone(ScopedModel):
    """A number of one person or one company: as typed, in E.164, and a key without the ninth digit."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, blank=True, related_name="phones")
    company = models.ForeignKey(
        Company, on_delete=models.CASCADE, null=True, blank=True, related_name="phones"
    )
    typed = models.CharField(_("phone"), max_length=40)
    e164 = models.CharField(max_length=20, blank=True, default="", editable=False)
    key = models.CharField(max_length=20, db_index=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(ScopedModel.Meta):
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, company__isnull=True)
                | Q(person__isnull=True, company__isnull=False),
                name="phone_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return self.typed
