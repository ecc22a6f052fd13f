"""What editing takes and from whom: only a row's own fields, only active members as owners (S8, M36)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.origin import Origin
from funnels import services
from funnels.models import Deal
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.django_db
WORDS = "active member|membro ativo"


def fresh(deal: Deal) -> Deal:
    found: Deal = Deal.unscoped.get(pk=deal.pk)
    return found


def test_s8_what_has_its_own_verb_is_not_edited_around_the_checklist(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel)
    for values in ({"status": "won"}, {"stage": world.funnel.stages.last()}, {"deleted_at": None}):
        with pytest.raises(TypeError, match=next(iter(values))):
            services.update_deal(deal=deal, origin=by_hand, title="Outro", **values)
    assert (fresh(deal).status, fresh(deal).stage_id, fresh(deal).title) == (
        "open",
        deal.stage_id,
        deal.title,
    )


def test_an_owner_who_left_stays_but_is_not_chosen_again(world: World, by_hand: Origin) -> None:
    deal = factories.deal(funnel=world.funnel, owner=world.seller)
    world.seller.memberships.update(is_active=False)
    services.update_deal(deal=deal, owner=world.seller, title="Outro", origin=by_hand)
    assert (fresh(deal).owner, fresh(deal).title) == (world.seller, "Outro")
    services.update_deal(deal=deal, owner=None, origin=by_hand)
    with pytest.raises(services.NotAllowed, match=WORDS):
        services.update_deal(deal=deal, owner=world.seller, origin=by_hand)


def test_a_task_is_for_an_active_member_or_the_owner_of_its_card_m36(
    world: World, stranger: World, by_hand: Origin
) -> None:
    deal = factories.deal(funnel=world.funnel, owner=world.seller)
    world.seller.memberships.update(is_active=False)
    for assignee in (stranger.seller, world.seller):
        with pytest.raises(services.NotAllowed, match=WORDS):
            services.create_task(account=world.account, title="X", assignee=assignee, origin=by_hand)
    with pytest.raises(services.NotAllowed):
        services.create_task(
            account=world.account, title="X", deal=deal, assignee=stranger.seller, origin=by_hand
        )
    blocked = services.create_task(
        account=world.account, title="X", deal=deal, assignee=world.seller, origin=factories.SYSTEM
    )
    assert blocked.assignee == world.seller


def test_persons_and_companies_take_only_their_own_fields(world: World, by_hand: Origin) -> None:
    ana = services.create_person(account=world.account, name="Ana", origin=by_hand)
    with pytest.raises(TypeError, match="is_ghost"):
        services.update_person(person=ana, is_ghost=True, origin=by_hand)
    casa = services.create_company(account=world.account, name="Casa", origin=by_hand)
    with pytest.raises(TypeError, match="deleted_at"):
        services.update_company(company=casa, deleted_at=timezone.now(), origin=by_hand)
