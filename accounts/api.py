"""Users, profiles and modules of the account, to read."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Membership, Module, Profile, User, normal_email
from accounts.modules import MODULES
from accounts.rest.fields import IdField, ScopedRelation, Strict
from accounts.rest.filters import Flag, IdFilter, Key, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource, found


class ProfileShape(Strict):
    """What its members may do."""

    id = IdField()
    name = serializers.CharField(read_only=True)
    is_administrator = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class UserShape(Strict):
    """A user with her place in this account; the id is the user's."""

    id = IdField(source="user_id")
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.CharField(source="user.email", read_only=True)
    profile = ScopedRelation(Profile, read_only=True)
    is_administrator = serializers.BooleanField(source="profile.is_administrator", read_only=True)
    is_active = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class ModuleShape(Strict):
    """A module of the system."""

    id = IdField()
    slug = serializers.CharField(read_only=True)
    label = serializers.SerializerMethodField()
    contracted = serializers.BooleanField(read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_label(self, row: Module) -> str:
        """Its name for people."""
        known = MODULES.get(row.slug)
        return str(known.label) if known else row.slug


class Users(Lists, Resource):
    """Who has a place in the account; updated_since follows the place, not the person."""

    model, shows = Membership, UserShape
    related = ("user", "profile")
    page_key = "user_id"
    path_ids = {"id": User}
    filters = (
        Key(
            name="email", lookup="user__email", key=normal_email, description="Has this e-mail; case ignored."
        ),
        IdFilter(name="profile", model=Profile, description="With this profile."),
        Flag(name="is_active", description="Active or not."),
        Since(),
    )
    operations = {"list": Operation(summary="List users"), "retrieve": Operation(summary="Read a user")}

    def retrieve(self, _request: Request, id: str) -> Response:
        """One user, by the user's own id."""
        return self.show(found(self.rows(), id, column="user_id"))


class Profiles(Lists, Reads, Resource):
    """Profiles."""

    model, shows = Profile, ProfileShape
    filters = (Since(),)
    operations = {"list": Operation(summary="List profiles"), "retrieve": Operation(summary="Read a profile")}


class Modules(Lists, Reads, Resource):
    """Modules: what the account has contracted and switched on (S2)."""

    model, shows = Module, ModuleShape
    filters = (Flag(name="enabled", description="On or off."), Since())
    operations = {"list": Operation(summary="List modules"), "retrieve": Operation(summary="Read a module")}


ROUTES: list[tuple[str, type[Resource], str]] = [
    ("users", Users, "users"),
    ("profiles", Profiles, "profiles"),
    ("modules", Modules, "modules"),
]
