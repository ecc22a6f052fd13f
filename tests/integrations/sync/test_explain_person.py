"""X1: a person's cards, in whatever part she has in them, each with why it was sent or not."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from funnels import services
from integrations.engine.explain_person import CARDS, Role, explain_person
from integrations.models import Enrollment, Lead
from tests import factories
from tests.integrations.shown import action_of, connection_of, lead_of
from tests.integrations.sync.told import linked_lead, news_of, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_x1_a_person_on_no_card_says_so(world) -> None:
    told = explain_person(person_of(world))
    assert (told.count, list(told.cards)) == (0, [])
    assert told.headline == "This person is on no card, so nothing was ever sent."


def test_x1_every_part_she_has_in_a_card(world) -> None:
    """Main contact, related contact, lead of a card that has another contact now, and ghost: newest first."""
    connection, rita, bia = connection_of(world.account), person_of(world), person_of(world, "Bia")
    main = factories.deal(funnel=world.funnel, person=rita)
    related = factories.deal(funnel=world.funnel, person=bia)
    services.set_related_contacts(deal=related, persons=[rita], origin=factories.SYSTEM)
    former = factories.deal(funnel=world.funnel, person=rita)
    lead_of(connection, former)
    services.update_deal(deal=former, person=bia, origin=factories.SYSTEM)
    factories.deal(funnel=world.funnel, person=bia)  # not hers
    told = explain_person(rita)
    assert told.count == 3
    assert [(card.deal.pk, list(card.roles)) for card in told.cards] == [
        (former.pk, [Role.LEAD]),
        (related.pk, [Role.RELATED]),
        (main.pk, [Role.MAIN]),
    ]
    alone = factories.deal(funnel=world.funnel)
    ghost = services.create_person(
        account=world.account, name="Padaria Sol", origin=factories.SYSTEM, ghost_of=alone
    )
    (card,) = explain_person(ghost).cards
    assert (card.deal.pk, list(card.roles)) == (alone.pk, [Role.GHOST])


def test_x1_her_own_lead_says_what_became_of_it_and_what_happened_last(world) -> None:
    connection, rita, bia = connection_of(world.account), person_of(world), person_of(world, "Bia")
    deal = factories.deal(funnel=world.funnel, person=rita)
    lead = linked_lead(connection, deal)
    Lead.unscoped.create(account=world.account, enrollment=lead.enrollment, person=bia)
    news_of(lead, words="The activity became an interaction record.", number=1)
    last = news_of(lead, words="The win action was applied before.", number=2)
    news_of(lead, words="Of another lead", their_id="999", number=3)
    news_of(lead, words="Not applied", state="failed", number=4)
    (card,) = explain_person(rita).cards
    (hers,) = card.leads
    assert (hers.lead.pk, hers.headline, hers.sent) == (lead.pk, "It became a new lead at Meetime.", True)
    assert (hers.last, hers.last_at) == ("The win action was applied before.", last.received_at)
    assert explain_person(bia).cards[0].leads[0].last == ""


def test_x1_each_card_is_explained_as_on_its_own_page(world) -> None:
    from integrations.engine.explain import explain_deal

    connection, rita = connection_of(world.account), person_of(world)
    stuck = factories.deal(funnel=world.funnel, person=rita)
    action_of(lead_of(connection, stuck, state="new"), reason="E-mail inválido")
    Enrollment.unscoped.filter(deal=stuck).update(state="sending")
    never = factories.deal(funnel=world.funnel, person=rita)
    told = {card.deal.pk: card.explanations for card in explain_person(rita).cards}
    assert [each.headline for each in told[stuck.pk]] == ["Not sent to Meetime: E-mail inválido"]
    assert [each.headline for each in told[never.pk]] == ["This card was never sent to Meetime."]
    for deal in (stuck, never):
        assert list(told[deal.pk]) == explain_deal(deal)
    assert all(each.tried for each in told[never.pk])
    assert not any(each.tried for card in explain_person(rita, now=False).cards for each in card.explanations)


def test_x1_at_most_twenty_cards_the_newest_and_the_number_is_told(world) -> None:
    rita = person_of(world)
    deals = [factories.deal(funnel=world.funnel, person=rita) for _n in range(CARDS + 3)]
    told = explain_person(rita, now=False)
    assert [card.deal.pk for card in told.cards] == [deal.pk for deal in reversed(deals[-CARDS:])]
    assert (told.count, told.headline) == (CARDS + 3, f"The newest {CARDS} of {CARDS + 3} cards.")


def test_x1_the_panel_costs_the_same_for_many_cards(world, client_of) -> None:
    connection, rita = connection_of(world.account), person_of(world)
    seller = client_of(world.seller)

    def fill(count: int) -> None:
        for _n in range(count):
            deal = factories.deal(funnel=world.funnel, person=rita)
            lead = linked_lead(connection, deal)
            news_of(lead)
            action_of(lead)

    def cost() -> int:
        with CaptureQueriesContext(database) as found:
            assert seller.get(f"/persons/{rita.pk}/explain/").status_code == 200
        return len(found)

    fill(3)
    cost()
    few = cost()
    fill(30)
    assert cost() == few


def test_x1_the_persons_page_asks_for_it_where_something_is_connected(world, client_of) -> None:
    rita, seller = person_of(world), client_of(world.seller)
    url = f'hx-get="/persons/{rita.pk}/explain/"'
    assert url not in seller.get(f"/persons/{rita.pk}/").content.decode()
    connection_of(world.account)
    assert url in seller.get(f"/persons/{rita.pk}/").content.decode()


def test_x1_members_see_it_and_strangers_do_not(world, stranger, client_of, client) -> None:
    connection, rita = connection_of(world.account), person_of(world)
    lead = linked_lead(connection, factories.deal(funnel=world.funnel, person=rita, title="Padaria Sol"))
    deleted = factories.deal(funnel=world.funnel, person=rita, title="Apagado")
    services.delete_deal(deal=deleted, origin=factories.SYSTEM)
    seller = client_of(world.seller)
    seller.cookies["django_language"] = "en"
    body = seller.get(f"/persons/{rita.pk}/explain/").content.decode()
    assert "Padaria Sol" in body
    assert f'href="/sync/leads/{lead.pk}/"' in body
    assert f'hx-get="/deals/{lead.enrollment.deal_id}/explain/"' in body
    assert "Apagado" in body
    assert f"/deals/{deleted.pk}/" not in body
    assert seller.get(f"/persons/{person_of(stranger).pk}/explain/").status_code == 404
    services.delete_person(person=rita, origin=factories.SYSTEM)
    assert seller.get(f"/persons/{rita.pk}/explain/").status_code == 404
    assert "/login/" in client.get(f"/persons/{rita.pk}/explain/")["Location"]


def test_x1_another_accounts_person_of_the_same_card_number_is_apart(world, stranger) -> None:
    """Ids of two accounts interleave; nothing of the other account is counted."""
    rita = person_of(world)
    factories.deal(funnel=stranger.funnel, person=person_of(stranger))
    factories.deal(funnel=world.funnel, person=rita)
    assert explain_person(rita).count == 1
