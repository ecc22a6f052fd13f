"""One person's data: all of it exported, all of it erased, and no poll or webhook brings it back (X8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from accounts.erasure import forgotten
from accounts.models import AuditEntry, Erased, IdempotencyKey
from funnels import services
from funnels.models import Deal, InteractionRecord, Person, StoredFile
from integrations.engine import clock
from integrations.models import Arrival, Connection, Delivery, Enrollment, Exchange, Lead, OutboxAction
from integrations.privacy.erase import erase
from integrations.privacy.export import export
from tests import factories
from tests.api.conftest import caller
from tests.conftest import World
from tests.engine.conftest import Bench
from tests.engine.postbox import postbox
from tests.engine.rows import enter, lead_of, person, run_of, their_id

pytestmark = pytest.mark.django_db

NAME, EMAIL, PHONE = "Zuleika Quaresma", "zuleika.q@canario.example", "(48) 98877-6655"
NUMBERS = ("98877-6655", "988776655", "8877-6655", "88776655")
CANARIES = ("zuleika", "quaresma", "canario", *NUMBERS)


@pytest.fixture
def her(bench: Bench, deal: Deal) -> Person:
    """The card's main contact, with traces of every kind."""
    made = services.create_person(
        account=bench.world.account, name=NAME, email=EMAIL, phones=[PHONE], origin=factories.SYSTEM
    )
    photo = services.create_custom_field(
        account=bench.world.account,
        entity="person",
        label="Contrato",
        type="attachment",
        origin=factories.SYSTEM,
    )
    content = ContentFile(f"contrato de {NAME}".encode(), name="c.txt")
    kept = services.store_file(
        account=bench.world.account, file=content, name=f"{NAME}.txt", origin=factories.SYSTEM
    )
    services.update_person(person=made, custom={photo.key: str(kept.pk)}, origin=factories.SYSTEM)
    services.update_deal(deal=deal, person=made, title=f"Obra de {NAME}", origin=factories.SYSTEM)
    return made


@pytest.fixture
def story(bench: Bench, deal: Deal, her: Person, settings: Any) -> Iterator[Any]:
    """Sent, worked on, told by polls and webhooks, written about, and asked for by API."""
    with postbox(Connection.unscoped.get(pk=bench.connection.pk), settings) as box:
        enter(bench, Deal.unscoped.get(pk=deal.pk))
        lead = their_id(lead_of(deal))
        bench.act(lead, "activities", type="CALL", annotation=f"{NAME} atendeu em {PHONE}")
        bench.act(lead, "update", annotations=f"<p>de {NAME}</p>")
        bench.poll()
        assert bench.sandbox.courier.settle(timeout=20)
        for letter in box.take():
            box.deliver(letter)
        bench.drain()
        services.log_interaction(
            account=bench.world.account,
            type="simple",
            text=f"Falei com {NAME}",
            occurred_at=clock.now(),
            origin=factories.SYSTEM,
            person=her,
            deal=deal,
        )
        services.create_task(
            account=bench.world.account,
            title=f"Ligar para {NAME}",
            origin=factories.SYSTEM,
            person=her,
            deal=deal,
        )
        api = caller(bench.world.account)
        api.patch(f"persons/{her.pk}/", {"name": f"{NAME} Silva"})
        api.post(f"deals/{deal.pk}/move/", {"stage": str(bench.stages()[1].pk)}, Idempotency_Key="k1")
        IdempotencyKey.unscoped.update(body={"email": EMAIL})
        bench.drain()
        yield box


def spoken_of() -> dict[str, int]:
    """Table → rows of any of our tables that hold a canary in any column."""
    found: dict[str, int] = {}
    for model in apps.get_models():
        rows = model._default_manager.all()
        if model._meta.label.split(".")[0] not in (
            "accounts",
            "funnels",
            "mapping",
            "integrations",
            "meetime",
        ):
            continue
        for row in rows.values():
            text = json.dumps(
                {
                    key: bytes(value).decode(errors="replace")
                    if isinstance(value, bytes | memoryview)
                    else value
                    for key, value in row.items()
                },
                cls=DjangoJSONEncoder,
                ensure_ascii=False,
            ).lower()
            if any(canary in text for canary in CANARIES):
                found[model._meta.label] = found.get(model._meta.label, 0) + 1
    return found


