"""The number of the next deal: never repeated, never back over a used one, gaps allowed (S3)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts.models import AuditEntry
from accounts.module_settings import InvalidSettings, set_module_settings
from accounts.module_settings.counters import counters
from funnels import services
from funnels.models import Deal
from tests import factories
from tests.api.test_idempotency import on_disk  # noqa: F401  # a file in which a second writer waits
from tests.conftest import World, make_world

NAME = "deals.next_number"


@pytest.fixture
def ready(world: World) -> World:
    factories.module(account=world.account, slug="workflow")
    return world


def set_next(world: World, number: Any) -> None:
    set_module_settings(
        account=world.account, slug="deals", values={"next_number": number}, origin=factories.SYSTEM
    )


def read(world: World) -> tuple[int, int]:
    return counters[NAME].read(world.account)


def test_s3_the_next_deal_has_the_chosen_number_and_gaps_are_allowed(ready: World) -> None:
    assert read(ready) == (1, 1)
    assert factories.deal(funnel=ready.funnel).number == 1
    set_next(ready, 500)
    assert read(ready) == (500, 2)
    assert [factories.deal(funnel=ready.funnel).number for _each in range(2)] == [500, 501]
    entry = AuditEntry.objects.of(ready.account).get(action="module.settings")
    assert (entry.data["before"], entry.data["after"]) == ({"next_number": 2}, {"next_number": 500})


def test_s3_it_may_come_back_over_a_gap_but_never_over_a_used_number(ready: World) -> None:
    factories.deal(funnel=ready.funnel)
    set_next(ready, 1000)
    set_next(ready, 2)
    assert factories.deal(funnel=ready.funnel).number == 2
    for used in (1, 2):
        with pytest.raises(InvalidSettings, match="3") as caught:
            set_next(ready, used)
        assert caught.value.suggestions == {"next_number": "3"}
    assert read(ready) == (3, 3)


def test_s3_a_deleted_deal_keeps_its_number(ready: World) -> None:
    set_next(ready, 10)
    deal = factories.deal(funnel=ready.funnel)
    services.delete_deal(deal=deal, origin=factories.SYSTEM)
    with pytest.raises(InvalidSettings):
        set_next(ready, 10)
    assert factories.deal(funnel=ready.funnel).number == 11


def test_s3_the_smallest_number_is_said_in_words(ready: World) -> None:
    set_next(ready, 41)
    factories.deal(funnel=ready.funnel)
    with pytest.raises(InvalidSettings) as caught:
        set_next(ready, 7)
    (words,) = caught.value.errors["next_number"]
    assert "7" in words
    assert "42" in words


def test_s3_a_refused_number_leaves_every_setting_as_it_was(ready: World) -> None:
    factories.deal(funnel=ready.funnel)
    values = {"next_number": 1, "many_funnels": "ask"}
    with pytest.raises(InvalidSettings):
        set_module_settings(account=ready.account, slug="deals", values=values, origin=factories.SYSTEM)
    assert not AuditEntry.objects.of(ready.account).filter(action="module.settings").exists()


def test_s3_each_account_counts_for_itself(ready: World, stranger: World) -> None:
    set_next(ready, 900)
    assert factories.deal(funnel=stranger.funnel).number == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("on_disk")
def test_s3_deals_made_while_the_number_is_set_never_share_one() -> None:
    """Six sellers and two administrators at once: every number is somebody's alone, whoever comes first."""
    world = make_world("Casa", "casa.example")
    factories.module(account=world.account, slug="workflow")
    for _first in range(3):
        factories.deal(funnel=world.funnel)
    barrier, refused, failed = threading.Barrier(8), [], []

    def at_once(work: Any) -> None:
        try:
            barrier.wait(timeout=20)
            for _each in range(4):
                work()
        except InvalidSettings as error:
            refused.append(error)
        except DatabaseError as error:
            failed.append(error)
        finally:
            connection.close()

    def sell() -> None:
        factories.deal(funnel=world.funnel)

    works = [*[sell] * 6, lambda: set_next(world, 4), lambda: set_next(world, 12)]
    threads = [threading.Thread(target=at_once, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    numbers = list(Deal.unscoped.filter(account=world.account).values_list("number", flat=True))
    assert len(numbers) == len(set(numbers)) == 27
    assert factories.deal(funnel=world.funnel).number > max(numbers)
