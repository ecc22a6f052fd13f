"""Erasing reaches what no lead points to, leaves others alone, and keeps her from coming back (X8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.erasure import forgotten
from accounts.models import AuditEntry
from funnels import services
from funnels.models import CheckIn, Deal, Person, StoredFile, Task
from integrations.engine import clock
from integrations.engine.erased import their_mark
from integrations.models import Arrival, Delivery, OutgoingEvent
from integrations.privacy.erase import erase
from integrations.privacy.export import export
from tests import factories
from tests.api.conftest import caller
from tests.integrations.privacy.conftest import CPF, EMAIL, NAME, OLD_EMAIL, OLD_PHONE, PHONE, Held, spoken_of

pytestmark = pytest.mark.django_db


def gone(held: Held) -> dict[str, int]:
    return dict(erase(person=held.fresh(), origin=factories.SYSTEM, now=clock.now()))


def test_x8_a_received_lead_and_what_lies_about_leave_no_trace_in_any_table(scattered: Held) -> None:
    before = spoken_of()
    for table in (
        *("mapping.Link", "integrations.Arrival", "integrations.Delivery", "integrations.AutomationRun"),
        *("integrations.OutgoingEvent", "admin.LogEntry", "post_office.Email", "accounts.AuditEntry"),
    ):
        assert before.get(table), f"nothing in {table}: {before}"
    rows = gone(scattered)
    assert spoken_of() == {}
    assert (rows["links"], rows["files"], rows["deliveries"]) == (1, 2, 6)
    deal = Deal.unscoped.get(pk=scattered.deal.pk)
    assert (deal.title, deal.loss_note) == ("Obra da …", "… desistiu")
    assert Task.unscoped.get().title == "Ligar para a …"
    assert not StoredFile.unscoped.exists()
    assert not CheckIn.unscoped.exists()
    assert LogEntry.objects.get().object_repr == f"person #{scattered.person.pk}"
    assert OutgoingEvent.unscoped.get(kind="deal.updated").data["object"]["title"] == "Obra da …"
    assert not OutgoingEvent.unscoped.filter(kind="person.updated").exists()


def test_x8_all_she_was_known_by_is_remembered(scattered: Held) -> None:
    gone(scattered)
    marks = [
        ("email", EMAIL),
        ("email", OLD_EMAIL),
        ("phone", "554888776655"),
        ("phone", "554733221144"),
        their_mark(scattered.connection, "7001"),
        their_mark(scattered.connection, "9001"),  # a lead that was never linked
    ]
    assert forgotten(account_id=scattered.world.account.pk, marks=marks) == set(marks)


def test_x8_others_keep_theirs(held: Held, stranger: Any) -> None:
    """A namesake's events, news of a house with the same number that waits, and other raw messages stay."""
    namesake = {"object": {"id": "99", "name": NAME}}
    event = OutgoingEvent.unscoped.create(
        account=held.world.account, uid="u", kind="person.updated", data=namesake, at=clock.now()
    )
    bia = {"email": "bia@x.example", "phones": [PHONE]}
    waits = held.arrival(held.delivery({"x": 70010}), id="5", state="waiting", fields=bia)
    other = held.delivery({"lead": {"id": 70010}, "name": "Mariana Quaresmal"})
    gone(held)
    event.refresh_from_db()
    waits.refresh_from_db()
    assert event.data == namesake
    assert (waits.state, waits.record["fields"], waits.their_id) == ("waiting", bia, "5")
    assert bytes(Delivery.unscoped.get(pk=other.pk).body)
    assert Arrival.unscoped.count() == 1


def test_x8_a_deleted_person_is_found_exported_and_erased(held: Held) -> None:
    services.delete_person(person=held.person, origin=factories.SYSTEM)
    chief, page = Client(), f"/persons/{held.person.pk}/privacy/"
    chief.force_login(held.world.admin)
    assert page in chief.get("/privacy/?q=zuleika").content.decode()
    assert page not in chief.get("/privacy/?q=carlos").content.decode()
    assert chief.get(page).status_code == 200
    api, body = caller(held.world.account), {"person": str(held.person.pk)}
    assert api.post("privacy/export/", body).json()["person"]["email"] == EMAIL
    assert api.post("privacy/erase/", body).status_code == 200
    assert api.post("privacy/erase/", body).status_code == 404
    assert chief.get(page).status_code == 404
    unasked, asked = chief.get("/privacy/").content.decode(), chief.get("/privacy/?q=zu").content.decode()
    assert page not in unasked
    assert "Ninguém foi encontrado aqui." not in unasked  # nobody was looked for
    assert "Ninguém foi encontrado aqui." in asked
    assert held.fresh().email == ""


