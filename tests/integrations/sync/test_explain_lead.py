"""X1: why a lead was sent or not, and what became of it: the sentence, the page, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from integrations.engine.explain_lead import NEWS, became_of, explain_lead
from integrations.models import AutomationRun, Enrollment, Lead, OutboxAction
from integrations.sync import card as shown
from tests import factories
from tests.integrations.shown import action_of, automation_of, connection_of, lead_of, ready
from tests.integrations.sync.told import linked_lead, news_of, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def card(world, name: str = "Rita", **values):
    return factories.deal(funnel=world.funnel, person=person_of(world, name), **values)


def headline(lead: Lead) -> tuple[str, bool]:
    told = became_of([Lead.unscoped.select_related("enrollment__connection").get(pk=lead.pk)])[lead.pk]
    return told.headline, told.sent


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("waiting", "It waits to be sent to Meetime."),
        ("speaking", "It is being sent to Meetime."),
        ("unsure", "It may have reached Meetime: it is being checked."),
        ("refused", "Not sent to Meetime: E-mail inválido"),
        ("dead", "Not sent to Meetime: E-mail inválido"),
        ("person", "Nobody knows whether it reached Meetime: a person has to look."),
        ("cancelled", "Not sent to Meetime: E-mail inválido"),
    ],
)
def test_x1_a_lead_says_what_its_sending_is_doing(world, state: str, words: str) -> None:
    lead = lead_of(connection_of(world.account), card(world), state="new")
    action_of(lead, state=state, reason="E-mail inválido")
    assert headline(lead) == (words, False)


def test_x1_a_lead_that_nobody_sent_says_so(world) -> None:
    lead = lead_of(connection_of(world.account), card(world), state="new")
    assert headline(lead) == ("It was never sent to Meetime.", False)


def test_x1_what_waits_for_an_administrator_says_for_what(world) -> None:
    lead = lead_of(connection_of(world.account, state="broken"), card(world), state="new")
    action_of(lead, state="waiting", reason="")
    assert "validates a new token" in headline(lead)[0]


def test_x1_what_waits_counts_more_than_what_was_cancelled_before(world) -> None:
    lead = lead_of(connection_of(world.account), card(world), state="new")
    action_of(lead, state="cancelled", reason="A person cancelled it.", n=1)
    action_of(lead, state="waiting", reason="", n=2)
    assert headline(lead)[0] == "It waits to be sent to Meetime."


@pytest.mark.parametrize(
    ("outcome", "words", "sent"),
    [
        ("created", "It became a new lead at Meetime.", True),
        ("reopened", "It was a closed lead at Meetime and was reopened.", True),
        ("updated", "It was an open lead at Meetime and passed to this card.", True),
        ("left", "It is an open lead at Meetime already and was left as it was.", False),
        ("added", "It was added to this card at Meetime.", True),
        ("of tomorrow", "It is a lead at Meetime.", True),
    ],
)
def test_x1_m32_a_lead_says_what_the_partner_made_of_it(world, outcome: str, words: str, sent: bool) -> None:
    lead = linked_lead(connection_of(world.account), card(world), outcome=outcome)
    assert headline(lead) == (words, sent)


def test_x1_m32_a_lead_that_passed_to_another_card_says_so(world) -> None:
    lead = linked_lead(connection_of(world.account), card(world), state="left")
    assert headline(lead)[0].endswith("It passed to another card since.")


def test_x1_a_later_failure_is_said_and_denies_no_sending(world) -> None:
    lead = linked_lead(connection_of(world.account), card(world))
    action_of(lead, state="refused", reason='{"error": "longo demais"}')
    words, sent = headline(lead)
    assert sent is True
    assert words.startswith("It became a new lead at Meetime. A later change was not sent:")
    assert "longo demais" in words


def test_x1_the_whole_lead_is_told(world) -> None:
    """Run, automation, parameters by name, the rules its change met, the action with its evidence, the news."""
    connection = ready(world.account, world.funnel)
    deal = card(world)
    lead = linked_lead(connection, deal)
    automation = automation_of(connection, world.funnel)
    began = timezone.now()
    Enrollment.unscoped.filter(pk=lead.enrollment_id).update(
        automation=automation,
        parameters={"cadence": "2", "start": "wait"},
        started_at=began,
        ended_at=began,
        end_words="The lead was won.",
    )
    for change, at, words in (
        (1, began - timedelta(days=2), "The card has no lead in prospection yet."),
        (2, began, "“%(automation)s” is the first automation that fits."),
        (3, began + timedelta(days=1), "The card is open."),
    ):
        AutomationRun.unscoped.create(
            account=world.account, connection=connection, deal=deal, change_id=change, at=at, sent=True,
            tried=[{"row": "M28", "passed": True, "words": words, "saw": {"automation": "Enviar"}}],
        )  # fmt: skip
    action = action_of(lead, state="done", reason="")
    OutboxAction.unscoped.filter(pk=action.pk).update(
        attempts=2,
        receipt={"id": "501", "facts": {"made": "created", "run": "77", "agreed": {"name": "Rita"}}},
    )
    news_of(lead)
    told = explain_lead(lead)
    assert [(each.label, each.value) for each in told.parameters] == [
        ("Cadence", "Inbound"),
        ("Start", "Wait to start"),
    ]
    assert (told.automation, told.ended_why) == ("Enviar", "The lead was won.")
    assert [line.text for line in told.then] == ["“Enviar” is the first automation that fits."]
    (asked,) = told.actions
    assert (asked.label, asked.action.attempts, asked.evidence["made"]) == ("Send lead", 2, "created")
    (news,) = told.news
    assert news.text == "The activity became an interaction record."
    assert news.tried[0].saw == {"type": "CALL", "record": "phone"}


def test_x1_news_of_another_run_over_there_is_not_this_leads(world) -> None:
    """The lead was sent twice: each run shows its own news, and what names no run."""
    connection, deal = connection_of(world.account), card(world)
    old = linked_lead(connection, deal)
    old.enrollment.end()
    old.enrollment.save()
    new = linked_lead(connection, deal, number=2)
    Lead.unscoped.filter(pk=old.pk).update(their_run="run-0")
    of_old, of_new, of_both = (
        news_of(new, run=run, number=n) for n, run in enumerate(("run-0", "run-1", ""))
    )
    elsewhere = news_of(new, their_id="777", number=9)
    assert {each.arrival.pk for each in explain_lead(old).news} == {of_old.pk, of_both.pk}
    assert {each.arrival.pk for each in explain_lead(new).news} == {of_new.pk, of_both.pk}
    assert elsewhere.pk not in {each.arrival.pk for each in explain_lead(new).news}


def test_x1_only_the_newest_news_is_shown_and_it_says_so(world) -> None:
    lead = linked_lead(connection_of(world.account), card(world))
    rows = [news_of(lead, number=n) for n in range(NEWS + 3)]
    told = explain_lead(lead)
    assert [each.arrival.pk for each in told.news] == [row.pk for row in reversed(rows[-NEWS:])]
    assert told.older_news is True


def test_x1_news_that_counted_for_nothing_says_why(world) -> None:
    lead = linked_lead(connection_of(world.account), card(world))
    row = news_of(lead, state="ignored")
    row.tried, row.reason = [], "This happened before the card was sent."
    row.save()
    assert explain_lead(lead).news[0].text == "This happened before the card was sent."


def test_x1_a_lead_costs_the_same_however_much_happened(world, client_of) -> None:
    connection, deal = connection_of(world.account), card(world)
    lead = linked_lead(connection, deal)
    seller = client_of(world.seller)

    def fill(start: int, count: int) -> None:
        for n in range(start, start + count):
            news_of(lead, number=n)
            action_of(lead, state="done", reason="", n=n)

    def cost() -> int:
        with CaptureQueriesContext(database) as found:
            assert seller.get(f"/sync/leads/{lead.pk}/").status_code == 200
        return len(found)

    fill(0, 10)
    cost()
    few = cost()
    fill(10, 30)
    assert cost() == few


def test_x1_the_page_is_for_every_member_of_the_account_only(world, stranger, client_of, client) -> None:
    lead = linked_lead(connection_of(world.account), card(world, title="Padaria Sol"))
    action_of(lead, state="refused", reason="E-mail inválido")
    news_of(lead)
    theirs = linked_lead(connection_of(stranger.account), card(stranger, "Segredo"))
    for user in (world.admin, world.seller):
        reader = client_of(user)
        reader.cookies["django_language"] = "en"
        body = reader.get(f"/sync/leads/{lead.pk}/").content.decode()
        assert "It became a new lead at Meetime." in body
        assert "E-mail inválido" in body
        assert "The activity became an interaction record." in body
        assert f'href="/deals/{lead.enrollment.deal_id}/"' in body
        assert "<form" not in body.partition("<main")[2].partition("</main")[0]  # read only
        for path in ("", "fields/"):
            assert reader.get(f"/sync/leads/{theirs.pk}/{path}").status_code == 404
            assert (
                reader.post(f"/sync/leads/{lead.pk}/{path}", {"account": world.account.pk}).status_code == 405
            )
    assert "/login/" in client.get(f"/sync/leads/{lead.pk}/")["Location"]


def test_x1_a_lead_of_a_deleted_card_or_person_is_still_told(world, client_of) -> None:
    from funnels import services

    lead = linked_lead(connection_of(world.account), card(world))
    services.delete_deal(deal=lead.enrollment.deal, origin=factories.SYSTEM)
    services.delete_person(person=lead.person, origin=factories.SYSTEM)
    answer = client_of(world.seller).get(f"/sync/leads/{lead.pk}/")
    assert answer.status_code == 200
    assert f'href="/deals/{lead.enrollment.deal_id}/"' not in answer.content.decode()


def test_x1_the_card_names_each_lead_with_its_reason_and_its_page(world, client_of) -> None:
    connection, deal = connection_of(world.account), card(world)
    lead = linked_lead(connection, deal)
    body = client_of(world.seller).get(f"/deals/{deal.pk}/").content.decode()
    assert f'href="/sync/leads/{lead.pk}/"' in body
    assert f'hx-get="/sync/leads/{lead.pk}/fields/"' in body
    with translation.override("en"):
        context = shown.status_context(None, deal)
    assert context["runs"][0]["leads"][0]["became"].headline == "It became a new lead at Meetime."


def test_x1_the_card_costs_the_same_for_many_leads(world) -> None:
    connection, deal = connection_of(world.account), card(world)
    first = linked_lead(connection, deal)

    def cost() -> int:
        with CaptureQueriesContext(database) as found:
            shown.status_context(None, deal)
        return len(found)

    few = cost()
    for n in range(30):
        Lead.unscoped.create(
            account=world.account,
            enrollment=first.enrollment,
            person=person_of(world, f"P{n}"),
            state="waiting",
        )
    assert cost() == few
    assert len(shown.status_context(None, deal)["runs"][0]["leads"]) == 31


def test_x1_the_lists_lead_to_the_leads_page(world, client_of) -> None:
    lead = lead_of(connection_of(world.account), card(world))
    action_of(lead, reason="E-mail inválido")
    seller = client_of(world.seller)
    assert f'href="/sync/leads/{lead.pk}/"' in seller.get("/sync/?tab=out").content.decode()
