"""Where a run, an account or a seller ends: nothing is sent any more, and nothing of another account is used."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts import notices
from accounts.models import Notice, User
from funnels import services
from funnels.models import Deal
from integrations import contract
from integrations.engine import catalog, clock, jobs, life, situation
from integrations.models import (
    Arrival,
    Connection,
    Delivery,
    Enrollment,
    Lane,
    LinkedUser,
    OutboxAction,
    PollCursor,
)
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.hands import delivered, due, enter
from tests.engine.test_story import send

State = OutboxAction.State


def made(bench: Bench) -> int:
    return len([row for row in bench.ledger("lead.created") if row["by"] == "api"])


def test_m43_what_may_have_happened_is_not_sent_after_the_run_ended(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    bench.control(
        "POST", "mischief", {"partner": "meetime", "kind": "500", "path": "/v2/prospections/cadence"}
    )
    bench.drain()
    assert OutboxAction.unscoped.get().state == State.UNSURE
    bench.control("DELETE", "mischief")
    run = Enrollment.unscoped.get()
    run.end()
    run.ended_at, run.end_words = clock.now(), "over"
    run.save()
    OutboxAction.unscoped.update(due_at=None)
    Connection.unscoped.update(clock_until=None, failures=0)
    due(bench)
    bench.drain()
    assert (OutboxAction.unscoped.get().state, made(bench)) == (State.CANCELLED, 0)


def test_a_list_that_fails_keeps_neither_sellers_nor_news_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = type(contract.partner("meetime")).describe

    def without_fields(self: Any, call: Any, kind: str) -> Any:
        if kind == "custom_fields":
            raise contract.Refused("no such list")
        return describe(self, call, kind)

    monkeypatch.setattr(type(contract.partner("meetime")), "describe", without_fields)
    said = jobs.sync_connection(bench.connection.pk)
    assert "custom_fields: no such list" in said
    assert PollCursor.unscoped.filter(connection=bench.connection, polled_at__isnull=False).count() == 4
    # It is not asked for again at once.
    assert "custom_fields" not in catalog.due(bench.connection, now=clock.now())


def test_refused_credentials_break_the_connection_also_while_it_only_reads(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_given: Any, **_named: Any) -> Any:
        raise contract.Denied("expired")

    monkeypatch.setattr(type(contract.partner("meetime")), "pull", denied)
    jobs.sync_connection(bench.connection.pk)
    assert Connection.unscoped.get().state == Connection.State.BROKEN


def test_a_seller_made_anew_there_counts_by_the_link_that_exists(
    bench: Bench, deal: Deal, owner: User
) -> None:
    living = LinkedUser.unscoped.get(connection=bench.connection, user=owner).their_id
    for theirs in ("1", "999999999"):
        LinkedUser.unscoped.create(
            account=bench.world.account, connection=bench.connection, user=owner, their_id=theirs
        )
    seen = situation.gather(connection=bench.connection, deal=deal, now=clock.now())
    assert seen.users[owner.pk] == living


def test_another_account_there_uses_nothing_of_the_former(bench: Bench, deal: Deal) -> None:
    send(bench, deal)
    bench.control("POST", "meetime/accounts", {"token": "another-token", "seed": 7})
    connection = life.deactivate(connection=bench.connection, origin=factories.SYSTEM)
    connection = life.start(
        account=bench.world.account, partner="meetime", flow="centralisation", origin=factories.SYSTEM
    )
    life.validate(connection=connection, credentials={"token": "another-token"}, origin=factories.SYSTEM)
    assert Enrollment.unscoped.get().state == Enrollment.State.ENDED
    for model in (LinkedUser, PollCursor):
        assert not model.unscoped.filter(connection=connection).exists()
    assert not catalog.items(connection, "cadences", gone=True).exists()


def test_a_deleted_contact_is_not_sent(bench: Bench, deal: Deal) -> None:
    assert deal.person is not None
    services.delete_person(person=deal.person, origin=factories.SYSTEM)
    enter(bench, deal)
    bench.drain()
    assert made(bench) == 0


def test_news_at_an_address_that_was_never_told_to_them_is_nobodys(bench: Bench, client: Client) -> None:
    Connection.unscoped.update(sealed_webhook="")
    connection = Connection.unscoped.get()
    answer = client.post(
        f"/hooks/meetime/{connection.webhook_token}/",
        b'{"event": "LEAD.WON"}',
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_address")
    assert not Delivery.unscoped.exists()


def test_an_error_nobody_foresaw_rests_its_lane_longer_each_time_and_shows(
    bench: Bench, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_given: Any) -> Any:
        raise KeyError("nobody foresaw")

    monkeypatch.setattr(type(contract.partner("meetime")), "on_change", breaks)
    enter(bench, deal)
    bench.drain()
    lane = Lane.unscoped.get(key=f"deal:{deal.pk}")
    assert (lane.failures, lane.token, bool(lane.last_error)) == (1, "", True)
    assert lane.due_at is not None
    assert lane.due_at > clock.now()
    monkeypatch.undo()
    due(bench)
    Lane.unscoped.update(due_at=clock.now())
    bench.drain()
    lane.refresh_from_db()
    assert (lane.failures, lane.last_error) == (0, "")


def test_news_that_cannot_be_taken_in_tells_administrators_once(
    bench: Bench, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = send(bench, deal)

    def breaks(*_given: Any) -> Any:
        raise KeyError("nobody foresaw")

    monkeypatch.setattr(type(contract.partner("meetime")), "on_record", breaks)
    delivered(bench, theirs=theirs, count=2)
    bench.drain()
    assert set(Arrival.unscoped.values_list("state", flat=True)) == {Arrival.State.FAILED}
    (notice,) = Notice.unscoped.filter(account=bench.connection.account)
    assert "Meetime" in notices.said(notice)
    assert notice.link == "/sync/"
