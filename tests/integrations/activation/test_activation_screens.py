"""G1–G7, M1–M8, M21, M22: the catalogue and the wizard, as administrator, seller, stranger, nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts.models import Module
from integrations.activation.steps import steps_of
from integrations.contract import Denied, Unavailable, partners
from integrations.engine import life
from integrations.models import CatalogShelf, Connection, LinkedUser
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import WinAction
from mapping.models import Counterpart
from tests import factories
from tests.integrations.shown import ORIGIN, TOKEN, cadences, connection_of, post, ready, words_of

pytestmark = pytest.mark.django_db
PAGE = "/integrations/meetime/"


@pytest.mark.parametrize("url", ["/integrations/", PAGE, f"{PAGE}logo.svg"])
def test_administrators_only_G2(world, client_of, client, url: str) -> None:
    assert client_of(world.admin).get(url).status_code == 200
    assert client_of(world.seller).get(url).status_code == 403
    assert "/login/" in client.get(url)["Location"]
    assert client_of(world.admin).get("/integrations/nobody/").status_code == 404


def test_no_menu_entry_for_others_G2(world, client_of) -> None:
    assert 'href="/integrations/"' not in client_of(world.seller).get("/sync/").content.decode()
    assert 'href="/integrations/"' in client_of(world.admin).get("/sync/").content.decode()


@pytest.mark.parametrize(
    "step", ["flow/", "credentials/", "do/enable/", "do/activate/", "do/pause/", "do/deactivate/"]
)
def test_posts_are_for_administrators_of_the_account_shown_G2(
    world, stranger, client_of, client, step: str
) -> None:
    connection_of(world.account)
    url = PAGE + step
    assert post(client_of(world.seller), world.account, url).status_code == 403
    assert post(client_of(world.admin), stranger.account, url).status_code == 409
    assert "/login/" in post(client, world.account, url)["Location"]
    post(client_of(stranger.admin), stranger.account, url, understood="yes")
    assert Connection.objects.of(world.account).get().state == "active"


@pytest.mark.parametrize("state", ["active", "paused", "broken", "validated"])
def test_the_catalogue_says_the_state_G1(world, stranger, client_of, state: str) -> None:
    connection_of(stranger.account, state="active")
    connection_of(world.account, state=state)
    card = client_of(world.admin).get("/integrations/").context["cards"][0]
    assert card.connection.account == world.account
    assert card.tone == {"active": "ok", "paused": "warn", "broken": "danger", "validated": "info"}[state]


def test_a_missing_module_is_named_with_how_to_contract_it_G3(world, client_of) -> None:
    body = client_of(world.admin).get("/integrations/").content.decode()
    assert "Workflow" in body
    Module.unscoped.create(account=world.account, slug="workflow", contracted=True, enabled=True)
    assert "Workflow" not in client_of(world.admin).get("/integrations/").content.decode()


def test_g3_a_contracted_module_that_is_off_is_switched_on_and_not_contracted(world, client_of) -> None:
    module = Module.unscoped.create(account=world.account, slug="workflow", contracted=True)
    admin = client_of(world.admin)
    card = admin.get("/integrations/").context["cards"][0]
    assert (card.missing, card.off) == ([], ["Workflow"])
    assert (
        f'<a href="{reverse("portal:modules")}">'
        in admin.get(PAGE).content.decode().split('role="status"')[1]
    )
    Module.unscoped.filter(pk=module.pk).update(contracted=False)
    card = admin.get("/integrations/").context["cards"][0]
    assert (card.missing, card.off) == (["Workflow"], [])


def test_both_flows_are_shown_and_one_can_be_chosen_M1(world, client_of) -> None:
    admin = client_of(world.admin)
    body = admin.get(PAGE).content.decode()
    assert 'value="centralisation" checked' in body
    assert 'value="won_leads"' in body
    assert "disabled" not in body.split('value="won_leads"')[1].split(">")[0]
    for flow in ("won_leads", "centralisation"):
        assert post(admin, world.account, f"{PAGE}flow/", flow=flow).status_code == 302
        assert Connection.objects.of(world.account).get().flow == flow


def test_another_flow_while_one_lives_is_refused_M2(world, client_of, monkeypatch) -> None:
    connection_of(world.account)

    def taken(**_given: object) -> None:
        raise life.FlowTaken("Desative primeiro.")

    monkeypatch.setattr(life, "start", taken)
    answer = client_of(world.admin).post(
        f"{PAGE}flow/", {"account": world.account.pk, "flow": "centralisation"}, follow=True
    )
    assert words_of(answer) == ["Desative primeiro."]


@pytest.mark.parametrize("error", [Denied("Token inválido."), Unavailable("Não respondeu.")])
def test_refused_and_unreachable_are_worded_apart_and_stay_M3(world, client_of, monkeypatch, error) -> None:
    connection_of(world.account, state="draft")

    def refuse(**_given: object) -> None:
        raise error

    monkeypatch.setattr(life, "validate", refuse)
    answer = client_of(world.admin).post(
        f"{PAGE}credentials/", {"account": world.account.pk, "token": TOKEN}, follow=True
    )
    assert words_of(answer) == [error.words]
    assert answer.context["step"].slug == "credentials"
    assert TOKEN not in answer.content.decode()


def test_an_empty_token_is_not_sent_to_the_partner_M3(world, client_of, monkeypatch) -> None:
    connection_of(world.account, state="draft")
    monkeypatch.setattr(life, "validate", lambda **_given: pytest.fail("asked the partner"))
    answer = post(client_of(world.admin), world.account, f"{PAGE}credentials/", token="  ")
    assert answer.status_code == 302


def test_the_token_is_nowhere_on_the_page_and_where_to_find_it_is_G7(world, client_of) -> None:
    connection_of(world.account)
    body = client_of(world.admin).get(f"{PAGE}?token=1").content.decode()
    assert TOKEN not in body
    assert "Menu principal" in body
    assert 'id="credential-token"' in body


@pytest.mark.parametrize(
    ("state", "current"),
    [
        ("draft", "credentials"),
        ("validated", "enable"),
        ("enabled", "settings"),
        ("active", None),
        ("paused", None),
    ],
)
def test_the_wizard_is_taken_up_where_it_was_left_M1_M5(
    world, client_of, state: str, current: str | None
) -> None:
    connection = connection_of(world.account, state=state)
    steps = steps_of(partner=partners()["meetime"], connection=connection)
    assert next((step.slug for step in steps if step.place == "current"), None) == current
    answer = client_of(world.admin).get(PAGE)
    assert (answer.context["step"].slug if answer.context["step"] else None) == current
    settings_open = state not in ("draft", "validated")
    assert ('id="leads"' in answer.content.decode()) is settings_open
    assert ('id="sellers"' in answer.content.decode()) is settings_open


@pytest.mark.parametrize("state", ["draft", "broken"])
def test_enabling_needs_a_validated_token_M4(world, client_of, state: str) -> None:
    connection_of(world.account, state=state)
    answer = client_of(world.admin).post(f"{PAGE}do/enable/", {"account": world.account.pk}, follow=True)
    assert len(words_of(answer)) == 1
    assert Connection.objects.of(world.account).get().state == state
    setting = f"{PAGE}settings/leads/funnels/"
    expected = 404 if state == "draft" else 302
    assert post(client_of(world.admin), world.account, setting).status_code == expected


def test_activation_says_what_is_missing_M5(world, client_of) -> None:
    connection_of(world.account, state="enabled", workflow=False)
    admin = client_of(world.admin)
    assert len(admin.get(PAGE).context["missing"]) == 3  # module, funnel, profile
    answer = admin.post(f"{PAGE}do/activate/", {"account": world.account.pk}, follow=True)
    assert "Workflow" in words_of(answer)[0]
    assert Connection.objects.of(world.account).get().state == "enabled"


def test_deactivation_asks_first_and_says_what_stops_G6(world, client_of) -> None:
    connection = connection_of(world.account)
    admin = client_of(world.admin)
    assert 'id="deactivate"' in admin.get(PAGE).content.decode()
    post(admin, world.account, f"{PAGE}do/deactivate/")
    assert Connection.objects.of(world.account).get().state == "active"
    post(admin, world.account, f"{PAGE}do/deactivate/", understood="yes")
    connection.refresh_from_db()
    assert (connection.state, connection.sealed) == ("inactive", "")


def test_pause_and_resume(world, client_of) -> None:
    connection_of(world.account)
    admin = client_of(world.admin)
    post(admin, world.account, f"{PAGE}do/pause/")
    assert Connection.objects.of(world.account).get().state == "paused"
    post(admin, world.account, f"{PAGE}do/resume/")
    assert Connection.objects.of(world.account).get().state == "active"


def test_saving_funnels_profile_and_win_actions_M7_M8_M21(world, stranger, client_of) -> None:
    connection = connection_of(world.account, state="enabled")
    cadences(connection, "A", "B")
    admin = client_of(world.admin)
    post(admin, world.account, f"{PAGE}settings/leads/funnels/", funnels=[world.funnel.pk])
    assert setup.allowed_funnel_ids(connection=connection) == {world.funnel.pk}
    post(admin, world.account, f"{PAGE}settings/leads/funnels/", funnels=[stranger.funnel.pk])
    assert setup.allowed_funnel_ids(connection=connection) == {world.funnel.pk}
    profile = factories.profile(account=world.account, administrator=False)
    post(admin, world.account, f"{PAGE}settings/sellers/profile/", profile=profile.pk)
    assert setup.default_profile(connection=connection) == profile
    new = {"new-funnel": world.funnel.pk, "new-cadence": "1", "new-action": "move"}
    stage = world.funnel.stages.last()
    post(admin, world.account, f"{PAGE}settings/leads/win-action/", **new, **{"new-stage": stage.pk})
    row = WinAction.objects.of(world.account).get()
    assert (row.action, row.stage) == ("move", stage)
    change = {"change": row.pk, f"w{row.pk}-funnel": world.funnel.pk, f"w{row.pk}-cadence": "2"}
    post(admin, world.account, f"{PAGE}settings/leads/win-action/", **change, **{f"w{row.pk}-action": "win"})
    row.refresh_from_db()
    assert (row.cadence_id, row.action, row.stage) == ("2", "win", None)
    post(admin, world.account, f"{PAGE}settings/leads/remove/", remove=row.pk)
    assert not WinAction.objects.of(world.account).exists()


def test_a_refused_win_action_keeps_what_was_chosen_M8(world, client_of) -> None:
    ready(world.account, world.funnel)
    given = {"new-funnel": world.funnel.pk, "new-cadence": "2", "new-action": "move", "new-stage": ""}
    answer = client_of(world.admin).post(
        f"{PAGE}settings/leads/win-action/", {"account": world.account.pk, **given}
    )
    assert answer.status_code == 422
    assert not WinAction.objects.of(world.account).exists()
    form = answer.content.decode().split('id="win-form"')[1].split("</form>")[0]
    for value in (str(world.funnel.pk), "2", "move"):
        assert f'<option value="{value}" selected>' in form
    assert 'name="new-stage"' in form
    assert len(words_of(answer)) == 1
    assert "data-unsaved-ask=" in answer.content.decode()


def test_a_strangers_win_action_is_not_found_M8(world, stranger, client_of) -> None:
    theirs = ready(stranger.account, stranger.funnel)
    row = setup.set_win_action(
        connection=theirs, funnel=stranger.funnel, cadence_id="1", action="win", stage=None, origin=ORIGIN
    )
    ready(world.account, world.funnel)
    admin = client_of(world.admin)
    assert post(admin, world.account, f"{PAGE}settings/leads/remove/", remove=row.pk).status_code == 404
    assert admin.get(f"{PAGE}parts/leads/win-form/", {"change": row.pk}).status_code == 404


def test_the_lists_of_a_win_action_follow_the_funnel_and_the_action_M8(world, client_of) -> None:
    connection = connection_of(world.account)
    cadences(connection, "A", "B")
    other = factories.funnel(account=world.account, name="Outro")
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    setup.set_win_action(
        connection=connection, funnel=world.funnel, cadence_id="1", action="win", stage=None, origin=ORIGIN
    )
    url, admin = f"{PAGE}parts/leads/win-form/", client_of(world.admin)
    empty = admin.get(url).context["form"]
    assert list(empty.fields["funnel"].queryset) == [world.funnel]
    assert other not in empty.fields["funnel"].queryset
    assert len(empty.fields["cadence"].choices) == 1
    chosen = admin.get(url, {"new-funnel": world.funnel.pk, "new-action": "move"})
    assert [value for value, _label in chosen.context["form"].fields["cadence"].choices] == ["", "2"]
    assert 'name="new-stage"' in chosen.content.decode()
    kept = admin.get(url, {"new-funnel": world.funnel.pk, "new-action": "keep"})
    assert 'name="new-stage"' not in kept.content.decode()


def test_linked_sellers_and_the_fixed_fields_are_shown_M11_M22(world, client_of) -> None:
    connection = connection_of(world.account)
    connection.counterpart = Counterpart.unscoped.create(
        account=world.account, slug="meetime", remote_id="11"
    )
    connection.save()
    LinkedUser.unscoped.create(account=world.account, connection=connection, their_id="7", user=world.seller)
    body = client_of(world.admin).get(PAGE).content.decode()
    assert world.seller.email in body
    assert body.count('class="pair always-pair"') == 10


def test_a_refresh_is_asked_for_and_collected_and_the_page_never_waits(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    url, admin = f"{PAGE}catalog/cadences/", client_of(world.admin)
    asked = post(admin, world.account, url)
    assert asked.context["waiting"] is True
    assert CatalogShelf.objects.of(world.account).get().wanted_at is not None
    assert "HX-Trigger" not in asked
    shelf = CatalogShelf.objects.of(world.account).get()
    shelf.read_at = shelf.wanted_at
    shelf.save()
    read = admin.get(url)
    assert read.context["waiting"] is False
    assert read["HX-Trigger"] == "shelf-read"
    assert admin.get(f"{PAGE}catalog/nothing/").status_code == 404
    assert connection.state == "active"


def test_the_page_costs_the_same_for_many(world, client_of) -> None:
    from django.db import connection as database
    from django.test.utils import CaptureQueriesContext

    connection = connection_of(world.account)
    cadences(connection, *"ABCDEF")
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    admin = client_of(world.admin)

    def add(cadence: str) -> None:
        setup.set_win_action(
            connection=connection,
            funnel=world.funnel,
            cadence_id=cadence,
            action="win",
            stage=None,
            origin=ORIGIN,
        )

    add("1")
    admin.get(PAGE)
    with CaptureQueriesContext(database) as few:
        admin.get(PAGE)
    for cadence in "2345":
        add(cadence)
    with CaptureQueriesContext(database) as many:
        admin.get(PAGE)
    assert len(many) == len(few)


@pytest.mark.parametrize(("seconds", "polls"), [(5, True), (90, False)])
def test_a_page_stops_asking_for_a_reading_nobody_takes_up_M8(
    world, client_of, seconds: int, polls: bool
) -> None:
    connection = connection_of(world.account)
    CatalogShelf.unscoped.create(
        account_id=connection.account_id,
        connection=connection,
        kind="cadences",
        wanted_at=timezone.now() - timedelta(seconds=seconds),
    )
    answer = client_of(world.admin).get(f"{PAGE}catalog/cadences/")
    body = answer.content.decode()
    assert ("load delay:2s" in body) is polls
    assert ("hx-post" in body) is not polls, "asking again by hand stays possible"
    assert "shelf-read" not in answer.get("HX-Trigger", "")


def test_no_word_stands_twice_and_none_is_counted_as_one(world, client_of) -> None:
    from integrations.activation.mapping.fills import _leads
    from integrations.automations.offers import _once

    assert _once("Start", "Immediate start") == ("", "Immediate start")
    assert _once("Cadence", "Inbound") == ("Cadence", "Inbound")
    with translation.override("en"):
        assert [_leads(number) for number in (0, 1, 2)] == [
            "Changes no lead.",
            "Changes 1 lead.",
            "Changes 2 leads.",
        ]


def test_english_times_have_24_hours_everywhere() -> None:
    with translation.override("en"):
        moment = datetime(2026, 11, 30, 13, 24, tzinfo=UTC)
        for name in ("SHORT_DATETIME_FORMAT", "DATETIME_FORMAT", "TIME_FORMAT"):
            assert date_format(moment, name).endswith("13:24")
