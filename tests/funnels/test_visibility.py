"""What a profile allows is kept everywhere: whose cards are seen, and who writes, closes and deletes (R3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from accounts.permissions import PERMISSIONS, may
from accounts.profiles import update_profile
from accounts.teams import create_team
from funnels import services
from funnels.finders import FINDERS
from funnels.models import Deal, Person, Task
from funnels.visibility import visible_deals
from integrations.models import Connection, Enrollment, Lead
from tests import factories
from tests.conftest import World
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
WRITES = ("records.write",)


@dataclass(frozen=True, kw_only=True)
class Sales:
    """Four cards of one person: hers, her team mate's, a stranger's to the team, and nobody's."""

    world: World
    her: User
    person: Person
    own: Deal
    mates: Deal
    others: Deal
    nobodys: Deal

    @property
    def place(self) -> Membership:
        return (
            Membership.objects.of(self.world.account).select_related("profile", "account").get(user=self.her)
        )

    def allow(self, *slugs: str) -> Membership:
        """Her profile allows exactly this from now on."""
        update_profile(profile=self.place.profile, permissions=slugs, origin=SYSTEM)
        return self.place

    def seen(self, slugs: tuple[str, ...]) -> set[Deal]:
        return {
            deal
            for deal, sees in (
                (self.own, True),
                (self.nobodys, True),
                (self.mates, "cards.team" in slugs or "cards.all" in slugs),
                (self.others, "cards.all" in slugs),
            )
            if sees
        }


@pytest.fixture
def sales(world: World) -> Sales:
    account, funnel = world.account, world.funnel
    her, mate = (
        factories.member(account=account, email=f"{name}@casa.example", allows=WRITES)
        for name in ("rita", "caio")
    )
    places = Membership.objects.of(account).filter(user__in=[her, mate])
    create_team(account=account, name="Norte", members=places, origin=SYSTEM)
    create_team(
        account=account, name="Sul", members=Membership.objects.of(account).exclude(user=her), origin=SYSTEM
    )
    person = services.create_person(account=account, name="Iara Melo", origin=SYSTEM)

    def card(title: str, owner: User | None) -> Deal:
        return factories.deal(funnel=funnel, title=title, owner=owner, person=person)

    return Sales(
        world=world,
        her=her,
        person=person,
        own=card("Sol próprio", her),
        mates=card("Sol da equipe", mate),
        others=card("Sol de outrem", world.seller),
        nobodys=card("Sol de ninguém", None),
    )


ways = pytest.mark.parametrize(
    "slugs", [(), ("cards.team",), ("cards.all",), ("cards.team", "cards.all")], ids=str
)


@ways
def test_r3_cards_are_seen_as_the_profile_says(
    sales: Sales, slugs: tuple[str, ...], client_of: SignedIn
) -> None:
    """Board, card, search, person's page, company's page, and the parts that scripts ask for."""
    place, seen = sales.allow(*slugs), sales.seen(slugs)
    assert set(visible_deals(place)) == seen
    company = services.create_company(account=sales.world.account, name="Melo", origin=SYSTEM)
    cards = (sales.own, sales.mates, sales.others, sales.nobodys)
    for deal in cards:
        services.update_deal(deal=deal, company=company, origin=SYSTEM)
    client = client_of(sales.her)
    pages = {
        path: client.get(path).content.decode()
        for path in (
            f"/funnels/{sales.world.funnel.pk}/",
            "/search/?s=sol",
            f"/persons/{sales.person.pk}/",
            f"/companies/{company.pk}/",
            f"/persons/{sales.person.pk}/explain/",
        )
    }
    for deal in cards:
        sees = deal in seen
        for path, page in pages.items():
            assert (deal.title in page) == sees, (path, deal.title)
        for path in (f"/deals/{deal.pk}/", f"/deals/{deal.pk}/explain/"):
            assert client.get(path).status_code == (200 if sees else 404), path
    hits = [hit.title for find in FINDERS for hit in find(place, "sol", 9)]
    assert set(hits) == {deal.title for deal in seen}


def test_r3_the_boards_counts_are_of_the_cards_that_are_seen(sales: Sales, client_of: SignedIn) -> None:
    page = client_of(sales.her).get(f"/funnels/{sales.world.funnel.pk}/").content.decode()
    assert "data-count>2</span>" in page


