"""Every seller of the partner has a user here, matched by e-mail (M22); none is ever created there (M23)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_noop as _

from accounts.models import Membership, Profile, User, normal_email
from funnels.models import CustomField
from funnels.services.choices import set_choices
from integrations import contract
from integrations.engine import clock, listen
from integrations.engine.place import origin_of
from integrations.models import Arrival, CatalogItem, Connection, Enrollment, Lead, LinkedUser, SyncEvent
from mapping.models import Link


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
    known: list[str] = []
    rows = CatalogItem.unscoped.filter(connection=connection, kind="users", gone_at=None)
    for row in rows.exclude(their_id__in=linked).order_by("their_id"):
        email = normal_email(str(row.data.get("email", "")))
        if not email or not row.data.get("active", True):
            continue
        created += _link(connection, row, email, profile)
        known.append(row.their_id)
    _offer(connection)
    if known:
        _own(connection, known)
    return created


def foreseen(connection: Connection) -> dict[int, str]:
    """Who would be linked if the connection were activated now: member → their id; writes nothing (X2)."""
    rows = CatalogItem.unscoped.filter(connection=connection, kind="users", gone_at=None)
    theirs = {
        normal_email(str(row.data.get("email", ""))): row.their_id
        for row in rows
        if row.data.get("active", True)
    }
    members = Membership.objects.of(connection.account_id).filter(is_active=True)
    return {
        user: theirs[normal_email(email)]
        for user, email in members.values_list("user", "user__email")
        if normal_email(email) in theirs
    }


def _offer(connection: Connection) -> None:
    """M16: a field of sellers offers the linked users, and nobody else."""
    keys = [field.key for field in contract.partner(connection.partner).fields if field.sellers]
    if not keys:
        return
    users = LinkedUser.unscoped.filter(connection=connection).order_by("user__name", "user")
    wanted = [str(pk) for pk in dict.fromkeys(users.values_list("user", flat=True))]
    fields = CustomField.unscoped.filter(account_id=connection.account_id, entity="deal", key__in=keys)
    for field in fields:
        if field.options != wanted:
            set_choices(field=field, options=wanted, origin=origin_of(connection))


def _own(connection: Connection, their_ids: Sequence[str]) -> None:
    """Running leads whose owner was nobody here: what was read last of them is taken in once more (M16)."""
    running = Lead.unscoped.filter(
        enrollment__connection=connection, enrollment__state=Enrollment.State.ACTIVE
    ).values("pk")
    leads = Link.unscoped.filter(
        counterpart=connection.counterpart_id, kind="lead", entity="lead", our_id__in=running
    ).filter(theirs__owner_id__in=list(their_ids))
    for their_id in leads.values_list("their_id", flat=True):
        rows = Arrival.unscoped.filter(connection=connection, kind="lead", their_id=their_id, event="")
        last = rows.select_related("lane").order_by("-pk").first()
        if last is None or not last.record or last.state == Arrival.State.WAITING:
            continue
        with transaction.atomic():
            Arrival.unscoped.create(
                account_id=last.account_id,
                connection=connection,
                delivery_id=last.delivery_id,
                lane=last.lane,
                kind=last.kind,
                their_id=last.their_id,
                record=last.record,
                digest=last.digest,
                received_at=clock.now(),
            )
            listen.mark(connection=connection, keys={last.lane.key: None})


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
