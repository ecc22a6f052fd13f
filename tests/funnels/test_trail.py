"""Set-up and deletions of the CRM in the audit trail: who, what, before and after (X8)."""

from __future__ import annotations

import pytest

from accounts import audit_details, audit_words
from accounts.models import AuditEntry
from accounts.origin import Origin
from funnels import services, trail
from funnels.models import Change
from funnels.services import layout
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_her(world: World) -> Origin:
    return Origin.user(world.admin)


def told(world: World) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.of(world.account).exclude(action__startswith="module.").order_by("pk")
    return list(rows.values_list("action", "subject"))


def test_x8_what_people_change_of_the_set_up_is_told_with_before_and_after(
    world: World, by_her: Origin
) -> None:
    stage = services.add_stage(funnel=world.funnel, name="Visita", origin=by_her)
    services.rename(row=stage, name="Visita marcada", origin=by_her)
    layout.remove_unused(row=stage, origin=by_her)
    reason = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=by_her)
    services.delete_loss_reason(reason=reason, origin=by_her)
    assert told(world)[-5:] == [
        ("stage.created", "Visita"),
        ("stage.updated", "Visita marcada"),
        ("stage.deleted", "Visita marcada"),
        ("lossreason.created", "Preço"),
        ("lossreason.deleted", "Preço"),
    ]
    changed = AuditEntry.objects.of(world.account).get(action="stage.updated")
    assert changed.actor_id == world.admin.pk
    assert changed.data == {"name": {"before": "Visita", "after": "Visita marcada"}}
    assert ("Visita → Visita marcada") in dict(audit_details.details(changed, audit_details.known())).values()


def test_x8_deleted_records_are_told_a_person_by_her_number_only(world: World, by_her: Origin) -> None:
    person = services.create_person(
        account=world.account, name="Joana Prado", email="joana@sol.example", origin=by_her
    )
    deal = factories.deal(funnel=world.funnel, title="Pedido", person=person)
    services.delete_deal(deal=deal, origin=by_her)
    services.delete_person(person=person, origin=by_her)
    assert told(world)[-2:] == [("deal.deleted", f"#{deal.number}"), ("person.deleted", str(person.pk))]
    assert "Joana" not in str(list(AuditEntry.objects.of(world.account).values()))


def test_x8_what_the_product_lays_out_and_what_records_tell_themselves_is_not_there(
    world: World, by_her: Origin
) -> None:
    before = told(world)
    factories.funnel(account=world.account, name="Semente")
    deal = factories.deal(funnel=world.funnel)
    services.update_deal(deal=deal, title="Outro", origin=by_her)
    assert told(world) == before


def test_every_change_that_is_told_has_words_for_the_trails_page() -> None:
    assert trail.action_words().keys() <= audit_words.known().keys()
    assert {kind for _entity, kind in trail.WORDS} <= set(Change.Kind.values)
