"""Invitations by e-mail: sent, opened once, too old, withdrawn, and taken by those who were in before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts.members import change_member
from accounts.models import AuditEntry, Invitation, Membership, Profile, Team, User
from accounts.origin import Origin
from accounts.refusals import AlreadyMember, InvitationClosed, InvitationOpen
from accounts.teams import create_team
from tests.conftest import World
from tests.factories import PASSWORD, SYSTEM

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
Mailbox = Callable[[], list[EmailMessage]]
NEW = "padaria-de-sol-9"


def english() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def invited(world: World, email: str = "bia@sol.example", **more: object) -> Invitation:
    return invitations.invite(
        account=world.account,
        email=email,
        profile=more.pop("profile", None) or Profile.objects.of(world.account).get(name="Vendedor"),
        invited_by=world.admin,
        origin=Origin.user(world.admin),
        now=timezone.now(),
        **more,
    )


def link_in(message: EmailMessage) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/invitation/[\w-]+/)", message.body)
    assert found is not None
    return found[1]


def actions(world: World) -> list[str]:
    return list(AuditEntry.objects.of(world.account).order_by("pk").values_list("action", flat=True))


def test_a_new_person_comes_in_by_the_link_once(world: World, mailbox: Mailbox, client_of: SignedIn) -> None:
    """Screen → e-mail → name and password → she is in, with profile and teams; the link is used up."""
    team = create_team(account=world.account, name="Norte", origin=SYSTEM)
    seller = Profile.objects.of(world.account).get(name="Vendedor")
    answer = client_of(world.admin).post(
        "/people/invite/",
        {
            "account": world.account.pk, "name": "Bia", "email": " Bia@Sol.example ",
            "profile": seller.pk, "teams": [team.pk],
        },
    )  # fmt: skip
    assert answer.url == "/people/invitations/"
    (message,) = mailbox()
    link = link_in(message)
    row = Invitation.objects.of(world.account).get()
    assert row.digest not in link
    assert link.split("/")[-2] not in str(Invitation.objects.of(world.account).values())
    client = english()
    page = client.get(link).content.decode()
    assert 'value="Bia"' in page
    assert "bia@sol.example" in page
    weak = {"name": "Bia Lima", "password1": "12345678", "password2": "12345678"}
    assert client.post(link, weak).status_code == 422  # Django's validators
    like_her = {"name": "Bia Lima", "password1": "bia@sol.example", "password2": "bia@sol.example"}
    assert client.post(link, like_her).status_code == 422
    done = client.post(link, {"name": "Bia Lima", "password1": NEW, "password2": NEW})
    assert (done.status_code, done.url) == (302, "/")
    place = Membership.objects.of(world.account).get(user__email="bia@sol.example")
    assert (place.user.name, place.profile.name, place.is_active) == ("Bia Lima", "Vendedor", True)
    assert [each.team for each in place.teams.all()] == [team]
    assert client.get("/tasks/").status_code == 200
    again = english().get(link)
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert "Sign in with your e-mail and password" in again.content.decode()
    assert actions(world)[-2:] == ["invitation.sent", "invitation.accepted"]


def test_the_email_is_in_the_inviters_language(world: World, mailbox: Mailbox) -> None:
    User.objects.filter(pk=world.admin.pk).update(language="en")
    world.admin.refresh_from_db()
    invited(world)
    (message,) = mailbox()
    assert "invites you to Casa" in message.subject
    assert "Accept the invitation" in message.alternatives[0][0]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, 410, "too old"),
        ({"revoked_at": timezone.now()}, 410, "withdrawn"),
        ({"digest": "another"}, 404, "newest e-mail"),
    ],
)
def test_a_link_that_opens_nothing_says_what_to_do(
    world: World, mailbox: Mailbox, change: dict[str, object], status: int, words: str
) -> None:
    row = invited(world)
    Invitation.objects.of(world.account).filter(pk=row.pk).update(**change)
    link = link_in(mailbox()[0])
    client = english()
    for answer in (
        client.get(link),
        client.post(link, {"name": "B", "password1": NEW, "password2": NEW}),
    ):
        assert answer.status_code == status
        assert words in answer.content.decode()
    assert not User.objects.filter(email="bia@sol.example").exists()


def test_it_is_valid_for_seven_days(world: World) -> None:
    row, now = invited(world), timezone.now()
    assert timedelta(days=7) - timedelta(minutes=1) < row.expires_at - now <= timedelta(days=7)
    assert invitations.standing(row, now=row.expires_at - timedelta(seconds=1)) == "open"
    assert invitations.standing(row, now=row.expires_at) == "expired"
    with pytest.raises(InvitationClosed):
        invitations.accept(invitation=row, name="B", password=NEW, now=row.expires_at)


def test_sending_again_makes_a_new_link_and_closes_the_old_one(
    world: World, mailbox: Mailbox, client_of: SignedIn
) -> None:
    row = invited(world)
    client = client_of(world.admin)
    data = {"account": world.account.pk}
    Invitation.objects.of(world.account).update(expires_at=timezone.now() - timedelta(days=1))
    page = client.get("/people/invitations/").content.decode()
    assert "bia@sol.example" in page
    assert re.search(rf'action="/people/invitations/{row.pk}/withdraw/" data-confirm="[^"]+"', page)
    client.post(f"/people/invitations/{row.pk}/again/", data)
    old, new = (link_in(message) for message in mailbox())
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200
    client.post(f"/people/invitations/{row.pk}/withdraw/", data)
    assert Client().get(new).status_code == 410
    assert f"/people/invitations/{row.pk}/" not in client.get("/people/invitations/").content.decode()
    assert actions(world)[-3:] == ["invitation.sent", "invitation.sent_again", "invitation.withdrawn"]
    with pytest.raises(InvitationClosed):
        invitations.send_again(invitation=row, origin=SYSTEM, now=timezone.now())


def test_somebody_with_a_password_signs_in_and_joins(
    world: World, stranger: World, mailbox: Mailbox, client_of: SignedIn
) -> None:
    """Nobody but she can take it, and her password stays as it is; afterwards she works in the new account."""
    invited(world, stranger.seller.email)
    link = link_in(mailbox()[0])
    anybody = english()
    page = anybody.get(link).content.decode()
    assert f"/login/?next={link}" in page
    anybody.post(link, {"name": "Eva", "password1": NEW, "password2": NEW})
    assert not Membership.objects.of(world.account).filter(user=stranger.seller).exists()
    other = client_of(stranger.admin)
    assert stranger.admin.email in other.get(link).content.decode()
    other.post(link)
    assert not Membership.objects.of(world.account).filter(user=stranger.seller).exists()
    her = english()
    signed = her.post("/login/", {"username": stranger.seller.email, "password": PASSWORD, "next": link})
    assert signed.url == link
    assert "Join Casa" in her.get(link).content.decode()
    assert her.post(link).url == "/"
    assert Membership.objects.of(world.account).filter(user=stranger.seller, is_active=True).exists()
    stranger.seller.refresh_from_db()
    assert stranger.seller.check_password(PASSWORD)
    assert her.session["account_id"] == world.account.pk


def test_who_is_in_or_was_asked_is_not_asked_twice(world: World, client_of: SignedIn) -> None:
    with pytest.raises(AlreadyMember):
        invited(world, world.seller.email.upper())
    row = invited(world)
    with pytest.raises(InvitationOpen):
        invited(world)
    page = client_of(world.admin).post(
        "/people/invite/",
        {"account": world.account.pk, "email": row.email, "profile": row.profile_id},
    )
    assert page.status_code == 422
    assert row.email in page.content.decode()
    Invitation.objects.of(world.account).update(expires_at=timezone.now() - timedelta(days=1))
    assert invited(world).pk != row.pk  # an old one gives way
    assert invitations.pending(world.account).count() == 1


def test_two_who_open_it_at_once_take_it_once(world: World) -> None:
    row = invited(world)
    invitations.accept(invitation=row, name="Bia", password=NEW, now=timezone.now())
    with pytest.raises(InvitationClosed):
        invitations.accept(invitation=row, name="Eva", password="outra-senha-33", now=timezone.now())
    assert User.objects.get(email="bia@sol.example").check_password(NEW)


def test_a_place_that_she_has_by_now_is_not_made_smaller(world: World) -> None:
    """Support added her as an administrator meanwhile: the invitation adds its teams and changes nothing else."""
    team: Team = create_team(account=world.account, name="Norte", origin=SYSTEM)
    row = invited(world, teams=[team])
    user = User.objects.create_user(email="bia@sol.example", password=NEW)
    administrators = Profile.objects.of(world.account).get(is_administrator=True)
    Membership.objects.of(world.account).create(account=world.account, user=user, profile=administrators)
    place = invitations.accept(invitation=row, now=timezone.now())
    assert place.profile == administrators
    assert [each.team for each in place.teams.all()] == [team]


def test_a_user_who_is_switched_off_everywhere_reads_why(world: World, mailbox: Mailbox) -> None:
    User.objects.create_user(email="bia@sol.example", password=None, is_active=False)
    invited(world)
    answer = english().get(link_in(mailbox()[0]))
    assert answer.status_code == 403
    assert "Ask support" in answer.content.decode()


def test_only_administrators_invite(world: World, client_of: SignedIn) -> None:
    client = client_of(world.seller)
    for path in ("/people/", "/people/invite/", "/people/invitations/", "/profiles/", "/teams/"):
        assert client.get(path).status_code == 403, path
    assert "/people/" not in client.get("/tasks/").content.decode()


def test_g2_an_old_invitation_does_not_bring_back_who_was_removed(
    world: World, stranger: World, mailbox: Mailbox, client_of: SignedIn
) -> None:
    """Removing her withdraws what waits for her e-mail; a link that got through finds her place shut."""
    her = stranger.seller
    row = invited(world, her.email)
    link = link_in(mailbox()[0])
    seller = Profile.objects.of(world.account).get(name="Vendedor")
    place = Membership.objects.of(world.account).create(account=world.account, user=her, profile=seller)
    change_member(membership=place, is_active=False, origin=SYSTEM)
    assert "invitation.withdrawn" in actions(world)
    assert client_of(her).post(link).status_code == 410
    Invitation.objects.of(world.account).filter(pk=row.pk).update(revoked_at=None)
    with pytest.raises(InvitationClosed):
        invitations.accept(invitation=row, now=timezone.now())
    place.refresh_from_db()
    assert not place.is_active
