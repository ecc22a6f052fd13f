"""The only writer of profiles: what members of an account may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import Account, Invitation, Profile
from accounts.origin import Origin
from accounts.permissions import PERMISSIONS
from accounts.refusals import NameTaken, ProfileFixed, ProfileInUse, demand_room
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import audit

MOST_PROFILES = 100  # of an account


@transaction.atomic
def create_profile(*, account: Account, name: str, permissions: Iterable[str], origin: Origin) -> Profile:
    """A new profile that allows these slugs; NameTaken, Refusal for too many, KeyError for a slug."""
    demand_room(Profile.objects.of(account), most=MOST_PROFILES)
    profile = Profile(account=account, name=name.strip(), permissions=tidy(permissions))
    _keep(profile)
    audit(
        account=account,
        origin=origin,
        action="profile.created",
        subject=profile.name,
        data={"permissions": profile.permissions},
    )
    return profile


@transaction.atomic
def update_profile(
    *,
    profile: Profile,
    name: str | None = None,
    permissions: Iterable[str] | None = None,
    version: int | None = None,
    origin: Origin,
) -> Profile:
    """Another name, other permissions, or both; None leaves as it is.

    ProfileFixed for the administrators' profile, NameTaken, SomeoneElseChangedThis.
    """
    row = _locked(profile, version)
    if row.is_administrator:
        raise ProfileFixed(_("The administrators' profile may do everything and cannot be changed."))
    wanted: dict[str, Any] = {
        "name": row.name if name is None else name.strip(),
        "permissions": row.permissions if permissions is None else tidy(permissions),
    }
    changed = {key: [getattr(row, key), value] for key, value in wanted.items() if getattr(row, key) != value}
    if changed:
        row.name, row.permissions = wanted["name"], wanted["permissions"]
        row.version += 1
        _keep(row)
        audit(
            account=profile.account,
            origin=origin,
            action="profile.changed",
            subject=row.name,
            data=changed,
        )
    return row


@transaction.atomic
def delete_profile(*, profile: Profile, version: int | None = None, origin: Origin) -> None:
    """Deletes a profile that nobody has; ProfileFixed, ProfileInUse, SomeoneElseChangedThis."""
    row = _locked(profile, version)
    if row.is_administrator:
        raise ProfileFixed(_("The administrators' profile cannot be deleted."))
    if (
        row.memberships.exists()
        or Invitation.objects.of(row.account_id)
        .filter(profile=row, accepted_at=None, revoked_at=None)
        .exists()
    ):
        raise ProfileInUse(
            _("Members or open invitations have this profile. Give them another one, then delete it.")
        )
    name = row.name
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        raise ProfileInUse(
            _("An integration gives this profile to its users. Choose another one there, then delete it.")
        ) from None
    audit(account=profile.account, origin=origin, action="profile.deleted", subject=name)


def tidy(permissions: Iterable[str]) -> list[str]:
    """The slugs once each, in the order of the table; KeyError for one that it does not know."""
    wanted = set(permissions)
    if unknown := wanted - PERMISSIONS.keys():
        raise KeyError(*sorted(unknown))
    return [slug for slug in PERMISSIONS if slug in wanted]


def _locked(profile: Profile, version: int | None) -> Profile:
    row: Profile = Profile.objects.of(profile.account_id).select_for_update().get(pk=profile.pk)
    if version is not None and version != row.version:
        raise SomeoneElseChangedThis
    return row


def _keep(profile: Profile) -> None:
    try:
        with transaction.atomic():
            profile.save()
    except IntegrityError:
        words = _("This account already has a profile with this name.")
        raise NameTaken(words, field="name") from None
