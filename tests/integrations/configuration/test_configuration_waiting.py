"""X6: a file brings up a connection before its credentials are typed; the rest follows by itself."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import translation

from accounts import notices
from accounts.models import Account, AuditEntry, Notice
from integrations.automations.services import update_automation
from integrations.configuration import services, waiting
from integrations.configuration.parts import connections
from integrations.configuration.run import Run
from integrations.contract.configuration import ConfigurationPart, Setting
from integrations.models import Automation, Connection
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import WinAction
from mapping.models import FieldMap
from tests.factories import SYSTEM
from tests.integrations.configuration.furnished import (
    acts,
    fresh,
    furnish,
    give_lists,
    planned,
    put_in,
    rename_there,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Runs what waits for a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def text(world) -> str:
    furnish(world)
    return services.export(world.account)


def steps_on(connection: Connection, *steps: str) -> None:
    with transaction.atomic():
        for step in steps:
            getattr(connection, step)()
        connection.save()


def automation(account, description: str = "Enviar") -> Automation | None:
    return Automation.unscoped.filter(account=account, description=description).first()


def test_x6_a_draft_with_everything_prepared(text) -> None:
    account = fresh()
    told = acts(put_in(account, text))
    connection = Connection.unscoped.get(account=account)
    assert connection.state == "draft"
    assert connection.flow == "centralisation"
    assert connection.sealed == ""
    assert setup.allowed_funnel_ids(connection=connection)
    assert setup.default_profile(connection=connection).name == "Vendedor"
    assert told["wait"] == [
        "win_actions Meetime › Novos clientes · Prospecção (1)",
        "field_map Meetime › person.cargo ↔ Cargo (custom.cargo)",
        "automation Novos clientes › Enviar",
    ]
    assert "cannot" not in told
    assert not WinAction.unscoped.filter(account=account).exists()


def test_x6_waiting_again_changes_nothing(text) -> None:
    account = fresh()
    put_in(account, text)
    again = planned(account, text)
    assert set(acts(again)) == {"wait"}
    assert not again.changes
    before = Account.objects.get(pk=account.pk).prepared
    put_in(account, text)
    assert before
    assert Account.objects.get(pk=account.pk).prepared == before


def test_x6_lists_bring_the_rest_and_activation_switches_on(text, world, commits) -> None:
    account = fresh()
    put_in(account, text)
    connection = Connection.unscoped.get(account=account)
    with commits():
        steps_on(connection, "validated")
    assert automation(account) is None
    with commits():
        give_lists(connection)
    assert WinAction.unscoped.get(account=account).cadence_id == "1"
    assert FieldMap.unscoped.get(account=account).master == "ours"
    row = automation(account)
    assert row is not None
    assert not row.enabled
    assert row.parameters == {"cadence": "2", "start": "now"}
    assert waiting.waiting_of(account)["switch_on"] == [row.pk]
    assert not planned(account, text).changes
    with commits():
        steps_on(connection, "enable", "activate")
    row.refresh_from_db()
    assert row.enabled
    assert not waiting.waiting_of(account)
    assert services.sections_of(account) == services.sections_of(world.account)
    assert planned(account, text).steps == []


def test_x6_ids_there_are_those_of_the_account_that_was_validated(text, commits) -> None:
    account = fresh()
    put_in(account, text)
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    with commits():
        give_lists(connection)
        rename_there(connection, Prospecção="901", Inbound="902")
    assert WinAction.unscoped.get(account=account).cadence_id == "901"
    assert automation(account).parameters["cadence"] == "902"


def test_x6_what_a_person_changed_meanwhile_stays_hers(text, commits) -> None:
    account = fresh()
    put_in(account, text)
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    with commits():
        give_lists(connection)
    row = automation(account)
    update_automation(automation=row, description="Outro nome", origin=SYSTEM)
    setup.allow_funnels(connection=connection, funnels=[], origin=SYSTEM)
    with commits():
        steps_on(connection, "enable", "activate")
    row.refresh_from_db()
    assert (row.description, row.enabled) == ("Outro nome", True)
    assert setup.allowed_funnel_ids(connection=connection) == set()


def test_x6_what_the_partner_does_not_list_is_told_and_left(text, commits) -> None:
    account = fresh()
    put_in(account, text.replace("Prospecção, id: '1'", "Não há, id: '9'"))
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    with commits():
        give_lists(connection)
    assert not WinAction.unscoped.filter(account=account).exists()
    assert automation(account) is not None
    assert waiting.waiting_of(account)["sections"] == {}
    refused = waiting.refused_of(account)
    assert [each["path"] for each in refused] == [["Meetime", "Novos clientes · Não há (9)"]]
    assert "does not list “Não há”" in refused[0]["why"]
    notice = Notice.objects.of(account).get(kind="configuration")
    assert notice.user.email == "admin@casa.example"
    assert "Não há" in notices.said(notice)
    entry = AuditEntry.objects.of(account).get(action="configuration.refused")
    assert "does not list" in entry.data["steps"][0]
    put_in(account, "format: 1\nteams: [Nova]\n")
    assert not waiting.refused_of(account)


def test_x6_the_next_file_replaces_what_the_last_one_left_and_says_so(text) -> None:
    account = fresh()
    put_in(account, text)
    assert waiting.waiting_of(account)["sections"]
    plan = put_in(account, "format: 1\nteams: [Nova]\n")
    assert acts(plan)["remove"] == [
        "waiting Meetime › person.cargo",
        "waiting Meetime › Novos clientes · Prospecção (1)",
        "waiting Novos clientes › Enviar",
    ]
    assert not waiting.waiting_of(account)


def test_x6_a_file_that_says_the_same_otherwise_discards_nothing(text, commits) -> None:
    account = fresh()
    put_in(account, text)
    told = acts(
        planned(account, text.replace("master: ours", "master: theirs").replace("start: now", "start: wait"))
    )
    assert set(told) == {"wait"}
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    with commits():
        give_lists(connection)
    assert waiting.waiting_of(account)["switch_on"]
    told = acts(planned(account, "format: 1\nteams: [Nova]\n"))
    assert told["remove"] == ["waiting Novos clientes › Enviar"]


def test_x6_settings_of_a_partner_that_name_its_lists_wait_too(world, monkeypatch) -> None:
    """No partner has one yet: the contract allows it."""
    kept: dict[str, object] = {}
    part = ConfigurationPart(
        settings=(Setting(name="cadence", ref="catalog", catalog="cadences"),),
        read=lambda _connection: dict(kept),
        write=lambda _connection, values, _origin: kept.update(values),
    )
    monkeypatch.setattr("integrations.configuration.parts.connections.part_of", lambda _slug: part)
    account = fresh()
    sections = {
        "connections": {"meetime": {"flow": "centralisation", "settings": {"cadence": {"name": "Inbound"}}}}
    }
    run = Run(account=account, origin=SYSTEM)
    connections.write(run, sections["connections"])
    assert run.waiting["connections"]["meetime"]["settings"] == {"cadence": {"name": "Inbound"}}
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    give_lists(connection)
    for _twice in range(2):
        run = Run(account=account, origin=SYSTEM)
        connections.write(run, sections["connections"])
        assert kept == {"cadence": "2"}
    assert not run.done


def test_x6_another_account_finishes_nothing_here(text, world, commits) -> None:
    account = fresh()
    put_in(account, text)
    with commits():
        steps_on(Connection.unscoped.get(account=world.account), "pause", "resume")
    assert waiting.finish(world.account.pk) == 0
    assert waiting.waiting_of(account)["sections"]


def test_x6_off_in_the_file_stays_off(text, commits) -> None:
    account = fresh()
    put_in(account, text.replace("start: now\n    enabled: true", "start: now\n    enabled: false"))
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    with commits():
        give_lists(connection)
    with commits():
        steps_on(connection, "enable", "activate")
    assert automation(account).enabled is False


def test_x6_automations_keep_their_place_though_some_came_later(text, commits) -> None:
    account = fresh()
    put_in(account, text)
    connection = Connection.unscoped.get(account=account)
    steps_on(connection, "validated")
    with commits():
        give_lists(connection)
    rows = Automation.objects.of(account).order_by("position")
    assert [row.description for row in rows] == ["Enviar", "Parado", "Passar adiante"]


def test_x6_a_connection_that_begins_anew_does_not_trust_its_old_lists(text, commits) -> None:
    account = fresh()
    old = Connection.unscoped.create(account=account, partner="meetime", state="inactive", remote_id="old")
    give_lists(old)
    put_in(account, text)
    connection = Connection.unscoped.get(account=account)
    assert connection.state == "draft"
    assert not WinAction.unscoped.filter(account=account).exists()
    assert not FieldMap.unscoped.filter(account=account).exists()
    with commits():
        steps_on(connection, "validated")
    assert WinAction.unscoped.filter(account=account).exists()
