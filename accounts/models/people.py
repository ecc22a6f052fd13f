"""Account, User, Profile, Membership and Team."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedModel, VersionedModel


class Account(models.Model):
    """One customer company: the tenant; raw payloads and exchanges stay for `payload_days` (X8).

    `prepared`: what of its last configuration file waits for a partner's lists (X6).
    """

    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, default="America/Sao_Paulo")
    demands_second_factor = models.BooleanField(
        _("every member signs in with a second factor"), default=False
    )
    payload_days = models.PositiveSmallIntegerField(
        _("days that raw payloads are kept"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    prepared = models.JSONField(_("prepared configuration"), default=dict, blank=True, editable=False)
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
    """What its members may do: slugs of permissions.PERMISSIONS; administrators may all, and only they
    reach Administração (G2)."""

    name = models.CharField(_("name"), max_length=80)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    permissions = models.JSONField(_("permissions"), default=list, blank=True)

    class Meta(VersionedModel.Meta):
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [models.UniqueConstraint("account", Lower("name"), name="profile_name_once")]

    def __str__(self) -> str:
        return self.name


class Membership(VersionedModel):
    """A user's place in an account, with one profile.

    `many_funnels`: what she chose where the account leaves it to her (S3); blank while she has not.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    profile = models.ForeignKey(
        Profile, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("profile")
    )
    is_active = models.BooleanField(_("active"), default=True)
    many_funnels = models.CharField(
        _("Use of many funnels"), max_length=8, blank=True, default="", editable=False
    )

    class Meta(VersionedModel.Meta):
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.profile}"


class Team(VersionedModel):
    """Members who work together: work is dealt among them, and profiles may be limited to its cards (R3)."""

    name = models.CharField(_("name"), max_length=80)

    class Meta(VersionedModel.Meta):
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [models.UniqueConstraint("account", Lower("name"), name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class TeamMember(ScopedModel):
    """A member's place in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="places")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="teams")

    class Meta(ScopedModel.Meta):
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [models.UniqueConstraint(fields=["team", "membership"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.team} · {self.membership}"
