"""What the services of people, profiles, teams and invitations refuse, in words and with a stable code."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _


class Refusal(Exception):
    """`words` say why and what to do; `field` is the input that they are about, blank for none."""

    code: ClassVar[str] = "not_allowed"
    status: ClassVar[int] = 422  # in the API

    def __init__(self, words: str, *, field: str = "") -> None:
        super().__init__(words)
        self.words, self.field = words, field

    def members(self) -> dict[str, Any]:
        """What the API's problem has besides the words."""
        return {"errors": {self.field: [self.words]}} if self.field else {}


def demand_room(rows: QuerySet[Any], *, most: int) -> None:
    """Refusal where there are as many as there can be (G5: no list and no choice without an end)."""
    if rows.count() >= most:
        raise Refusal(_("There can be %(most)s at most.") % {"most": most})


class NameTaken(Refusal):
    """Another row of the account has this name."""

    code, status = "already_exists", 409


class LastAdministrator(Refusal):
    """The account would be left without an administrator who can come in."""

    code = "last_administrator"


class ProfileFixed(Refusal):
    """The administrators' profile is the same in every account."""

    code = "profile_fixed"


class ProfileInUse(Refusal):
    """Members or open invitations have this profile."""

    code = "profile_in_use"


class AlreadyMember(Refusal):
    """The person has a place in the account."""

    code, status = "already_member", 409


class InvitationOpen(Refusal):
    """There is an invitation that was not used yet."""

    code, status = "invitation_open", 409


class InvitationClosed(Refusal):
    """It was used, withdrawn, or it is too old."""

    code = "invitation_closed"


KINDS = (
    Refusal,
    NameTaken,
    LastAdministrator,
    ProfileFixed,
    ProfileInUse,
    AlreadyMember,
    InvitationOpen,
    InvitationClosed,
)
