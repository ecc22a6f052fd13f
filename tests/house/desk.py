"""Every screen of the staff admin as one walk, signed out, without an open account and with one."""

from __future__ import annotations

from collections.abc import Container, Iterator

from django.conf import settings
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.staff_scope import tells_of_an_account
from tests.admin import rows
from tests.conftest import World
from tests.factories import opened
from tests.house.addresses import Visit


def walk_desk(
    world: World, *, language: str = "pt-br", tables: Container[str] | None = None
) -> Iterator[tuple[Visit, HttpResponse]]:
    """Each table's list, row and forms of adding and deleting where it has them; and what stands beside.

    `tables`: only these, "accounts_account".
    """
    base = rows.base(world)
    chief = User.objects.create_superuser(email="suporte@tomada.example", password="x", name="Suporte")
    outside, desk = Client(), Client()
    desk.force_login(chief)
    User.objects.update(language=language)
    for client in (outside, desk):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    home, support = reverse("admin:index"), reverse("admin:support")
    for client, path in (
        (outside, reverse("admin:login")),
        (desk, home),
        (desk, reverse("admin:jsi18n")),
        (desk, support),
        (desk, f"{support}?account={world.account.pk}"),
        (desk, address("funnels_deal_changelist")),
    ):
        yield Visit(name="desk", path=path, who="staff"), client.get(path)
    opened(chief, world.account)
    for model, screen in sorted(admin.site._registry.items(), key=lambda each: each[0]._meta.label):
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        if tables is not None and name not in tables:
            continue
        row = rows.MAKE[model](base, 1)
        if tells_of_an_account(model) and row.account != world.account:
            opened(chief, row.account)
        paths = [address(f"{name}_changelist"), address(f"{name}_change", row.pk)]
        paths += [address(f"{name}_add")] if screen.create is not None else []
        paths += [address(f"{name}_delete", row.pk)] if screen.remove is not None else []
        for path in paths:
            yield Visit(name=f"desk {name}", path=path, who="staff"), desk.get(path)
    for path in (
        home,
        address("accounts_account_history", world.account.pk),
        address("django_q_ormq_changelist"),
    ):
        yield Visit(name="desk", path=path, who="staff"), desk.get(path)


def address(view: str, *args: object) -> str:
    return reverse(f"admin:{view}", args=args)