def test_r3_a_card_that_is_not_seen_cannot_be_changed(sales: Sales, client_of: SignedIn) -> None:
    """404 for every post, and nothing of it changes."""
    sales.allow("records.write", "records.delete", "cards.close")
    client, deal = client_of(sales.her), sales.others
    before = Deal.unscoped.filter(pk=deal.pk).values().get()
    stage = list(sales.world.funnel.stages.all())[1]
    for what in ("move", "win", "lose", "reopen", "delete", "contacts", "records", "tasks"):
        data = {"account": sales.world.account.pk, "stage": stage.pk, "text": "x", "title": "x"}
        assert client.post(f"/deals/{deal.pk}/{what}/", data).status_code == 404, what
    assert client.post(f"/deals/{deal.pk}/", {"account": sales.world.account.pk}).status_code == 404
    assert Deal.unscoped.filter(pk=deal.pk).values().get() == before


def test_r3_tasks_and_records_follow_their_cards(sales: Sales, client_of: SignedIn) -> None:
    """Her own task on somebody else's card is hers to do, without the way to the card."""
    account, her = sales.world.account, sales.her

    def task(title: str, deal: Deal | None, assignee: User | None) -> Task:
        return services.create_task(account=account, title=title, deal=deal, assignee=assignee, origin=SYSTEM)

    hidden = task("Ligar para outrem", sales.others, sales.world.seller)
    task("Ligar próprio", sales.own, None)
    task("Ajudar outrem", sales.others, her)
    task("Solta de outrem", None, sales.world.seller)
    task("Solta de ninguém", None, None)
    services.log_interaction(
        account=account, type="simple", text="Segredo", occurred_at=timezone.now(),
        deal=sales.others, person=sales.person, origin=SYSTEM,
    )  # fmt: skip
    client = client_of(her)
    page = client.get("/tasks/?which=all").content.decode()
    for title, sees in (
        ("Ligar para outrem", False),
        ("Ligar próprio", True),
        ("Ajudar outrem", True),
        ("Solta de outrem", False),
        ("Solta de ninguém", True),
    ):
        assert (title in page) == sees, title
    assert sales.own.title in page
    assert sales.others.title not in page
    assert "Segredo" not in client.get(f"/persons/{sales.person.pk}/").content.decode()
    done = {"account": account.pk}
    assert client.post(f"/tasks/{hidden.pk}/done/", done).status_code == 404
    sales.allow("records.write", "cards.all")
    assert "Segredo" in client.get(f"/persons/{sales.person.pk}/").content.decode()
    assert client.post(f"/tasks/{hidden.pk}/done/", done).status_code == 302


def test_r3_leads_and_the_sync_page_follow_the_cards(sales: Sales, client_of: SignedIn) -> None:
    account = sales.world.account
    connection = Connection.unscoped.create(account=account, partner="meetime", state="enabled")

    def lead(deal: Deal) -> Lead:
        run = Enrollment.unscoped.create(
            account=account, connection=connection, deal=deal, started_at=timezone.now()
        )
        return Lead.unscoped.create(account=account, enrollment=run, person=sales.person)

    own, others = lead(sales.own), lead(sales.others)
    client = client_of(sales.her)
    assert client.get(f"/sync/leads/{own.pk}/").status_code == 200
    assert client.get(f"/sync/leads/{others.pk}/").status_code == 404
    assert client.get(f"/sync/leads/{others.pk}/fields/").status_code == 404
    assert client.get("/sync/").status_code == 403
    assert 'href="/sync/"' not in client.get("/tasks/").content.decode()
    sales.allow("cards.all")
    assert client.get(f"/sync/leads/{others.pk}/").status_code == 200
    assert client.get("/sync/").status_code == 200


def test_r3_a_file_of_a_card_that_is_not_seen_is_404(sales: Sales, client_of: SignedIn) -> None:
    account = sales.world.account
    services.ensure_custom_field(
        account=account, entity="deal", key="contrato", label="Contrato", type="attachment", origin=SYSTEM
    )

    def kept(deal: Deal) -> int:
        file = services.store_file(
            account=account, file=SimpleUploadedFile("c.txt", b"x"), name="c.txt", origin=SYSTEM
        )
        services.update_deal(deal=deal, custom={"contrato": str(file.pk)}, origin=SYSTEM)
        return file.pk

    own, others = kept(sales.own), kept(sales.others)
    client = client_of(sales.her)
    assert client.get(f"/files/{own}/").status_code == 200
    assert client.get(f"/files/{others}/").status_code == 404
    sales.allow("cards.all")
    assert client.get(f"/files/{others}/").status_code == 200


