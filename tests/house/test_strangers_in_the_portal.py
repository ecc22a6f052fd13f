"""A stranger's id in every address and every form of the portal: 404, and no row of two accounts is ever tied.

Addresses come from the site's own patterns, forms from the pages it renders; the API's part is
tests/api/test_stranger.py.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import ForeignKey
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from PIL import Image

from accounts import keys
from accounts.brand_images import store_image
from accounts.invitations import invite
from accounts.models import Account, Membership, Notice, User
from accounts.scoping import ScopedModel
from accounts.sites import portal
from accounts.teams import create_team
from funnels import services
from funnels.models import Deal
from integrations.models import (
    Automation,
    Connection,
    Enrollment,
    Exchange,
    Lead,
    WebhookEndpoint,
    WorkflowRun,
)
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.any_store

OURS = ("accounts", "funnels", "mapping", "integrations", "meetime")


def picture() -> SimpleUploadedFile:
    """A small PNG."""
    content = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(content, "PNG")
    return SimpleUploadedFile("logo.png", content.getvalue())


def rows_of(world: World) -> dict[str, int]:
    """One row of each kind that addresses and forms name, by parameter."""
    account, origin = world.account, factories.SYSTEM
    stage = world.funnel.stages.first()
    person = services.create_person(account=account, name="Íris", email=f"iris@{account.pk}.x", origin=origin)
    company = services.create_company(account=account, name="Íris Ltda", origin=origin)
    item = services.add_checklist_item(stage=stage, text="Ligar", origin=origin, mandatory=False)
    reason = services.add_loss_reason(funnel=world.funnel, name="Preço", origin=origin)
    deal = factories.deal(funnel=world.funnel, person=person, company=company, owner=world.seller)
    task = services.create_task(account=account, title="Ligar", deal=deal, origin=origin)
    record, _new = services.log_interaction(
        account=account, type="simple", text="Ligação", occurred_at=timezone.now(), origin=origin, deal=deal
    )
    connection = Connection.unscoped.create(account=account, partner="meetime", state="enabled")
    automation = Automation.unscoped.create(
        account=account,
        funnel=world.funnel,
        stage=stage,
        description="Enviar",
        action="meetime.send_lead",
        connection=connection,
    )
    factories.module(account=account, slug="workflow")
    ran = WorkflowRun.unscoped.create(
        account=account,
        automation=automation,
        deal=deal,
        cause="change:1",
        due_at=deal.created_at,
        created_at=deal.created_at,
    )
    exchange = Exchange.unscoped.create(
        account=account, connection=connection, at=deal.created_at, method="GET", url="https://x.example"
    )
    run = Enrollment.unscoped.create(
        account=account, connection=connection, deal=deal, started_at=deal.created_at
    )
    lead = Lead.unscoped.create(account=account, enrollment=run, person=person)
    product = services.create_product(account=account, name="Íris Pro", origin=origin)
    services.set_deal_products(deal=deal, lines=[services.Line(product=product)], origin=origin)
    factories.module(account=account, slug="products")
    file = services.store_file(
        account=account, file=SimpleUploadedFile("iris.txt", b"x"), name="iris.txt", origin=origin
    )
    factories.module(account=account, slug="api")
    key, _plain = keys.issue_key(account=account, name="Íris", created_by=origin)
    seller = Membership.objects.of(account).get(user=world.seller)
    team = create_team(account=account, name=f"Equipe {account.pk}", members=[seller], origin=origin)
    invitation = invite(
        account=account,
        email=f"convite@{account.pk}.example",
        profile=seller.profile,
        origin=origin,
        now=timezone.now(),
    )
    return {
        "account_id": account.pk,
        "membership_id": seller.pk,
        "profile_id": seller.profile_id,
        "team_id": team.pk,
        "invitation_id": invitation.pk,
        "key_id": key.pk,
        "lead_id": lead.pk,
        "product_id": product.pk,
        "file_id": file.pk,
        "notice_id": Notice.unscoped.create(
            account=account, user=world.admin, kind="connection", words="Hello", at=timezone.now()
        ).pk,
        "image_id": store_image(account=account, kind="light", file=picture(), origin=origin).pk,
        "funnel_id": world.funnel.pk,
        "stage": stage.pk,
        "stage_id": stage.pk,
        "deal_id": deal.pk,
        "person_id": person.pk,
        "company_id": company.pk,
        "item_id": item.pk,
        "reason": reason.pk,
        "task_id": task.pk,
        "record_id": record.pk,
        "automation": automation.pk,
        "workflow": ran.pk,
        "sync": exchange.pk,
        "owner": world.seller.pk,
        "profile": world.seller.memberships.get().profile_id,
        "webhook": WebhookEndpoint.unscoped.create(
            account=account, url="https://x.example/", events=["*"]
        ).pk,
        "account": account.pk,
    }


def patterns(found: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the portal that names a row by number."""
    for each in found:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, prefix + str(each.pattern))
        elif any(
            type(converter).__name__ == "IntConverter" for converter in each.pattern.converters.values()
        ):
            yield prefix + str(each.pattern), each


