"""A partner's demanded module is lost and comes back (G3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.translation import gettext

from accounts.contracting import contract_module, switch_module
from accounts.models import Module, Notice
from accounts.modules import stops
from integrations import contract
from integrations.activation.steps import card_of
from integrations.engine import clock, demands, explain, life
from integrations.engine.needs import missing_modules
from integrations.models import Connection, Lane, SyncEvent
from tests import factories
from tests.conftest import World
from tests.integrations.shown import connection_of

State = Connection.State


def switch(world: World, enabled: bool) -> None:
    switch_module(account=world.account, slug="workflow", enabled=enabled, origin=factories.SYSTEM)


@pytest.fixture
def connection(world: World) -> Connection:
    return connection_of(world.account)


def fresh(connection: Connection) -> Connection:
    return Connection.unscoped.get(pk=connection.pk)


def test_g3_a_lost_module_pauses_with_the_reason_and_its_return_resumes(
    world: World, connection: Connection
) -> None:
    later = clock.now() + timedelta(hours=1)
    lane = Lane.unscoped.create(account=world.account, connection=connection, key="lead:1", due_at=later)
    switch(world, False)
    row = fresh(connection)
    assert (row.state, row.state_reason) == (State.PAUSED, demands.LOST)
    assert explain.halt(row) == gettext(demands.LOST)
    assert SyncEvent.unscoped.filter(connection=row, words=demands.LOST).count() == 1
    assert Notice.objects.of(world.account).filter(kind="module", user=world.admin).count() == 1
    card = card_of(account=world.account, partner=contract.partner("meetime"), connection=row)
    assert card.off == ["Workflow"]
    assert card.reason
    switch(world, True)
    row = fresh(connection)
    assert (row.state, row.state_reason) == (State.ACTIVE, "")
    assert SyncEvent.unscoped.filter(connection=row, words=demands.BACK).count() == 1
    assert Lane.unscoped.get(pk=lane.pk).due_at <= clock.now()


def test_g3_taken_out_of_the_contract_is_lost_as_well(world: World, connection: Connection) -> None:
    given = {"account": world.account, "slug": "workflow", "origin": factories.SYSTEM}
    contract_module(**given, contracted=False, enabled=False)
    assert fresh(connection).state == State.PAUSED
    contract_module(**given, contracted=True, enabled=True)
    assert fresh(connection).state == State.ACTIVE


def test_g3_a_persons_pause_stays_a_persons(world: World, connection: Connection) -> None:
    life.pause(connection=connection, origin=factories.SYSTEM)
    switch(world, False)
    switch(world, True)
    assert fresh(connection).state == State.PAUSED
    life.resume(connection=connection, origin=factories.SYSTEM)
    assert fresh(connection).state == State.ACTIVE


def test_g3_nobody_resumes_it_by_hand_without_the_module(world: World, connection: Connection) -> None:
    switch(world, False)
    with pytest.raises(life.WrongState, match="Workflow"):
        life.resume(connection=connection, origin=factories.SYSTEM)
    assert fresh(connection).state == State.PAUSED


def test_g3_new_credentials_keep_the_reason_of_the_pause(
    world: World, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its reason nothing would end the pause."""
    switch(world, False)
    monkeypatch.setattr(life, "check", lambda *_given: contract.Identity(id="1", name="Conta"))
    life.validate(connection=fresh(connection), credentials={"token": "x"}, origin=factories.SYSTEM)
    assert fresh(connection).state == State.PAUSED
    switch(world, True)
    assert fresh(connection).state == State.ACTIVE


def test_g3_a_broken_one_that_is_mended_without_its_module_waits(
    world: World, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connection.unscoped.filter(pk=connection.pk).update(state=State.BROKEN)
    switch(world, False)
    assert fresh(connection).state == State.BROKEN
    monkeypatch.setattr(life, "check", lambda *_given: contract.Identity(id="1", name="Conta"))
    life.validate(connection=fresh(connection), credentials={"token": "x"}, origin=factories.SYSTEM)
    assert (fresh(connection).state, fresh(connection).state_reason) == (State.PAUSED, demands.LOST)
    switch(world, True)
    assert fresh(connection).state == State.ACTIVE


def test_g3_a_flow_that_does_not_demand_it_goes_on(world: World, connection: Connection) -> None:
    Connection.unscoped.filter(pk=connection.pk).update(flow="won_leads")
    switch(world, False)
    assert fresh(connection).state == State.ACTIVE
    assert missing_modules(world.account, "meetime", "won_leads") == []
    assert missing_modules(world.account, "meetime", "centralisation") == ["workflow"]
    assert missing_modules(world.account, "meetime") == ["workflow"], (
        "before a flow is chosen, the card says it"
    )


def test_g3_other_modules_and_other_accounts_leave_it_alone(
    world: World, stranger: World, connection: Connection
) -> None:
    theirs = connection_of(stranger.account)
    switch_module(account=world.account, slug="products", enabled=False, origin=factories.SYSTEM)
    switch(world, False)
    assert fresh(theirs).state == State.ACTIVE
    switch(world, True)
    assert fresh(connection).state == State.ACTIVE


def test_g3_a_switch_that_no_signal_told_is_found(world: World, connection: Connection) -> None:
    Module.unscoped.filter(account=world.account, slug="workflow").update(enabled=False)
    demands.settle_all(now=clock.now())
    assert fresh(connection).state == State.PAUSED
    Module.unscoped.filter(account=world.account, slug="workflow").update(enabled=True)
    demands.settle_all(now=clock.now())
    assert fresh(connection).state == State.ACTIVE


def test_s4_switching_off_names_the_integrations_that_stop(world: World, connection: Connection) -> None:
    said = [words for each in stops for words in each(world.account, "workflow")]
    assert any("Meetime" in words for words in said)
    Connection.unscoped.filter(pk=connection.pk).update(state=State.INACTIVE)
    assert not any("Meetime" in words for each in stops for words in each(world.account, "workflow"))
