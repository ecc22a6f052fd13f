"""X6: the account's own settings and its webhook endpoints in the file; nothing that is set is forgotten."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.models import Account, Module
from integrations.configuration import services
from integrations.endpoints.services import create_endpoint
from integrations.models import WebhookEndpoint
from tests import factories
from tests.factories import SYSTEM
from tests.integrations.configuration.furnished import acts, fresh, planned, put_in

pytestmark = pytest.mark.django_db

SETTINGS = """
format: 1
account_settings:
  time_zone: America/Manaus
  payload_days: 90
  second_factor: true
"""
ENDPOINTS = """
format: 1
endpoints:
  - {url: "https://erp.example/tomada", events: [deal.won, deal.created], description: ERP}
"""


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def endpoint(account: Account, url: str = "https://93.184.216.34/tomada", **more) -> WebhookEndpoint:
    row, _secret = create_endpoint(account=account, url=url, events=["deal.won"], origin=SYSTEM, **more)
    return row


def test_x6_settings_of_the_account(world) -> None:
    told = acts(put_in(world.account, SETTINGS))
    assert told == {
        "change": [f"account_setting {key}" for key in ("time_zone", "payload_days", "second_factor")]
    }
    account = Account.objects.get(pk=world.account.pk)
    assert (account.time_zone, account.payload_days, account.demands_second_factor) == (
        "America/Manaus",
        90,
        True,
    )
    assert not planned(account, services.export(account)).changes
    less = SETTINGS.replace("true", "false").replace("90", "900").replace("Manaus", "Lua")
    plan = put_in(account, less)
    assert set(acts(plan)) == {"cannot"}
    assert [step.why for step in plan.steps] == [
        "There is no time zone “America/Lua”. Write one such as America/Sao_Paulo.",
        "Type a number of days from 1 to 365.",
        "A file never takes the second factor away: switch it off under Security.",
    ]


def test_x6_an_endpoint_comes_in_switched_off_with_a_secret_of_its_own(world) -> None:
    factories.module(account=world.account, slug="api")
    plan = put_in(world.account, ENDPOINTS)
    assert plan.steps[0].why.startswith("Switched off: make its secret")
    row = WebhookEndpoint.objects.of(world.account).get()
    assert (row.url, row.enabled, row.description) == ("https://erp.example/tomada", False, "ERP")
    assert row.events == ["deal.created", "deal.won"]
    assert row.sealed
    assert row.sealed not in services.export(world.account)
    again = planned(world.account, ENDPOINTS)
    assert not again.changes
    assert acts(again) == {"wait": ["endpoint https://erp.example/tomada"]}
    WebhookEndpoint.objects.of(world.account).update(enabled=True)
    assert planned(world.account, ENDPOINTS).steps == []
    put_in(world.account, ENDPOINTS.replace("deal.won, ", "").replace("ERP", "ERP, enabled: false"))
    row.refresh_from_db()
    assert (row.enabled, row.events) == (False, ["deal.created"])


def test_x6_endpoints_of_one_address_are_told_apart_and_unnamed_ones_removed(world) -> None:
    factories.module(account=world.account, slug="api")
    for description in ("um", "dois", "dois"):
        endpoint(world.account, description=description)
    text = services.export(world.account)
    assert planned(world.account, text).steps == []
    told = services.sections_of(world.account)["endpoints"]
    assert [each["description"] for each in told] == ["um", "dois", "dois"]
    one = 'format: 1\nremove: true\nendpoints:\n  - {url: "https://93.184.216.34/tomada", events: [deal.won], description: dois}\n'
    put_in(world.account, one)
    assert WebhookEndpoint.objects.of(world.account).get().description == "dois"


def test_x6_a_secret_in_an_address_is_blanked_and_such_an_endpoint_not_made(world) -> None:
    factories.module(account=world.account, slug="api")
    endpoint(world.account, "https://93.184.216.34/tomada?token=CANARIO1234567")
    text = services.export(world.account)
    assert "CANARIO" not in text
    assert planned(world.account, text).steps == []
    other = fresh(modules=("workflow", "api"))
    plan = put_in(other, text)
    refused = next(step for step in plan.steps if step.kind == "endpoint")
    assert (refused.act, "was blanked" in refused.why) == ("cannot", True)


@pytest.mark.parametrize("url", ["http://erp.example/x", "https://10.0.0.1/x", "https://u:p@erp.example/x"])
def test_x6_a_file_opens_no_address_that_a_person_could_not(world, url: str) -> None:
    factories.module(account=world.account, slug="api")
    plan = put_in(world.account, ENDPOINTS.replace("https://erp.example/tomada", url))
    assert set(acts(plan)) == {"cannot"}


def test_s4_no_file_touches_endpoints_while_the_api_is_off(world) -> None:
    factories.module(account=world.account, slug="api")
    endpoint(world.account)
    Module.objects.of(world.account).filter(slug="api").update(enabled=False)
    plan = put_in(world.account, ENDPOINTS.replace("format: 1", "format: 1\nremove: true"))
    assert set(acts(plan)) == {"cannot"}
    assert WebhookEndpoint.objects.of(world.account).get().enabled