def test_x8_an_export_has_what_lies_about(scattered: Held) -> None:
    told = export(person=scattered.fresh(), origin=factories.SYSTEM, now=clock.now())
    fields = {name for rows in told.values() if isinstance(rows, list) for row in rows for name in row}
    assert not [name for name in fields if "__" in name]
    card = told["deals"][0]
    assert (card["id"], card["stage"]) == (str(scattered.deal.pk), scattered.deal.stage.name)
    ids = {"id", "deal", "person", "task", "interaction_record"}
    rows = [row for name, rows in told.items() if isinstance(rows, list) for row in rows]
    assert all(isinstance(row[name], str | None) for row in rows for name in ids & set(row))
    cards = {row["id"]: row for row in told["deals"]}
    assert cards[str(scattered.deal.pk)]["loss_note"] == f"{NAME} desistiu"
    assert [row["title"] for row in told["tasks"]] == ["Ligar para a Zuleika"]
    assert [row["text"] for row in told["interaction_records"]] == ["zuleika pediu desconto"]
    assert (len(told["check_ins"]), len(told["files"]), len(told["outgoing_events"])) == (1, 2, 2)
    assert all("/files/" in row["link"] for row in told["files"])
    bodies = [row["body"] for row in told["deliveries"]]
    assert len(bodies) == 6
    assert not any("Rui" in body for body in bodies), "a polled page tells of others too"


def test_x8_nobody_brings_her_back_unseen(held: Held) -> None:
    """Neither a program nor a form, by e-mail or number; an administrator allows it, from then on."""
    gone(held)
    api = caller(held.world.account)
    refused = api.post("persons/", {"name": "Z", "email": EMAIL.upper()})
    assert (refused.status_code, refused.json()["code"]) == (409, "erased_before")
    assert "erased_at" in refused.json()
    rows = [{"name": "Z", "email": OLD_EMAIL}, {"name": "Z", "phones": [OLD_PHONE]}]
    rows += [{"name": "Bia", "email": "bia@x.example", "phones": [PHONE]}]
    results = api.post("persons/bulk/", {"rows": rows}).json()["results"]
    assert [each["status"] for each in results] == ["failed", "failed", "created"]
    assert results[0]["problem"]["code"] == "erased_before"
    changed = api.patch(f"persons/{results[2]['id']}/", {"email": EMAIL})
    assert changed.json()["code"] == "erased_before"
    typed = {"account": held.world.account.pk, "name": "Zu", "email": EMAIL, "again": "on"}
    seller, chief = Client(), Client()
    seller.force_login(held.world.seller)
    chief.force_login(held.world.admin)
    answer = seller.post("/persons/new/", typed)
    assert (answer.status_code, b'name="again"' in answer.content) == (422, False)
    sellers = list(answer.context["form"].non_field_errors())
    answer = chief.post("/persons/new/", {**typed, "again": ""})
    assert (answer.status_code, b'name="again"' in answer.content) == (422, True)
    assert list(answer.context["form"].non_field_errors()) != sellers, (
        "she is the administrator who can allow it"
    )
    assert chief.post("/persons/new/", typed).status_code == 302
    assert AuditEntry.unscoped.filter(action="person.allowed_again", actor=held.world.admin).exists()
    assert forgotten(account_id=held.world.account.pk, marks=[("email", EMAIL)]) == set()
    assert Person.unscoped.filter(email=EMAIL).exists()


def test_x8_a_ghost_with_her_email_becomes_no_contact(held: Held) -> None:
    gone(held)
    ghost = services.create_person(
        account=held.world.account,
        name="Card",
        email=EMAIL,
        ghost_of=held.deal,
        origin=factories.SYSTEM,
    )
    answer = caller(held.world.account).post(f"persons/{ghost.pk}/contact/")
    assert (answer.status_code, answer.json()["code"]) == (409, "erased_before")
    assert CPF not in answer.content.decode()
