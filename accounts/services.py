"""The only writers of accounts, members, modules and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Account, AuditEntry, Membership, Module, Profile, User, normal_email
from accounts.modules import MODULES, module_on
from accounts.origin import Origin
from accounts.permissions import ADMINISTRATOR, STANDARD

__all__ = ["PROFILES", "add_member", "audit", "create_account", "module_on"]

PROFILES = tuple(STANDARD)


@transaction.atomic
def create_account(
    *,
    name: str,
    admin_email: str,
    admin_name: str = "",
    password: str | None = None,
    modules: Iterable[str] = (),
    origin: Origin,
) -> tuple[Account, User]:
    """A new account with the standard profiles, its modules and its first administrator (G2, S2).

    `modules` are the additional ones, by slug, that are contracted and on; basic ones always are. KeyError
    for an unknown one, ValueError for one whose functions come later.
    An existing user of that e-mail becomes its administrator and keeps her password.
    """
    account = Account.objects.create(name=name.strip())
    Profile.objects.of(account).bulk_create(
        Profile(account=account, name=each, is_administrator=each == ADMINISTRATOR, permissions=list(allowed))
        for each, allowed in STANDARD.items()
    )
    wanted = set(modules)
    if unknown := wanted - MODULES.keys():
        raise KeyError(*sorted(unknown))
    if later := {slug for slug in wanted if MODULES[slug].later}:
        raise ValueError(f"comes in a later version: {', '.join(sorted(later))}")
    Module.objects.of(account).bulk_create(
        Module(account=account, slug=each.slug, contracted=on, enabled=on)
        for each in MODULES.values()
        for on in [each.basic or each.slug in wanted]
    )
    audit(account=account, origin=origin, action="account.created", subject=account.name)
    off, on_now = ({"contracted": on, "enabled": on} for on in (False, True))
    for slug in sorted(wanted - {each.slug for each in MODULES.values() if each.basic}):
        data = {"before": off, "after": on_now}
        audit(account=account, origin=origin, action="module.contracted", subject=slug, data=data)
    membership = add_member(
        account=account,
        email=admin_email,
        name=admin_name,
        password=password,
        profile=ADMINISTRATOR,
        origin=origin,
    )
    return account, membership.user


@transaction.atomic
def add_member(
    *, account: Account, email: str, profile: str, name: str = "", password: str | None = None, origin: Origin
) -> Membership:
    """A person with a place in the account; without a password she can only come in by a link.

    Profile.DoesNotExist for a name the account does not have; someone already in keeps her place and gets the
    profile.
    """
    chosen = Profile.objects.of(account).get(name=profile)
    user = User.objects.filter(email=normal_email(email)).first()
    if user is None:
        user = User.objects.create_user(email=email, name=name, password=password)
    membership, _created = Membership.objects.of(account).update_or_create(
        account=account, user=user, defaults={"profile": chosen, "is_active": True}
    )
    audit(
        account=account,
        origin=origin,
        action="member.added",
        subject=user.email,
        data={"profile": chosen.name},
    )
    return membership


def audit_once_a_day(
    *, account: Account, origin: Origin, action: str, subjects: Iterable[str], now: datetime
) -> list[AuditEntry]:
    """As audit for each subject, but once for the same actor and action within 24 hours; the new lines.

    Two queries at most, whatever the subjects are.
    """
    wanted = list(dict.fromkeys(subjects))
    lines = [_line(account=account, origin=origin, action=action, subject=each, data={}) for each in wanted]
    if not lines:
        return []
    known = AuditEntry.objects.of(account).filter(
        action=action,
        subject__in=wanted,
        actor_id=lines[0].actor_id,
        actor_label=lines[0].actor_label,
        at__gte=now - timedelta(days=1),
    )
    told = set(known.values_list("subject", flat=True).distinct()[: len(wanted)])
    fresh = [line for line in lines if line.subject not in told]
    return AuditEntry.objects.of(account).bulk_create(fresh) if fresh else []


def audit(
    *, account: Account, origin: Origin, action: str, subject: str = "", data: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Writes a line of the audit trail, in the transaction of what it tells; no secret goes into `data`."""
    line = _line(account=account, origin=origin, action=action, subject=subject, data=data or {})
    line.save()
    return line


def audit_all(*, origin: Origin, lines: Iterable[tuple[int, str, str, Mapping[str, Any]]]) -> None:
    """As audit for many lines at once: (account's id, action, subject, data) each."""
    AuditEntry.unscoped.bulk_create(
        [
            _line(account=account_id, origin=origin, action=action, subject=subject, data=data)
            for account_id, action, subject, data in lines
        ]
    )


def _line(
    *, account: Account | int, origin: Origin, action: str, subject: str, data: Mapping[str, Any]
) -> AuditEntry:
    return AuditEntry(
        account_id=account if isinstance(account, int) else account.pk,
        actor_id=origin.id if origin.kind == "user" else None,
        actor_label=(origin.label or str(origin))[:160],
        action=action,
        subject=subject[:160],
        data=dict(data),
    )
