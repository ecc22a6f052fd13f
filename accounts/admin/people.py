"""Staff's screens of teams and invitations."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import invitations
from accounts.admin.section import People
from accounts.models import Invitation, Team, TeamMember, normal_email
from accounts.origin import Origin
from accounts.refusals import Refusal
from accounts.staff import Act, Related, trimmed
from accounts.staff_forms import by_row, by_time


@admin.register(Team)
class TeamAdmin(People):
    """The teams of accounts."""

    icon, rank = "groups", 42
    list_display = ("name", "account", "created_at")
    list_filter = (by_row("account"),)
    finders = {"name": trimmed}
    related = (Related(model="accounts.TeamMember", field="team", columns=("membership",)),)


@admin.register(TeamMember)
class TeamMemberAdmin(People):
    """Who is in which team."""

    icon, rank = "group_work", 44
    list_display = ("team", "membership", "account")
    list_filter = (by_row("account"), by_row("team"))
    finders = {"membership__user__email": normal_email}
    also_read = ("membership__user", "membership__profile")


def _withdraw(*, row: Invitation, origin: Origin) -> None:
    invitations.withdraw(invitation=row, origin=origin, now=timezone.now())


@admin.register(Invitation)
class InvitationAdmin(People):
    """Places offered by e-mail; nobody sees a link, a new one goes out only from the portal."""

    icon, rank = "forward_to_inbox", 46
    list_display = ("email", "account", "profile", "expires_at", "accepted_at", "revoked_at")
    list_filter = (by_row("account"), by_time("expires_at"))
    finders = {"email": normal_email}
    never_shown = frozenset({"digest"})
    refusals = (*People.refusals, Refusal)
    acts = (
        Act(
            slug="withdraw",
            label=gettext_lazy("Withdraw the invitation"),
            icon="cancel",
            run=_withdraw,
            fits=lambda row: row.accepted_at is None and row.revoked_at is None,
            danger=True,
        ),
    )
