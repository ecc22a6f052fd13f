"""Fields that follow each other while a card is integrated, in both directions (M16, M18, M20, M37, M38, M46)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import notices
from accounts.models import Notice
from accounts.origin import Origin
from funnels import services
from funnels.models import CustomField, Deal, InteractionRecord, Person
from integrations.engine import catalog, clock, sellers
from integrations.models import LinkedUser, OutboxAction
from integrations.partners.meetime import seeing
from mapping import services as mapping
from mapping.models import Conflict, FieldMap, Link, TypePair
from tests import factories
from tests.engine.conftest import Bench
from tests.engine.rows import associate_cnpj, enter, lead_of, person, run_of, their_id, told


def there(bench: Bench, lead: str) -> dict[str, Any]:
    """The lead as it stands at the partner's."""
    rows: list[dict[str, Any]] = bench.control("GET", "meetime/leads")["data"]
    return next(row for row in rows if str(row["id"]) == lead)


def associate(
    bench: Bench,
    entity: str,
    label: str,
    type: str,
    their_key: str,
    *,
    options: tuple[str, ...] = (),
    **rules: str,
) -> CustomField:
    """A new CRM field associated with one of theirs; the pair comes from the declared matrix."""
    if not catalog.items(bench.connection, "custom_fields").exists():
        catalog.refresh(bench.connection, "custom_fields", now=clock.now())
    field = services.ensure_custom_field(
        account=bench.world.account,
        entity=entity,
        key=label.lower(),
        label=label,
        type=type,
        options=options,
        origin=factories.SYSTEM,
    )
    row = next(
        each for each in catalog.items(bench.connection, "custom_fields") if each.data["key"] == their_key
    )
    mapping.add_map(
        counterpart=bench.connection.counterpart,
        kind="lead",
        entity=entity,
        key=field.key,
        their_key=their_key,
        their_name=row.name,
        their_type=row.data["type"],
        master=rules.get("master", FieldMap.Master.BOTH),
        empty=rules.get("empty", FieldMap.Empty.KEEP),
        origin=factories.SYSTEM,
    )
    return field


def updates(bench: Bench) -> list[dict[str, Any]]:
    return [row["body"] for row in bench.ledger("lead.edited") if row["by"] == "api"]


