"""S18, interface.md "webhook-endpoints": what is told, to whom, and in which transaction."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from accounts import modules
from accounts.models import Account, Module
from accounts.origin import Origin
from funnels import services as crm
from integrations.endpoints import keeping, services
from integrations.endpoints.kinds import KINDS
from integrations.engine import health, jobs, life
from integrations.models import Connection, Enrollment, EventDelivery, Lead, OutgoingEvent
from tests import factories
from tests.api.conftest import caller
from tests.conftest import World
from tests.factories import SYSTEM
from tests.integrations.endpoints.conftest import Make, happen, kinds

pytestmark = pytest.mark.django_db


def last(world: World) -> OutgoingEvent:
    found: OutgoingEvent = OutgoingEvent.objects.of(world.account).latest("id")
    return found


def test_every_verb_of_the_crm_is_told_once_with_its_kind(ours: World, make: Make) -> None:
    make()
    stages = list(ours.funnel.stages.all())
    company = crm.create_company(account=ours.account, name="Sol Ltda", origin=SYSTEM)
    crm.update_company(company=company, name="Lua Ltda", origin=SYSTEM)
    person = crm.create_person(account=ours.account, name="Ana", email="ana@sol.example", origin=SYSTEM)
    crm.update_person(person=person, name="Ana Souza", origin=SYSTEM)
    deal = happen(ours, person=person)
    crm.update_deal(deal=deal, title="Outro", origin=SYSTEM)
    crm.move_deal(deal=deal, stage=stages[1], origin=SYSTEM)
    crm.win_deal(deal=deal, origin=SYSTEM)
    crm.reopen_deal(deal=deal, origin=SYSTEM)
    crm.lose_deal(deal=deal, origin=SYSTEM)
    crm.log_interaction(
        account=ours.account, type="simple", text="Oi", occurred_at=timezone.now(), origin=SYSTEM, deal=deal
    )
    task = crm.create_task(account=ours.account, title="Ligar", origin=SYSTEM, deal=deal)
    crm.complete_task(task=task, origin=SYSTEM)
    crm.delete_deal(deal=deal, origin=SYSTEM)
    crm.delete_person(person=person, origin=SYSTEM)
    crm.delete_company(company=company, origin=SYSTEM)
    assert kinds(ours) == [
        "company.created",
        "company.updated",
        "person.created",
        "person.updated",
        "deal.created",
        "deal.updated",
        "deal.moved",
        "deal.won",
        "deal.reopened",
        "deal.lost",
        "interaction_record.created",
        "task.created",
        "task.completed",
        "deal.deleted",
        "person.deleted",
        "company.deleted",
    ]
    assert set(kinds(ours)) | {"lead.state_changed", "connection.state_changed"} == set(KINDS)
    assert EventDelivery.objects.of(ours.account).count() == 16


def test_an_event_has_the_shape_of_the_api_what_changed_and_who(ours: World, make: Make) -> None:
    make(events=("deal.moved",))
    stages = list(ours.funnel.stages.all())
    deal = happen(ours)
    moved = crm.move_deal(deal=deal, stage=stages[1], origin=Origin.api(key_id=7, label="ERP"))
    told = last(ours).data
    shown = caller(ours.account).get(f"deals/{deal.pk}/").json()
    assert told["object"] == shown
    assert told["object"]["version"] == moved.version
    assert told["changed"]["stage"] == {"before": str(stages[0].pk), "after": str(stages[1].pk)}
    assert told["origin"] == {"kind": "api", "id": "7", "label": "ERP"}
    assert kinds(ours) == ["deal.moved"]


def test_of_custom_fields_only_what_differs_is_told(ours: World, make: Make) -> None:
    for key in ("um", "dois"):
        crm.ensure_custom_field(
            account=ours.account, entity="deal", key=key, label=key, type="text", origin=SYSTEM
        )
    deal = happen(ours, custom={"um": "1", "dois": "2"})
    make()
    crm.update_deal(deal=deal, custom={"um": "9"}, origin=SYSTEM)
    assert last(ours).data["changed"] == {"custom": {"before": {"um": "1"}, "after": {"um": "9"}}}


def test_what_changed_is_exactly_what_differs_in_the_object(ours: World, make: Make) -> None:
    make()
    first, second, *_rest = ours.funnel.stages.all()
    reason = crm.add_loss_reason(funnel=ours.funnel, name="Preço", origin=SYSTEM)
    deal = happen(ours)
    seen = last(ours).data["object"]
    for act, values in (
        (crm.win_deal, {}),
        (crm.reopen_deal, {}),
        (crm.lose_deal, {}),
        (crm.reopen_deal, {"stage": second}),
        (crm.lose_deal, {"reason": reason, "note_text": "Caro"}),
        (crm.reopen_deal, {"stage": first}),
        (crm.move_deal, {"stage": second}),
        (crm.delete_deal, {}),
    ):
        act(deal=deal, origin=SYSTEM, **values)
        told = last(ours).data
        now = told["object"]
        differ = {name for name in now if now[name] != seen[name]} - {"version", "updated_at"}
        assert set(told["changed"]) == differ, act.__name__
        for name in differ - {name for name in differ if name.endswith("_at")}:
            assert told["changed"][name] == {"before": seen[name], "after": now[name]}
        seen = now


def test_what_nobody_asks_for_is_not_written_and_costs_one_query(ours: World, make: Make) -> None:
    make(events=("person.created",))
    deal = happen(ours)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        crm.update_deal(deal=deal, title="Outro", origin=SYSTEM)
    assert kinds(ours) == []
    assert len([q for q in asked.captured_queries if "webhookendpoint" in q["sql"].lower()]) == 1
    assert not [q for q in asked.captured_queries if "outgoingevent" in q["sql"].lower()]


def test_the_event_falls_with_the_change_that_it_tells(ours: World, make: Make) -> None:
    make()
    with transaction.atomic():
        happen(ours)
        assert kinds(ours) == ["deal.created"]
        transaction.set_rollback(True)
    assert kinds(ours) == []


def test_many_changes_cost_as_many_queries_as_a_few(ours: World, make: Make) -> None:
    make()
    make(events=("person.created",))
    from integrations.endpoints.listen import Fact, record

    def cost(count: int) -> int:
        people = [
            crm.create_person(account=ours.account, name=f"P{count}-{i}", origin=SYSTEM) for i in range(count)
        ]
        facts = [
            Fact(kind="person.created", id=p.pk, fields={}, created=True, origin=SYSTEM, at=timezone.now())
            for p in people
        ]
        with CaptureQueriesContext(connection) as asked:
            assert record(account_id=ours.account.pk, facts=facts) == count
        return len(asked)

    assert cost(5) == cost(30)  # SQLite's batches hold about seventy


@pytest.mark.parametrize("how", ["module", "endpoint", "stranger"])
def test_s4_module_off_endpoint_off_or_another_account_writes_nothing(
    ours: World, stranger: World, make: Make, how: str
) -> None:
    if how == "stranger":
        factories.module(account=stranger.account, slug="api")
        make(account=stranger.account)
    else:
        row, _secret = make()
    if how == "module":
        Module.unscoped.filter(slug="api").update(enabled=False)
    if how == "endpoint":
        services.update_endpoint(endpoint=row, enabled=False, origin=SYSTEM)
    happen(ours)
    assert kinds(ours) == []
    assert kinds(stranger) == []


def test_s4_before_the_module_goes_off_it_is_said_how_many_webhooks_stop(ours: World, make: Make) -> None:
    make()
    off, _secret = make()
    services.update_endpoint(endpoint=off, enabled=False, origin=SYSTEM)
    with override("en"):
        said = [words for each in modules.stops for words in each(ours.account, "api")]
        others = [words for each in modules.stops for words in each(ours.account, "products")]
    assert "1 webhook is no longer told what happens." in said
    assert not [words for words in others if "webhook" in words]


def connection_of(world: World, state: str = "active") -> Connection:
    made: Connection = Connection.unscoped.create(account=world.account, partner="meetime", state=state)
    return made


def test_a_connection_that_pauses_resumes_or_breaks_is_told_with_who_did_it(ours: World, make: Make) -> None:
    make(events=("connection.state_changed",))
    factories.module(account=ours.account, slug="workflow")
    row = connection_of(ours)
    life.pause(connection=row, origin=Origin.user(ours.admin))
    told = last(ours)
    assert told.data["changed"] == {"state": {"before": "active", "after": "paused"}}
    assert told.data["object"]["state"] == "paused"
    assert told.data["object"]["id"] == str(row.pk)
    assert told.data["origin"]["kind"] == "user"
    life.resume(connection=row, origin=SYSTEM)
    health.deny(row, "Token inválido", now=timezone.now())
    assert last(ours).data["changed"]["state"]["after"] == "broken"
    assert last(ours).data["object"]["state_reason"] == "Token inválido"
    assert len(kinds(ours)) == 3
    assert "sealed" not in json.dumps(last(ours).data)


def test_a_lead_that_passes_to_another_state_is_told_once_it_is_saved(ours: World, make: Make) -> None:
    make(events=("lead.state_changed",))
    deal = happen(ours, person=crm.create_person(account=ours.account, name="Ana", origin=SYSTEM))
    run = Enrollment.unscoped.create(
        account=ours.account, connection=connection_of(ours), deal=deal, started_at=timezone.now()
    )
    lead = Lead.unscoped.create(account=ours.account, enrollment=run, person=deal.person)
    lead.wait()
    assert kinds(ours) == []
    lead.save(update_fields=["state"])
    lead.save(update_fields=["state"])
    assert kinds(ours) == ["lead.state_changed"]
    told = last(ours).data
    assert told["object"]["deal"] == str(deal.pk)
    assert told["changed"] == {"state": {"before": "new", "after": "waiting"}}
    assert told["origin"]["kind"] == "connection"


def test_x8_events_are_kept_as_long_as_raw_payloads_and_the_sweep_deletes_them(
    ours: World, make: Make
) -> None:
    make()
    Account.objects.filter(pk=ours.account.pk).update(payload_days=3)
    for days in (0, 2, 4, 31):
        happen(ours, title=f"{days}")
        event = last(ours)
        OutgoingEvent.unscoped.filter(pk=event.pk).update(at=timezone.now() - timedelta(days=days))
    jobs.sweep()
    titles = [each.data["object"]["title"] for each in OutgoingEvent.objects.of(ours.account).order_by("id")]
    assert titles == ["0", "2", "4"]  # what waits is not forgotten before it was tried for five days
    EventDelivery.unscoped.all().become("delivered")
    jobs.sweep()
    titles = [each.data["object"]["title"] for each in OutgoingEvent.objects.of(ours.account).order_by("id")]
    assert titles == ["0", "2"]
    assert EventDelivery.objects.of(ours.account).count() == 2


def test_x8_what_events_tell_of_one_person_can_be_forgotten(ours: World, make: Make) -> None:
    make()
    ana, bia = (crm.create_person(account=ours.account, name=n, origin=SYSTEM) for n in ("Ana", "Bia"))
    happen(ours, person=ana)
    assert keeping.forget_entity(account=ours.account, entity="person", ids=[ana.pk]) == 1
    assert kinds(ours) == ["person.created", "deal.created"]
    assert OutgoingEvent.objects.of(ours.account).first().data["object"]["id"] == str(bia.pk)
