"""The only writer of teams and of who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, Membership, Team, TeamMember
from accounts.origin import Origin
from accounts.refusals import NameTaken, demand_room
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import audit

MOST_TEAMS = 200  # of an account


@transaction.atomic
def create_team(*, account: Account, name: str, members: Iterable[Membership] = (), origin: Origin) -> Team:
    """A new team with these members; NameTaken when the account has one of this name, whatever its case;
    Refusal where there are too many.
    """
    demand_room(Team.objects.of(account), most=MOST_TEAMS)
    team = Team(account=account, name=name.strip())
    _keep(team)
    chosen = list(members)
    _place(team, chosen)
    _touch_members(account.pk, {each.user_id for each in chosen})
    audit(
        account=account,
        origin=origin,
        action="team.created",
        subject=team.name,
        data={"members": sorted(each.user_id for each in chosen)},
    )
    return team


@transaction.atomic
def update_team(
    *,
    team: Team,
    name: str | None = None,
    members: Iterable[Membership] | None = None,
    version: int | None = None,
    origin: Origin,
) -> Team:
    """Another name, other members, or both; None leaves as it is. NameTaken, SomeoneElseChangedThis."""
    row: Team = Team.objects.of(team.account_id).select_for_update().get(pk=team.pk)
    if version is not None and version != row.version:
        raise SomeoneElseChangedThis
    changed: dict[str, list[object]] = {}
    if name is not None and name.strip() != row.name:
        changed["name"] = [row.name, name.strip()]
        row.name = name.strip()
    if members is not None:
        before = set(row.places.values_list("membership__user_id", flat=True))
        chosen = list(members)
        after = {each.user_id for each in chosen}
        if before != after:
            changed["members"] = [sorted(before), sorted(after)]
            _touch_members(row.account_id, before ^ after)
            row.places.exclude(membership__in=chosen).delete()
            _place(row, [each for each in chosen if each.user_id not in before])
    if changed:
        row.version += 1
        _keep(row)
        audit(account=team.account, origin=origin, action="team.changed", subject=row.name, data=changed)
    return row


@transaction.atomic
def delete_team(*, team: Team, version: int | None = None, origin: Origin) -> None:
    """The team is gone; its members stay in the account. SomeoneElseChangedThis for an old version."""
    row = Team.objects.of(team.account_id).select_for_update().get(pk=team.pk)
    if version is not None and version != row.version:
        raise SomeoneElseChangedThis
    _touch_members(row.account_id, row.places.values_list("membership__user_id", flat=True))
    audit(account=team.account, origin=origin, action="team.deleted", subject=row.name)
    row.delete()


def join_teams(*, membership: Membership, teams: Iterable[Team]) -> tuple[list[str], list[str]]:
    """Makes these the member's teams, in the caller's transaction; the names of before and after.

    Teams that she comes to or leaves get their next version, as they show their members. The caller writes
    the audit trail: it is the member who is changed.
    """
    chosen = sorted(teams, key=lambda team: team.name)
    before = list(membership.teams.order_by("team__name").values_list("team_id", "team__name"))
    known = {pk for pk, _name in before}
    touched = known ^ {team.pk for team in chosen}
    _touch(Team.objects.of(membership.account_id).filter(pk__in=touched))
    membership.teams.exclude(team__in=chosen).delete()
    TeamMember.objects.of(membership.account_id).bulk_create(
        TeamMember(account_id=membership.account_id, team=team, membership=membership)
        for team in chosen
        if team.pk not in known
    )
    return [name for _pk, name in before], [team.name for team in chosen]


def _touch_members(account_id: int, users: Iterable[int]) -> None:
    """Members show their teams, so those who come or go get their next version."""
    _touch(Membership.objects.of(account_id).filter(user__in=list(users)))


def _touch(rows: QuerySet[Any]) -> None:
    for row in rows.select_for_update().order_by("pk"):
        row.version += 1
        row.save(update_fields=["version", "updated_at"])


def _place(team: Team, members: Iterable[Membership]) -> None:
    TeamMember.objects.of(team.account_id).bulk_create(
        TeamMember(account_id=team.account_id, team=team, membership=each) for each in members
    )


def _keep(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        words = _("This account already has a team with this name.")
        raise NameTaken(words, field="name") from None
