"""From token to active, and the sellers (M4–M6, M8, M21–M23, G6), through the engine against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import Membership, User
from accounts.origin import Origin
from funnels import services
from funnels.models import CustomField, Deal
from integrations import contract
from integrations.engine import catalog, clock, life, sellers
from integrations.models import CatalogItem, Connection, LinkedUser
from integrations.partners.meetime import seeing, setup
from integrations.partners.meetime.models import WinAction
from integrations.sandbox.server import Sandbox
from tests import factories
from tests.conftest import World
from tests.engine.conftest import TOKEN, Bench
from tests.engine.rows import enter, lead_of, run_of, sent_by_us, their_id


def fields_of(bench: Bench) -> dict[str, CustomField]:
    rows = CustomField.unscoped.filter(account=bench.world.account, key__startswith="meetime_")
    return {row.key: row for row in rows}


def again(bench: Bench) -> Connection:
    """The whole wizard once more, after a deactivation."""
    connection = life.start(
        account=bench.world.account, partner="meetime", flow="centralisation", origin=factories.SYSTEM
    )
    connection = life.validate(connection=connection, credentials={"token": TOKEN}, origin=factories.SYSTEM)
    connection = life.enable(connection=connection, origin=factories.SYSTEM)
    for kind in ("cadences", "users"):
        catalog.refresh(connection, kind, now=clock.now())
    return life.activate(connection=connection, origin=factories.SYSTEM)


def read_users(bench: Bench) -> None:
    catalog.refresh(bench.connection, "users", now=clock.now())
    sellers.sync(bench.connection)


# --- M4, M5, M6, M8 ---


def test_m4_only_a_validated_token_can_be_enabled(world: World, sandbox: Sandbox) -> None:
    connection = life.start(
        account=world.account, partner="meetime", flow="centralisation", origin=factories.SYSTEM
    )
    with pytest.raises(life.WrongState):
        life.enable(connection=connection, origin=factories.SYSTEM)


def test_m6_activation_makes_the_four_fields_once(bench: Bench) -> None:
    made = fields_of(bench)
    assert {key: (row.label, row.type) for key, row in made.items()} == {
        seeing.LATEST_OWNER: ("Responsável mais recente (Meetime)", "user"),
        seeing.INITIAL_OWNER: ("Responsável inicial (Meetime)", "user"),
        seeing.LATEST_CADENCE: ("Cadência mais recente (Meetime)", "text"),
        seeing.INITIAL_CADENCE: ("Cadência inicial (Meetime)", "text"),
    }
    life.deactivate(connection=bench.connection, origin=factories.SYSTEM)
    again(bench)
    assert {key: row.pk for key, row in fields_of(bench).items()} == {
        key: row.pk for key, row in made.items()
    }


@pytest.mark.parametrize("key", [seeing.INITIAL_OWNER, seeing.LATEST_CADENCE, seeing.INITIAL_CADENCE])
def test_m17_m18_m19_people_do_not_write_the_fields_of_the_integration(
    bench: Bench, deal: Deal, key: str
) -> None:
    with pytest.raises(services.NotAllowed):
        services.update_deal(deal=deal, custom={key: "à mão"}, origin=Origin.user(bench.world.admin))


def test_m5_without_funnel_and_profile_it_says_both(world: World, sandbox: Sandbox, settings: Any) -> None:
    settings.PARTNER_URLS = {"meetime": f"{sandbox.url}/meetime/v2"}
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True
    factories.module(account=world.account, slug="workflow")
    connection = life.start(
        account=world.account, partner="meetime", flow="centralisation", origin=factories.SYSTEM
    )
    connection = life.validate(connection=connection, credentials={"token": TOKEN}, origin=factories.SYSTEM)
    connection = life.enable(connection=connection, origin=factories.SYSTEM)
    with translation.override("en"), pytest.raises(life.NotReady) as refused:
        life.activate(connection=connection, origin=factories.SYSTEM)
    assert refused.value.missing == [
        "Choose at least one funnel that may send leads.",
        "Choose the default profile for created users.",
    ]
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=factories.SYSTEM)
    with translation.override("en"), pytest.raises(life.NotReady) as refused:
        life.activate(connection=connection, origin=factories.SYSTEM)
    assert refused.value.missing == ["Choose the default profile for created users."]


def test_m8_one_win_action_a_funnel_and_cadence_and_a_stage_only_where_it_moves(bench: Bench) -> None:
    bench.win_action("win")
    row = WinAction.unscoped.get()
    same = {
        "account": bench.world.account,
        "connection": bench.connection,
        "funnel": bench.world.funnel,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        WinAction.unscoped.create(**same, cadence_id=row.cadence_id, action="keep")
    with pytest.raises(IntegrityError), transaction.atomic():
        WinAction.unscoped.create(**same, cadence_id="other", action="move")
    with pytest.raises(IntegrityError), transaction.atomic():
        WinAction.unscoped.create(**same, cadence_id="other", action="win", stage=bench.stages()[2])


# --- M21, M22, M23 ---


def test_m22_sellers_become_users_with_the_default_profile(bench: Bench) -> None:
    linked = LinkedUser.unscoped.filter(connection=bench.connection)
    names = {each.user.email: each.user.name for each in linked.select_related("user")}
    assert names["carla.mendes@exemplo.com.br"] == "Carla Mendes"
    assert names["fabio.pinto@exemplo.com.br"] == "fabio.pinto@exemplo.com.br", "no name there: the e-mail"
    assert "gabriela.nunes@exemplo.com.br" not in names, "disabled there"
    profile = bench.world.seller.memberships.get().profile
    made = Membership.objects.of(bench.world.account).filter(user__in=[each.user for each in linked])
    assert {each.profile for each in made} == {profile}
    assert bench.ledger("user.created") == [], "M23: none is ever created there"


def test_m22_a_known_email_is_linked_whatever_its_case_and_left_untouched(bench: Bench) -> None:
    profile = bench.world.admin.memberships.get().profile
    bench.control("POST", "meetime/users", {"email": "ADMIN@Casa.Example", "name": "Outro nome"})
    before = User.objects.count()
    read_users(bench)
    assert User.objects.count() == before
    bench.world.admin.refresh_from_db()
    assert bench.world.admin.name == "Admin"
    assert bench.world.admin.memberships.get().profile == profile
    assert LinkedUser.unscoped.filter(connection=bench.connection, user=bench.world.admin).count() == 1


def test_m22_a_user_new_there_later_becomes_one_here_and_only_once(bench: Bench) -> None:
    bench.control("POST", "meetime/users", {"email": "nova@exemplo.com.br", "name": "Nova Pessoa"})
    read_users(bench)
    read_users(bench)
    assert User.objects.get(email="nova@exemplo.com.br").name == "Nova Pessoa"
    assert LinkedUser.unscoped.filter(user__email="nova@exemplo.com.br").count() == 1


def test_m22_a_user_disabled_there_changes_nothing_here(bench: Bench) -> None:
    carla = CatalogItem.unscoped.get(kind="users", data__email="carla.mendes@exemplo.com.br")
    bench.control("POST", f"meetime/users/{carla.their_id}/deactivate")
    read_users(bench)
    user = User.objects.get(email="carla.mendes@exemplo.com.br")
    assert user.is_active
    assert user.memberships.exists()
    assert LinkedUser.unscoped.filter(user=user).exists()


# --- G6 ---


def test_g6_deactivated_and_activated_again_makes_no_duplicate(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    lead = lead_of(deal)
    theirs, users = their_id(lead), User.objects.count()
    life.deactivate(connection=bench.connection, origin=factories.SYSTEM)
    bench.connection.refresh_from_db()
    assert bench.connection.sealed == ""
    connection = again(bench)
    assert connection.pk == bench.connection.pk
    services.move_deal(deal=deal, stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, deal)
    assert sent_by_us(bench) == ["lead.created"]
    assert (run_of(deal).state, User.objects.count()) == ("active", users)
    bench.act(theirs, "win", lose_others=False)
    bench.connection.refresh_from_db()
    bench.poll()
    lead.refresh_from_db()
    assert lead.state == "won", "the link of before still says whose lead it is"


def test_g6_while_deactivated_nothing_is_sent_and_nothing_is_lost_there(bench: Bench, deal: Deal) -> None:
    life.deactivate(connection=bench.connection, origin=factories.SYSTEM)
    enter(bench, deal)
    assert sent_by_us(bench) == []
    assert contract.partner("meetime").missing(bench.connection.pk) == []
