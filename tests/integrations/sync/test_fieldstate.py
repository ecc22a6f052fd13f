"""X13, M37, M48: how each associated field of a lead stands, with value and reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from funnels import services
from integrations.engine.explain_lead import fields_of
from integrations.engine.fieldstate import FieldState
from integrations.models import CatalogItem, Enrollment, Lead, OutboxAction
from mapping.models import Link
from tests import factories
from tests.integrations.shown import action_of, connection_of, lead_of
from tests.integrations.sync.told import associated, conflict_of, linked_lead, person_of

pytestmark = pytest.mark.django_db
KEY = "custom.cargo"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def states(lead: Lead) -> dict[str, FieldState]:
    row = Lead.unscoped.select_related("enrollment__connection").get(pk=lead.pk)
    return {each.key: each for each in fields_of(row)}


def of(lead: Lead, key: str = KEY) -> tuple[str, str]:
    found = states(lead)[key]
    return str(found.state), found.why


def lead_with(
    world: Any, here: str, *, agreed: str | None = "Gerente", read: str | None = None, **choices: Any
) -> Lead:
    """A lead whose associated field says `here` now and `agreed` when it was last told."""
    connection = connection_of(world.account)
    associated(connection, **choices)
    person = person_of(world)
    if here:
        services.update_person(person=person, custom={"cargo": here}, origin=factories.SYSTEM)
    faces = {"name": "Rita", "email": "rita@sol.example", "company": "", "phones": []}
    ours = faces if agreed is None else {**faces, KEY: agreed}
    theirs = {**faces, KEY: agreed or "" if read is None else read}
    return linked_lead(
        connection, factories.deal(funnel=world.funnel, person=person), ours=ours, theirs=theirs
    )


def test_m37_what_both_sides_hold_is_in_step(world) -> None:
    found = states(lead_with(world, "Gerente"))
    assert (found[KEY].state, found[KEY].why) == ("in_step", "")
    assert (found[KEY].label, found[KEY].their_label, found[KEY].entity) == ("Cargo", "Cargo lá", "person")
    assert (found[KEY].here, found[KEY].sent, found[KEY].read) == ("Gerente", "Gerente", "Gerente")
    assert (found["name"].label, found["name"].state, found["name"].here) == ("Name", "in_step", "Rita")
    assert list(found)[:4] == ["name", "email", "phones", "company"]


def test_m37_a_side_that_reads_differently_is_in_step_all_the_same(world) -> None:
    """Each side is compared with its own face: they normalise."""
    assert of(lead_with(world, "Gerente", read="GERENTE")) == ("in_step", "")


def test_m37_what_changed_here_waits_to_be_sent(world) -> None:
    assert of(lead_with(world, "Diretora")) == ("waiting", "")


def test_m37_every_field_of_a_lead_not_sent_yet_goes_with_it(world) -> None:
    connection = connection_of(world.account)
    associated(connection)
    lead = lead_of(connection, factories.deal(funnel=world.funnel, person=person_of(world)), state="new")
    assert of(lead) == ("waiting", "It goes with the lead.")
    assert of(lead, "name") == ("waiting", "It goes with the lead.")


def test_m48_what_was_not_taken_in_names_value_and_reason(world) -> None:
    lead = lead_with(world, "Gerente")
    why = "The text is longer than %(longest)s characters."
    kept = {"value": "Chefe de todas", "why": why, "saw": {"longest": 250}}
    Link.unscoped.filter(our_id=lead.pk).update(problems={KEY: kept})
    assert of(lead) == ("failed", "“Chefe de todas”: The text is longer than 250 characters.")


def test_m48_an_option_that_is_missing_there_is_told_now(world) -> None:
    connection = connection_of(world.account)
    services.ensure_custom_field(
        account=world.account, entity="person", key="porte", label="Porte", type="options",
        options=["Grande", "Pequeno"], origin=factories.SYSTEM,
    )  # fmt: skip
    associated(connection, key="porte", their_key="custom.porte", type="options", their_type="select")
    CatalogItem.unscoped.filter(their_id="custom.porte").update(
        data={"key": "custom.porte", "type": "select", "options": ["Grande"]}
    )
    person = person_of(world)
    services.update_person(person=person, custom={"porte": "Pequeno"}, origin=factories.SYSTEM)
    lead = linked_lead(connection, factories.deal(funnel=world.funnel, person=person))
    state, why = of(lead, "custom.porte")
    assert state == "failed"
    assert why.startswith("“Pequeno”: ")


def test_m48_what_they_declined_says_their_words(world) -> None:
    lead = lead_with(world, "Diretora")
    action = action_of(lead, state="refused", reason='{"error": "cargo inválido"}')
    OutboxAction.unscoped.filter(pk=action.pk).update(kind="update_lead", payload={KEY: "Diretora"})
    assert of(lead) == ("failed", "The partner answered: “cargo inválido”")
    services.update_person(person=lead.person, custom={"cargo": "Sócia"}, origin=factories.SYSTEM)
    assert of(lead)[0] == "waiting"  # another value: it will be tried


def test_x5_a_conflict_that_nobody_won_differs_until_one_side_changes(world) -> None:
    lead = lead_with(world, "Sol", agreed=None, read="Lua")
    deal = lead.enrollment.deal
    why = "Both sides hold a value and nothing was agreed yet: decided in the preview."
    conflict_of(lead.enrollment.connection, deal, winner="nobody", ours="Sol", theirs="Lua", why=why)
    assert of(lead) == ("differs", why)
    services.update_person(person=lead.person, custom={"cargo": "Lua"}, origin=factories.SYSTEM)
    assert of(lead)[0] != "differs"


def test_x5_a_conflict_that_somebody_won_leaves_nothing_to_decide(world) -> None:
    lead = lead_with(world, "Sol", agreed="Sol", read="Lua")
    conflict_of(lead.enrollment.connection, lead.enrollment.deal, winner="ours", ours="Sol", theirs="Lua")
    assert of(lead)[0] == "in_step"


def test_m14_a_field_that_is_gone_there_or_changed_its_type_says_so(world) -> None:
    lead = lead_with(world, "Gerente")
    CatalogItem.unscoped.filter(their_id=KEY).update(data={"key": KEY, "type": "select", "options": []})
    assert of(lead)[0] == "gone"
    CatalogItem.unscoped.filter(their_id=KEY).delete()
    found = states(lead)[KEY]
    assert found.state == "gone"
    assert found.why.startswith("The partner no longer lists this field")
    assert (found.here, found.sent, found.label) == (None, "Gerente", "Cargo")


def test_x5_what_the_partner_decides_is_kept_apart(world) -> None:
    lead = lead_with(world, "Diretora", master="theirs")
    assert of(lead) == ("apart", "The CRM changed it, but the partner decides this field.")


def test_x14_an_empty_value_erases_nothing_unless_the_pair_says_so(world) -> None:
    lead = lead_with(world, "")
    assert of(lead) == ("apart", "An empty value erases nothing there.")


def test_x14_an_empty_value_erases_where_the_pair_says_so(world) -> None:
    assert of(lead_with(world, "", empty="erase"))[0] == "waiting"


def test_m43_after_the_end_nothing_follows_any_more(world) -> None:
    lead = lead_with(world, "Diretora")
    Enrollment.unscoped.filter(pk=lead.enrollment_id).update(state="ended")
    assert of(lead) == ("ended", "The integration of this card has ended, or the lead is closed.")
    assert of(lead, "name")[0] == "in_step"


def test_m37_a_deleted_persons_lead_says_why_nothing_can_be_told(world) -> None:
    lead = lead_with(world, "Gerente")
    services.delete_person(person=lead.person, origin=factories.SYSTEM)
    state, why = of(lead, "name")
    assert state == "ended"
    assert "person was deleted" in why


def test_m48_the_table_shows_value_and_reason_to_members_only(world, client_of) -> None:
    lead = lead_with(world, "Diretora")
    reader = client_of(world.seller)
    reader.cookies["django_language"] = "en"
    body = reader.get(f"/sync/leads/{lead.pk}/fields/").content.decode()
    for words in ("Cargo lá", "Diretora", "Gerente", "Waits to be sent"):
        assert words in body, words
