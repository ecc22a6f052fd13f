"""Whose field is whose: counterparts, permitted pairs, associated fields, links and conflicts."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel
from funnels.fields import FieldType
from funnels.models import CustomField


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


class TypePair(models.Model):
    """One line of a partner's matrix: our field type may stand beside theirs (M13).

    Written from the partner's declaration after each migration; the same for every account.
    """

    id = models.CharField(_("key"), primary_key=True, max_length=90, editable=False)
    partner = models.SlugField(_("partner"), max_length=40)
    ours = models.CharField(_("our type"), max_length=20, choices=FieldType.choices)
    theirs = models.CharField(_("their type"), max_length=20)

    class Meta:
        verbose_name = _("type pair")
        verbose_name_plural = _("type pairs")
        constraints = [models.UniqueConstraint(fields=["partner", "ours", "theirs"], name="type_pair_once")]

    def __str__(self) -> str:
        return f"{self.get_ours_display()} ↔ {self.theirs}"


class FieldMap(VersionedModel):
    """A field of ours associated with one of theirs (M10): custom ones by `field`, built-in ones by `key`.

    `pair` is a line of the matrix, and the database holds it to this row's own types (M13). A field of
    theirs is associated once over all entities (M49). `fill` and `fill_asked_at` are its back-fill.
    """

    class Entity(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")
        DEAL = "deal", _("Deal")

    class Master(models.TextChoices):
        BOTH = "both", _("Both sides: the latest change wins")
        OURS = "ours", _("The CRM decides")
        THEIRS = "theirs", _("The partner decides")

    class Empty(models.TextChoices):
        KEEP = "keep", _("Erases nothing")
        ERASE = "erase", _("Erases the other side")

    class Fill(models.TextChoices):
        NONE = "", _("Only from now on")
        BLANKS = "blanks", _("Fill what is blank")
        OURS = "ours", _("Fill with the CRM's values")
        THEIRS = "theirs", _("Fill with the partner's values")

    counterpart = models.ForeignKey(Counterpart, on_delete=models.CASCADE, related_name="field_maps")
    entity = models.CharField(_("of"), max_length=10, choices=Entity.choices)
    key = models.CharField(_("our field"), max_length=60)
    field = models.ForeignKey(
        CustomField, on_delete=models.PROTECT, null=True, blank=True, related_name="maps"
    )
    kind = models.CharField(_("their record"), max_length=40)
    their_key = models.CharField(_("their field"), max_length=120)
    their_name = models.CharField(_("name there"), max_length=250, blank=True, default="")
    pair = models.ForeignKey(
        TypePair, on_delete=models.PROTECT, related_name="+", verbose_name=_("type pair")
    )
    partner = models.SlugField(max_length=40, editable=False)
    our_type = models.CharField(max_length=20, choices=FieldType.choices, editable=False)
    their_type = models.CharField(max_length=20, editable=False)
    master = models.CharField(_("who decides"), max_length=6, choices=Master.choices, default=Master.BOTH)
    empty = models.CharField(_("an empty value"), max_length=5, choices=Empty.choices, default=Empty.KEEP)
    fill = models.CharField(
        _("back-fill"), max_length=6, choices=Fill.choices, blank=True, default=Fill.NONE, editable=False
    )
    fill_asked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("associated field")
        verbose_name_plural = _("associated fields")
        ordering = ["entity", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["counterpart", "kind", "their_key"], name="field_map_theirs_once"
            ),
            models.UniqueConstraint(
                fields=["counterpart", "kind", "entity", "key"], name="field_map_ours_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    pair=Concat("partner", models.Value(":"), "our_type", models.Value(":"), "their_type")
                ),
                name="field_map_in_the_matrix",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity}.{self.key} ↔ {self.their_key}"


class Link(ScopedModel):
    """ "Their id 123 is our lead 45" for one counterpart.

    `ours` are the values as we last sent them, `theirs` as they were last read back: each side is
    compared with its own face (engine.md, "Merge"). `problems` holds, by their key, what did not travel
    and why (M48). `as_of` is their own time of the latest reading in here: an older one is past (M37).
    """

    counterpart = models.ForeignKey(Counterpart, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(_("kind"), max_length=40)
    their_id = models.CharField(_("their id"), max_length=120)
    entity = models.CharField(_("our record"), max_length=20)
    our_id = models.BigIntegerField(_("our id"))
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    problems = models.JSONField(default=dict)
    agreed_at = models.DateTimeField(_("agreed"), null=True, blank=True)
    as_of = models.DateTimeField(_("as of"), null=True, blank=True)

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

    def read(self, at: datetime | None) -> None:
        """Their time of a reading that is in here from now on: forward, never back."""
        if at is not None and (self.as_of is None or at > self.as_of):
            self.as_of = at


class Conflict(ScopedModel):
    """Both sides of one field changed apart: what each said and who won (engine.md, "Merge")."""

    class Winner(models.TextChoices):
        OURS = "ours", _("the CRM")
        THEIRS = "theirs", _("the partner")
        NOBODY = "nobody", _("nobody: a person decides")

    counterpart = models.ForeignKey(Counterpart, on_delete=models.CASCADE, related_name="conflicts")
    entity = models.CharField(_("our record"), max_length=20)
    our_id = models.BigIntegerField(_("our id"))
    their_id = models.CharField(_("their id"), max_length=120)
    deal_id = models.BigIntegerField(_("card"), null=True, blank=True)
    their_key = models.CharField(_("their field"), max_length=120)
    label = models.CharField(_("field"), max_length=120)
    ours = models.TextField(_("here"), blank=True)
    theirs = models.TextField(_("there"), blank=True)
    winner = models.CharField(_("who won"), max_length=6, choices=Winner.choices)
    why = models.CharField(_("why"), max_length=300)
    at = models.DateTimeField(_("when"))

    class Meta(ScopedModel.Meta):
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        indexes = [models.Index(fields=["account", "-id"], name="conflict_latest")]

    def __str__(self) -> str:
        return f"{self.label}: {self.winner}"
