"""Rows for tests, made through the services where a service exists."""

from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone

from accounts import support
from accounts.models import Account, Membership, Module, Profile, SupportAccess, User
from accounts.origin import Origin
from accounts.permissions import PERMISSIONS
from funnels import services
from funnels.models import Deal, Funnel

SYSTEM = Origin.system("tests")
PASSWORD = "tomada-na-parede-42"


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account

    name = factory.Sequence("Conta {}".format)


def profile(*, account: Account, administrator: bool, allows: tuple[str, ...] | None = None) -> Profile:
    """The account's administrators, its sellers who may all that sellers can, or a profile that `allows` this."""
    name = "Administrador" if administrator else "Vendedor" if allows is None else f"Só {', '.join(allows)}"
    permissions = [] if administrator else list(PERMISSIONS if allows is None else allows)
    found, _created = Profile.unscoped.get_or_create(
        account=account,
        name=name[:80],
        defaults={"is_administrator": administrator, "permissions": permissions},
    )
    return found


def member(
    *,
    account: Account,
    email: str,
    administrator: bool = False,
    name: str = "",
    allows: tuple[str, ...] | None = None,
) -> User:
    user = User.objects.create_user(email=email, password=PASSWORD, name=name or email.split("@")[0].title())
    place = profile(account=account, administrator=administrator, allows=allows)
    Membership.unscoped.create(account=account, user=user, profile=place)
    return user


def module(*, account: Account, slug: str) -> Module:
    found, _created = Module.unscoped.update_or_create(
        account=account, slug=slug, defaults={"contracted": True, "enabled": True}
    )
    return found


def opened(staff: User, account: Account) -> SupportAccess:
    """The account's data is open for this member of staff from now on, and only that."""
    reason = "Chamado 42: conferir"
    return support.open_account(staff=staff, account=account, reason=reason, now=timezone.now())


def funnel(*, account: Account, name: str = "Novos clientes", stages: tuple[str, ...] = ()) -> Funnel:
    names = stages or ("Entrada", "Enviar para prospecção", "Proposta")
    return services.create_funnel(account=account, name=name, stages=names, origin=SYSTEM)


def deal(*, funnel: Funnel, title: str = "Padaria Sol", stage: int = 0, **values: Any) -> Deal:
    return services.create_deal(
        account=funnel.account,
        title=title,
        stage=list(funnel.stages.all())[stage],
        origin=SYSTEM,
        **values,
    )
