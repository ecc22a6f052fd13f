"""M7, M8, M21, M45: what is chosen for a connection: refused with words, audited, scoped."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from accounts import keys
from accounts.models import AuditEntry, User
from funnels.services import NotAllowed
from integrations.contract import partners
from integrations.engine import sellers
from integrations.models import CatalogItem, CatalogShelf, Lane, OutboxAction
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import MeetimeSettings, WinAction
from tests import factories
from tests.api.conftest import Api, caller
from tests.integrations.shown import ORIGIN, cadences, connection_of, ready

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def win(connection, funnel, cadence="1", action="keep", stage=None, **more):
    return setup.set_win_action(
        connection=connection,
        funnel=funnel,
        cadence_id=cadence,
        action=action,
        stage=stage,
        origin=ORIGIN,
        **more,
    )


def test_allowing_a_funnel_sends_nothing_by_itself_M7(world) -> None:
    connection = connection_of(world.account)
    factories.deal(funnel=world.funnel)
    other = factories.funnel(account=world.account, name="Outro")
    lanes = Lane.unscoped.count()
    setup.allow_funnels(connection=connection, funnels=[world.funnel, other], origin=ORIGIN)
    assert setup.allowed_funnel_ids(connection=connection) == {world.funnel.pk, other.pk}
    assert (Lane.unscoped.count(), OutboxAction.unscoped.count()) == (lanes, 0)
    setup.allow_funnels(connection=connection, funnels=[other], origin=ORIGIN)
    setup.allow_funnels(connection=connection, funnels=[other], origin=ORIGIN)
    assert setup.allowed_funnel_ids(connection=connection) == {other.pk}
    assert AuditEntry.objects.of(world.account).filter(action="meetime.funnels").count() == 2


def test_a_strangers_funnel_and_profile_are_refused(world, stranger) -> None:
    connection = connection_of(world.account)
    with pytest.raises(NotAllowed):
        setup.allow_funnels(connection=connection, funnels=[stranger.funnel], origin=ORIGIN)
    theirs = factories.profile(account=stranger.account, administrator=False)
    with pytest.raises(NotAllowed):
        setup.set_default_profile(connection=connection, profile=theirs, origin=ORIGIN)


def test_the_three_actions_M8(world) -> None:
    connection = ready(world.account, world.funnel)
    last = world.funnel.stages.last()
    assert win(connection, world.funnel, action="win").stage is None
    moved = win(connection, world.funnel, "2", "move", last)
    assert moved.stage == last
    kept = win(connection, world.funnel, "2", "keep", last, win_action=moved)
    assert (kept.pk, kept.stage) == (moved.pk, None)
    settings = partners()["meetime"].settings(connection.pk)
    assert settings["win_actions"][f"{world.funnel.pk}:1"]["action"] == "win"


@pytest.mark.parametrize(
    ("cadence", "action", "words"),
    [
        ("1", "move", "Choose the stage"),
        ("99", "keep", "Choose a cadence"),
        ("1", "sell", "Choose what happens"),
    ],
)
def test_what_does_not_fit_is_refused_M8(world, cadence: str, action: str, words: str) -> None:
    connection = ready(world.account, world.funnel)
    with pytest.raises(NotAllowed, match=words):
        win(connection, world.funnel, cadence, action)


def test_a_stage_of_another_funnel_and_a_funnel_not_allowed_are_refused_M8(world) -> None:
    connection = ready(world.account, world.funnel)
    other = factories.funnel(account=world.account, name="Outro")
    with pytest.raises(NotAllowed, match="another funnel"):
        win(connection, world.funnel, "1", "move", other.stages.first())
    with pytest.raises(NotAllowed, match="Allow the funnel"):
        win(connection, other)


def test_one_action_for_a_pair_in_the_service_and_in_the_database_M8(world) -> None:
    connection = ready(world.account, world.funnel)
    first = win(connection, world.funnel)
    with pytest.raises(NotAllowed, match="already has an action"):
        win(connection, world.funnel)
    second = win(connection, world.funnel, "2")
    with pytest.raises(NotAllowed, match="already has an action"):
        win(connection, world.funnel, "1", win_action=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        WinAction.unscoped.create(
            account=world.account, connection=connection, funnel=world.funnel, cadence_id="1", action="win"
        )
    assert {first.pk, second.pk} == set(WinAction.objects.of(world.account).values_list("pk", flat=True))


def test_the_second_list_hides_cadences_used_in_that_funnel_M8(world) -> None:
    connection = connection_of(world.account)
    cadences(connection, "A", "B", "C")
    other = factories.funnel(account=world.account, name="Outro")
    setup.allow_funnels(connection=connection, funnels=[world.funnel, other], origin=ORIGIN)
    used = win(connection, world.funnel, "1")
    CatalogItem.objects.of(world.account).filter(their_id="3").update(gone_at=timezone.now())
    names = lambda **more: [str(row) for row in setup.free_cadences(connection=connection, **more)]  # noqa: E731
    assert names(funnel=world.funnel) == ["B"]
    assert names(funnel=other) == ["A", "B"]
    assert names(funnel=world.funnel, keep=used) == ["A", "B"]
    assert names(funnel=None) == []


def test_removed_and_audited_M8(world) -> None:
    connection = ready(world.account, world.funnel)
    setup.remove_win_action(win_action=win(connection, world.funnel), origin=ORIGIN)
    assert not WinAction.objects.of(world.account).exists()
    assert AuditEntry.objects.of(world.account).filter(action="meetime.win_action.remove").exists()


def test_an_existing_action_survives_its_funnel_and_its_cadence_M9(world) -> None:
    connection = ready(world.account, world.funnel)
    row = win(connection, world.funnel)
    setup.allow_funnels(connection=connection, funnels=[], origin=ORIGIN)
    CatalogItem.objects.of(world.account).update(gone_at=timezone.now())
    assert win(connection, world.funnel, action="win", win_action=row).action == "win"


def test_default_profile_M5_M21(world) -> None:
    connection = connection_of(world.account, state="enabled")
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    assert len(partners()["meetime"].missing(connection.pk)) == 1
    seller = factories.profile(account=world.account, administrator=False)
    setup.set_default_profile(connection=connection, profile=seller, origin=ORIGIN)
    assert setup.default_profile(connection=connection) == seller
    assert partners()["meetime"].missing(connection.pk) == []


def test_m21_users_from_a_partner_never_become_administrators_by_any_road(world, client_of) -> None:
    """Service, API, file, portal and staff admin refuse; what was chosen before it was refused counts as none."""
    connection = connection_of(world.account, state="enabled")
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    chiefs = factories.profile(account=world.account, administrator=True)
    with pytest.raises(NotAllowed, match="never become administrators"):
        setup.set_default_profile(connection=connection, profile=chiefs, origin=ORIGIN)
    narrow = _with_scopes(world.account, "connections:write", "configuration:write")
    body = {"default_profile": str(chiefs.pk)}
    answer = narrow.patch(f"connections/{connection.pk}/settings/", body, Accept_Language="en")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_allowed")
    assert "never become administrators" in answer.json()["detail"]
    file = {
        "file": f"format: 1\nconnections:\n  meetime:\n    settings: {{default_profile: {chiefs.name}}}\n"
    }
    plan = narrow.post("configuration/plan/", file, Accept_Language="en").json()
    assert [(step["act"], "never become" in step["why"]) for step in plan["steps"]] == [("cannot", True)]
    narrow.post("configuration/apply/", {**file, "digest": plan["digest"]})
    page = "/integrations/meetime/settings/sellers/profile/"
    client_of(world.admin).post(page, {"account": world.account.pk, "profile": chiefs.pk})
    assert setup.default_profile(connection=connection) is None
    seller = factories.profile(account=world.account, administrator=False)
    row = MeetimeSettings.unscoped.create(
        account=world.account, connection=connection, default_profile=seller
    )
    desk = User.objects.create_superuser(email="s@tomada.example", password="a-long-password-1", name="S")
    factories.opened(desk, world.account)
    form = {"default_profile": chiefs.pk, "version": row.version}
    client_of(desk).post(reverse("admin:meetime_meetimesettings_change", args=[row.pk]), form)
    assert setup.default_profile(connection=connection) == seller
    MeetimeSettings.unscoped.update(default_profile=chiefs)
    assert len(partners()["meetime"].missing(connection.pk)) == 1
    CatalogItem.unscoped.create(
        account=world.account, connection=connection, kind="users", their_id="7", name="Nova",
        data={"email": "nova@exemplo.com.br", "active": True},
    )  # fmt: skip
    assert sellers.sync(connection) == 0
    assert not User.objects.filter(email="nova@exemplo.com.br").exists()


def _with_scopes(account, *scopes) -> Api:
    caller(account)
    _key, plain = keys.issue_key(account=account, name="ERP", created_by=ORIGIN, scopes=scopes)
    return Api(account=account, key=plain)


def test_m45_the_stage_of_received_deals_is_chosen_audited_and_needed_in_its_flow(world) -> None:
    connection = connection_of(world.account, state="enabled")
    type(connection).unscoped.filter(pk=connection.pk).update(flow="won_leads")
    profile = factories.profile(account=world.account, administrator=False)
    setup.set_default_profile(connection=connection, profile=profile, origin=ORIGIN)
    assert partners()["meetime"].missing(connection.pk) == [
        "Choose the funnel and the stage where won leads arrive."
    ]
    stage = world.funnel.stages.first()
    for _again in range(2):
        setup.set_won_stage(connection=connection, stage=stage, origin=ORIGIN)
    assert setup.won_stage(connection=connection) == stage
    assert partners()["meetime"].settings(connection.pk)["won_stage"] == stage.pk
    assert partners()["meetime"].missing(connection.pk) == []
    assert AuditEntry.objects.of(world.account).filter(action="meetime.won_stage").count() == 1


def test_m45_a_strangers_stage_is_refused(world, stranger) -> None:
    connection = connection_of(world.account)
    with pytest.raises(NotAllowed):
        setup.set_won_stage(connection=connection, stage=stranger.funnel.stages.first(), origin=ORIGIN)
    assert setup.won_stage(connection=connection) is None


def test_m24_m45_the_automation_is_offered_on_allowed_funnels_and_not_in_the_flow_that_receives(
    world,
) -> None:
    connection, partner = connection_of(world.account), partners()["meetime"]
    assert not partner.offers(connection.pk, [world.funnel.pk])
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    type(connection).unscoped.filter(pk=connection.pk).update(flow="centralisation")
    assert partner.offers(connection.pk, [world.funnel.pk])
    type(connection).unscoped.filter(pk=connection.pk).update(flow="won_leads")
    assert not partner.offers(connection.pk, [world.funnel.pk])


def test_m36_m41_another_list_of_allowed_funnels_is_told_anew(world) -> None:
    connection = connection_of(world.account)
    shelf = CatalogShelf.unscoped.create(
        account=world.account, connection=connection, kind="funnels", wanted_at=None
    )
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    shelf.refresh_from_db()
    assert shelf.wanted_at is not None
    CatalogShelf.unscoped.update(wanted_at=None)
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    shelf.refresh_from_db()
    assert shelf.wanted_at is None, "the same list is not told again"


@pytest.mark.parametrize(
    ("read", "unsupported", "takes"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_m36_an_account_takes_funnels_once_they_were_told_unless_it_says_that_it_takes_none(
    world, read: bool, unsupported: bool, takes: bool
) -> None:
    connection = connection_of(world.account)
    assert not partners()["meetime"].settings(connection.pk)["takes_funnels"]
    CatalogShelf.unscoped.create(
        account=world.account,
        connection=connection,
        kind="funnels",
        read_at=timezone.now() if read else None,
        last_error="No answer.",
        unsupported=unsupported,
    )
    assert partners()["meetime"].settings(connection.pk)["takes_funnels"] is takes
