"""M9, M24, M25, M27: what automations are refused, and why one stands still."""

from __future__ import annotations

import pytest
from django.utils import timezone, translation

from accounts.models import AuditEntry, Module
from accounts.scoping import SomeoneElseChangedThis
from funnels.services import NotAllowed
from integrations.automations import services
from integrations.automations.offers import offers_of, stopped_of
from integrations.models import Automation, CatalogItem, Connection
from integrations.partners.meetime import setup
from tests import factories
from tests.integrations.shown import ORIGIN, automation_of, connection_of, ready

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def test_created_at_the_end_and_audited_M24(world) -> None:
    connection = ready(world.account, world.funnel)
    first, second = automation_of(connection, world.funnel), automation_of(connection, world.funnel)
    assert (first.position, second.position) == (0, 1)
    assert first.parameters == {"cadence": "1", "start": "now"}
    assert AuditEntry.objects.of(world.account).filter(action="automation.create").count() == 2


@pytest.mark.parametrize("trigger", ["won", "lost"])
def test_won_and_lost_are_refused_with_the_sentence_M25(world, trigger: str) -> None:
    connection = ready(world.account, world.funnel)
    with pytest.raises(NotAllowed, match="end of prospecting"):
        automation_of(connection, world.funnel, trigger=trigger)
    row = automation_of(connection, world.funnel, trigger="reopened")
    with pytest.raises(NotAllowed, match="end of prospecting"):
        services.update_automation(automation=row, origin=ORIGIN, trigger=trigger)
    assert Automation.objects.of(world.account).count() == 1


def test_refused_on_a_funnel_that_is_not_allowed_M24(world) -> None:
    connection = ready(world.account, world.funnel)
    other = factories.funnel(account=world.account, name="Outro")
    with pytest.raises(NotAllowed, match="not allowed to send leads"):
        automation_of(connection, other)
    assert [offer.refused != "" for offer in offers_of(funnel=other) if offer.connection] == [True]
    assert [offer.refused for offer in offers_of(funnel=world.funnel) if offer.connection] == [""]


@pytest.mark.parametrize("state", ["draft", "validated", "enabled", "paused", "broken"])
def test_refused_while_not_connected_M24(world, state: str) -> None:
    connection = connection_of(world.account, state=state)
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    with pytest.raises(NotAllowed):
        automation_of(connection, world.funnel)


def test_refused_without_the_module_G3(world) -> None:
    connection = ready(world.account, world.funnel)
    Module.objects.of(world.account).update(enabled=False)
    with pytest.raises(NotAllowed, match="Workflow"):
        automation_of(connection, world.funnel)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"parameters": {"cadence": "99", "start": "now"}}, "Cadence"),
        ({"parameters": {"cadence": "1", "start": "later"}}, "Start"),
        ({"parameters": {}}, "Cadence"),
        ({"description": "  "}, "description"),
        ({"action": "other.thing"}, "There is no action “other.thing”"),
        ({"filters": {"rules": [{"field": "deal.gone", "operator": "is", "value": "1"}]}}, "does not exist"),
        ({"filters": {"rules": [{"field": "deal.amount", "operator": "contains", "value": "1"}]}}, "not fit"),
        ({"filters": {"rules": [{"field": "deal.title", "operator": "contains", "value": ""}]}}, "Fill in"),
        (
            {"filters": {"rules": [{"field": "deal.owner", "operator": "is", "value": "999999"}]}},
            "from its list",
        ),
        ({"filters": {"rules": [{"field": "deal.amount", "operator": "more", "value": "muito"}]}}, "Value"),
    ],
)
def test_what_does_not_fit_is_refused_with_words_M26_M27(world, values, words: str) -> None:
    connection = ready(world.account, world.funnel)
    with pytest.raises(NotAllowed, match=words):
        automation_of(connection, world.funnel, **values)
    assert not Automation.objects.of(world.account).exists()


def test_filter_values_are_kept_canonical_M26(world) -> None:
    connection = ready(world.account, world.funnel)
    rule = {"field": "deal.amount", "operator": "more", "value": "R$ 1.234,50"}
    row = automation_of(connection, world.funnel, filters={"all": False, "rules": [rule]})
    assert row.filters == {"all": False, "rules": [{**rule, "value": "1234.50"}]}


