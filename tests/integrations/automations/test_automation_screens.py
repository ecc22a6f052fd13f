"""The screens "Configurar Automações": who sees them, and that they write, refuse and explain (M24–M28)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from integrations.models import Automation
from integrations.partners.meetime import setup
from tests import factories
from tests.integrations.shown import ACTION, ORIGIN, automation_of, post, ready

pytestmark = pytest.mark.django_db
URLS = ["automations", "automation-new", "automation-filter", "automation-action"]


@pytest.mark.parametrize("name", URLS)
def test_administrators_only_G2(world, stranger, client_of, client, name: str) -> None:
    ready(world.account, world.funnel)
    factories.module(account=stranger.account, slug="workflow")
    url = reverse(f"portal:{name}", args=[world.funnel.pk])
    assert client_of(world.admin).get(url).status_code == 200
    assert client_of(world.seller).get(url).status_code == 403
    assert client_of(stranger.admin).get(url).status_code == 404
    assert client.get(url).status_code == 302
    assert "/login/" in client.get(url)["Location"]


def test_writing_is_for_administrators_of_that_account_G2(world, stranger, client_of, client) -> None:
    row = automation_of(ready(world.account, world.funnel), world.funnel)
    factories.module(account=stranger.account, slug="workflow")
    for name in ("automation-switch", "automation-delete"):
        url = reverse(f"portal:{name}", args=[world.funnel.pk, row.pk])
        assert post(client_of(world.seller), world.account, url).status_code == 403
        assert post(client_of(stranger.admin), stranger.account, url).status_code == 404
        assert post(client_of(world.admin), stranger.account, url).status_code == 409
        assert post(client, world.account, url).status_code == 302
    assert Automation.objects.of(world.account).filter(enabled=True).count() == 1


def form(connection, funnel, **values):
    return {
        "description": "Enviar padarias",
        "trigger": "entered",
        "stage": funnel.stages.all()[1].pk,
        "offer": f"{connection.pk}:{ACTION}",
        "match": "any",
        "rule-field": ["company.name", ""],
        "rule-operator": ["contains", ""],
        "rule-value": ["Padaria", ""],
        "param-cadence": "2",
        "param-start": "wait",
        "enabled": "on",
        **values,
    }


def test_the_form_writes_an_automation_M24_M26_M27(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    admin = client_of(world.admin)
    answer = post(
        admin, world.account, reverse("portal:automation-new", args=[world.funnel.pk]),
        **form(connection, world.funnel),
    )  # fmt: skip
    assert answer.status_code == 302
    row = Automation.objects.of(world.account).get()
    assert row.parameters == {"cadence": "2", "start": "wait"}
    assert row.filters == {
        "all": False,
        "rules": [{"field": "company.name", "operator": "contains", "value": "Padaria"}],
    }
    shown = admin.get(reverse("portal:automation", args=[world.funnel.pk, row.pk])).content.decode()
    assert 'value="Padaria"' in shown
    assert "Enviar padarias" in shown


def test_a_refused_form_keeps_what_was_typed_M25(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    answer = post(
        client_of(world.admin), world.account, reverse("portal:automation-new", args=[world.funnel.pk]),
        **form(connection, world.funnel, trigger="won"),
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert 'value="Padaria"' in answer.content.decode()
    assert not Automation.objects.of(world.account).exists()


def test_the_form_of_an_old_version_is_refused(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    row = automation_of(connection, world.funnel)
    url = reverse("portal:automation", args=[world.funnel.pk, row.pk])
    first = post(client_of(world.admin), world.account, url, **form(connection, world.funnel), version=1)
    second = post(client_of(world.admin), world.account, url, **form(connection, world.funnel), version=1)
    assert (first.status_code, second.status_code) == (302, 422)


def test_offered_only_on_allowed_funnels_and_stopped_says_why_M9_M24(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    row = automation_of(connection, world.funnel)
    setup.allow_funnels(connection=connection, funnels=[], origin=ORIGIN)
    admin = client_of(world.admin)
    new = admin.get(reverse("portal:automation-new", args=[world.funnel.pk])).content.decode()
    assert f'value="{connection.pk}:{ACTION}" disabled' in new
    listed = admin.get(reverse("portal:automations", args=[world.funnel.pk]))
    assert listed.context["rows"][0]["stopped"]
    assert admin.get(reverse("portal:automation", args=[world.funnel.pk, row.pk])).context["stopped"]


def test_the_operators_follow_the_fields_type_M26(world, client_of) -> None:
    ready(world.account, world.funnel)
    url = reverse("portal:automation-filter", args=[world.funnel.pk])
    answer = client_of(world.admin).get(
        url, {"rule-field": "deal.amount", "rule-operator": "", "rule-value": ""}
    )
    assert [slug for slug, _label in answer.context["row"]["operators"]][:3] == [
        "number_is",
        "number_is_not",
        "more",
    ]
    owner = client_of(world.admin).get(
        url, {"rule-field": "deal.owner", "rule-operator": "", "rule-value": ""}
    )
    assert str(world.seller.pk) in dict(owner.context["row"]["chosen"].choices)


def test_the_buttons_and_the_drag_change_the_order_M28(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    a, b, c = (automation_of(connection, world.funnel, description=name).pk for name in "abc")
    url, admin = reverse("portal:automation-order", args=[world.funnel.pk]), client_of(world.admin)

    def order():
        return list(Automation.objects.of(world.account).order_by("position").values_list("pk", flat=True))

    post(admin, world.account, url, ids=[a, b, c], move=f"{c}:up")
    assert order() == [a, c, b]
    post(admin, world.account, url, ids=[b, a, c])
    assert order() == [b, a, c]
    post(admin, world.account, url, ids=[b, a, c], move=f"{b}:up")
    assert order() == [b, a, c]


def test_switch_and_delete(world, client_of) -> None:
    row = automation_of(ready(world.account, world.funnel), world.funnel)
    admin, args = client_of(world.admin), [world.funnel.pk, row.pk]
    post(admin, world.account, reverse("portal:automation-switch", args=args))
    assert Automation.objects.of(world.account).get().enabled is False
    post(admin, world.account, reverse("portal:automation-switch", args=args), enabled="on")
    assert Automation.objects.of(world.account).get().enabled is True
    post(admin, world.account, reverse("portal:automation-delete", args=args))
    assert not Automation.objects.of(world.account).exists()


def test_the_list_costs_the_same_for_many(world, client_of, django_assert_num_queries) -> None:
    from django.db import connection as database
    from django.test.utils import CaptureQueriesContext

    connection = ready(world.account, world.funnel)
    admin, url = client_of(world.admin), reverse("portal:automations", args=[world.funnel.pk])
    automation_of(connection, world.funnel)
    admin.get(url)
    with CaptureQueriesContext(database) as few:
        admin.get(url)
    for _n in range(5):
        automation_of(connection, world.funnel)
    with CaptureQueriesContext(database) as many:
        admin.get(url)
    assert len(many) == len(few)


def test_the_history_says_whose_actions_it_lists_and_where_sendings_are_seen_S7(world, client_of) -> None:
    connection = ready(world.account, world.funnel)
    admin, url = client_of(world.admin), f"/funnels/{world.funnel.pk}/automations/runs/"
    assert admin.get(url).context["sending"] is False
    automation_of(connection, world.funnel)
    answer = admin.get(url)
    assert answer.context["sending"] is True
    assert 'href="/sync/"' in answer.content.decode().split('class="muted lead-in"')[1].split("</p>")[0]
