"""X1, X4, X12: the sync page, its lists and its buttons, for administrator, seller, stranger and nobody."""

from __future__ import annotations

import pytest
from django.utils import translation

from funnels import services
from integrations.models import Exchange, OutboxAction
from integrations.sync.lists import PAGE, listed, troubles
from tests import factories
from tests.integrations.shown import (
    action_of,
    arrival_of,
    automation_of,
    connection_of,
    exchange_of,
    lead_of,
    post,
    ready,
    words_of,
)

pytestmark = pytest.mark.django_db


def card(world, *, name: str = "Rita", title: str = "Padaria Sol"):
    person = services.create_person(
        account=world.account, name=name, email=f"{name.lower()}@sol.example", origin=factories.SYSTEM
    )
    return factories.deal(funnel=world.funnel, title=title, person=person, owner=world.seller)


@pytest.mark.parametrize("tab", ["attention", "out", "in", "exchanges"])
def test_every_member_sees_only_administrators_act_X12(world, client_of, client, tab: str) -> None:
    connection = connection_of(world.account)
    deal = card(world)
    action = action_of(lead_of(connection, deal))
    arrival_of(connection, deal)
    exchange_of(connection)
    url = f"/sync/?tab={tab}"
    admin, seller = client_of(world.admin).get(url), client_of(world.seller).get(url)
    assert (admin.status_code, seller.status_code) == (200, 200)
    assert "/sync/again/" not in seller.content.decode()
    assert (
        post(client_of(world.seller), world.account, "/sync/again/", id=action.pk, source="out").status_code
        == 403
    )
    assert post(client_of(world.seller), world.account, "/sync/dismiss/", id=action.pk).status_code == 403
    assert "/login/" in client.get(url)["Location"]
    assert client_of(world.admin).get("/sync/?tab=other").status_code == 404


def test_a_strangers_rows_are_nowhere(world, stranger, client_of) -> None:
    theirs = connection_of(stranger.account)
    action = action_of(lead_of(theirs, card(stranger, title="Segredo do vizinho")), reason="Só deles")
    arrival = arrival_of(theirs, action.enrollment.deal)
    exchange = exchange_of(theirs)
    connection_of(world.account)
    admin = client_of(world.admin)
    for tab in ("attention", "out", "in", "exchanges"):
        body = admin.get(f"/sync/?tab={tab}").content.decode()
        assert "Segredo do vizinho" not in body
        assert "Só deles" not in body
        assert "api.example" not in body
    again = {"connection": theirs.pk, "kind": "send_lead", "state": "refused", "reason": "Só deles"}
    assert post(admin, world.account, "/sync/again/", id=action.pk, source="out").status_code == 404
    assert post(admin, world.account, "/sync/again/", id=arrival.pk, source="in").status_code == 404
    assert post(admin, world.account, "/sync/again/", source="out", **again).status_code == 404
    assert post(admin, world.account, "/sync/dismiss/", id=action.pk).status_code == 404
    assert admin.get("/sync/affected/", {"source": "out", **again}).status_code == 404
    assert admin.get(f"/sync/exchanges/{exchange.pk}/").status_code == 404
    assert admin.get(f"/deals/{action.enrollment.deal_id}/explain/").status_code == 404
    action.refresh_from_db()
    assert action.state == "refused"


def test_counts_and_age_of_each_connection(world, client_of) -> None:
    connection = connection_of(world.account)
    deal = card(world)
    lead = lead_of(connection, deal)
    for n, state in enumerate(["waiting", "unsure", "refused", "dead", "done"]):
        action_of(lead, state=state, n=n)
    done = OutboxAction.objects.of(world.account).get(state="done")
    done.done_at = done.created_at
    done.save()
    arrival_of(connection, deal)
    line = client_of(world.seller).get("/sync/").context["connections"][0]
    assert (line["health"].waiting, line["health"].unsure, line["health"].needs_person) == (1, 1, 2)
    assert (line["health"].arrivals_failed, line["done"]) == (1, 1)
    assert line["health"].oldest is not None


def test_failures_are_cards_by_reason_with_count_and_advice_X12(world, client_of) -> None:
    connection = connection_of(world.account)
    lead = lead_of(connection, card(world))
    for n in range(3):
        action_of(lead, reason="E-mail inválido", n=n)
    action_of(lead, state="person", reason="Sem resposta", n=8)
    arrival_of(connection, lead.enrollment.deal, reason="Sem lead")
    found = troubles(world.account)
    assert next((each.source, each.count, each.reason) for each in found) == ("out", 3, "E-mail inválido")
    assert {each.state for each in found} == {"refused", "person", "failed"}
    assert all(str(each.meaning) and str(each.advice) for each in found)
    body = client_of(world.admin).get("/sync/").content.decode()
    assert "E-mail inválido" in body
    shown = client_of(world.seller).get(
        "/sync/affected/",
        {"source": "out", "connection": connection.pk, "kind": "send_lead", "state": "refused",
         "reason": "E-mail inválido"},
    )  # fmt: skip
    assert len(shown.context["rows"]) == 3
    assert "Padaria Sol" in shown.content.decode()
    assert "/sync/again/" not in shown.content.decode()