def test_another_accounts_rows_are_refused(world, stranger) -> None:
    connection = ready(world.account, world.funnel)
    theirs = connection_of(stranger.account)
    with pytest.raises(NotAllowed):
        automation_of(theirs, world.funnel)
    with pytest.raises(NotAllowed):
        automation_of(connection, world.funnel, stage=stranger.funnel.stages.first())


def test_a_removed_funnel_stops_and_allowing_it_resumes_M9(world) -> None:
    connection = ready(world.account, world.funnel)
    row = automation_of(connection, world.funnel)
    assert services.stopped_words(row) == ""
    setup.allow_funnels(connection=connection, funnels=[], origin=ORIGIN)
    assert "not allowed to send leads" in services.stopped_words(row)
    setup.allow_funnels(connection=connection, funnels=[world.funnel], origin=ORIGIN)
    assert services.stopped_words(row) == ""


def test_a_cadence_that_is_gone_stops_it_and_names_it_M27(world) -> None:
    connection = ready(world.account, world.funnel)
    row = automation_of(connection, world.funnel)
    CatalogItem.objects.of(world.account).filter(their_id="1").update(gone_at=timezone.now())
    assert "“Prospecção” does not exist" in services.stopped_words(row)
    services.update_automation(automation=row, origin=ORIGIN, parameters={"cadence": "2", "start": "wait"})
    row.refresh_from_db()
    assert services.stopped_words(row) == ""


@pytest.mark.parametrize(
    ("state", "words"), [("paused", "paused"), ("broken", "token"), ("inactive", "activate")]
)
def test_says_why_it_stands_still(world, state: str, words: str) -> None:
    row = automation_of(ready(world.account, world.funnel), world.funnel)
    Connection.objects.of(world.account).update(state=state)
    row.connection.refresh_from_db()
    assert words in services.stopped_words(row)


def test_switching_on_and_off_is_always_allowed_M9(world) -> None:
    connection = ready(world.account, world.funnel)
    row = automation_of(connection, world.funnel)
    setup.allow_funnels(connection=connection, funnels=[], origin=ORIGIN)
    assert services.update_automation(automation=row, origin=ORIGIN, enabled=False).enabled is False


def test_an_old_version_is_not_overwritten(world) -> None:
    row = automation_of(ready(world.account, world.funnel), world.funnel)
    services.update_automation(automation=row, origin=ORIGIN, version=1, description="Nova")
    with pytest.raises(SomeoneElseChangedThis):
        services.update_automation(automation=row, origin=ORIGIN, version=1, description="Velha")


def test_order_M28(world) -> None:
    connection = ready(world.account, world.funnel)
    rows = [automation_of(connection, world.funnel, description=str(n)) for n in range(3)]
    services.reorder(funnel=world.funnel, ids=[rows[2].pk, rows[0].pk, rows[1].pk], origin=ORIGIN)
    found = Automation.objects.of(world.account).order_by("position")
    assert [row.description for row in found] == ["2", "0", "1"]
    with pytest.raises(NotAllowed, match="changed meanwhile"):
        services.reorder(funnel=world.funnel, ids=[rows[0].pk], origin=ORIGIN)
    services.delete_automation(automation=rows[0], origin=ORIGIN)
    assert Automation.objects.of(world.account).count() == 2


def test_why_they_stand_still_costs_the_same_for_many(world, django_assert_max_num_queries) -> None:
    connection = ready(world.account, world.funnel)
    for _n in range(6):
        automation_of(connection, world.funnel)
    rows = list(Automation.objects.of(world.account).select_related("connection__account", "funnel"))
    with django_assert_max_num_queries(4):
        assert set(stopped_of(rows).values()) == {""}


def test_a_flow_that_sends_nothing_says_so_instead_of_asking_for_a_permission_M45(world) -> None:
    connection = ready(world.account, world.funnel)
    connection.flow = "won_leads"
    connection.save(update_fields=["flow"])
    refused = [offer.refused for offer in offers_of(funnel=world.funnel) if offer.connection]
    assert refused == ["In the flow chosen for Meetime no card is sent: its action is not used in it."]
