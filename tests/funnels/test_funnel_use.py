"""Which funnel opens and is offered to a new card where there are many (S3, Negócios)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Module, User
from funnels.models import Funnel
from tests import factories
from tests.conftest import World


def chosen(world: World, use: str) -> None:
    """The account's choice; it counts while Workflow is contracted."""
    factories.module(account=world.account, slug="workflow")
    Module.unscoped.update_or_create(
        account=world.account,
        slug="deals",
        defaults={"contracted": True, "enabled": True, "settings": {"many_funnels": use}},
    )


@pytest.fixture
def second(world: World) -> Funnel:
    return factories.funnel(account=world.account, name="Renovações")


def selected(client: Client, query: str = "") -> str:
    """The stage that the form of a new card has chosen; "" where it asks."""
    form = client.get(reverse("portal:deal-new") + query).context["form"]
    return str(form["stage"].value() or "")


def first_stage(funnel: Funnel) -> str:
    return str(funnel.stages.order_by("position").values_list("pk", flat=True)[0])


def test_s3_the_funnel_used_last_opens_and_is_preselected(
    world: World, second: Funnel, client_of: Callable[[User], Client]
) -> None:
    chosen(world, "last")
    client = client_of(world.seller)
    assert client.get("/")["Location"] == reverse("portal:board", args=[world.funnel.pk]), (
        "the first, at first"
    )
    client.get(reverse("portal:board", args=[second.pk]))
    assert client.get("/")["Location"] == reverse("portal:board", args=[second.pk])
    assert selected(client) == first_stage(second)
    assert selected(client, f"?funnel={world.funnel.pk}") == first_stage(world.funnel)
    data = {"account": world.account.pk, "title": "Nova", "stage": first_stage(world.funnel)}
    client.post(reverse("portal:deal-new"), data)
    assert selected(client) == first_stage(world.funnel), "a new card uses a funnel as well"


def test_s3_always_asked_nothing_is_preselected(
    world: World, second: Funnel, client_of: Callable[[User], Client]
) -> None:
    chosen(world, "ask")
    client = client_of(world.seller)
    client.get(reverse("portal:board", args=[second.pk]))
    assert client.get("/")["Location"] == reverse("portal:funnel-list")
    assert selected(client) == "" == selected(client, f"?funnel={second.pk}")
    assert selected(client, f"?stage={first_stage(second)}") == first_stage(second), "the column was chosen"
    data = {"account": world.account.pk, "title": "Nova", "stage": ""}
    answer = client.post(reverse("portal:deal-new"), data)
    assert answer.status_code == 422
    assert "stage" in answer.context["form"].errors


def test_s3_one_funnel_is_no_question(world: World, client_of: Callable[[User], Client]) -> None:
    chosen(world, "ask")
    client = client_of(world.seller)
    assert client.get("/")["Location"] == reverse("portal:board", args=[world.funnel.pk])
    assert selected(client) == first_stage(world.funnel)


def test_s3_each_person_decides_where_the_account_leaves_it_to_her(
    world: World, second: Funnel, client_of: Callable[[User], Client]
) -> None:
    seller, admin = client_of(world.seller), client_of(world.admin)
    listed, address = reverse("portal:funnel-list"), reverse("portal:funnel-use")
    assert 'name="use"' in seller.get(listed).content.decode(), "the default: each user decides"
    seller.post(address, {"account": world.account.pk, "use": "ask"})
    assert seller.get("/")["Location"] == listed
    assert admin.get("/")["Location"] == reverse("portal:board", args=[world.funnel.pk])
    assert client_of(world.seller).get("/")["Location"] == listed, "in another browser, too"
    seller.post(address, {"account": world.account.pk, "use": "anything"})
    assert seller.get("/")["Location"] == listed
    chosen(world, "last")
    assert 'name="use"' not in seller.get(listed).content.decode()
    assert seller.get("/")["Location"] != listed, "the account decides"