def test_m37_name_and_phone_changed_here_go_there_once(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    services.update_person(
        person=deal.person, name="Joana P. Prado", phones=["(48) 98888-7777"], origin=factories.SYSTEM
    )
    bench.drain()
    row = there(bench, their_id(lead_of(deal)))
    assert row["name"] == "Joana P. Prado"
    assert [each["phone"] for each in row["phones"]] == ["(48) 98888-7777"]
    assert len(updates(bench)) == 1
    bench.drain()
    bench.poll()
    assert len(updates(bench)) == 1, "an equal request is not sent"
    assert Person.unscoped.get(pk=deal.person_id).name == "Joana P. Prado"


def test_m37_ten_quick_edits_are_one_request(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    for number in range(10):
        services.update_person(person=deal.person, name=f"Joana {number}", origin=factories.SYSTEM)
    bench.drain()
    assert [body["name"] for body in updates(bench)] == ["Joana 9"]


def test_m37_name_and_phone_changed_there_come_here(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    bench.act(lead, "update", name="Joana de Lá", phones=[{"phone": "(48) 97777-1111", "label": ""}])
    bench.poll()
    joana = Person.unscoped.get(pk=deal.person_id)
    assert joana.name == "Joana de Lá"
    assert [each.typed for each in joana.phones.all()] == ["(48) 97777-1111"]
    assert updates(bench) == [], "what came from there is not said back"


def test_m11_a_company_renamed_there_is_renamed_here_and_its_phone_returns_to_it(
    bench: Bench, deal: Deal
) -> None:
    firm = services.create_company(
        account=bench.world.account, name="Padaria Sol", phones=["(48) 3333-4444"], origin=factories.SYSTEM
    )
    services.update_deal(deal=deal, company=firm, origin=factories.SYSTEM)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    assert [each["phone"] for each in there(bench, lead)["phones"]] == ["(48) 99911-2233", "(48) 3333-4444"]
    bench.act(
        lead,
        "update",
        company="Padaria Lua",
        phones=[{"phone": "(48) 99911-2233"}, {"phone": "(48) 3333-5555"}, {"phone": "(48) 96666-0000"}],
    )
    bench.poll()
    firm.refresh_from_db()
    assert firm.name == "Padaria Lua"
    assert [each.typed for each in firm.phones.all()] == ["(48) 3333-5555"]
    joana = Person.unscoped.get(pk=deal.person_id)
    assert [each.typed for each in joana.phones.all()] == ["(48) 99911-2233", "(48) 96666-0000"]


def test_x14_an_empty_value_there_erases_nothing_here(bench: Bench, deal: Deal) -> None:
    services.update_person(person=deal.person, name="Joana Prado", origin=factories.SYSTEM)
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "update", email="", phones=[])
    bench.poll()
    joana = Person.unscoped.get(pk=deal.person_id)
    assert joana.email == "joana@padariasol.example"
    assert joana.phones.count() == 1
    assert updates(bench) == []


@pytest.mark.parametrize(
    ("type", "value", "text"),
    [
        ("text", "Loja 2", "Loja 2"),
        ("date", "2026-12-31", "31/12/2026"),
        ("currency", "1234.50", "1.234,50"),
        ("checkbox", "true", "Sim"),
    ],
)
def test_m10_m48_a_mapped_field_goes_with_the_lead_in_their_words(
    bench: Bench, deal: Deal, type: str, value: str, text: str
) -> None:
    field = associate(bench, "deal", "Campo", type, "custom.valorEstimado")
    services.update_deal(deal=deal, custom={field.key: value}, origin=factories.SYSTEM)
    enter(bench, deal)
    assert there(bench, their_id(lead_of(deal)))["customFields"]["valorEstimado"] == text


def test_m37_a_mapped_field_follows_in_both_directions(bench: Bench, deal: Deal) -> None:
    field = associate(
        bench, "person", "Setor", "options", "custom.segmento", options=("Comércio", "Serviços")
    )
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    services.update_person(person=deal.person, custom={field.key: "Comércio"}, origin=factories.SYSTEM)
    bench.drain()
    assert there(bench, lead)["customFields"]["segmento"] == "Comércio"
    bench.act(lead, "update", custom={"segmento": "Serviços"})
    bench.poll()
    assert Person.unscoped.get(pk=deal.person_id).custom[field.key] == "Serviços"
    assert len(updates(bench)) == 1


def test_m48_an_option_missing_here_changes_nothing_and_says_field_value_and_reason(
    bench: Bench, deal: Deal
) -> None:
    field = associate(bench, "person", "Setor", "options", "custom.segmento", options=("Comércio",))
    services.update_person(person=deal.person, custom={field.key: "Comércio"}, origin=factories.SYSTEM)
    enter(bench, deal)
    bench.act(their_id(lead_of(deal)), "update", custom={"segmento": "Indústria"})
    bench.poll()
    assert Person.unscoped.get(pk=deal.person_id).custom[field.key] == "Comércio"
    problem = Link.unscoped.get(our_id=lead_of(deal).pk, entity="lead").problems["custom.segmento"]
    assert problem["value"] == "Indústria"
    assert any("Setor" in line and "Indústria" in line for line in told(deal))
    assert updates(bench) == []


def test_m48_a_value_too_long_for_there_is_not_sent_and_the_card_says_so(bench: Bench, deal: Deal) -> None:
    field = associate(bench, "deal", "Endereco", "address", "custom.valorEstimado")
    enter(bench, deal)
    services.update_deal(deal=deal, custom={field.key: "Rua " + "a" * 300}, origin=factories.SYSTEM)
    bench.drain()
    assert updates(bench) == []
    assert any("Endereco" in line and "255" in line for line in told(deal))


def test_m46_person_fields_go_to_their_lead_and_deal_fields_to_all(bench: Bench, deal: Deal) -> None:
    amount = associate(bench, "deal", "Valor", "currency", "custom.valorEstimado")
    rui = person(bench)
    services.set_related_contacts(deal=deal, persons=[rui], origin=factories.SYSTEM)
    enter(bench, deal)
    main, other = their_id(lead_of(deal)), their_id(lead_of(deal, rui))
    services.update_deal(deal=deal, custom={amount.key: "10.00"}, origin=factories.SYSTEM)
    bench.drain()
    assert [there(bench, each)["customFields"]["valorEstimado"] for each in (main, other)] == [
        "10,00",
        "10,00",
    ]
    services.update_person(person=rui, name="Rui L.", origin=factories.SYSTEM)
    bench.drain()
    assert [there(bench, each)["name"] for each in (main, other)] == ["Joana Prado", "Rui L."]
    bench.act(other, "update", custom={"valorEstimado": "25,50"})
    bench.poll()
    bench.drain()
    deal.refresh_from_db()
    assert deal.custom[amount.key] in ("25.5", "25.50")
    assert there(bench, main)["customFields"]["valorEstimado"] == "25,50", "the others follow"


@pytest.mark.parametrize(("master", "here", "at_theirs"), [("ours", "Aqui", "Aqui"), ("theirs", "Lá", "Lá")])
def test_x14_the_master_decides_when_both_changed(
    bench: Bench, deal: Deal, master: str, here: str, at_theirs: str
) -> None:
    field = associate(bench, "deal", "Nota", "text", "custom.ramoEmpresa", master=master)
    services.update_deal(deal=deal, custom={field.key: "Antes"}, origin=factories.SYSTEM)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    bench.act(lead, "update", custom={"ramoEmpresa": "Lá"})
    services.update_deal(deal=deal, custom={field.key: "Aqui"}, origin=factories.SYSTEM)
    bench.poll()
    bench.drain()
    deal.refresh_from_db()
    assert deal.custom[field.key] == here
    assert there(bench, lead)["customFields"]["ramoEmpresa"] == at_theirs


def test_m14_a_field_that_disappears_there_stops_only_its_row(bench: Bench, deal: Deal) -> None:
    gone = associate(bench, "deal", "Some", "text", "custom.ramoEmpresa")
    stays = associate(bench, "deal", "Fica", "text", "custom.valorEstimado")
    enter(bench, deal)
    row = next(
        each
        for each in catalog.items(bench.connection, "custom_fields")
        if each.data["key"] == "custom.ramoEmpresa"
    )
    bench.control("POST", f"meetime/custom-fields/{row.their_id}/delete", {})
    catalog.refresh(bench.connection, "custom_fields", now=clock.now())
    services.update_deal(deal=deal, custom={gone.key: "a", stays.key: "b"}, origin=factories.SYSTEM)
    bench.drain()
    assert there(bench, their_id(lead_of(deal)))["customFields"]["valorEstimado"] == "b"
    assert [set(body["customFields"]) for body in updates(bench)] == [{"valorEstimado"}]
    (notice,) = Notice.unscoped.filter(account=bench.connection.account)  # administrators, once
    assert row.name in notices.said(notice)
    catalog.refresh(bench.connection, "custom_fields", now=clock.now())
    assert Notice.unscoped.filter(account=bench.connection.account).count() == 1


# --- The owner and cadence fields ---


def test_m16_after_sending_a_crm_edit_of_the_owner_is_put_back_with_a_record(
    bench: Bench, deal: Deal
) -> None:
    enter(bench, deal)
    deal.refresh_from_db()
    before = deal.custom[seeing.LATEST_OWNER]
    others = LinkedUser.unscoped.filter(connection=bench.connection).exclude(user_id=int(before))
    for other in others[:2]:
        services.update_deal(
            deal=deal,
            custom={seeing.LATEST_OWNER: str(other.user_id)},
            origin=Origin.user(bench.world.seller),
        )
    bench.drain()
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_OWNER] == before
    assert InteractionRecord.unscoped.filter(deal=deal, text__contains="revertido").exists()


def test_m16_m46_another_owner_there_is_the_cards_latest_owner(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    deal.refresh_from_db()
    before = deal.custom[seeing.LATEST_OWNER]
    other = LinkedUser.unscoped.filter(connection=bench.connection).exclude(user_id=int(before)).first()
    bench.act(their_id(lead_of(deal)), "owner", user_id=int(other.their_id))
    bench.poll()
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_OWNER] == str(other.user_id)
    assert deal.custom[seeing.INITIAL_OWNER] == before, "M17: written once"


def test_m16_an_owner_who_is_linked_only_later_is_the_cards_from_then_on(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    new = {"email": "nova@exemplo.com.br", "name": "Nova Vendedora"}
    made = bench.control("POST", "meetime/users", new)
    bench.act(their_id(lead_of(deal)), "owner", user_id=made["id"])
    bench.poll()
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_OWNER] != "", "leads are read more often than sellers"
    before = deal.custom[seeing.LATEST_OWNER]
    catalog.refresh(bench.connection, "users", now=clock.now())
    sellers.sync(bench.connection)
    bench.drain()
    deal.refresh_from_db()
    nova = LinkedUser.unscoped.get(connection=bench.connection, their_id=str(made["id"]))
    assert before != deal.custom[seeing.LATEST_OWNER] == str(nova.user_id)


def test_m18_m20_another_cadence_there_is_the_cards_latest_cadence(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    high = bench.cadence("HIGH")
    bench.act(their_id(lead_of(deal)), "cadence", cadence_id=int(high.their_id))
    bench.poll()
    deal.refresh_from_db()
    assert deal.custom[seeing.LATEST_CADENCE] == high.name
    assert deal.custom[seeing.INITIAL_CADENCE] == bench.cadence("MEDIUM").name, "M19: never changes"


# --- E-mail, added leads, ghosts ---


def test_m38_an_email_free_there_is_updated(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    services.update_person(person=deal.person, email="nova@padariasol.example", origin=factories.SYSTEM)
    bench.drain()
    assert there(bench, their_id(lead_of(deal)))["email"] == "nova@padariasol.example"


def test_m38_an_email_of_another_lead_is_put_back_with_a_record(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    services.update_person(
        person=deal.person, email="cliente.aberto@exemplo.com.br", name="Joana N.", origin=factories.SYSTEM
    )
    bench.drain()
    bench.drain()
    joana = Person.unscoped.get(pk=deal.person_id)
    assert joana.email == "joana@padariasol.example"
    assert there(bench, their_id(lead_of(deal)))["name"] == "Joana N.", "the rest was sent"
    assert InteractionRecord.unscoped.filter(deal=deal, text__contains="cliente.aberto").count() == 1
    assert not OutboxAction.unscoped.filter(state__in=OutboxAction.OPEN).exists()


def test_m34_a_lead_added_there_becomes_a_related_contact(bench: Bench, deal: Deal) -> None:
    enter(bench, deal)
    known = person(bench, "Bia Souza", "bia@padariasol.example")
    for name, email in (("Bia de Lá", "BIA@padariasol.example"), ("Caio Novo", "caio@padariasol.example")):
        bench.control("POST", "meetime/leads", {"deal": str(deal.pk), "name": name, "email": email})
    bench.poll()
    bench.poll()
    names = {each.person.name for each in deal.related_contacts.select_related("person")}
    assert names == {"Bia de Lá", "Caio Novo"} or names == {"Bia Souza", "Caio Novo"}
    assert (
        Person.unscoped.filter(account=bench.world.account, email_key="bia@padariasol.example").count() == 1
    )
    assert {lead.person_id for lead in run_of(deal).leads.all()} >= {known.pk}
    assert Deal.unscoped.filter(account=bench.world.account).count() == 1, "M44: no deal is created"


def test_m31_a_ghost_given_a_known_persons_email_passes_its_lead(bench: Bench, owner: object) -> None:
    firm = services.create_company(account=bench.world.account, name="Só Firma", origin=factories.SYSTEM)
    card = factories.deal(funnel=bench.world.funnel, company=firm, owner=owner)
    enter(bench, card)
    known = person(bench, "Nina Costa", "nina@sofirma.example")
    ghost = Person.unscoped.get(ghost_of=card)
    bench.act(their_id(lead_of(card)), "update", email="nina@sofirma.example")
    bench.poll()
    assert lead_of(card).person == known
    ghost.refresh_from_db()
    card.refresh_from_db()
    assert ghost.deleted_at is not None
    assert card.person == known


def test_m31_a_ghost_given_a_known_persons_email_here_passes_its_lead_too(
    bench: Bench, owner: object
) -> None:
    firm = services.create_company(account=bench.world.account, name="Só Firma", origin=factories.SYSTEM)
    card = factories.deal(funnel=bench.world.funnel, company=firm, owner=owner)
    enter(bench, card)
    known = person(bench, "Nina Costa", "nina@sofirma.example")
    ghost = Person.unscoped.get(ghost_of=card)
    services.update_person(person=ghost, email="NINA@sofirma.example", origin=factories.SYSTEM)
    bench.drain()
    for row in (ghost, card):
        row.refresh_from_db()
    assert (lead_of(card).person, card.person, ghost.deleted_at is not None) == (known, known, True)
    row = there(bench, their_id(lead_of(card)))
    assert (row["name"], row["email"]) == ("Nina Costa", "nina@sofirma.example")
    bench.poll()
    assert len(updates(bench)) == 1
    assert (
        Person.unscoped.filter(
            account=bench.world.account, email_key="nina@sofirma.example", deleted_at=None
        ).count()
        == 1
    )


def test_m31_m38_her_email_stays_hers_where_another_lead_there_has_it(bench: Bench, owner: object) -> None:
    firm = services.create_company(account=bench.world.account, name="Só Firma", origin=factories.SYSTEM)
    card = factories.deal(funnel=bench.world.funnel, company=firm, owner=owner)
    enter(bench, card)
    known = person(bench, "Nina Costa", "cliente.aberto@exemplo.com.br")
    services.update_person(
        person=Person.unscoped.get(ghost_of=card), email=known.email, origin=factories.SYSTEM
    )
    bench.drain()
    known.refresh_from_db()
    assert (known.email, lead_of(card).person) == ("cliente.aberto@exemplo.com.br", known)
    assert there(bench, their_id(lead_of(card)))["name"] == "Nina Costa"
    assert any("another lead there has it" in line for line in told(card))
    bench.drain()
    assert len(updates(bench)) == 1


def test_m31_what_there_changes_about_the_lead_changes_the_ghost(bench: Bench, owner: object) -> None:
    firm = services.create_company(account=bench.world.account, name="Só Firma", origin=factories.SYSTEM)
    card = factories.deal(funnel=bench.world.funnel, company=firm, owner=owner)
    enter(bench, card)
    bench.act(their_id(lead_of(card)), "update", name="Otto Gerente", email="otto@sofirma.example")
    bench.poll()
    ghost = Person.unscoped.get(ghost_of=card)
    assert (ghost.name, ghost.email, ghost.is_ghost) == ("Otto Gerente", "otto@sofirma.example", True)


@pytest.mark.django_db
def test_m13_the_declared_matrix_is_in_the_database() -> None:
    assert TypePair.objects.filter(partner="meetime", ours="text", theirs="text").exists()
    assert not TypePair.objects.filter(partner="meetime", ours="integer", theirs="select").exists()
    assert Conflict.unscoped.count() == 0


def test_m34_an_added_lead_gets_the_cards_fields_and_nothing_is_echoed(bench: Bench, deal: Deal) -> None:
    amount = associate(bench, "deal", "Valor", "currency", "custom.valorEstimado")
    services.update_deal(deal=deal, custom={amount.key: "10.00"}, origin=factories.SYSTEM)
    enter(bench, deal)
    made = bench.control(
        "POST",
        "meetime/leads",
        {
            "deal": str(deal.pk),
            "name": "Caio Novo",
            "email": "caio@padariasol.example",
            "phones": [{"phone": "(48) 97777-0000"}],
        },
    )
    bench.poll()
    bench.drain()
    assert there(bench, str(made["id"]))["customFields"]["valorEstimado"] == "10,00"
    assert [set(body) for body in updates(bench)] == [{"customFields"}]
    bench.poll()
    assert len(updates(bench)) == 1


def test_m34_a_known_person_keeps_her_name_and_the_difference_is_a_conflict(bench: Bench, deal: Deal) -> None:
    bia = person(bench, "Bia Souza", "bia@padariasol.example")
    enter(bench, deal)
    made = bench.control(
        "POST",
        "meetime/leads",
        {"deal": str(deal.pk), "name": "Bia de Lá", "email": "BIA@padariasol.example"},
    )
    bench.poll()
    bench.drain()
    bia.refresh_from_db()
    assert (bia.name, there(bench, str(made["id"]))["name"]) == ("Bia Souza", "Bia de Lá")
    assert [(each.their_key, each.winner) for each in Conflict.unscoped.all()] == [("name", "nobody")]


@pytest.mark.parametrize(
    ("master", "wins"), [("ours", "Aqui"), ("theirs", "Lá"), ("both", "Aqui")]
)  # ours was the later change
def test_x14_both_changed_between_two_readings_is_a_conflict_not_an_overwriting(
    bench: Bench, deal: Deal, master: str, wins: str
) -> None:
    field = associate(bench, "deal", "Nota", "text", "custom.ramoEmpresa", master=master)
    other = associate(bench, "deal", "Fica", "text", "custom.valorEstimado")
    services.update_deal(deal=deal, custom={field.key: "Antes"}, origin=factories.SYSTEM)
    enter(bench, deal)
    lead = their_id(lead_of(deal))
    bench.act(lead, "update", custom={"ramoEmpresa": "Lá"})
    services.update_deal(deal=deal, custom={field.key: "Aqui", other.key: "b"}, origin=factories.SYSTEM)
    bench.drain()
    bench.poll()
    bench.drain()
    deal.refresh_from_db()
    row = there(bench, lead)["customFields"]
    assert (deal.custom[field.key], row["ramoEmpresa"], row["valorEstimado"]) == (wins, wins, "b")
    (conflict,) = Conflict.unscoped.all()
    assert (conflict.ours, conflict.theirs) == ("Aqui", "Lá")
    assert len(updates(bench)) <= 2


def test_m31_a_ghost_stays_until_someone_makes_it_a_contact(bench: Bench, owner: object) -> None:
    firm = services.create_company(account=bench.world.account, name="Só Firma", origin=factories.SYSTEM)
    card = factories.deal(funnel=bench.world.funnel, company=firm, owner=owner)
    enter(bench, card)
    ghost = Person.unscoped.get(ghost_of=card)
    services.make_contact(person=ghost, origin=factories.SYSTEM)
    ghost.refresh_from_db()
    card.refresh_from_db()
    assert (ghost.is_ghost, ghost.ghost_of, card.person) == (False, None, ghost)
    assert lead_of(card).person == ghost, "its lead goes on"
    other = factories.deal(funnel=bench.world.funnel, company=firm, owner=owner)
    enter(bench, other)
    second = Person.unscoped.get(ghost_of=other)
    services.update_person(person=second, email="x@sofirma.example", origin=factories.SYSTEM)
    services.update_person(person=ghost, email="x@sofirma.example", origin=factories.SYSTEM)
    with pytest.raises(services.NotAllowed, match=r"já tem|already has"):
        services.make_contact(person=second, origin=factories.SYSTEM)


def test_m32_m37_what_a_known_lead_holds_fills_what_is_blank_here(bench: Bench, deal: Deal) -> None:
    field = associate(
        bench, "person", "Setor", "options", "custom.segmento", options=("Comércio", "Serviços")
    )
    lost = next(
        row
        for row in bench.control("GET", "meetime/leads")["data"]
        if row["email"] == "cliente.perdido@exemplo.com.br"
    )
    bench.control("POST", f"meetime/leads/{lost['id']}/update", {"custom": {"segmento": "Serviços"}})
    services.update_person(
        person=deal.person, email="cliente.perdido@exemplo.com.br", phones=[], origin=factories.SYSTEM
    )
    enter(bench, deal)
    joana = Person.unscoped.get(pk=deal.person_id)
    assert joana.custom[field.key] == "Serviços"
    assert [each.typed for each in joana.phones.all()] == [lost["phones"][0]["phone"]]
    assert joana.name == "Joana Prado", "what was sent is not taken back"
    bench.drain()
    bench.poll()
    assert updates(bench) == []


def test_m48_a_cnpj_that_is_none_is_told_by_its_label_and_its_company(bench: Bench, deal: Deal) -> None:
    company = services.create_company(
        account=bench.world.account, name="Sol Ltda", document="123", origin=factories.SYSTEM
    )
    services.update_deal(deal=deal, company=company, origin=factories.SYSTEM)
    associate_cnpj(bench)
    enter(bench, deal)
    services.update_company(company=company, document="124", origin=factories.SYSTEM)
    bench.drain()
    assert any("“CNPJ” of Sol Ltda was not sent" in line for line in told(deal))
