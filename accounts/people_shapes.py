"""Bodies and answers of users, invitations, profiles and teams."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.invitations import standing
from accounts.models import Invitation, Profile, Team, User
from accounts.people_forms import NAME
from accounts.permissions import PERMISSIONS
from accounts.rest.fields import IdField, ScopedRelation, ScopedRelations, Strict, Word


class InvitationState(models.TextChoices):
    """Where an invitation is in its life: invitations.Standing as the document names it."""

    OPEN = "open", _("open")
    EXPIRED = "expired", _("too old")
    ACCEPTED = "accepted", _("accepted")
    WITHDRAWN = "withdrawn", _("withdrawn")


class TeamIds(ScopedRelations):
    """A member's teams, from the rows fetched with her."""

    def get_attribute(self, instance: Any) -> list[int]:
        return sorted(place.team_id for place in instance.teams.all())


class MemberIds(ScopedRelations):
    """A team's members, from the rows fetched with it."""

    def get_attribute(self, instance: Any) -> list[int]:
        return sorted(place.membership.user_id for place in instance.places.all())


class StateField(Word):
    """The state of an invitation now."""

    def get_attribute(self, instance: Invitation) -> str:
        return str(standing(instance, now=timezone.now()))


class Kept(Strict):
    """What every kept row tells of itself."""

    id = IdField()
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class UserShape(Kept):
    """A user with her place in this account; the id is the user's."""

    id = IdField(source="user_id")
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)
    profile = ScopedRelation(Profile, read_only=True)
    is_administrator = serializers.BooleanField(source="profile.is_administrator", read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    teams = TeamIds(Team, read_only=True)


class UserBody(Strict):
    """What can be changed of a user's place here; her name and e-mail are her own."""

    profile = ScopedRelation(Profile, required=False)
    is_active = serializers.BooleanField(
        required=False, help_text="False: she no longer comes into this account; her cards stay hers."
    )
    teams = ScopedRelations(Team, required=False, help_text="Replaces the list.")


class InvitationShape(Kept):
    """A place offered by e-mail."""

    email = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    profile = ScopedRelation(Profile, read_only=True)
    teams = ScopedRelations(Team, read_only=True)
    state = StateField(InvitationState, read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)
    accepted_at = serializers.DateTimeField(read_only=True, allow_null=True)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)


class InvitationBody(Strict):
    """Who is invited, and to what."""

    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    profile = ScopedRelation(Profile)
    teams = ScopedRelations(Team, required=False)


class ProfileShape(Kept):
    """What its members may do; administrators may all, whatever `permissions` says."""

    name = serializers.CharField(read_only=True)
    is_administrator = serializers.BooleanField(read_only=True)
    permissions = serializers.ListField(child=serializers.CharField(), read_only=True)


class ProfileBody(Strict):
    """A profile's name and what it allows."""

    name = serializers.CharField(max_length=NAME)
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=list(PERMISSIONS)),
        required=False,
        max_length=len(PERMISSIONS),
        help_text="Replaces the list.",
    )


class TeamShape(Kept):
    """Members who work together."""

    name = serializers.CharField(read_only=True)
    members = MemberIds(User, read_only=True)


class TeamBody(Strict):
    """A team's name and its members."""

    name = serializers.CharField(max_length=NAME)
    members = ScopedRelations(User, required=False, help_text="Replaces the list.")


class NothingBody(Strict):
    """An empty object."""
