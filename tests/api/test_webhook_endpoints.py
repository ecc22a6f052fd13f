"""S18, interface.md "webhook-endpoints": the API of our events, in one account only, secrets told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from accounts import idempotency
from accounts.models import IdempotencyKey, Module
from integrations.api import endpoints
from integrations.endpoints import sender, signing
from integrations.http import Door
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint
from tests import factories
from tests.api.conftest import Api
from tests.conftest import World
from tests.integrations.endpoints.receiver import Receiver

pytestmark = pytest.mark.django_db
BODY = {"url": "https://93.184.216.34/tomada", "events": ["deal.created", "deal.won"], "description": "ERP"}


@pytest.fixture
def on_loopback(settings: Any) -> None:
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = True


def opened(id: str) -> list[str]:
    return signing.secrets_of(WebhookEndpoint.unscoped.get(pk=id), now=timezone.now())


def test_the_secret_is_told_when_it_is_made_and_never_again(api: Api) -> None:
    made = api.made("webhook-endpoints/", BODY)
    assert made["secret"].startswith("whsec_")
    assert opened(made["id"]) == [made["secret"]]
    for path in ("webhook-endpoints/", f"webhook-endpoints/{made['id']}/"):
        text = api.get(path).content.decode()
        assert made["secret"] not in text
        assert "secret" not in text.replace("old_secret_until", "")
    turned = api.post(f"webhook-endpoints/{made['id']}/rotate-secret/").json()
    assert opened(made["id"]) == [turned["secret"], made["secret"]]
    assert turned["old_secret_until"] is not None
    ended = api.post(f"webhook-endpoints/{made['id']}/rotate-secret/", {"overlap_hours": 0}).json()
    assert opened(made["id"]) == [ended["secret"]]


def test_a_repeated_create_makes_one_endpoint_and_tells_its_secret_again(api: Api) -> None:
    first = api.made("webhook-endpoints/", BODY, Idempotency_Key="um")
    again = api.post("webhook-endpoints/", BODY, Idempotency_Key="um")
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first
    assert WebhookEndpoint.unscoped.count() == 1
    turn = f"webhook-endpoints/{first['id']}/rotate-secret/"
    turned = api.post(turn, {"overlap_hours": 0}, Idempotency_Key="dois").json()
    assert api.post(turn, {"overlap_hours": 0}, Idempotency_Key="dois").json() == turned
    assert opened(first["id"]) == [turned["secret"]]
    kept = repr(list(IdempotencyKey.unscoped.values()))
    assert first["secret"][6:] not in kept
    assert turned["secret"][6:] not in kept


def test_a_repetition_whose_seal_no_longer_opens_says_null(api: Api, settings: Any) -> None:
    first = api.made("webhook-endpoints/", BODY, Idempotency_Key="um")
    IdempotencyKey.unscoped.update(body={**first, "secret": None, endpoints.SEALED: "of another key"})
    assert api.post("webhook-endpoints/", BODY, Idempotency_Key="um").json() == {**first, "secret": None}


def test_s18_a_crash_after_a_create_leaves_no_second_endpoint_and_holds_no_transaction_at_the_look_up(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth, seen, real = len(connection.savepoint_ids), [], endpoints.checked

    def look(url: str) -> str:
        seen.append(len(connection.savepoint_ids) - depth)
        return real(url)

    def die(*_arguments: Any) -> None:
        assert WebhookEndpoint.unscoped.count() == 1
        raise SystemExit

    monkeypatch.setattr(endpoints, "checked", look)
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_keep", die)
        with pytest.raises(SystemExit):
            api.post("webhook-endpoints/", BODY, Idempotency_Key="um")
    assert WebhookEndpoint.unscoped.count() == 0
    assert api.post("webhook-endpoints/", BODY, Idempotency_Key="um").status_code == 201
    assert WebhookEndpoint.unscoped.count() == 1
    assert seen == [0, 0]


def test_it_is_changed_switched_and_deleted_with_its_version(api: Api, problem: Callable[..., Any]) -> None:
    made = api.made("webhook-endpoints/", BODY)
    path = f"webhook-endpoints/{made['id']}/"
    done = api.patch(path, {"events": ["*", "deal.won"], "enabled": False}, If_Match='W/"1"')
    assert (done.status_code, done.json()["events"], done.json()["enabled"]) == (200, ["*"], False)
    problem(api.patch(path, {"enabled": True}, If_Match='W/"1"'), 412, "precondition_failed")
    problem(api.post(f"{path}test/"), 422, "not_allowed")
    assert api.delete(path).status_code == 204
    problem(api.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.0.0.8:8443/x",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "http://93.184.216.34/",
        "https://ana:senha@93.184.216.34/",
        "https://93.184.216.34/#a",
        "ftp://93.184.216.34/",
        "https:///x",
        "https://93.184.216.34:99999/",
        "not an address",
    ],
)
def test_a_private_plain_or_broken_address_is_refused_in_words(
    api: Api, problem: Callable[..., Any], settings: Any, url: str
) -> None:
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = False
    problem(api.post("webhook-endpoints/", {**BODY, "url": url}), 422, "not_allowed")
    made = api.made("webhook-endpoints/", BODY)
    problem(api.patch(f"webhook-endpoints/{made['id']}/", {"url": url}), 422, "not_allowed")


def test_a_name_that_leads_inside_is_refused(api: Api, problem: Callable[..., Any], settings: Any) -> None:
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = False
    problem(api.post("webhook-endpoints/", {**BODY, "url": "https://localhost/x"}), 422, "not_allowed")


def test_events_nobody_knows_and_none_are_refused(api: Api, problem: Callable[..., Any]) -> None:
    for events in (["deal.exploded"], []):
        problem(api.post("webhook-endpoints/", {**BODY, "events": events}), 400, "invalid")


def test_an_account_has_twenty_at_most(api: Api, problem: Callable[..., Any]) -> None:
    WebhookEndpoint.unscoped.bulk_create(
        [WebhookEndpoint(account=api.account, url="https://x.example/", events=["*"]) for _i in range(20)]
    )
    problem(api.post("webhook-endpoints/", BODY), 422, "not_allowed")


def test_ping_deliveries_events_and_replay(api: Api, world: World, on_loopback: None) -> None:
    way = Door(allow_private=True)
    with Receiver(200, 410) as theirs:
        made = api.made("webhook-endpoints/", {"url": theirs.url, "events": ["deal.created"]})
        path = f"webhook-endpoints/{made['id']}/"
        sent = api.post(f"{path}test/")
        assert (sent.status_code, sent.json()["kind"], sent.json()["state"]) == (202, "ping", "waiting")
        sender.drain(way=way)
        deal = factories.deal(funnel=world.funnel)
        sender.drain(way=way)
        gone = api.get(f"{path}deliveries/?state=dead").json()["results"]
        assert [(row["kind"], row["status"]) for row in gone] == [("deal.created", 410)]
        assert api.get(path).json()["enabled"] is False
        assert api.patch(path, {"enabled": True}).json()["off_since"] is None
        since = (timezone.now() - timedelta(minutes=5)).isoformat()
        assert api.post(f"{path}replay/", {"since": since}).json() == {"replayed": 1}
        for naive in ("2026-01-31T12:00:00", "2026-01-31"):
            assert "since" in api.post(f"{path}replay/", {"since": naive}).json()["errors"]
        again = api.post(f"{path}deliveries/{sent.json()['id']}/replay/").json()
        assert again["state"] == "waiting"
        theirs.answers = [200]
        sender.drain(way=way)
    way.close()
    states = [row["state"] for row in api.get(f"{path}deliveries/").json()["results"]]
    assert states == ["delivered", "delivered"]
    events = api.get("events/?type=deal.created").json()["results"]
    assert [event["data"]["object"]["id"] for event in events] == [str(deal.pk)]
    assert events[0]["webhook_id"] == theirs.got[1].headers["webhook-id"]
    assert api.get(f"events/?webhook_id={events[0]['webhook_id']}").json()["results"] == events
    assert Webhook(made["secret"]).verify(theirs.got[0].body, theirs.got[0].headers)["type"] == "ping"


def test_the_kinds_are_listed_with_the_shape_of_what_they_tell(api: Api) -> None:
    from tests.api.walk import document

    shapes = document()["components"]["schemas"]
    listed = api.get("events/kinds/").json()["results"]
    assert len(listed) == 18
    for each in listed:
        assert each["object"] in shapes, each
        assert each["label"]


def test_s4_module_off_answers_403_with_its_name(api: Api, problem: Callable[..., Any]) -> None:
    Module.unscoped.filter(slug="api").update(enabled=False)
    problem(api.get("webhook-endpoints/"), 403, "module_off")


def test_another_accounts_endpoint_delivery_and_event_are_not_here(
    api: Api, stranger_api: Api, stranger: World, problem: Callable[..., Any]
) -> None:
    theirs = stranger_api.made("webhook-endpoints/", {**BODY, "events": ["*"]})
    factories.deal(funnel=stranger.funnel)
    delivery, event = EventDelivery.unscoped.get(), OutgoingEvent.unscoped.get()
    mine = api.made("webhook-endpoints/", BODY)
    for path in (
        f"webhook-endpoints/{theirs['id']}/",
        f"webhook-endpoints/{theirs['id']}/deliveries/",
        f"webhook-endpoints/{theirs['id']}/deliveries/{delivery.pk}/",
        f"webhook-endpoints/{mine['id']}/deliveries/{delivery.pk}/",
        f"events/{event.pk}/",
    ):
        problem(api.get(path), 404, "not_found")
    problem(api.post(f"webhook-endpoints/{mine['id']}/deliveries/{delivery.pk}/replay/"), 404, "not_found")
    assert api.get("events/").json()["results"] == []