def address(route: str, pattern: URLPattern, rows: dict[str, int]) -> str:
    """The route with these rows' ids; a converter without a row fails the test by KeyError."""
    path = route
    for name in pattern.pattern.converters:
        value = rows[str(pattern.name).split("-")[0]] if name == "pk" else rows[name]
        path = path.replace(f"<int:{name}>", str(value))
    return f"/{path}"


def tied(account: Account) -> list[str]:
    """Relations of the account's rows that lead into another account."""
    wrong = []
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            if not issubclass(model, ScopedModel):
                continue
            for field in model._meta.get_fields():
                if isinstance(field, ForeignKey) and issubclass(field.related_model, ScopedModel):
                    rows = model.unscoped.filter(account=account, **{f"{field.name}__isnull": False})
                    count = rows.exclude(**{f"{field.name}__account": account}).count()
                    wrong += [f"{model.__name__}.{field.name}: {count}"] if count else []
            for field in model._meta.get_fields():
                if isinstance(field, ForeignKey) and field.related_model is User and field.name in WHO:
                    rows = model.unscoped.filter(account=account, **{f"{field.name}__isnull": False})
                    count = rows.exclude(**{f"{field.name}__memberships__account": account}).count()
                    wrong += [f"{model.__name__}.{field.name}: {count}"] if count else []
    return wrong


WHO = ("owner", "assignee")
ENDING = ("/delete/", "/logout/", "/language/", "/switch/")  # they would end the walk, and tie nothing


def snapshot(account: Account) -> dict[str, list[Any]]:
    """All rows of an account."""
    return {
        model.__name__: list(model.unscoped.filter(account=account).order_by("pk").values())
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if issubclass(model, ScopedModel)
    }


class Forms(HTMLParser):
    """The forms of a page: action, and each field with the value it would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "get").lower() == "post":
            self.forms.append((given.get("action", ""), {}))
        elif not self.forms:
            return
        elif tag == "select":
            self._select = given.get("name", "")
            self.forms[-1][1].setdefault(self._select, "")
        elif tag == "option" and ("selected" in given or not self.forms[-1][1].get(self._select)):
            self.forms[-1][1][self._select] = given.get("value", "")
        elif tag in ("input", "textarea") and given.get("name"):
            self.forms[-1][1].setdefault(given["name"], given.get("value") or "x")


@pytest.fixture
def kept(world: World, stranger: World) -> tuple[dict[str, int], dict[str, int]]:
    return rows_of(world), rows_of(stranger)


def test_every_address_with_a_strangers_id_is_404(
    world: World, stranger: World, kept: Any, client_of: Callable[[User], Client]
) -> None:
    own, theirs = kept
    client, before = client_of(world.admin), snapshot(stranger.account)
    tried = 0
    for route, pattern in patterns(portal.get_urls()):
        planted = address(route, pattern, theirs)
        data = {"account": str(world.account.pk), "version": "1"}
        answers = {client.get(planted).status_code, client.post(planted, data).status_code}
        assert answers <= {404, 405}, (planted, answers)
        assert 404 in answers, planted
        # The same address with our own row is not 404: the test would prove nothing otherwise.
        ours = address(route, pattern, own)
        assert client.get(ours).status_code != 404, ours
        tried += 1
    assert tried >= 20
    assert snapshot(stranger.account) == before
    assert tied(world.account) == []


def test_no_form_ties_a_strangers_row(
    world: World, stranger: World, kept: Any, client_of: Callable[[User], Client]
) -> None:
    own, theirs = kept
    client, before = client_of(world.admin), snapshot(stranger.account)
    pages = [address(route, pattern, own) for route, pattern in patterns(portal.get_urls())]
    pages += [
        "/deals/new/",
        "/persons/new/",
        "/companies/new/",
        "/funnels/new/",
        "/tasks/",
        "/products/new/",
        "/fields/",
        "/integrations/meetime/",
    ]
    planted = 0
    for page in pages:
        answer = client.get(page)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        reader = Forms()
        reader.feed(answer.content.decode())
        for action, fields in reader.forms:
            if action.endswith(ENDING):
                continue
            for name in fields:
                if name in ("csrfmiddlewaretoken", "account", "version"):
                    continue
                for value in set(theirs.values()):  # some are ours of another kind: those may be tied
                    done = client.post(action or page, {**fields, name: str(value)})
                    assert done.status_code < 500, (page, action, name, value)
                    planted += 1
        assert tied(world.account) == [], page
    assert planted > 150
    assert snapshot(stranger.account) == before
    assert Deal.objects.of(world.account).exists()
