"""Rows for tests, made through the services where a service exists."""

from __future__ import annotations

from typing import Any

import factory

from accounts.models import Account, Membership, Module, Profile, User
from accounts.origin import Origin
from funnels import services
from funnels.models import Deal, Funnel

SYSTEM = Origin.system("tests")
PASSWORD = "tomada-na-parede-42"


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account

    name = factory.Sequence("Conta {}".format)


def profile(*, account: Account, administrator: bool) -> Profile:
    name = "Administrador" if administrator else "Vendedor"
    found, _created = Profile.unscoped.get_or_create(
        account=account, name=name, defaults={"is_administrator": administrator}
    )
    return found


def member(*, account: Account, email: str, administrator: bool = False, name: str = "") -> User:
    user = User.objects.create_user(email=email, password=PASSWORD, name=name or email.split("@")[0].title())
    Membership.unscoped.create(
        account=account, user=user, profile=profile(account=account, administrator=administrator)
    )
    return user


def module(*, account: Account, slug: str) -> Module:
    found, _created = Module.unscoped.update_or_create(
        account=account, slug=slug, defaults={"contracted": True, "enabled": True}
    )
    return found


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