def gone(bench: Bench, her: Person) -> dict[str, int]:
    row = Person.unscoped.get(pk=her.pk)
    return dict(erase(person=row, origin=factories.SYSTEM, now=clock.now()))


def test_x8_an_export_holds_every_kind_of_trace(bench: Bench, deal: Deal, her: Person, story: Any) -> None:
    row = Person.unscoped.get(pk=her.pk)
    told = export(person=row, origin=factories.SYSTEM, now=clock.now())
    assert (told["person"]["email"], told["person"]["phones"]) == (EMAIL, [PHONE])
    kinds = (
        "deals",
        "interaction_records",
        "tasks",
        "changes",
        "leads",
        "links",
        "received",
        "sent",
        "files",
    )
    assert [kind for kind in kinds if not told[kind]] == []
    assert told["deals"][0]["id"] == str(deal.pk)
    assert AuditEntry.unscoped.filter(action="person.exported", subject=str(her.pk)).count() == 1


def test_x8_erasing_leaves_no_trace_in_any_table(bench: Bench, deal: Deal, her: Person, story: Any) -> None:
    before = spoken_of()
    for table in ("funnels.Person", "funnels.Deal", "funnels.Change", "integrations.Arrival", "mapping.Link"):
        assert before.get(table), f"the story leaves nothing in {table}: {before}"
    place = StoredFile.unscoped.get().file.name
    rows = gone(bench, her)
    assert (rows["interaction_records"] > 1, rows["leads"], rows["files"]) == (True, 1, 1)
    assert spoken_of() == {}
    assert Deal.unscoped.get(pk=deal.pk).title == "Obra de …"
    assert InteractionRecord.unscoped.filter(deal=deal).exists(), "that something happened stays"
    assert not StoredFile.unscoped.exists()
    assert default_storage.exists(place), "taken away when the transaction has committed"
    entry = AuditEntry.unscoped.get(action="person.erased")
    assert (entry.subject, entry.data["rows"]["leads"]) == (str(her.pk), 1)


def test_x8_no_poll_and_no_webhook_brings_her_back(bench: Bench, deal: Deal, her: Person, story: Any) -> None:
    lead = their_id(lead_of(deal))
    bench.control(
        "POST", f"meetime/leads/{lead}/activities", {"type": "CALL", "annotation": f"{NAME} de novo"}
    )
    assert bench.sandbox.courier.settle(timeout=20)
    letters = story.take()
    assert letters
    gone(bench, her)
    persons, arrivals = Person.unscoped.count(), Arrival.unscoped.count()
    for letter in letters:
        story.deliver(letter)
    bench.drain()
    bench.poll()
    assert (Person.unscoped.count(), Arrival.unscoped.count()) == (persons, arrivals)
    assert spoken_of() == {}
    last = Delivery.unscoped.order_by("-pk").first()
    assert (last.state, bytes(last.body)) == (Delivery.State.IGNORED, b"")


def test_x8_a_new_lead_with_her_phone_alone_is_not_taken_in_and_others_are(
    bench: Bench, deal: Deal, her: Person, story: Any
) -> None:
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    gone(bench, her)
    assert run_of(deal).state == Enrollment.State.ENDED, "nobody else was in prospection"
    services.update_deal(deal=Deal.unscoped.get(pk=deal.pk), person=rui, origin=factories.SYSTEM)
    services.move_deal(deal=Deal.unscoped.get(pk=deal.pk), stage=bench.stages()[0], origin=factories.SYSTEM)
    enter(bench, Deal.unscoped.get(pk=deal.pk))
    for name, more in (("Outra", {"phone": PHONE}), ("Bia", {"email": "bia@x.example", "phone": PHONE})):
        order = {"deal": str(deal.pk), "name": name, "started": True, **more}
        bench.control("POST", "meetime/leads", order)
    bench.poll()
    names = set(Person.unscoped.filter(deleted_at=None).values_list("name", flat=True))
    assert "Bia" in names
    assert "Outra" not in names


def test_x8_while_something_of_hers_is_being_sent_she_is_not_erased(
    bench: Bench, deal: Deal, her: Person
) -> None:
    services.move_deal(deal=Deal.unscoped.get(pk=deal.pk), stage=bench.stages()[1], origin=factories.SYSTEM)
    bench.drain()
    OutboxAction.unscoped.filter(lead__person=her).update(state=OutboxAction.State.UNSURE)
    with pytest.raises(services.NotAllowed):
        gone(bench, her)
    assert Person.unscoped.get(pk=her.pk).email == EMAIL


