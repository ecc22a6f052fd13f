"""What is kept about people and their doings: the audit trail, notices, and whom we must not know again."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.scoping import ScopedModel


class AuditEntry(ScopedModel):
    """Who did what to an account's set-up, and when; written once, never changed."""

    at = models.DateTimeField(_("at"), auto_now_add=True)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    actor_label = models.CharField(_("who"), max_length=160)
    action = models.CharField(_("what"), max_length=80)
    subject = models.CharField(_("on what"), max_length=160, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["account", "-id"], name="audit_latest"),
            models.Index(fields=["account", "action", "subject", "-id"], name="audit_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action}"


class Notice(ScopedModel):
    """Something that needs this person: shown in the portal and, where she wants it, sent by e-mail.

    `words` is a message id, filled with `values` in the reader's language; `source` keeps one matter from
    being told twice while its notice is unread.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.SlugField(_("kind"), max_length=40)
    words = models.CharField(max_length=300)
    values = models.JSONField(default=dict, blank=True)
    link = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, blank=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [models.Index(fields=["account", "user", "-id"], name="notice_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "source"],
                condition=models.Q(read_at__isnull=True) & ~models.Q(source=""),
                name="notice_unread_once",
            )
        ]

    def __str__(self) -> str:
        return self.kind


class NoticeChoice(ScopedModel):
    """A person does not want e-mails of this kind in this account."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.SlugField(max_length=40)

    class Meta(ScopedModel.Meta):
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        constraints = [models.UniqueConstraint(fields=["account", "user", "kind"], name="notice_choice_once")]

    def __str__(self) -> str:
        return self.kind


class Erased(ScopedModel):
    """A keyed hash (HMAC) of an erased person's id, e-mail or phone: no poll brings her back (X8)."""

    kind = models.CharField(max_length=60)  # email · phone · person · <partner>:<kind>
    digest = models.CharField(max_length=64)
    erased_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        verbose_name = _("erased identity")
        verbose_name_plural = _("erased identities")
        constraints = [models.UniqueConstraint(fields=["account", "kind", "digest"], name="erased_once")]

    def __str__(self) -> str:
        return self.kind
