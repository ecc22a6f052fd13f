"""S18: Administração → Webhooks: endpoints, the secret once, deliveries and sending again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Module, User
from integrations.endpoints import services, signing
from integrations.engine import clock
from integrations.models import EventDelivery, WebhookEndpoint
from tests import factories
from tests.conftest import World
from tests.factories import SYSTEM
from tests.integrations.endpoints.conftest import Make, happen, only
from tests.integrations.endpoints.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(ours: World, client_of: Callable[[User], Client]) -> Client:
    return client_of(ours.admin)


def post(client: Client, world: World, path: str, **data: Any) -> Any:
    return client.post(path, {"account": world.account.pk, **data})


def test_a_webhook_is_made_and_its_secret_shown_this_once(ours: World, admin: Client) -> None:
    answer = post(admin, ours, "/webhooks/new/", url="http://127.0.0.1:9/x", events=["deal.won", "x"])
    row = WebhookEndpoint.objects.of(ours.account).get()
    secret = signing.secrets_of(row, now=clock.now())[0]
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert (row.events, row.created_by) == (["deal.won"], ours.admin)
    for path in ("/webhooks/", f"/webhooks/{row.pk}/", f"/webhooks/{row.pk}/edit/"):
        page = admin.get(path)
        assert page.status_code == 200
        assert secret not in page.content.decode()


def test_what_is_refused_is_said_and_nothing_typed_is_lost(ours: World, admin: Client, settings: Any) -> None:
    settings.PARTNERS_ON_PRIVATE_ADDRESSES = False
    answer = post(admin, ours, "/webhooks/new/", url="https://10.0.0.1/abc", events=["deal.won"])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert 'value="https://10.0.0.1/abc"' in page
    assert 'value="deal.won" checked' in page
    assert not WebhookEndpoint.unscoped.exists()


def test_it_is_changed_switched_tested_rotated_and_deleted(ours: World, admin: Client, make: Make) -> None:
    row, old = make()
    base = f"/webhooks/{row.pk}/"
    post(admin, ours, f"{base}edit/", url="http://127.0.0.1:9/y", every="on", version=row.version)
    row.refresh_from_db()
    assert (row.url, row.events) == ("http://127.0.0.1:9/y", ["*"])
    late = post(admin, ours, f"{base}edit/", url="http://127.0.0.1:9/z", every="on", version=1)
    assert late.status_code == 422
    post(admin, ours, f"{base}test/")
    assert only(ours).event.kind == "ping"
    page = post(admin, ours, f"{base}secret/").content.decode()
    row.refresh_from_db()
    new, kept = signing.secrets_of(row, now=clock.now())
    assert kept == old
    assert new in page
    post(admin, ours, f"{base}secret/", at_once="yes")
    row.refresh_from_db()
    assert len(signing.secrets_of(row, now=clock.now())) == 1
    post(admin, ours, f"{base}switch/")
    row.refresh_from_db()
    assert row.enabled is False
    post(admin, ours, f"{base}delete/")
    assert not WebhookEndpoint.unscoped.exists()


def test_deliveries_show_state_answer_and_next_try_and_are_sent_again(
    ours: World, admin: Client, make: Make, drained: Callable[[], int]
) -> None:
    with Receiver((503, b"em obras")) as theirs:
        row, _secret = make(url=theirs.url)
        happen(ours)
        drained()
        page = admin.get(f"/webhooks/{row.pk}/").content.decode()
        assert "em obras" in page
        assert "503" in page
        assert 'hx-trigger="every 2s"' in page
        part = admin.get(f"/webhooks/{row.pk}/", headers={"HX-Request": "true", "HX-Target": "deliveries"})
        assert part.content.decode().lstrip().startswith('<div id="deliveries"')
        post(admin, ours, f"/webhooks/{row.pk}/replay/", delivery=only(ours).pk)
        assert (only(ours).attempts, only(ours).state) == (0, "waiting")
        EventDelivery.unscoped.update(state="dead")
        post(admin, ours, f"/webhooks/{row.pk}/replay/", days="7")
        assert only(ours).state == "waiting"
        assert admin.get(f"/webhooks/{row.pk}/?state=waiting").status_code == 200
        assert admin.get(f"/webhooks/{row.pk}/?state=strange").status_code == 404


def test_a_page_asks_as_much_for_many_deliveries_as_for_a_few(ours: World, admin: Client, make: Make) -> None:
    row, _secret = make()
    happen(ours)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(f"/webhooks/{row.pk}/").status_code == 200
        return len(asked)

    cost()
    few = cost()
    for _each in range(60):
        services.send_test(endpoint=row, origin=SYSTEM)
    assert cost() == few
    page = admin.get(f"/webhooks/{row.pk}/").content.decode()
    assert page.count("<tr>") == 51
    assert "before=" in page


def test_administrators_only_in_the_own_account_and_with_the_module(
    ours: World, stranger: World, make: Make, admin: Client, client_of: Callable[[User], Client]
) -> None:
    factories.module(account=stranger.account, slug="api")
    row, _secret = make(account=stranger.account)
    assert admin.get(f"/webhooks/{row.pk}/").status_code == 404
    assert post(admin, ours, f"/webhooks/{row.pk}/delete/").status_code == 404
    assert client_of(ours.seller).get("/webhooks/").status_code == 403
    assert b"/webhooks/" in admin.get("/tasks/").content
    Module.unscoped.filter(slug="api").update(enabled=False)
    assert admin.get("/webhooks/").status_code == 403
    assert b"/webhooks/" not in admin.get("/tasks/").content
