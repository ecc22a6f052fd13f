"""Users, invitations, profiles and teams of the account, for integrators."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import invitations, problems, profiles, teams
from accounts.members import change_member
from accounts.models import Invitation, Membership, Profile, Team, User, normal_email
from accounts.people_shapes import (
    InvitationBody,
    InvitationShape,
    NothingBody,
    ProfileBody,
    ProfileShape,
    TeamBody,
    TeamShape,
    UserBody,
    UserShape,
)
from accounts.refusals import KINDS, Refusal
from accounts.rest.filters import Flag, IdFilter, Key, Since
from accounts.rest.resource import Lists, Operation, Reads, Resource, found

for _kind in KINDS:
    problems.register(_kind, _kind.status, _kind.code, more=Refusal.members)


class Users(Lists, Resource):
    """Who has a place in the account; updated_since follows the place, not the person."""

    model, shows = Membership, UserShape
    related = ("user", "profile")
    fetched = ("teams",)
    page_key = "user_id"
    path_ids = {"id": User}
    filters = (
        Key(
            name="email", lookup="user__email", key=normal_email, description="Has this e-mail; case ignored."
        ),
        IdFilter(name="profile", model=Profile, description="With this profile."),
        IdFilter(name="team", model=Team, lookup="teams__team", description="In this team."),
        Flag(name="is_active", description="Active or not."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List users"),
        "retrieve": Operation(summary="Read a user"),
        "partial_update": Operation(
            summary="Change a user's profile or teams, or switch her off and on",
            description="The last active administrator stays one: `last_administrator`.",
            request=UserBody,
            errors=(422,),
            versioned=True,
        ),
    }

    def retrieve(self, _request: Request, id: str) -> Response:
        """One user, by the user's own id."""
        return self.show(found(self.rows(), id, column="user_id"))

    def partial_update(self, request: Request, id: str) -> Response:
        """The user as she is now."""
        rows = Membership.objects.of(request.account).select_for_update()
        row = found(rows, id, column="user_id")
        self.check_version(row)
        change_member(membership=row, origin=request.origin, **self.read())
        return self.show(found(self.rows(), id, column="user_id"))


class Invitations(Lists, Reads, Resource):
    """Places offered by e-mail; the link itself is told to nobody but the e-mail's reader."""

    model, shows = Invitation, InvitationShape
    filters = (
        Key(name="email", lookup="email", key=normal_email, description="To this e-mail; case ignored."),
        Since(),
    )
    operations = {
        "list": Operation(summary="List invitations"),
        "retrieve": Operation(summary="Read an invitation"),
        "create": Operation(
            summary="Invite somebody by e-mail",
            description="`already_member` and `invitation_open` say why nobody was invited.",
            request=InvitationBody,
            status=201,
        ),
        "destroy": Operation(
            summary="Withdraw an invitation: its link opens nothing any more",
            description="`invitation_closed` for one that was used or withdrawn before.",
            status=204,
            errors=(422,),
            versioned=True,
        ),
        "send_again": Operation(
            summary="Send an invitation again, with a new link",
            description="Valid seven days from now; the link of before opens nothing. `invitation_closed` "
            "for one that was used or withdrawn.",
            request=NothingBody,
            versioned=True,
        ),
    }

    def create(self, request: Request) -> Response:
        """The invitation; its e-mail is on its way."""
        values = self.read()
        made = invitations.invite(
            account=request.account, origin=request.origin, now=timezone.now(), **values
        )
        return self.answer(made)

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        row = self.locked(id)
        invitations.withdraw(invitation=row, origin=request.origin, now=timezone.now())
        return Response(status=204)

    @action(detail=True, methods=["post"], url_path="send-again", url_name="send-again")
    def send_again(self, request: Request, id: str) -> Response:
        """The invitation, valid anew; its e-mail is on its way."""
        row = self.locked(id)
        self.read()
        sent = invitations.send_again(invitation=row, origin=request.origin, now=timezone.now())
        return self.answer(sent)


class Profiles(Lists, Reads, Resource):
    """What members may do: slugs of permissions."""

    model, shows = Profile, ProfileShape
    filters = (Since(),)
    operations = {
        "list": Operation(summary="List profiles"),
        "retrieve": Operation(summary="Read a profile"),
        "create": Operation(summary="Create a profile", request=ProfileBody, status=201),
        "partial_update": Operation(
            summary="Rename a profile or change what it allows",
            description="The administrators' profile cannot be changed: `profile_fixed`.",
            request=ProfileBody,
            errors=(409, 422),
            versioned=True,
        ),
        "destroy": Operation(
            summary="Delete a profile that nobody has",
            description="`profile_in_use` while members, open invitations or an integration have it.",
            status=204,
            errors=(422,),
            versioned=True,
        ),
    }

    def create(self, request: Request) -> Response:
        """The profile."""
        values: dict[str, Any] = {"permissions": (), **self.read()}
        return self.answer(profiles.create_profile(account=request.account, origin=request.origin, **values))

    def partial_update(self, request: Request, id: str) -> Response:
        """The profile as it is now."""
        row = self.locked(id)
        return self.answer(profiles.update_profile(profile=row, origin=request.origin, **self.read()))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        profiles.delete_profile(profile=self.locked(id), origin=request.origin)
        return Response(status=204)


class Teams(Lists, Reads, Resource):
    """Members who work together."""

    model, shows = Team, TeamShape
    fetched = ("places__membership",)
    filters = (Since(),)
    operations = {
        "list": Operation(summary="List teams"),
        "retrieve": Operation(summary="Read a team"),
        "create": Operation(summary="Create a team", request=TeamBody, status=201),
        "partial_update": Operation(
            summary="Rename a team or replace its members", request=TeamBody, errors=(409,), versioned=True
        ),
        "destroy": Operation(
            summary="Delete a team; its members stay in the account", status=204, versioned=True
        ),
    }

    def create(self, request: Request) -> Response:
        """The team."""
        return self.answer(teams.create_team(account=request.account, origin=request.origin, **self._read()))

    def partial_update(self, request: Request, id: str) -> Response:
        """The team as it is now."""
        row = self.locked(id)
        return self.answer(teams.update_team(team=row, origin=request.origin, **self._read()))

    def destroy(self, request: Request, id: str) -> Response:
        """Nothing."""
        teams.delete_team(team=self.locked(id), origin=request.origin)
        return Response(status=204)

    def _read(self) -> dict[str, Any]:
        """The body, with the users' places instead of the users."""
        values = self.read()
        if "members" in values:
            rows = Membership.objects.of(self.request.account)
            values["members"] = list(rows.filter(user__in=values["members"]))
        return values


ROUTES: list[tuple[str, type[Resource], str]] = [
    ("users", Users, "users"),
    ("invitations", Invitations, "invitations"),
    ("profiles", Profiles, "profiles"),
    ("teams", Teams, "teams"),
]
