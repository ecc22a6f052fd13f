"""The only writers of accounts, members, modules and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from accounts.models import Account, AuditEntry, Membership, Module, Profile, User, normal_email
from accounts.modules import MODULES, module_on
from accounts.origin import Origin

__all__ = ["PROFILES", "add_member", "audit", "create_account", "module_on"]

PROFILES = ("Administrador", "Gestor", "Supervisor", "Vendedor", "Operador")
ADMINISTRATOR = PROFILES[0]


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

    `modules` are the additional ones, by slug, that are contracted and on; basic ones always are.
    An existing user of that e-mail becomes its administrator and keeps her password.
    """
    account = Account.objects.create(name=name.strip())
    Profile.objects.of(account).bulk_create(
        Profile(account=account, name=each, is_administrator=each == ADMINISTRATOR) for each in PROFILES
    )
    wanted = set(modules)
    if unknown := wanted - MODULES.keys():
        raise KeyError(*sorted(unknown))
    Module.objects.of(account).bulk_create(
        Module(account=account, slug=each.slug, contracted=on, enabled=on)
        for each in MODULES.values()
        for on in [each.basic or each.slug in wanted]
    )
    audit(account=account, origin=origin, action="account.created", subject=account.name)
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


def audit(
    *, account: Account, origin: Origin, action: str, subject: str = "", data: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Writes a line of the audit trail, in the transaction of what it tells; no secret goes into `data`."""
    return AuditEntry.objects.of(account).create(
        account=account,
        actor_id=origin.id if origin.kind == "user" else None,
        actor_label=(origin.label or str(origin))[:160],
        action=action,
        subject=subject[:160],
        data=dict(data or {}),
    )
