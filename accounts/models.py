"""Account, User, Profile, Membership, Module, ApiKey and the audit trail."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel


class Account(models.Model):
    """One customer company: the tenant."""

    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="America/Sao_Paulo")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, without case."""

    def create_user(self, *, email: str, password: str | None = None, name: str = "", **extra: Any) -> User:
        user = self.model(email=normal_email(email), name=name.strip() or email.strip(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email=email, password=password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normal_email(username or ""))


def normal_email(email: str) -> str:
    """An e-mail as it is stored and compared for users: trimmed and in lower case (M22)."""
    return email.strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in; what she may do in an account stands in her Membership there."""

    email = models.EmailField(_("e-mail"), unique=True, max_length=254)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=8, blank=True, default="")
    is_staff = models.BooleanField(_("support staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class Profile(VersionedModel):
    """What its members may do in an account; only "Administrador" reaches Administração (G2)."""

    name = models.CharField(_("name"), max_length=80)
    is_administrator = models.BooleanField(_("administrator"), default=False)

    class Meta(VersionedModel.Meta):
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [models.UniqueConstraint("account", Lower("name"), name="profile_name_once")]

    def __str__(self) -> str:
        return self.name


class Membership(VersionedModel):
    """A user's place in an account, with one profile."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    profile = models.ForeignKey(
        Profile, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("profile")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.profile}"


class Module(VersionedModel):
    """A module of the system in an account: staff contract it, administrators switch it on (S2, G3)."""

    slug = models.SlugField(_("module"), max_length=40)
    contracted = models.BooleanField(_("contracted"), default=False)
    enabled = models.BooleanField(_("on"), default=False)

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


class ApiKey(VersionedModel):
    """A key for integrators; only its SHA-256 is stored, the key itself is shown once."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=12, db_index=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


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
        indexes = [models.Index(fields=["account", "-id"], name="audit_latest")]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action}"


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
