"""Support staff open one account's data at a time, with a reason and for an hour; its audit trail has it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AuditEntry, SupportAccess, User
from accounts.origin import Origin
from accounts.services import audit

LASTS = timedelta(minutes=60)
SHORTEST_REASON = 10  # letters


class NoReason(Exception):
    """The reason is too short to tell the account's administrators anything."""

    @property
    def words(self) -> str:
        return _("Say why, in at least %(count)d letters.") % {"count": SHORTEST_REASON}


@transaction.atomic
def open_account(*, staff: User, account: Account, reason: str, now: datetime) -> SupportAccess:
    """Opens it for an hour; another one that is open closes. NoReason."""
    why = " ".join(reason.split())
    if len(why) < SHORTEST_REASON:
        raise NoReason
    for row in SupportAccess.unscoped.select_for_update().filter(staff=staff, ended_at=None, until__gt=now):
        _end(row, now=now)
    longest = SupportAccess._meta.get_field("reason").max_length
    row = SupportAccess.objects.of(account).create(
        account=account, staff=staff, reason=why[:longest], at=now, until=now + LASTS
    )
    _tell(row, "support.opened", reason=row.reason, until=row.until.isoformat())
    return row


@transaction.atomic
def extend(*, access: SupportAccess, now: datetime) -> SupportAccess:
    """An hour more from now."""
    access.until = now + LASTS
    access.save(update_fields=["until"])
    _tell(access, "support.extended", until=access.until.isoformat())
    return access


@transaction.atomic
def close(*, access: SupportAccess, now: datetime) -> None:
    """Nothing of the account is shown any more, and its reason no longer counts."""
    access.until = now
    _end(access, now=now)


def current(*, staff: User, now: datetime) -> SupportAccess | None:
    """What the member of staff has open, with its account."""
    rows = SupportAccess.unscoped.filter(staff_id=staff.pk, ended_at=None, until__gt=now)
    return rows.select_related("account").order_by("-pk").first()


def reasoned(*, staff: User, now: datetime) -> set[int]:
    """The accounts for which she gave a reason within its hour and did not close them herself.

    One is open at a time, so that rows of two never mix; what touches a person of several accounts asks for
    a reason in each.
    """
    return set(
        SupportAccess.unscoped.filter(staff_id=staff.pk, until__gt=now).values_list("account_id", flat=True)
    )


def viewed(*, access: SupportAccess, row: models.Model) -> bool:
    """One line for each row and access, as table and number: a name would outlive the person's erasure."""
    about = {"access": access.pk, "table": row._meta.label, "id": str(row.pk)}
    lines = AuditEntry.objects.of(access.account_id).filter(action="support.viewed", actor_id=access.staff_id)
    if lines.filter(at__gte=access.at, **{f"data__{name}": value for name, value in about.items()}).exists():
        return False
    subject = f"{row._meta.label} {row.pk}"
    audit(
        account=access.account,
        origin=Origin.user(access.staff),
        action="support.viewed",
        subject=subject,
        data=about,
    )
    return True


def _end(row: SupportAccess, *, now: datetime) -> None:
    row.ended_at = now
    row.save(update_fields=["ended_at", "until"])
    _tell(row, "support.closed")


def listed(*, access: SupportAccess, model: type[models.Model]) -> bool:
    """One line for each list and access, as its table (X8)."""
    about = {"access": access.pk, "table": model._meta.label}
    lines = AuditEntry.objects.of(access.account_id).filter(
        action="support.listed", subject=model._meta.label, actor_id=access.staff_id, at__gte=access.at
    )
    if lines.filter(data__access=access.pk).exists():
        return False
    audit(
        account=access.account,
        origin=Origin.user(access.staff),
        action="support.listed",
        subject=model._meta.label,
        data=about,
    )
    return True


def _tell(row: SupportAccess, action: str, **data: str) -> None:
    audit(
        account=row.account,
        origin=Origin.user(row.staff),
        action=action,
        subject=str(row.staff),
        data={"access": row.pk, **data},
    )
