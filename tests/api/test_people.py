"""Users, invitations, profiles and teams by API (S18): what is made, changed, refused and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.invitations import by_token
from accounts.models import AuditEntry, Membership, Profile, User
from tests import factories
from tests.api.conftest import Api
from tests.conftest import World

pytestmark = pytest.mark.django_db
Problem = Callable[..., Any]


def profile(world: World, name: str) -> str:
    return str(Profile.objects.of(world.account).get(name=name).pk)


def test_s18_a_users_profile_teams_and_state_are_changed(api: Api, world: World, problem: Problem) -> None:
    team = api.made("teams/", {"name": "Norte"})
    own = api.made("profiles/", {"name": "Pré-vendas", "permissions": ["cards.all", "records.write"]})
    assert own["permissions"] == ["records.write", "cards.all"]
    path = f"users/{world.seller.pk}/"
    tag = api.get(path)["ETag"]
    changed = api.patch(path, {"profile": own["id"], "teams": [team["id"]], "is_active": False}, If_Match=tag)
    assert changed.status_code == 200
    shown = changed.json()
    assert (shown["profile"], shown["teams"], shown["is_active"]) == (own["id"], [team["id"]], False)
    problem(api.patch(path, {"is_active": True}, If_Match=tag), 412, "precondition_failed")
    assert api.patch(path, {"is_active": True}).json()["is_active"] is True
    assert [each["id"] for each in api.get(f"users/?team={team['id']}").json()["results"]] == [shown["id"]]
    problem(api.patch(path, {"email": "x@y.example"}), 400, "unknown_field")
    entry = AuditEntry.objects.of(world.account).order_by("-pk").first()
    assert entry.action == "member.reactivated"


def test_the_last_active_administrator_stays(api: Api, world: World, problem: Problem) -> None:
    path = f"users/{world.admin.pk}/"
    for change in ({"is_active": False}, {"profile": profile(world, "Vendedor")}):
        problem(api.patch(path, change), 422, "last_administrator")
    assert api.get(path).json()["is_administrator"] is True
    factories.member(account=world.account, email="dona@casa.example", administrator=True)
    assert api.patch(path, {"is_active": False}).status_code == 200


def test_s18_profiles_are_made_changed_and_deleted(api: Api, world: World, problem: Problem) -> None:
    made = api.post("profiles/", {"name": "Parceiros"})
    assert (made.status_code, made["ETag"], made.json()["permissions"]) == (201, 'W/"1"', [])
    path = f"profiles/{made.json()['id']}/"
    assert api.patch(path, {"permissions": ["cards.team"]}).json()["permissions"] == ["cards.team"]
    twin = problem(api.post("profiles/", {"name": "PARCEIROS"}), 409, "already_exists")
    assert list(twin["errors"]) == ["name"]
    problem(api.patch(path, {"permissions": ["fly"]}), 400, "invalid")
    fixed = f"profiles/{profile(world, 'Administrador')}/"
    problem(api.patch(fixed, {"permissions": []}), 422, "profile_fixed")
    problem(api.delete(fixed), 422, "profile_fixed")
    problem(api.delete(f"profiles/{profile(world, 'Vendedor')}/"), 422, "profile_in_use")
    problem(api.delete(path, If_Match='W/"1"'), 412, "precondition_failed")
    assert api.delete(path).status_code == 204
    problem(api.get(path), 404, "not_found")


def test_s18_teams_are_made_changed_and_deleted(
    api: Api, world: World, stranger: World, problem: Problem
) -> None:
    seller, admin = str(world.seller.pk), str(world.admin.pk)
    made = api.made("teams/", {"name": "Norte", "members": [seller]})
    assert made["members"] == [seller]
    path = f"teams/{made['id']}/"
    assert api.patch(path, {"members": [admin]}).json()["members"] == [admin]
    assert api.patch(path, {"name": "Sul"}).json()["members"] == [admin]
    problem(api.post("teams/", {"name": "sul"}), 409, "already_exists")
    problem(api.patch(path, {"members": [str(stranger.seller.pk)]}), 404, "not_found")
    assert api.delete(path).status_code == 204
    assert Membership.objects.of(world.account).count() == 2


def test_a_team_and_its_members_are_each_others_change(api: Api, world: World, problem: Problem) -> None:
    seller, admin = str(world.seller.pk), str(world.admin.pk)
    team = api.post("teams/", {"name": "Norte", "members": [seller]})
    path, other = f"teams/{team.json()['id']}/", api.made("teams/", {"name": "Sul"})
    user = api.get(f"users/{seller}/")
    api.patch(f"users/{admin}/", {"teams": [team.json()["id"]]})
    problem(api.patch(path, {"members": [seller]}, If_Match=team["ETag"]), 412, "precondition_failed")
    assert sorted(api.get(path).json()["members"]) == sorted([seller, admin])
    assert api.get(f"teams/{other['id']}/").json()["version"] == other["version"]
    assert api.get(f"users/{seller}/")["ETag"] == user["ETag"]
    api.patch(path, {"members": [admin]})
    problem(api.patch(f"users/{seller}/", {"teams": []}, If_Match=user["ETag"]), 412, "precondition_failed")
    here = api.get(f"users/{admin}/")
    assert api.delete(path).status_code == 204
    assert api.get(f"users/{admin}/")["ETag"] != here["ETag"]


def test_s18_invitations_are_sent_listed_and_withdrawn(
    api: Api, world: World, problem: Problem, mailbox: Callable[[], list[EmailMessage]]
) -> None:
    """The e-mail goes out, and no answer tells the link or its digest."""
    body = {"email": "Bia@Sol.example", "name": "Bia", "profile": profile(world, "Vendedor")}
    made = api.made("invitations/", body)
    assert (made["email"], made["state"], made["teams"]) == ("bia@sol.example", "open", [])
    (message,) = mailbox()
    assert message.to == ["bia@sol.example"]
    listed = api.get("invitations/?email=BIA@sol.example").content.decode()
    assert made["id"] in listed
    token = message.body.split("/invitation/")[1].split("/")[0]
    assert token not in listed
    assert "digest" not in listed
    problem(api.post("invitations/", body), 409, "invitation_open")
    problem(api.post("invitations/", {**body, "email": world.seller.email}), 409, "already_member")
    path = f"invitations/{made['id']}/"
    problem(api.delete(path, If_Match='W/"7"'), 412, "precondition_failed")
    assert api.delete(path).status_code == 204
    assert api.get(path).json()["state"] == "withdrawn"
    problem(api.delete(path), 422, "invitation_closed")
    assert not User.objects.filter(email="bia@sol.example").exists()


def test_s18_an_invitation_that_waits_is_sent_again_with_a_new_link(
    api: Api, world: World, problem: Problem, mailbox: Callable[[], list[EmailMessage]]
) -> None:
    """What `invitation_open` says to do: the link of before opens nothing, the new one does."""
    made = api.made("invitations/", {"email": "bia@sol.example", "profile": profile(world, "Vendedor")})
    path = f"invitations/{made['id']}/"
    problem(api.post(f"{path}send-again/", If_Match='W/"7"'), 412, "precondition_failed")
    again = api.post(f"{path}send-again/")
    assert (again.status_code, again.json()["version"]) == (200, made["version"] + 1)
    links = [each.body.split("/invitation/")[1].split("/")[0] for each in mailbox()]
    assert [by_token(link) is not None for link in links] == [False, True]
    assert api.delete(path).status_code == 204
    problem(api.post(f"{path}send-again/"), 422, "invitation_closed")
    problem(api.post("invitations/999999/send-again/"), 404, "not_found")


def test_keys_are_not_limited_by_profiles(api: Api, world: World) -> None:
    """A key is the account's: it sees the cards of everybody."""
    mine = factories.deal(funnel=world.funnel, owner=world.seller)
    nobodys = factories.deal(funnel=world.funnel)
    found = {each["id"] for each in api.get("deals/").json()["results"]}
    assert found == {str(mine.pk), str(nobodys.pk)}