def test_fix_and_send_again_one_or_all_X4_X12(world, client_of) -> None:
    connection = connection_of(world.account)
    lead = lead_of(connection, card(world))
    rows = [action_of(lead, n=n) for n in range(3)]
    other = action_of(lead, reason="Outro motivo", n=9)
    admin = client_of(world.admin)
    states = lambda: [OutboxAction.unscoped.get(pk=row.pk).state for row in (*rows, other)]  # noqa: E731
    post(admin, world.account, "/sync/again/", id=rows[0].pk, source="out")
    assert states() == ["waiting", "refused", "refused", "refused"]
    group = {"source": "out", "connection": connection.pk, "kind": "send_lead", "state": "refused"}
    answer = admin.post(
        "/sync/again/", {"account": world.account.pk, **group, "reason": "E-mail inválido"}, follow=True
    )
    assert states() == ["waiting", "waiting", "waiting", "refused"]
    assert "2" in words_of(answer)[-1]
    again = admin.post(
        "/sync/again/", {"account": world.account.pk, "id": rows[0].pk, "source": "out"}, follow=True
    )
    assert len(words_of(again)) == 1  # refused in words: it is waiting already
    post(admin, world.account, "/sync/dismiss/", id=other.pk)
    assert states()[-1] == "cancelled"


def test_a_doubtful_one_asks_for_the_evidence_first_X4(world, client_of) -> None:
    row = action_of(lead_of(connection_of(world.account), card(world)), state="person")
    post(client_of(world.admin), world.account, "/sync/again/", id=row.pk, source="out")
    assert OutboxAction.unscoped.get(pk=row.pk).state == "unsure"


def test_arrivals_are_taken_in_again_X4(world, client_of) -> None:
    row = arrival_of(connection_of(world.account), card(world))
    post(client_of(world.admin), world.account, "/sync/again/", id=row.pk, source="in")
    row.refresh_from_db()
    assert row.state == "waiting"


def test_exchanges_are_for_administrators(world, client_of) -> None:
    row = exchange_of(connection_of(world.account), status=422)
    url = f"/sync/exchanges/{row.pk}/"
    body = client_of(world.admin).get(url).content.decode()
    assert "•••" in body
    assert "corpo" in body
    assert client_of(world.seller).get(url).status_code == 403


def test_pages_by_id_and_filters(world, client_of) -> None:
    connection = connection_of(world.account)
    lead = lead_of(connection, card(world))
    rows = [action_of(lead, state="done" if n % 2 else "refused", n=n) for n in range(PAGE + 5)]
    first, following = listed(world.account, "out")
    assert (len(first), following) == (PAGE, first[-1].pk)
    second, end = listed(world.account, "out", before=following)
    assert [row.pk for row in (*first, *second)] == [row.pk for row in reversed(rows)]
    assert end is None
    assert {row.state for row in listed(world.account, "out", state="done")[0]} == {"done"}
    exchange_of(connection)
    failed = exchange_of(connection, status=500)
    assert listed(world.account, "exchanges", state="failed")[0] == [failed]
    assert Exchange.objects.of(world.account).count() == 2
    assert client_of(world.seller).get("/sync/?tab=out&state=nonsense").status_code == 404
    assert client_of(world.seller).get(f"/sync/?tab=out&before={following}").status_code == 200


@pytest.mark.parametrize("tab", ["attention", "out", "in", "exchanges"])
def test_the_page_costs_the_same_for_many(world, client_of, tab: str) -> None:
    from django.db import connection as database
    from django.test.utils import CaptureQueriesContext

    connection = connection_of(world.account)
    deal = card(world)
    lead = lead_of(connection, deal)
    seller = client_of(world.seller)

    def fill(start: int) -> None:
        for n in range(start, start + 4):
            action_of(lead, reason=f"Motivo {n}", n=n)
            arrival_of(connection, deal, reason=f"Motivo {n}")
            exchange_of(connection)

    fill(0)
    seller.get(f"/sync/?tab={tab}")
    with CaptureQueriesContext(database) as few:
        seller.get(f"/sync/?tab={tab}")
    fill(10)
    with CaptureQueriesContext(database) as many:
        seller.get(f"/sync/?tab={tab}")
    assert len(many) == len(few)


def test_why_a_card_was_not_sent_X1(world, client_of, client) -> None:
    connection = ready(world.account, world.funnel)
    automation_of(
        connection, world.funnel,
        stage=world.funnel.stages.first(),
        filters={"all": True, "rules": [{"field": "deal.title", "operator": "contains", "value": "Mercado"}]},
    )  # fmt: skip
    deal = card(world)
    url = f"/deals/{deal.pk}/explain/"
    answer = client_of(world.seller).get(url)
    assert answer.status_code == 200
    (explanation,) = answer.context["explanations"]
    assert explanation["sent"] is False
    assert not all(line["passed"] for line in (*explanation["tried"], *explanation["then"]))
    assert explanation["headline"] in answer.content.decode()
    with translation.override("en"):
        assert client_of(world.admin).get(url).status_code == 200
    assert "/login/" in client.get(url)["Location"]


def test_refused_credentials_are_said_where_people_look_for_trouble_X12(world, client_of) -> None:
    connection_of(world.account, state="broken")
    for user, link in ((world.admin, True), (world.seller, False)):
        client = client_of(user)
        client.cookies["django_language"] = "en"
        body = client.get("/sync/").content.decode()
        assert "refused the credentials" in body
        assert ('href="/integrations/meetime/"' in body.partition("<main")[2]) is link
        assert "Nothing else needs you" in body
