"""Administração → Usuários, Perfis and Equipes: what administrators change, and what is refused in words (G2)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.members import change_member
from accounts.models import AuditEntry, Membership, Profile, Team, User
from accounts.permissions import PERMISSIONS, STANDARD
from accounts.profiles import create_profile, delete_profile, update_profile
from accounts.refusals import LastAdministrator, NameTaken, ProfileFixed, ProfileInUse
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import create_account
from accounts.teams import create_team
from tests import factories
from tests.conftest import World
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


def place(world: World, user: User) -> Membership:
    return Membership.objects.of(world.account).select_related("user", "profile", "account").get(user=user)


def profile(world: World, name: str) -> Profile:
    return Profile.objects.of(world.account).get(name=name)


def last(world: World) -> AuditEntry:
    return AuditEntry.objects.of(world.account).order_by("-pk").first()


def test_members_are_found_by_name_or_email(world: World, stranger: World, client_of: SignedIn) -> None:
    factories.member(account=world.account, email="rita@casa.example", name="Rita Souza")
    client = client_of(world.admin)
    page = client.get("/people/").content.decode()
    assert "vendas@casa.example" in page
    assert "estranha.example" not in page
    page = client.get("/people/?q=souza").content.decode()
    assert "Rita Souza" in page
    assert "vendas@casa.example" not in page
    assert "rita@casa.example" in client.get("/people/?q=RITA@").content.decode()


def test_members_are_paged_in_a_constant_number_of_queries(
    world: World, client_of: SignedIn, django_assert_max_num_queries: object
) -> None:
    for number in range(40):
        user = factories.member(account=world.account, email=f"m{number:02}@casa.example")
        create_team(account=world.account, name=f"T{number}", members=[place(world, user)], origin=SYSTEM)
    client = client_of(world.admin)
    client.get("/people/")
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        page = client.get("/people/").content.decode()
    assert len(re.findall(r'href="/people/[0-9]+/"', page)) == 30
    assert "?page=2" in page


def test_a_member_gets_another_profile_and_teams(world: World, client_of: SignedIn) -> None:
    manager = create_profile(account=world.account, name="Gestor", permissions=["cards.all"], origin=SYSTEM)
    north = create_team(account=world.account, name="Norte", origin=SYSTEM)
    south = create_team(
        account=world.account, name="Sul", members=[place(world, world.seller)], origin=SYSTEM
    )
    row = place(world, world.seller)
    data = {"account": world.account.pk, "profile": manager.pk, "teams": [north.pk], "version": row.version}
    client = client_of(world.admin)
    assert client.post(f"/people/{row.pk}/", data).status_code == 302
    row = place(world, world.seller)
    assert row.profile == manager
    assert [each.team for each in row.teams.all()] == [north]
    assert not south.places.exists()
    entry = last(world)
    assert (entry.action, entry.subject, entry.actor) == ("member.changed", world.seller.email, world.admin)
    assert entry.data == {"profile": ["Vendedor", "Gestor"], "teams": [["Sul"], ["Norte"]]}
    old = client.post(f"/people/{row.pk}/", data)  # the version of before
    assert old.status_code == 422
    assert place(world, world.seller).version == row.version


def test_a_member_who_is_switched_off_is_out_at_once_and_comes_back(
    world: World, client_of: SignedIn
) -> None:
    row, seller = place(world, world.seller), client_of(world.seller)
    deal = factories.deal(funnel=world.funnel, owner=world.seller)
    client, data = client_of(world.admin), {"account": world.account.pk}
    assert seller.get("/tasks/").status_code == 200
    asks = re.compile(rf'action="/people/{row.pk}/switch/" data-confirm="[^"]+"')
    assert asks.search(client.get(f"/people/{row.pk}/").content.decode())
    client.post(f"/people/{row.pk}/switch/", {**data, "to": "off"})
    assert not asks.search(client.get(f"/people/{row.pk}/").content.decode())
    assert seller.get("/tasks/").status_code == 403
    deal.refresh_from_db()
    assert deal.owner == world.seller
    assert last(world).action == "member.deactivated"
    client.post(f"/people/{row.pk}/switch/", {**data, "to": "on"})
    assert seller.get("/tasks/").status_code == 200
    assert last(world).action == "member.reactivated"


def test_the_last_active_administrator_stays(world: World, client_of: SignedIn) -> None:
    """Neither switched off nor demoted, in words; with another one who can come in, both are possible."""
    row, client = place(world, world.admin), client_of(world.admin)
    client.cookies["django_language"] = "en"
    data = {"account": world.account.pk}
    answer = client.post(f"/people/{row.pk}/switch/", {**data, "to": "off"}, follow=True)
    assert "last active administrator" in answer.content.decode()
    demoted = {**data, "profile": profile(world, "Vendedor").pk, "version": row.version}
    answer = client.post(f"/people/{row.pk}/", demoted)
    assert answer.status_code == 422
    assert "last active administrator" in answer.content.decode()
    other = factories.member(account=world.account, email="dona@casa.example", administrator=True)
    User.objects.filter(pk=other.pk).update(is_active=False)
    with pytest.raises(LastAdministrator):  # one who cannot come in does not count
        change_member(membership=row, is_active=False, origin=SYSTEM)
    User.objects.filter(pk=other.pk).update(is_active=True)
    assert client.post(f"/people/{row.pk}/", demoted).status_code == 302
    assert not place(world, world.admin).profile.is_administrator


def test_a_profile_is_made_changed_and_deleted(world: World, client_of: SignedIn) -> None:
    client, data = client_of(world.admin), {"account": world.account.pk}
    client.cookies["django_language"] = "en"
    made = client.post("/profiles/new/", {**data, "name": "Pré-vendas", "permissions": ["records.write"]})
    assert made.url == "/profiles/"
    row = profile(world, "Pré-vendas")
    assert row.permissions == ["records.write"]
    page = client.get(f"/profiles/{row.pk}/").content.decode()
    for each in PERMISSIONS.values():
        assert escape(str(each.help)) in page
    changed = {**data, "name": "Pré-venda", "permissions": ["cards.all", "records.write"], "version": 1}
    assert client.post(f"/profiles/{row.pk}/", changed).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.permissions, row.version) == ("Pré-venda", ["records.write", "cards.all"], 2)
    assert last(world).data["permissions"] == [["records.write"], ["records.write", "cards.all"]]
    assert client.post(f"/profiles/{row.pk}/", changed).status_code == 422  # the version of before
    twin = client.post("/profiles/new/", {**data, "name": "PRÉ-VENDA".title(), "permissions": []})
    assert twin.status_code == 422
    assert client.post("/profiles/new/", {**data, "name": "X", "permissions": ["fly"]}).status_code == 422
    client.post(f"/profiles/{row.pk}/delete/", data)
    assert not Profile.objects.of(world.account).filter(pk=row.pk).exists()
    assert last(world).action == "profile.deleted"


def test_the_administrators_profile_is_fixed_and_a_used_one_stays(world: World, client_of: SignedIn) -> None:
    fixed = profile(world, "Administrador")
    client, data = client_of(world.admin), {"account": world.account.pk}
    page = client.get(f"/profiles/{fixed.pk}/").content.decode()
    assert "delete-dialog" not in page
    assert 'name="name"' not in page
    client.post(f"/profiles/{fixed.pk}/", {**data, "name": "Chefia", "permissions": [], "version": 1})
    client.post(f"/profiles/{fixed.pk}/delete/", data)
    assert profile(world, "Administrador").is_administrator
    for change in (lambda: update_profile(profile=fixed, name="X", origin=SYSTEM),
                   lambda: delete_profile(profile=fixed, origin=SYSTEM)):  # fmt: skip
        with pytest.raises(ProfileFixed):
            change()
    with pytest.raises(ProfileInUse):
        delete_profile(profile=profile(world, "Vendedor"), origin=SYSTEM)


def test_a_team_is_made_changed_and_deleted(world: World, stranger: World, client_of: SignedIn) -> None:
    client, data = client_of(world.admin), {"account": world.account.pk}
    seller, admin = place(world, world.seller), place(world, world.admin)
    made = client.post("/teams/new/", {**data, "name": "Norte", "members": [seller.pk]})
    assert made.url == "/teams/"
    team = Team.objects.of(world.account).get()
    assert client.post("/teams/new/", {**data, "name": "NORTE"}).status_code == 422
    with pytest.raises(NameTaken):
        create_team(account=world.account, name="norte", origin=SYSTEM)
    theirs = Membership.objects.of(stranger.account).first()
    bad = {**data, "name": "Norte", "members": [theirs.pk], "version": 1}
    assert client.post(f"/teams/{team.pk}/", bad).status_code == 422
    changed = {**data, "name": "Nordeste", "members": [admin.pk], "version": 1}
    assert client.post(f"/teams/{team.pk}/", changed).status_code == 302
    assert [each.membership for each in team.places.all()] == [admin]
    assert last(world).data == {
        "name": ["Norte", "Nordeste"],
        "members": [[world.seller.pk], [world.admin.pk]],
    }
    assert client.post(f"/teams/{team.pk}/", changed).status_code == 422
    client.post(f"/teams/{team.pk}/delete/", data)
    assert not Team.objects.of(world.account).exists()
    assert place(world, world.admin).is_active


def test_a_service_refuses_an_old_version(world: World) -> None:
    row = place(world, world.seller)
    with pytest.raises(SomeoneElseChangedThis):
        change_member(membership=row, is_active=False, version=row.version + 1, origin=SYSTEM)


def test_a_new_account_has_the_standard_profiles_with_what_they_allow() -> None:
    account, _admin = create_account(name="Nova", admin_email="d@nova.example", origin=SYSTEM)
    found = {row.name: tuple(row.permissions) for row in Profile.objects.of(account)}
    assert found == STANDARD
    assert [row.name for row in Profile.objects.of(account).filter(is_administrator=True)] == [
        "Administrador"
    ]


def test_who_has_two_accounts_switches_between_them(
    world: World, stranger: World, client_of: SignedIn
) -> None:
    """The switch stands in the menu of her name, and what she sees afterwards is the other account's."""
    Membership.objects.of(stranger.account).create(
        account=stranger.account,
        user=world.seller,
        profile=factories.profile(account=stranger.account, administrator=True),
    )
    client = client_of(world.seller)
    page = client.get("/tasks/").content.decode()
    assert 'action="/account/switch/"' in page
    assert f'value="{stranger.account.pk}"' in page
    assert client.get("/people/").status_code == 403
    client.post("/account/switch/", {"to": stranger.account.pk})
    assert "admin@estranha.example" in client.get("/people/").content.decode()
    one = client_of(world.admin).get("/tasks/").content.decode()
    assert 'action="/account/switch/"' not in one
