"""Accounts from before permissions: standard profiles are filled by name, others keep all that they could do."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import Account, Profile
from accounts.permissions import PERMISSIONS, STANDARD

pytestmark = pytest.mark.django_db
migration = import_module("accounts.migrations.0004_what_profiles_allow")


def test_profiles_are_filled_as_new_accounts_have_them() -> None:
    account = Account.objects.create(name="Antiga")
    names = [*STANDARD, "Canais"]
    for name in names:
        Profile.objects.of(account).create(
            account=account, name=name, is_administrator=name == "Administrador"
        )
    chosen = Profile.objects.of(account).create(account=account, name="Escolhido", permissions=["cards.team"])
    migration.fill(apps, None)
    found = {row.name: tuple(row.permissions) for row in Profile.objects.of(account)}
    assert {name: found[name] for name in STANDARD} == STANDARD
    assert set(found["Canais"]) == set(PERMISSIONS)
    assert found[chosen.name] == ("cards.team",)
