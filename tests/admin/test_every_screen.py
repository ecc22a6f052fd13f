"""Every screen of the staff admin answers, asks the database little and tells no secret ("Two sites")."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.staff import StaffAdmin
from accounts.staff_scope import tells_of_an_account
from integrations.redaction import is_secret_name
from tests import factories
from tests.admin import rows

pytestmark = (
    pytest.mark.any_store
)  # one base makes every screen; tests/admin/test_doing.py runs on each store
OURS = ("accounts", "funnels", "mapping", "integrations", "meetime")
SCREENS = sorted(admin.site._registry, key=lambda model: model._meta.label)
each_screen = pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.label)
# Fields whose name sounds like a secret's, and why they may be read.
HARMLESS = {
    "integrations.Arrival.digest": "of the record, to know it again",
    "integrations.PaceWindow.tokens": "places left in a window",
    "accounts.IdempotencyKey.key": "the caller's own name of a request; expires in a day",
    "accounts.IdempotencyKey.api_key": "which key, not the key",
    "accounts.IdempotencyKey.request_digest": "of the request, to know it again",
    "funnels.Phone.key": "the number as it is compared",
    "funnels.Deal.title_key": "the title as it is compared",
    "funnels.Person.name_key": "the name as it is compared",
    "funnels.Person.email_key": "the e-mail as it is compared",
    "funnels.Company.name_key": "the name as it is compared",
    "funnels.Product.name_key": "the name as it is compared",
    "funnels.CustomField.key": "the field's name in the API",
    "integrations.Lane.key": "who is spoken about",
    "mapping.FieldMap.key": "our field's name in the API",
    "mapping.FieldMap.their_key": "their field's name",
    "mapping.Conflict.their_key": "their field's name",
    "django_q.OrmQ.key": "the queue's name",
}
SOUNDS_SECRET = re.compile(r"sealed|digest|token|password|secret|args|payload$|(^|_)key$")


def address(model: type[models.Model], view: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def make(model: type[models.Model], base: rows.Base, count: int) -> list[models.Model]:
    return [rows.MAKE[model](base, i) for i in range(count)]


def settle(model: type[models.Model], base: rows.Base, made: list[models.Model]) -> None:
    """Moves the rows into the account that is open, as far as the table's rules let them live together."""
    if not tells_of_an_account(model):
        return
    for row in made:
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=row.pk).update(account=base.account)
        except IntegrityError:
            continue


def ask(client: Client, url: str) -> tuple[Any, list[str]]:
    with CaptureQueriesContext(connection) as asked:
        response = client.get(url)
    return response, [query["sql"] for query in asked.captured_queries]


def test_every_table_has_a_screen_on_the_one_base() -> None:
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            assert model in admin.site._registry, f"{model._meta.label} has no screen"
    for model, screen in admin.site._registry.items():
        assert isinstance(screen, StaffAdmin), f"{model._meta.label} is not on the base"
    assert set(SCREENS) == set(rows.MAKE)


def every_filter_answers(model: type[models.Model], desk: Client) -> None:
    for wanted in admin.site._registry[model].list_filter:
        name = wanted if isinstance(wanted, str) else wanted[0]
        field = model._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            query = f"{name}__{field.target_field.name}__exact=1"
        elif isinstance(field, models.DateTimeField):
            query = f"{name}_from_0=01/01/2020&{name}_to_0=01/01/2040"
        else:
            query = (
                f"{name}__exact={1 if isinstance(field, models.BooleanField) else field.flatchoices[0][0]}"
            )
        assert desk.get(f"{address(model, 'changelist')}?{query}").status_code == 200, query


def no_secret_is_rendered(model: type[models.Model], desk: Client, row: models.Model) -> None:
    for url in (address(model, "changelist"), address(model, "change", row.pk)):
        page = desk.get(url).content.decode()
        assert rows.CANARY not in page, url
        assert "<script>" not in page.split("</head>")[-1]


def what_nobody_edits_refuses_posts(model: type[models.Model], desk: Client, row: models.Model) -> None:
    screen = admin.site._registry[model]
    before = model._default_manager.filter(pk=row.pk).values().get()
    if screen.create is None:
        assert desk.get(address(model, "add")).status_code == 403
        assert desk.post(address(model, "add"), {}).status_code == 403
    if not screen.writes:
        assert desk.post(address(model, "change", row.pk), {"name": "x", "state": "done"}).status_code == 403
    if screen.remove is None:
        assert desk.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    listed = {
        "action": "delete_selected",
        "_selected_action": [str(row.pk)],
        "post": "yes",
        "select_across": "1",
        "index": "0",
    }
    desk.post(address(model, "changelist"), listed)
    assert model._default_manager.filter(pk=row.pk).values().get() == before