def test_r3_who_gives_a_card_away_comes_back_to_the_board(sales: Sales, client_of: SignedIn) -> None:
    deal = sales.own
    answer = client_of(sales.her).post(
        f"/deals/{deal.pk}/",
        {
            "account": sales.world.account.pk, "title": deal.title, "owner": sales.world.seller.pk,
            "version": deal.version, "amount": "",
        },
    )  # fmt: skip
    assert answer.url == f"/funnels/{sales.world.funnel.pk}/"
    deal.refresh_from_db()
    assert deal.owner == sales.world.seller


NEEDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("records.write", "/deals/{deal}/move/", {"stage": "{stage}"}),
    ("records.write", "/deals/{deal}/", {"title": "Outro", "amount": "1"}),
    ("records.write", "/deals/{deal}/records/", {"type": "simple", "text": "x"}),
    ("records.write", "/deals/{deal}/tasks/", {"title": "x"}),
    ("records.write", "/deals/{deal}/contacts/", {"person_name": "Nova"}),
    ("records.write", "/deals/new/", {"title": "Novo", "stage": "{stage}"}),
    ("records.write", "/persons/new/", {"name": "Nova"}),
    ("records.write", "/persons/{person}/", {"name": "Outra"}),
    ("records.write", "/companies/new/", {"name": "Nova"}),
    ("records.write", "/products/new/", {"name": "Novo"}),
    ("records.delete", "/deals/{deal}/delete/", {}),
    ("records.delete", "/persons/{person}/delete/", {}),
    ("cards.close", "/deals/{deal}/win/", {}),
    ("cards.close", "/deals/{deal}/lose/", {"note": "x"}),
    ("cards.close", "/deals/{deal}/reopen/", {}),
)


@pytest.mark.parametrize(("slug", "path", "data"), NEEDS, ids=lambda value: str(value))
def test_what_a_profile_does_not_allow_is_403_in_words(
    sales: Sales, client_of: SignedIn, slug: str, path: str, data: dict[str, Any]
) -> None:
    """With everything but this permission: 403 that names it, and nothing changes; with it alone: done."""
    factories.module(account=sales.world.account, slug="products")
    ids = {
        "deal": sales.own.pk,
        "person": sales.person.pk,
        "stage": list(sales.world.funnel.stages.all())[1].pk,
    }
    sent = {"account": sales.world.account.pk} | {key: value.format(**ids) for key, value in data.items()}
    client = client_of(sales.her)
    client.cookies["django_language"] = "en"
    sales.allow(*(PERMISSIONS.keys() - {slug}))
    counts = (Deal.unscoped.count(), Person.unscoped.count(), Task.unscoped.count())
    before = Deal.unscoped.filter(pk=sales.own.pk).values().get()
    refused = client.post(path.format(**ids), sent)
    assert refused.status_code == 403
    assert str(PERMISSIONS[slug].label) in refused.content.decode()
    assert Deal.unscoped.filter(pk=sales.own.pk).values().get() == before
    assert (Deal.unscoped.count(), Person.unscoped.count(), Task.unscoped.count()) == counts
    sales.allow(slug)
    assert client.post(path.format(**ids), sent).status_code in (200, 302)


def test_pages_offer_only_what_the_profile_allows(sales: Sales, client_of: SignedIn) -> None:
    sales.allow()
    client = client_of(sales.her)
    card, person = f"/deals/{sales.own.pk}/", f"/persons/{sales.person.pk}/"
    page = client.get(f"{card}?edit=1").content.decode()
    for form in ("win", "records", "tasks", "contacts"):
        assert f'action="{card}{form}/"' not in page
    assert 'lose-dialog"' not in page.split("<dialog")[0]
    assert 'id="deal-form"' not in page
    assert "/deals/new/" not in client.get(f"/funnels/{sales.world.funnel.pk}/").content.decode()
    assert "/persons/new/" not in client.get("/persons/").content.decode()
    assert "?edit=1" not in client.get(person).content.decode()
    sales.allow(*PERMISSIONS)
    page = client.get(card).content.decode()
    for form in ("win", "records", "tasks", "contacts"):
        assert f'action="{card}{form}/"' in page


def test_administrators_may_all_and_unknown_permissions_are_a_mistake(world: World) -> None:
    admin = Membership.objects.of(world.account).select_related("profile").get(user=world.admin)
    assert all(may(admin, slug) for slug in PERMISSIONS)
    with pytest.raises(KeyError):
        may(admin, "records.fly")
