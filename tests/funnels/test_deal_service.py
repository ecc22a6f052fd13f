"""Deals: numbers, the checklist by every road, versions, system fields, related contacts, the journal."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.origin import Origin
from accounts.scoping import NotScoped, SomeoneElseChangedThis
from funnels import services
from funnels.models import Change, ChecklistItem, CustomField, Deal
from funnels.signals import changed
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.django_db


def fresh(deal: Deal) -> Deal:
    found: Deal = Deal.unscoped.get(pk=deal.pk)
    return found


def lines(deal: Deal) -> list[tuple[str, dict]]:
    return list(Change.unscoped.filter(deal=deal).order_by("id").values_list("kind", "fields"))


@pytest.fixture
def blocked(world: World) -> tuple[Deal, ChecklistItem]:
    """A card in the first stage, which has a mandatory item and an optional one."""
    deal = factories.deal(funnel=world.funnel)
    services.add_checklist_item(stage=deal.stage, text="Ficha", mandatory=False, origin=factories.SYSTEM)
    item = services.add_checklist_item(stage=deal.stage, text="Contrato", origin=factories.SYSTEM)
    return deal, item


def stages(world: World) -> list:
    return list(world.funnel.stages.all())


def test_s3_numbers_count_up_in_each_account_and_never_come_back(world: World, stranger: World) -> None:
    first, second = (factories.deal(funnel=world.funnel) for _each in range(2))
    assert (first.number, second.number) == (1, 2)
    services.delete_deal(deal=second, origin=factories.SYSTEM)
    fresh(second).delete()
    assert factories.deal(funnel=world.funnel).number == 3
    assert factories.deal(funnel=stranger.funnel).number == 1


@pytest.mark.parametrize("road", ["next", "skip", "win", "other_funnel", "reopen_ahead"])
def test_s8_pending_mandatory_items_stop_every_road_forwards(
    world: World, blocked: tuple[Deal, ChecklistItem], by_hand: Origin, road: str
) -> None:
    deal, _item = blocked
    other = factories.funnel(account=world.account, name="Outro")
    if road == "reopen_ahead":
        services.lose_deal(deal=deal, origin=by_hand)
    roads = {
        "next": lambda: services.move_deal(deal=deal, stage=stages(world)[1], origin=by_hand),
        "skip": lambda: services.move_deal(deal=deal, stage=stages(world)[2], origin=by_hand),
        "win": lambda: services.win_deal(deal=deal, origin=by_hand),
        "other_funnel": lambda: services.move_deal(deal=deal, stage=other.stages.first(), origin=by_hand),
        "reopen_ahead": lambda: services.reopen_deal(deal=deal, stage=stages(world)[1], origin=by_hand),
    }
    before = fresh(deal)
    with pytest.raises(services.ChecklistPending) as refused:
        roads[road]()
    assert refused.value.missing == ["Contrato"]
    assert "Contrato" in refused.value.words
    after = fresh(deal)
    assert (after.stage_id, after.status, after.version) == (before.stage_id, before.status, before.version)


@pytest.mark.parametrize("origin", [Origin.connection(connection_id=1, label="Meetime"), Origin.system()])
def test_s8_holds_for_partners_and_automations_too(
    world: World, blocked: tuple[Deal, ChecklistItem], origin: Origin
) -> None:
    deal, _item = blocked
    with pytest.raises(services.ChecklistPending):
        services.move_deal(deal=deal, stage=stages(world)[1], origin=origin)


def test_s8_a_card_may_go_back_be_lost_and_go_on_once_ticked(
    world: World, blocked: tuple[Deal, ChecklistItem], by_hand: Origin
) -> None:
    first, second, _third = stages(world)
    deal, item = blocked
    later = factories.deal(funnel=world.funnel, stage=1)
    services.add_checklist_item(stage=second, text="Visita", origin=factories.SYSTEM)
    assert services.move_deal(deal=later, stage=first, origin=by_hand).stage == first

    services.mark_checklist_item(deal=deal, item=item, done=True, origin=by_hand)
    assert services.pending_checklist(fresh(deal)) == []
    assert services.move_deal(deal=deal, stage=second, origin=by_hand).stage == second
    assert services.lose_deal(deal=deal, origin=by_hand).status == Deal.Status.LOST

    services.mark_checklist_item(deal=later, item=item, done=True, origin=by_hand)
    services.mark_checklist_item(deal=later, item=item, done=False, origin=by_hand)
    with pytest.raises(services.ChecklistPending):
        services.move_deal(deal=later, stage=second, origin=by_hand)


def test_an_old_version_changes_nothing(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel)
    services.update_deal(deal=deal, title="Novo nome", origin=by_hand, version=1)
    second = stages(world)[1]
    attempts = [
        lambda: services.update_deal(deal=deal, title="Velho", origin=by_hand, version=1),
        lambda: services.move_deal(deal=deal, stage=second, origin=by_hand, version=1),
        lambda: services.win_deal(deal=deal, origin=by_hand, version=1),
        lambda: services.lose_deal(deal=deal, origin=by_hand, version=1),
        lambda: services.delete_deal(deal=deal, origin=by_hand, version=1),
        lambda: services.set_related_contacts(deal=deal, persons=[], origin=by_hand, version=1),
    ]
    for attempt in attempts:
        with pytest.raises(SomeoneElseChangedThis):
            attempt()
    now = fresh(deal)
    assert (now.title, now.version, now.status, now.deleted_at) == ("Novo nome", 2, "open", None)


def test_m17_m18_m19_people_cannot_write_the_integrations_fields(world: World, by_hand: Origin) -> None:
    for key, writer in (("cadencia", "system"), ("cadencia_inicial", "once"), ("segmento", "people")):
        services.ensure_custom_field(
            account=world.account,
            entity=CustomField.Entity.DEAL,
            key=key,
            label=key.title(),
            type="text",
            writer=writer,
            origin=factories.SYSTEM,
        )
    deal = factories.deal(funnel=world.funnel)
    machine = Origin.connection(connection_id=1, label="Meetime")
    both = {"cadencia": "Inbound", "cadencia_inicial": "Inbound"}
    services.set_system_fields(deal=deal, values=both, once={"cadencia_inicial"}, origin=machine)
    for origin in (by_hand, Origin.api(key_id=1, label="ERP")):
        for key in both:
            with pytest.raises(services.NotAllowed, match=key.title()):
                services.update_deal(deal=deal, custom={key: "Outra"}, origin=origin)
        with pytest.raises(services.NotAllowed):
            services.create_deal(
                account=world.account, title="X", stage=deal.stage, custom={"cadencia": "a"}, origin=origin
            )
    with pytest.raises(services.NotAllowed, match="inexistente"):
        services.update_deal(deal=deal, custom={"inexistente": "1"}, origin=by_hand)
    # A form that sends the fields back as they are changes nothing and is welcome.
    services.update_deal(deal=deal, custom={**both, "segmento": "Varejo"}, origin=by_hand)
    services.set_system_fields(
        deal=deal,
        values={"cadencia": "Outbound", "cadencia_inicial": "Outbound"},
        once={"cadencia_inicial"},
        origin=machine,
    )
    assert fresh(deal).custom == {"cadencia": "Outbound", "cadencia_inicial": "Inbound", "segmento": "Varejo"}


def test_related_contacts_leave_out_the_main_one_and_repeats(world: World, by_hand: Origin) -> None:
    ana, bia, caio = (
        services.create_person(account=world.account, name=name, origin=by_hand)
        for name in ("Ana", "Bia", "Caio")
    )
    deal = factories.deal(funnel=world.funnel, person=ana, related=[bia, ana, bia])
    assert list(deal.related_contacts.values_list("person", flat=True)) == [bia.pk]
    services.set_related_contacts(deal=deal, persons=[bia, caio, ana, caio], origin=by_hand)
    assert set(deal.related_contacts.values_list("person", flat=True)) == {bia.pk, caio.pk}
    services.set_related_contacts(deal=deal, persons=[caio, bia], origin=by_hand)  # the same set: no line
    services.set_related_contacts(deal=deal, persons=[], origin=by_hand)
    told = [fields["related"] for kind, fields in lines(deal) if kind == "updated"]
    assert told == [[[bia.pk], [bia.pk, caio.pk]], [[bia.pk, caio.pk], []]]


def test_m41_a_loss_takes_a_living_reason_of_its_own_funnel(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel)
    other = factories.funnel(account=world.account, name="Outro")
    foreign = services.add_loss_reason(funnel=other, name="Preço", origin=by_hand)
    gone = services.add_loss_reason(funnel=world.funnel, name="Antigo", origin=by_hand)
    services.delete_loss_reason(reason=gone, origin=by_hand)
    gone.refresh_from_db()
    for reason in (foreign, gone):
        with pytest.raises(services.NotAllowed):
            services.lose_deal(deal=deal, reason=reason, origin=by_hand)
    own = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=by_hand)
    services.lose_deal(deal=deal, reason=own, note_text="Caro", origin=by_hand)
    services.delete_loss_reason(reason=own, origin=by_hand)
    assert (fresh(deal).loss_reason, fresh(deal).loss_note) == (own, "Caro")


def test_a_closed_card_is_reopened_before_anything_else(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel, stage=1)
    reason = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=by_hand)
    services.lose_deal(deal=deal, reason=reason, note_text="Caro", origin=by_hand)
    for refused in (
        lambda: services.win_deal(deal=deal, origin=by_hand),
        lambda: services.move_deal(deal=deal, stage=stages(world)[0], origin=by_hand),
    ):
        with pytest.raises(services.NotAllowed):
            refused()
    assert services.lose_deal(deal=deal, origin=by_hand).version == fresh(deal).version  # again: as it is
    closed = fresh(deal)
    assert closed.closed_at is not None
    reopened = services.reopen_deal(deal=deal, stage=stages(world)[0], origin=by_hand)
    assert (reopened.status, reopened.closed_at, reopened.loss_reason, reopened.loss_note) == (
        "open",
        None,
        None,
        "",
    )
    assert reopened.entered_stage_at > closed.entered_stage_at
    kind, fields = lines(deal)[-1]
    first, second, _third = stages(world)
    assert (kind, fields["stage"], fields["status"]) == ("reopened", [second.pk, first.pk], ["lost", "open"])


def test_every_change_is_one_journal_line_told_with_its_origin(world: World, by_hand: Origin) -> None:
    heard: list[tuple[str, str]] = []

    def listen(changes: list[Change], origin: Origin, **_rest: object) -> None:
        heard.extend((change.kind, str(origin)) for change in changes)

    changed.connect(listen)
    try:
        deal = factories.deal(funnel=world.funnel)
        services.update_deal(deal=deal, amount=Decimal("10.50"), title=" Padaria Lua ", origin=by_hand)
        services.update_deal(deal=deal, amount=Decimal("10.50"), origin=by_hand)  # nothing differs
        services.move_deal(deal=deal, stage=stages(world)[1], origin=by_hand)
        services.win_deal(deal=deal, origin=by_hand)
        services.reopen_deal(deal=deal, origin=by_hand)
        services.delete_deal(deal=deal, origin=by_hand)
        services.delete_deal(deal=deal, origin=by_hand)
    finally:
        changed.disconnect(listen)
    kinds = ["created", "updated", "moved", "won", "reopened", "deleted"]
    assert [kind for kind, _fields in lines(deal)] == kinds
    assert heard == [("created", "system"), *((kind, str(by_hand)) for kind in kinds[1:])]
    updated = dict(lines(deal))["updated"]
    assert updated == {"amount": [None, "10.50"], "title": ["Padaria Sol", "Padaria Lua"]}
    first, second, _third = stages(world)
    assert dict(lines(deal))["moved"]["stage"] == [first.pk, second.pk]
    assert Change.unscoped.filter(deal=deal, origin_label=world.seller.name).count() == 5


def test_a_move_restarts_the_days_in_the_stage(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel)
    Deal.unscoped.filter(pk=deal.pk).update(entered_stage_at=deal.entered_stage_at - timedelta(days=9))
    same = services.move_deal(deal=deal, stage=stages(world)[0], origin=by_hand)
    assert same.version == 1
    assert same.entered_stage_at < deal.entered_stage_at
    assert (
        services.move_deal(deal=deal, stage=stages(world)[1], origin=by_hand).entered_stage_at
        > deal.entered_stage_at
    )


def test_rows_of_another_account_are_never_tied_to_a_card(
    world: World, stranger: World, by_hand: Origin
) -> None:
    deal = factories.deal(funnel=world.funnel)
    person = services.create_person(account=stranger.account, name="Alheia", origin=factories.SYSTEM)
    company = services.create_company(account=stranger.account, name="Alheia", origin=factories.SYSTEM)
    theirs = stranger.funnel.stages.first()
    item = services.add_checklist_item(stage=theirs, text="Deles", origin=factories.SYSTEM)
    attempts = [
        lambda: services.update_deal(deal=deal, person=person, origin=by_hand),
        lambda: services.update_deal(deal=deal, company=company, origin=by_hand),
        lambda: services.set_related_contacts(deal=deal, persons=[person], origin=by_hand),
        lambda: services.move_deal(deal=deal, stage=theirs, origin=by_hand),
        lambda: services.mark_checklist_item(deal=deal, item=item, done=True, origin=by_hand),
        lambda: services.create_deal(account=world.account, title="X", stage=theirs, origin=by_hand),
        lambda: services.log_interaction(
            account=world.account,
            type="simple",
            text="",
            occurred_at=deal.created_at,
            person=person,
            origin=by_hand,
        ),
        lambda: services.create_task(account=stranger.account, title="X", deal=deal, origin=by_hand),
        lambda: services.update_deal(deal=deal, owner=stranger.seller, origin=by_hand),
        lambda: services.update_deal(deal=deal, owner=stranger.seller, origin=factories.SYSTEM),
        lambda: factories.deal(funnel=world.funnel, owner=stranger.seller),
    ]
    for attempt in attempts:
        with pytest.raises(services.NotAllowed):
            attempt()
    assert Change.unscoped.filter(deal=deal).count() == 1
    with pytest.raises(NotScoped):
        Deal.objects.all()
