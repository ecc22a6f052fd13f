"""Changes a member's profile, teams and whether she comes in; the last administrator stays (G2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.invitations import withdraw_all
from accounts.models import Account, Membership, Profile, Team, User
from accounts.origin import Origin
from accounts.refusals import LastAdministrator
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import audit
from accounts.teams import join_teams


def administrators(account: Account | int) -> QuerySet[Membership]:
    """The members who can come in and administer."""
    rows: QuerySet[Membership] = Membership.objects.of(account)
    return rows.filter(is_active=True, user__is_active=True, profile__is_administrator=True)


def found(account: Account, text: str) -> QuerySet[Membership]:
    """Members by a part of the name or e-mail, switched-off ones last; all for a blank text."""
    rows: QuerySet[Membership] = Membership.objects.of(account).select_related("user", "profile")
    if text := text.strip():
        rows = rows.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    return rows.order_by("-is_active", "user__name", "pk")


@transaction.atomic
def change_member(
    *,
    membership: Membership,
    profile: Profile | None = None,
    is_active: bool | None = None,
    teams: Iterable[Team] | None = None,
    version: int | None = None,
    origin: Origin,
) -> Membership:
    """Another profile, other teams, in or out; None leaves as it is. Cards and tasks stay hers.

    Who goes out takes with her what was offered to her e-mail: no old link brings her back.

    LastAdministrator when nobody would be left to administer; SomeoneElseChangedThis for an old version.
    """
    account = membership.account
    guard = _locked_administrators(account)
    row: Membership = (
        Membership.objects.of(account)
        .select_for_update(of=("self",))
        .select_related("user", "profile")
        .get(pk=membership.pk)
    )
    if version is not None and version != row.version:
        raise SomeoneElseChangedThis
    _refuse_the_last(row, guard=guard, profile=profile, is_active=is_active)
    changed: dict[str, Any] = {}
    if profile is not None and profile.pk != row.profile_id:
        changed["profile"] = [row.profile.name, profile.name]
        row.profile = profile
    if is_active is not None and is_active != row.is_active:
        changed["is_active"] = [row.is_active, is_active]
        row.is_active = is_active
        if not is_active:
            withdraw_all(account=account, email=row.user.email, origin=origin, now=timezone.now())
    if teams is not None:
        before, after = join_teams(membership=row, teams=teams)
        if before != after:
            changed["teams"] = [before, after]
    if changed:
        row.version += 1
        row.save()
        audit(
            account=account,
            origin=origin,
            action=_action(changed),
            subject=row.user.email,
            data=changed,
        )
    return row


def choose(*, membership: Membership, many_funnels: str) -> None:
    """Keeps which of many funnels opens for her, in whatever browser (S3); nobody else is concerned."""
    Membership.objects.of(membership.account_id).filter(pk=membership.pk).update(many_funnels=many_funnels)
    membership.many_funnels = many_funnels


def refuse_to_lose(user: User) -> None:
    """LastAdministrator when an account would be left without one by switching this person off everywhere.

    Its caller's transaction keeps the administrators locked until she is off.
    """
    places = Membership.unscoped.filter(user_id=user.pk, is_active=True, profile__is_administrator=True)
    for place in places.select_related("account").order_by("account_id"):
        if _locked_administrators(place.account) == [place.pk]:
            words = _(
                "%(name)s is the last active administrator of the account %(account)s. Somebody else there "
                "has to get the administrators' profile first."
            )
            raise LastAdministrator(words % {"name": user, "account": place.account})


def _locked_administrators(account: Account) -> list[int]:
    """Every change of administrators passes this lock, so two of them cannot let each other go at once."""
    locked = administrators(account).select_for_update(of=("self",)).order_by("pk")
    return [each.pk for each in locked]


def _refuse_the_last(
    row: Membership, *, guard: list[int], profile: Profile | None, is_active: bool | None
) -> None:
    leaves = is_active is False or (profile is not None and not profile.is_administrator)
    if leaves and guard == [row.pk]:
        raise LastAdministrator(
            _(
                "%(name)s is the last active administrator of this account. Give somebody else the "
                "administrators' profile first."
            )
            % {"name": row.user}
        )


def _action(changed: dict[str, Any]) -> str:
    """The audit trail's word: coming in and going out have their own."""
    if "is_active" in changed:
        return "member.reactivated" if changed["is_active"][1] else "member.deactivated"
    return "member.changed"
