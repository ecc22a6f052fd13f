"""X1, X13: what a card and a board show of the integration: one query each, the account's rows only."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from funnels import panels, services
from funnels.conditions import fields_for
from integrations.engine import life
from integrations.engine.explain import explain_deal, reason
from integrations.models import Connection, Enrollment, Lead, OutboxAction, SyncEvent
from integrations.sync import card as shown
from integrations.sync.saw import owners, pairs
from tests import factories
from tests.integrations.shown import action_of, arrival_of, connection_of, exchange_of, lead_of, ready

pytestmark = pytest.mark.django_db
REQUEST = RequestFactory().get("/")


def card(world, *, name: str = "Rita"):
    person = services.create_person(account=world.account, name=name, origin=factories.SYSTEM)
    return factories.deal(funnel=world.funnel, person=person)


def tell(connection, deal, words: str, **more) -> SyncEvent:
    return SyncEvent.unscoped.create(
        account_id=deal.account_id, connection=connection, deal=deal, at=timezone.now(), words=words, **more
    )


def test_the_places_are_filled_once() -> None:
    assert [panel.name for panel in panels.card_panels if panel.name in ("integration", "explain")] == [
        "integration",
        "explain",
    ]
    assert panels.timeline_sources.count(shown.timeline) == 1


def test_the_explain_panel_hides_where_nothing_is_connected_X1(world) -> None:
    deal = card(world)
    assert shown.explain_context(REQUEST, deal) == {}
    ready(world.account, world.funnel)
    assert shown.explain_context(REQUEST, deal) == {"deal": deal}


def test_the_status_panel_shows_runs_leads_and_what_is_stuck_X13(world, client_of) -> None:
    connection = connection_of(world.account)
    deal = card(world)
    assert shown.status_context(REQUEST, deal) == {}
    lead = lead_of(connection, deal)
    Lead.unscoped.filter(pk=lead.pk).update(public_url="https://meetime.example/lead/1")
    action_of(lead, reason="E-mail inválido")
    context = shown.status_context(REQUEST, deal)
    assert [run["partner"] for run in context["runs"]] == ["Meetime"]
    assert context["actions"][0]["stuck"] is True
    body = client_of(world.seller).get(f"/deals/{deal.pk}/").content.decode()
    assert "https://meetime.example/lead/1" in body
    assert "E-mail inválido" in body
    assert f"/deals/{deal.pk}/explain/" in body


def test_the_timeline_says_events_in_the_readers_language_newest_first(world) -> None:
    connection = connection_of(world.account)
    deal = card(world)
    tell(connection, deal, "%(lead)s went out", saw={"lead": "Rita"}, severity="success")
    tell(connection, deal, "100% %(gone)s", saw={"other": 1}, severity="error")
    tell(connection, card(world, name="Outra"), "elsewhere")
    with translation.override("en"):
        entries = shown.timeline(deal, 5)
    assert [(entry.title, entry.tone) for entry in entries] == [
        ("100% %(gone)s", "danger"),
        ("Rita went out", "ok"),
    ]
    assert len(shown.timeline(deal, 1)) == 1


def test_badges_are_one_query_however_many_cards(world, django_assert_num_queries) -> None:
    connection = connection_of(world.account)
    deals = [card(world, name=f"P{n}") for n in range(4)]
    leads = [lead_of(connection, deal) for deal in deals]
    action_of(leads[1], reason="E-mail inválido")
    ids = [deal.pk for deal in deals]
    with django_assert_num_queries(1):
        badges = shown.lead_badges(world.account, ids)
    assert set(badges) == set(ids)
    with django_assert_num_queries(1):
        troubles = shown.trouble_badges(world.account, ids)
    assert list(troubles) == [deals[1].pk]
    assert troubles[deals[1].pk][0].title == "E-mail inválido"


def test_the_badge_is_of_the_newest_run_and_counts_its_leads(world) -> None:
    connection = connection_of(world.account)
    deal = card(world)
    old = lead_of(connection, deal, state="lost")
    old.enrollment.end()
    old.enrollment.save()
    new = lead_of(connection, deal, state="executing", number=2)
    other = services.create_person(account=world.account, name="Bia", origin=factories.SYSTEM)
    Lead.unscoped.create(account=world.account, enrollment=new.enrollment, person=other, state="waiting")
    (badge,) = shown.lead_badges(world.account, [deal.pk])[deal.pk]
    assert badge.tone == "accent"
    assert badge.text.endswith("+1")


def test_a_strangers_cards_have_no_badges_here(world, stranger) -> None:
    deal = card(stranger)
    action_of(lead_of(connection_of(stranger.account), deal))
    assert shown.lead_badges(world.account, [deal.pk]) == {}
    assert shown.trouble_badges(world.account, [deal.pk]) == {}


def test_the_live_number_grows_with_one_query(world, stranger, django_assert_num_queries) -> None:
    connection = connection_of(world.account)
    deal = card(world)
    before = shown.counter(world.account.pk)
    for happen in (
        lambda: tell(connection, deal, "x"),
        lambda: exchange_of(connection),
        lambda: arrival_of(connection, deal),
    ):
        happen()
        with django_assert_num_queries(1):
            after = shown.counter(world.account.pk)
        assert after > before
        before = after
    tell(connection_of(stranger.account), card(stranger), "x")
    assert shown.counter(world.account.pk) == before


def test_what_rules_saw_is_readable_X1(world) -> None:
    fields = {field.key: field for field in fields_for(world.account)}
    rule = {"field": "deal.owner", "operator": "is", "value": str(world.admin.pk), "passed": False}
    saw = {
        "stage_id": 3,
        "blank": "",
        "many": ["a", {"x": "y"}],
        "filters": [{**rule, "saw": str(world.seller.pk)}, {"field": "gone", "operator": "is"}],
    }
    with translation.override("en"):
        told = dict(pairs(saw, fields))
    assert (told["stage id"], told["blank"], told["many"]) == ("3", "—", "a; x: y")
    first, second = told["filters"].split("; ")
    assert f"“{world.admin.name}” (it is “{world.seller.name}”)" in first
    assert "no longer exists" in second


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "This card waits to be sent to Meetime."),
        ("unsure", "This card may have reached Meetime: it is being checked."),
        ("refused", "Not sent to Meetime: E-mail inválido"),
        ("person", "Nobody knows whether this card reached Meetime: a person has to look."),
        ("dead", "Not sent to Meetime: E-mail inválido"),
    ],
)
def test_the_headline_says_what_became_of_the_sending_X1(world, state: str, words: str) -> None:
    deal = card(world)
    lead = lead_of(connection_of(world.account), deal)
    action = action_of(lead, reason="E-mail inválido")
    OutboxAction.unscoped.filter(pk=action.pk).update(state=state)
    Enrollment.unscoped.filter(deal=deal).update(state="sending")
    with translation.override("en"):
        (told,) = explain_deal(deal)
        assert (told.headline, told.sent) == (words, False)


def test_a_later_failure_does_not_deny_that_the_card_was_sent_X1(world) -> None:
    deal = card(world)
    lead = lead_of(connection_of(world.account), deal)
    action_of(lead, reason="E-mail inválido")
    Enrollment.unscoped.filter(deal=deal).update(state="active")
    with translation.override("en"):
        (told,) = explain_deal(deal)
    assert told.headline == "This card was sent to Meetime, but a later change was not: E-mail inválido"


def test_slugs_are_shown_as_words_X1(world) -> None:
    with translation.override("en"):
        seen = {"status": "open", "state": "broken", "trigger": "entered", "email": "a@b.c", "number": 2}
        assert pairs(seen, {}) == [
            ("status", "Open"),
            ("state", "Credentials refused"),
            ("trigger", "Card entered this stage"),
            ("E-mail", "a@b.c"),
            ("run", "2"),
        ]
        assert pairs({"status": "deleted", "state": "of tomorrow"}, {}) == [
            ("status", "Deleted"),
            ("state", "of tomorrow"),
        ]
    assert owners(world.account)[world.seller.pk] == world.seller.name


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ('{"error": "Unauthorized"}', "The partner answered: “Unauthorized”"),
        ('{"errors": [{"message": "no"}, {"message": "nor this"}]}', "The partner answered: “no; nor this”"),
        ("<html><h1>502</h1></html>", "The partner answered with a page instead of data."),
        ('{"error": "cut', '{"error": "cut'),
        ('{"code": 7}', '{"code": 7}'),
        ("E-mail inválido", "E-mail inválido"),
    ],
)
def test_raw_answers_are_told_in_words_X12(raw: str, words: str) -> None:
    with translation.override("en"):
        assert reason(raw) == words


@pytest.mark.parametrize(("state", "words"), [("broken", "validates a new token"), ("paused", "resumes it")])
def test_a_card_that_waits_for_a_person_says_for_what_X1_X13(world, state: str, words: str) -> None:
    deal = card(world)
    action = action_of(lead_of(connection_of(world.account, state=state), deal), reason='{"error": "no"}')
    OutboxAction.unscoped.filter(pk=action.pk).update(state="waiting")
    Enrollment.unscoped.filter(deal=deal).update(state="sending")
    with translation.override("en"):
        assert words in shown.status_context(REQUEST, deal)["actions"][0]["reason"]
        (told,) = explain_deal(deal)
    assert told.headline.startswith("This card waits to be sent to Meetime. The ")
    assert words in told.headline


def test_a_card_says_that_its_integration_was_deactivated_G6(world, client_of) -> None:
    deal = card(world)
    connection = connection_of(world.account)
    lead_of(connection, deal)
    assert shown.status_context(REQUEST, deal)["runs"][0]["asleep"] is None
    life.deactivate(connection=connection, origin=factories.SYSTEM)
    told = shown.status_context(REQUEST, deal)["runs"][0]["asleep"]
    assert told["at"] == SyncEvent.unscoped.get(words=life.DEACTIVATED).at
    with translation.override("en"):
        body = client_of(world.seller).get(f"/deals/{deal.pk}/").content.decode()
    assert "nothing is sent or taken in" in body or "nada é enviado nem recebido" in body
    Connection.unscoped.filter(pk=connection.pk).update(state="draft")  # the wizard begins anew
    assert shown.status_context(REQUEST, deal)["runs"][0]["asleep"] == told
    Connection.unscoped.filter(pk=connection.pk).update(state="active")
    assert shown.status_context(REQUEST, deal)["runs"][0]["asleep"] is None
