"""Every seller of the partner has a user here, matched by e-mail (M22); none is ever created there (M23)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_noop as _

from accounts.models import Membership, Profile, User, normal_email
from integrations import contract
from integrations.engine import clock
from integrations.models import CatalogItem, Connection, LinkedUser, SyncEvent


def sync(connection: Connection) -> int:
    """Links or creates a user for each seller in the Catalog; returns how many were created.

    Known e-mail: linked, name and profile untouched. New with a name: created with it. New without: the
    e-mail is the name. Sellers disabled there change nothing here.
    """
    profile_id = contract.partner(connection.partner).settings(connection.pk).get("profile")
    profile = Profile.objects.of(connection.account_id).filter(pk=profile_id).first()
    if profile is None:
        return 0
    linked = set(LinkedUser.unscoped.filter(connection=connection).values_list("their_id", flat=True))
    created = 0
    rows = CatalogItem.unscoped.filter(connection=connection, kind="users", gone_at=None)
    for row in rows.exclude(their_id__in=linked):
        email = normal_email(str(row.data.get("email", "")))
        if not email or not row.data.get("active", True):
            continue
        created += _link(connection, row, email, profile)
    return created


def _link(connection: Connection, row: CatalogItem, email: str, profile: Profile) -> bool:
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email=email, name=row.name or email)
        _membership, joined = Membership.unscoped.get_or_create(
            account_id=connection.account_id, user=user, defaults={"profile": profile}
        )
        LinkedUser.unscoped.get_or_create(
            connection=connection,
            their_id=row.their_id,
            defaults={"account_id": connection.account_id, "user": user},
        )
        if joined:
            SyncEvent.unscoped.create(
                account_id=connection.account_id,
                connection=connection,
                at=clock.now(),
                words=_("%(name)s sells at the partner and became a user of this account."),
                saw={"name": user.name, "email": email},
            )
    return joined