def test_x8_her_marks_open_nothing_in_another_account(world: World, stranger: World) -> None:
    ana = services.create_person(
        account=world.account, name="Ana Só", email="ana@x.example", origin=factories.SYSTEM
    )
    erase(person=ana, origin=factories.SYSTEM, now=clock.now())
    mark = ("email", "ana@x.example")
    assert forgotten(account_id=world.account.pk, marks=[mark]) == {mark}
    assert forgotten(account_id=stranger.account.pk, marks=[mark]) == set()
    assert not Erased.unscoped.filter(digest__contains="ana").exists()


def test_x8_administrators_export_and_erase_on_screen(world: World, stranger: World) -> None:
    ana = services.create_person(
        account=world.account, name="Ana Só", email="ana@x.example", origin=factories.SYSTEM
    )
    chief, seller, outsider = Client(), Client(), Client()
    for client, user in ((chief, world.admin), (seller, world.seller), (outsider, stranger.admin)):
        client.force_login(user)
    page, posted = f"/persons/{ana.pk}/privacy/", {"account": world.account.pk}
    assert [client.get(page).status_code for client in (chief, seller, outsider)] == [200, 403, 404]
    file = chief.post(f"{page}export/", posted)
    assert file.json()["person"]["email"] == "ana@x.example"
    assert "attachment" in file["Content-Disposition"]
    wrong = chief.post(page, {**posted, "name": "Ana", "version": ana.version})
    assert wrong.status_code == 422
    assert chief.post(page, {**posted, "name": "ana só", "version": ana.version}).status_code == 302
    assert Person.unscoped.get(pk=ana.pk).email == ""
    assert chief.get(page).status_code == 404
    assert AuditEntry.unscoped.get(action="person.erased").subject == str(ana.pk)
    assert "person_off" in chief.get("/privacy/").content.decode()


def test_x8_days_are_set_within_limits(world: World) -> None:
    chief = Client()
    chief.force_login(world.admin)
    posted = {"account": world.account.pk}
    for typed, status in (("0", 422), ("366", 422), ("x", 422), ("7", 302)):
        assert chief.post("/privacy/", {**posted, "payload_days": typed}).status_code == status
    world.account.refresh_from_db()
    assert world.account.payload_days == 7


def test_x8_who_opened_a_persons_page_is_in_the_trail_once_a_day(world: World) -> None:
    ana = services.create_person(account=world.account, name="Ana Só", origin=factories.SYSTEM)
    seller = Client()
    seller.force_login(world.seller)
    for _time in range(2):
        seller.get(f"/persons/{ana.pk}/")
    entry = AuditEntry.unscoped.get(action="person.seen")
    assert (entry.actor, entry.subject) == (world.seller, str(ana.pk))


def test_x8_integrators_export_and_erase_by_api(world: World, stranger: World) -> None:
    ana = services.create_person(
        account=world.account, name="Ana Só", email="ana@x.example", origin=factories.SYSTEM
    )
    api, other = caller(world.account), caller(stranger.account)
    body = {"person": str(ana.pk)}
    assert other.post("privacy/export/", body).status_code == 404
    told = api.post("privacy/export/", body)
    assert told.json()["person"]["email"] == "ana@x.example"
    assert "interaction_records" in told.json()["traces"]
    assert api.post("privacy/erase/", body).json()["rows"]["deals"] == 0
    assert Person.unscoped.get(pk=ana.pk).deleted_at is not None


def test_x8_exchanges_lose_what_they_quote(bench: Bench, deal: Deal, her: Person, story: Any) -> None:
    Exchange.unscoped.create(
        account=bench.world.account,
        connection=bench.connection,
        at=clock.now(),
        method="GET",
        url=f"https://p.example/leads?email={EMAIL}",
        response_body=f'{{"phone": "{PHONE}"}}',
    )
    gone(bench, her)
    row = Exchange.unscoped.order_by("-pk").first()
    assert (row.url, row.response_body) == ("https://p.example/leads", "")
    assert not Lead.unscoped.exclude(public_url="").exists()
