"""Ways in: API keys, invitations, the sessions of people, and support staff's looks at an account."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Profile, User
from accounts.scoping import ScopedModel, VersionedModel


class ApiKey(VersionedModel):
    """A key for integrators; only its SHA-256 is stored, the key itself is shown once.

    `scopes`: slugs of scopes.SCOPES; ["*"] opens everything. `replaces`: the key that this one was rotated
    from, which goes on until its own `expires_at`. `rate_*`: calls of a minute (since 1970) and of the
    one before, where the store counts them (throttling.py).
    """

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12, db_index=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    replaces = models.ForeignKey(
        "self",
        verbose_name=_("replaces"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaced_by",
        editable=False,
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    rate_minute = models.BigIntegerField(default=0, editable=False)
    rate_calls = models.IntegerField(default=0, editable=False)
    rate_before = models.IntegerField(default=0, editable=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKey(ScopedModel):
    """The answer to a POST with an Idempotency-Key, kept 24 hours; `status_code` is null while it runs."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(fields=["api_key", "route", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class Invitation(VersionedModel):
    """A place in the account offered by e-mail; only the SHA-256 of its one-use token is stored."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=150, blank=True)
    profile = models.ForeignKey(
        Profile, on_delete=models.CASCADE, related_name="+", verbose_name=_("profile")
    )
    teams = models.JSONField(
        _("teams"), default=list, blank=True
    )  # ids; those that are gone count for nothing
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("invited by")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                "account",
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return self.email


class Sitting(models.Model):
    """A person signed in somewhere: one row for each session, so that she can see and end them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sittings")
    session_key = models.CharField(max_length=64, unique=True, editable=False)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    began_at = models.DateTimeField(_("signed in"))
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [models.Index(fields=["user", "-seen_at"], name="sitting_of_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.began_at:%Y-%m-%d %H:%M}"


class SupportAccess(ScopedModel):
    """Support staff opened an account's data: why, and until when; its audit trail has it too."""

    staff = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("support staff")
    )
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(ScopedModel.Meta):
        verbose_name = _("support access")
        verbose_name_plural = _("support accesses")
        indexes = [models.Index(fields=["staff", "account", "-until"], name="support_access_open")]

    def __str__(self) -> str:
        return f"{self.staff} · {self.reason}"
