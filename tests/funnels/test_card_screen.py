"""The card page: editing, the one-press actions, contacts, records, tasks, custom fields and the stream."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from funnels import panels, services
from funnels.models import Company, Deal, InteractionRecord, LossReason
from funnels.models import Person as PersonRow
from tests import factories
from tests.conftest import World
from tests.funnels.conftest import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(world: World) -> Deal:
    return factories.deal(funnel=world.funnel)


def fresh(deal: Deal) -> Deal:
    found: Deal = Deal.unscoped.get(pk=deal.pk)
    return found


def form(**changed: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("amount", "owner", "person", "person_name", "company", "company_name"), "")
    return {
        "title": "Padaria Sol",
        "version": "1",
        "person_email": "",
        "person_phone": "",
        **blank,
        **changed,
    }


def test_editing_saves_all_at_once(world: World, seller: Person, deal: Deal) -> None:
    sent = form(
        title="Padaria Lua",
        amount="R$ 1.234,56",
        owner=world.seller.pk,
        person_name="Ana Lima",
        person_email="ana@x.example",
        person_phone="(11) 98765-4321",
        company_name="Padaria Lua Ltda",
    )
    assert seller.post("deal", deal.pk, **sent).status_code == 302
    now = fresh(deal)
    assert (now.title, now.amount, now.owner) == ("Padaria Lua", Decimal("1234.56"), world.seller)
    assert (now.person.name, now.person.email, now.person.company) == (
        "Ana Lima",
        "ana@x.example",
        now.company,
    )
    assert now.person.phones.get().e164 == "+5511987654321"
    # The same names again choose the same rows; clearing them empties the card.
    kept = form(
        title="Padaria Lua",
        version="2",
        person=now.person_id,
        person_name="Ana Lima",
        company_name="PADARIA LUA LTDA",
    )
    seller.post("deal", deal.pk, **kept)
    assert (fresh(deal).person_id, fresh(deal).company_id, fresh(deal).amount) == (
        now.person_id,
        now.company_id,
        None,
    )
    assert (PersonRow.unscoped.count(), Company.unscoped.count()) == (1, 1)
    seller.post("deal", deal.pk, **form(version="3"))
    assert (fresh(deal).person, fresh(deal).company) == (None, None)


@pytest.mark.parametrize("amount", ["abc", "1,234,5", "-5", "1,999", "99999999999999"])
def test_an_amount_that_is_none_is_a_field_error(seller: Person, deal: Deal, amount: str) -> None:
    answer = seller.post("deal", deal.pk, **form(amount=amount))
    assert answer.status_code == 422
    assert "amount" in answer.context["form"].errors
    assert fresh(deal).version == 1


def test_each_wrong_amount_says_what_is_wrong_with_it(seller: Person, deal: Deal) -> None:
    said = [
        str(seller.post("deal", deal.pk, **form(amount=amount)).context["form"].errors["amount"])
        for amount in ("-5", "1,999", "99999999999999")
    ]
    assert len(set(said)) == len(said)


def test_a_stage_is_offered_with_its_funnel(world: World, seller: Person) -> None:
    factories.funnel(account=world.account, name="Renovação", stages=("Proposta",))
    groups = seller.get("deal-new").context["form"].fields["stage"].choices
    labels = [label for _group, options in groups if isinstance(options, list) for _pk, label in options]
    assert "Renovação · Proposta" in labels
    assert len(set(labels)) == len(labels)


def test_m15_a_taken_email_is_a_field_error_with_a_link(world: World, seller: Person, deal: Deal) -> None:
    ana = services.create_person(
        account=world.account, name="Ana", email="ana@x.example", origin=factories.SYSTEM
    )
    answer = seller.post(
        "deal", deal.pk, **form(person_name="Outra", person_email="ANA@x.example", company_name="Nova")
    )
    assert answer.status_code == 422
    assert f'href="/persons/{ana.pk}/"' in answer.content.decode()
    assert not Company.unscoped.exists()  # nothing of a refused form stays


def test_an_old_form_says_so_and_shows_what_stands_there_now(seller: Person, deal: Deal) -> None:
    services.update_deal(deal=deal, title="De outra pessoa", origin=factories.SYSTEM)
    seller.client.cookies["django_language"] = "en"
    answer = seller.post("deal", deal.pk, **form(title="Meu"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Someone else changed this card" in page
    assert "De outra pessoa" in page
    assert fresh(deal).title == "De outra pessoa"
    assert 'name="version" value="2"' in page  # looked at again, it can be saved


def test_rows_of_strangers_are_no_choice(world: World, stranger: World, seller: Person, deal: Deal) -> None:
    theirs = services.create_person(account=stranger.account, name="Alheia", origin=factories.SYSTEM)
    for name, value in (("person", theirs.pk), ("owner", stranger.admin.pk)):
        answer = seller.post("deal", deal.pk, **form(**{name: value, "person_name": "Alheia"}))
        assert answer.status_code == 422
        assert name in answer.context["form"].errors
    new = form(stage=stranger.funnel.stages.first().pk, related=[theirs.pk])
    answer = seller.post("deal-new", **new)
    assert {"stage", "related"} <= set(answer.context["form"].errors)
    assert seller.post("deal-contact-add", deal.pk, person=theirs.pk, person_name="Alheia").status_code == 302
    assert not deal.related_contacts.exists()


def test_m18_locked_fields_are_shown_with_why_and_not_editable(
    world: World, seller: Person, deal: Deal
) -> None:
    for key, label, type, writer in (
        ("cad", "Cadência mais recente (Meetime)", "text", "system"),
        ("seg", "Segmento", "options", "people"),
        ("quando", "Início", "date", "people"),
        ("mensal", "Mensalidade", "currency", "people"),
    ):
        services.ensure_custom_field(
            account=world.account,
            entity="deal",
            key=key,
            label=label,
            type=type,
            writer=writer,
            options=["Varejo", "Indústria"] if type == "options" else (),
            origin=factories.SYSTEM,
        )
    services.set_system_fields(deal=deal, values={"cad": "Inbound"}, once=set(), origin=factories.SYSTEM)
    page = seller.get("deal", deal.pk, query="?edit=1").content.decode()
    assert "Inbound" in page
    assert ">lock<" in page
    assert 'name="custom-seg"' in page
    assert 'name="custom-cad"' not in page
    custom = {
        "custom-seg": "Varejo",
        "custom-quando": "31/12/2026",
        "custom-mensal": "1.500,5",
        "custom-cad": "x",
    }
    assert seller.post("deal", deal.pk, **form(version="2", **custom)).status_code == 302
    assert fresh(deal).custom == {
        "cad": "Inbound",
        "seg": "Varejo",
        "quando": "2026-12-31",
        "mensal": "1500.50",
    }
    shown = seller.get("deal", deal.pk).content.decode()
    assert "31/12/2026" in shown
    assert "R$\xa01.500,50" in shown
    wrong = seller.post("deal", deal.pk, **form(version="3", **{**custom, "custom-quando": "31/02/2026"}))
    assert wrong.status_code == 422


def test_winning_losing_and_reopening(world: World, seller: Person, deal: Deal) -> None:
    reason = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=factories.SYSTEM)
    other = factories.funnel(account=world.account, name="Outro")
    foreign = services.add_loss_reason(funnel=other, name="Alheio", origin=factories.SYSTEM)
    page = seller.get("deal", deal.pk).content.decode()
    assert "Preço" in page
    assert "Alheio" not in page
    assert seller.script("deal-lose", deal.pk, reason=foreign.pk, version=1).status_code == 422
    lost = seller.script("deal-lose", deal.pk, reason=reason.pk, note="Caro demais", version=1)
    assert lost.status_code == 200
    assert (fresh(deal).status, fresh(deal).loss_reason, fresh(deal).loss_note) == (
        "lost",
        reason,
        "Caro demais",
    )
    assert seller.script("deal-win", deal.pk, version=2).status_code == 422
    assert seller.script("deal-reopen", deal.pk, version=2).status_code == 200
    # Reopening empties the note on the card; the history still tells it.
    assert "Preço · Caro demais" in [entry.text for entry in seller.get("deal", deal.pk).context["entries"]]
    assert seller.script("deal-win", deal.pk, version=1).status_code == 412
    assert seller.script("deal-win", deal.pk, version=3).status_code == 200
    assert fresh(deal).status == "won"
    assert LossReason.unscoped.filter(deleted_at=None).count() == 2


def test_s8_winning_with_a_pending_checklist_lists_it_and_ticking_helps(
    world: World, seller: Person, deal: Deal
) -> None:
    item = services.add_checklist_item(stage=deal.stage, text="Contrato", origin=factories.SYSTEM)
    assert seller.script("deal-win", deal.pk).json()["missing"] == ["Contrato"]
    assert seller.script("deal-checklist", deal.pk, item.pk, done="on").status_code == 200
    assert 'name="done" checked' in seller.get("deal", deal.pk).content.decode()
    assert seller.script("deal-checklist", deal.pk, item.pk).status_code == 200
    assert seller.script("deal-win", deal.pk).status_code == 422
    seller.post("deal-checklist", deal.pk, item.pk, done="on")
    assert seller.script("deal-win", deal.pk).status_code == 200
    other = factories.funnel(account=world.account, name="Outro").stages.first()
    foreign = services.add_checklist_item(stage=other, text="X", origin=factories.SYSTEM)
    assert seller.script("deal-checklist", deal.pk, foreign.pk, done="on").status_code == 404


def test_deleting_leads_to_the_board(world: World, seller: Person, deal: Deal) -> None:
    services.update_deal(deal=deal, title="Outra", origin=factories.SYSTEM)
    refused = seller.post("deal-delete", deal.pk, version=1)
    assert refused["Location"] == f"/deals/{deal.pk}/"
    done = seller.post("deal-delete", deal.pk, version=2)
    assert done["Location"] == f"/funnels/{world.funnel.pk}/"
    assert seller.get("deal", deal.pk).status_code == 404
    assert seller.post("deal-win", deal.pk).status_code == 404


def test_related_contacts_are_chosen_made_and_removed(world: World, seller: Person, deal: Deal) -> None:
    ana = services.create_person(
        account=world.account, name="Ana", email="ana@x.example", origin=factories.SYSTEM
    )
    seller.post("deal-contact-add", deal.pk, person=ana.pk, person_name="Ana")
    seller.post("deal-contact-add", deal.pk, person_name="Bia", person_email="bia@x.example")
    names = list(deal.related_contacts.order_by("id").values_list("person__name", flat=True))
    assert names == ["Ana", "Bia"]
    taken = seller.script("deal-contact-add", deal.pk, person_name="Outra", person_email="ana@x.example")
    assert (taken.status_code, "Ana" in taken.json()["message"]) == (422, True)
    assert seller.script("deal-contact-add", deal.pk).status_code == 422
    seller.post("deal-contact-remove", deal.pk, ana.pk)
    assert [contact.person.name for contact in deal.related_contacts.all()] == ["Bia"]
    services.update_deal(deal=deal, person=ana, origin=factories.SYSTEM)
    assert seller.script("deal-contact-add", deal.pk, person=ana.pk, person_name="Ana").status_code == 422


def test_m33_a_record_by_hand_stands_on_card_person_and_company(world: World, seller: Person) -> None:
    o = factories.SYSTEM
    ana = services.create_person(account=world.account, name="Ana", origin=o)
    casa = services.create_company(account=world.account, name="Casa", origin=o)
    deal = factories.deal(funnel=world.funnel, person=ana, company=casa)
    seller.post("deal-record", deal.pk, type="phone", text="Ligou às 14:30", occurred_at="2026-03-05T14:30")
    record = InteractionRecord.unscoped.get()
    assert (record.deal, record.person, record.company, record.author) == (deal, ana, casa, world.seller.name)
    assert record.occurred_at == datetime(2026, 3, 5, 17, 30, tzinfo=UTC)  # São Paulo is three hours behind
    for name, row in (("deal", deal), ("person", ana), ("company", casa)):
        page = seller.get(name, row.pk).content.decode()
        assert "Ligou às 14:30" in page
        assert "05/03/2026 14:30" in page
    assert seller.script("deal-record", deal.pk, type="phone", text="").status_code == 422
    assert seller.script("deal-record", deal.pk, type="fax", text="x").status_code == 422


def test_tasks_of_a_card(world: World, seller: Person, deal: Deal) -> None:
    seller.post(
        "deal-task", deal.pk, title="Enviar contrato", assignee=world.seller.pk, due_at="2026-03-05T09:00"
    )
    task = deal.tasks.get()
    assert (task.assignee, task.due_at) == (world.seller, datetime(2026, 3, 5, 12, tzinfo=UTC))
    back = seller.post("task-done", task.pk, deal=deal.pk)
    assert back["Location"] == f"/deals/{deal.pk}/#tasks"
    task.refresh_from_db()
    assert task.done_at is not None


def test_the_stream_mixes_records_journal_and_other_apps_newest_first(
    world: World, seller: Person, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = list(world.funnel.stages.all())[1]
    services.move_deal(deal=deal, stage=second, origin=factories.SYSTEM)
    services.update_deal(deal=deal, amount=Decimal("10.00"), owner=world.admin, origin=factories.SYSTEM)
    services.log_interaction(
        account=world.account,
        type="email",
        text="Olá",
        occurred_at=timezone.now(),
        deal=deal,
        origin=factories.SYSTEM,
    )

    def source(of: Deal, limit: int) -> list[panels.TimelineEntry]:
        return [panels.TimelineEntry(at=timezone.now(), icon="sync", title=f"Enviado {of.number}")][:limit]

    from funnels import timeline

    monkeypatch.setattr(timeline, "timeline_sources", [source])
    seller.client.cookies["django_language"] = "en"
    answer = seller.get("deal", deal.pk)
    titles = [entry.title for entry in answer.context["entries"]]
    assert titles == ["Enviado 1", "E-mail record", "Card edited", f"Moved to {second.name}", "Card created"]
    edited = answer.context["entries"][2]
    # A store may keep the journal's fields in another order than they were given.
    assert set(edited.text.splitlines()) == {"Value: R$\xa010.00", f"Owner: {world.admin.name}"}
    assert edited.author == "tests"


def test_the_stream_is_paged(world: World, seller: Person, deal: Deal) -> None:
    for number in range(25):
        services.update_deal(deal=deal, title=f"Nome {number}", origin=factories.SYSTEM)
    first = seller.get("deal", deal.pk)
    assert (len(first.context["entries"]), first.context["older"]) == (20, 40)
    second = seller.get("deal", deal.pk, query="?entries=40")
    assert (len(second.context["entries"]), second.context["older"]) == (26, 0)
    assert seller.get("deal", deal.pk, query="?entries=zzz").status_code == 200


def test_panels_of_other_apps_stand_on_the_card(
    world: World, seller: Person, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = panels.CardPanel(
        name="why",
        title="Por que este card foi enviado?",
        template="funnels/parts/stream.html",
        context=lambda _request, of: {"entries": []} if of.title != "Sem" else {},
    )
    panels.card_panels.append(shown)
    try:
        assert 'id="panel-why"' in seller.get("deal", deal.pk).content.decode()
        services.update_deal(deal=deal, title="Sem", origin=factories.SYSTEM)
        assert 'id="panel-why"' not in seller.get("deal", deal.pk).content.decode()
    finally:
        panels.card_panels.remove(shown)


def test_a_new_card_with_everything(world: World, seller: Person) -> None:
    bia = services.create_person(account=world.account, name="Bia", origin=factories.SYSTEM)
    stage = list(world.funnel.stages.all())[1]
    sent = form(
        title="Novo negócio",
        stage=stage.pk,
        amount="500",
        owner=world.seller.pk,
        person_name="Ana",
        person_email="ana@x.example",
        company_name="Casa",
        related=[bia.pk],
    )
    answer = seller.post("deal-new", **sent)
    made = Deal.unscoped.get()
    assert answer["Location"] == f"/deals/{made.pk}/"
    assert (made.stage, made.person.name, made.company.name, made.number) == (stage, "Ana", "Casa", 1)
    assert made.related_contacts.get().person == bia
    again = seller.post("deal-new", **sent)  # her e-mail is taken now
    assert (again.status_code, Deal.unscoped.count(), Company.unscoped.count()) == (422, 1, 1)
    assert "Bia" in again.content.decode()
    empty = seller.post("deal-new", title="", stage="")
    assert {"title", "stage"} <= set(empty.context["form"].errors)
    filled = seller.get("deal-new", query=f"?stage={stage.pk}&person={bia.pk}")
    assert 'value="Bia"' in filled.content.decode()