@each_screen
def test_list_search_row_add_and_filters_answer_and_tell_no_secret(
    model: type[models.Model], desk: Client, chief: User, base: rows.Base
) -> None:
    row = make(model, base, 2)[-1]
    if tells_of_an_account(model):
        factories.opened(chief, row.account)
    screen = admin.site._registry[model]
    urls = [address(model, "changelist"), address(model, "change", row.pk), address(model, "history", row.pk)]
    urls += [
        f"{address(model, 'changelist')}?{query}"
        for query in ("q=ana", "q=12", "q=%27%25%5C", "p=2", "_popup=1")
    ]
    if screen.create is not None:
        urls.append(address(model, "add"))
    if screen.remove is not None:
        urls.append(address(model, "delete", row.pk))
    for url in urls:
        response = desk.get(url)
        assert response.status_code == 200, url
        assert "Content-Security-Policy" in response
    assert desk.get(address(model, "change", "999999999")).status_code == 302
    every_filter_answers(model, desk)
    no_secret_is_rendered(model, desk, row)
    what_nobody_edits_refuses_posts(model, desk, row)


def test_others_are_sent_to_sign_in(client_of: Callable[[User], Client], world: Any) -> None:
    for client in (Client(), client_of(world.admin)):
        for model in SCREENS:
            for url in (address(model, "changelist"), address(model, "change", 1)):
                response = client.get(url)
                assert response.status_code == 302
                assert response["Location"].startswith(reverse("admin:login"))


def test_staff_without_permission_get_403(client_of: Callable[[User], Client], db: None) -> None:
    client = client_of(User.objects.create_user(email="novato@tomada.example", is_staff=True))
    for model in SCREENS:
        assert client.get(address(model, "changelist")).status_code == 403
        assert client.get(address(model, "change", 1)).status_code == 403
    assert client.get(reverse("admin:index")).status_code == 200


@each_screen
def test_a_list_asks_as_much_for_60_rows_as_for_5_and_never_counts(
    model: type[models.Model], desk: Client, base: rows.Base
) -> None:
    settle(model, base, make(model, base, 5))
    url = address(model, "changelist")
    desk.get(url)  # content types and permissions are read once a process
    _few, asked_few = ask(desk, url)
    settle(model, base, make(model, base, 55))
    many, asked_many = ask(desk, url)
    assert b'<th class="field-' in many.content or b"field-" in many.content, "rows are listed"
    assert len(asked_many) == len(asked_few), "\n".join(asked_many)
    assert not [sql for sql in asked_many if "COUNT(" in sql.upper()]
    assert many.content.count(b'class="action-select"') <= 50
    table = model._meta.db_table
    of_table = [sql for sql in asked_many if f'FROM "{table}"' in sql and "auth" not in table]
    assert all("LIMIT" in sql or "WHERE" in sql for sql in of_table), of_table


@each_screen
def test_fields_that_sound_secret_are_hidden_or_known_to_be_harmless(model: type[models.Model]) -> None:
    screen = admin.site._registry[model]
    for field in model._meta.concrete_fields:
        label = f"{model._meta.label}.{field.name}"
        sounds = SOUNDS_SECRET.search(field.name) or is_secret_name(field.name)
        if sounds and label not in {*HARMLESS, "integrations.OutboxAction.payload"}:
            assert field.name in screen.never_shown, label
            assert field.name not in screen.list_display
            assert field.name not in (*screen.adds, *screen.writes)


def test_the_menu_leads_to_every_screen_and_the_first_page_counts_little(
    desk: Client, base: rows.Base
) -> None:
    for model in (rows.engine.OutboxAction, rows.engine.Arrival, rows.engine.Heartbeat, rows.engine.Delivery):
        make(model, base, 3)
    rows.engine.Connection.unscoped.filter(pk=base.connection.pk).update(state="broken", state_reason="Token")
    url = reverse("admin:index")
    desk.get(url)
    first, few = ask(desk, url)
    page = first.content.decode()
    for model in SCREENS:
        assert f'href="{address(model, "changelist")}"' in page
    assert "Token" in page
    for model in (rows.engine.OutboxAction, rows.engine.Arrival, rows.engine.Heartbeat, rows.engine.Delivery):
        make(model, base, 30)
    _again, many = ask(desk, url)
    assert len(many) == len(few) <= 30
    assert all("LIMIT" in sql for sql in many if "COUNT(" in sql.upper())


def test_a_row_shows_at_most_twenty_related_rows_and_the_way_to_all(desk: Client, base: rows.Base) -> None:
    for i in range(30):
        rows.engine.SyncEvent.unscoped.create(
            account=base.account,
            connection=base.connection,
            deal=base.deal,
            at=rows.NOW(),
            words=f"Event {i:02d}.",
        )
    page = desk.get(address(rows.crm.Deal, "change", base.deal.pk)).content.decode()
    assert page.count("Event ") == 20
    more = f"{address(rows.engine.SyncEvent, 'changelist')}?deal__id__exact={base.deal.pk}"
    assert more in page
    assert desk.get(more).status_code == 200


def test_autocomplete_of_filters_pages_without_counting(desk: Client, base: rows.Base) -> None:
    url = reverse("admin:autocomplete")
    query = "?app_label=integrations&model_name=outboxaction&field_name=connection&term="
    response, asked = ask(desk, url + query)
    assert response.status_code == 200
    assert response.json()["results"]
    assert not [sql for sql in asked if "COUNT(" in sql.upper()]
