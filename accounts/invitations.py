"""The only writer of invitations: a place in the account, offered by e-mail and taken once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from accounts import mail
from accounts.keys import digest
from accounts.models import Account, Invitation, Membership, Profile, Team, User, normal_email
from accounts.origin import Origin
from accounts.refusals import AlreadyMember, InvitationClosed, InvitationOpen, Refusal
from accounts.scoping import SomeoneElseChangedThis
from accounts.services import audit
from accounts.teams import join_teams

VALID = timedelta(days=7)
MOST_OPEN = 200  # in one account
MOST_MEMBERS = 1000  # of one account who can come in: every choice of an owner lists them


class Standing(StrEnum):
    """Where an invitation is in its life."""

    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


def standing(invitation: Invitation, *, now: datetime) -> Standing:
    """What the link of this invitation does now."""
    if invitation.accepted_at is not None:
        return Standing.ACCEPTED
    if invitation.revoked_at is not None:
        return Standing.WITHDRAWN
    return Standing.OPEN if now < invitation.expires_at else Standing.EXPIRED


def pending(account: Account | int) -> QuerySet[Invitation]:
    """Neither used nor withdrawn; too old ones among them, they can be sent again."""
    rows: QuerySet[Invitation] = Invitation.objects.of(account)
    return rows.filter(accepted_at=None, revoked_at=None)


def by_token(token: str) -> Invitation | None:
    """The invitation of a link, whatever its account: the token says which it is."""
    rows = Invitation.unscoped.select_related("account", "profile", "invited_by")
    return rows.filter(digest=digest(token)).first()


@transaction.atomic
def invite(
    *,
    account: Account,
    email: str,
    name: str = "",
    profile: Profile,
    teams: Iterable[Team] = (),
    invited_by: User | None = None,
    origin: Origin,
    now: datetime,
) -> Invitation:
    """A new invitation, whose e-mail is queued with it, in the inviter's language; valid seven days.

    AlreadyMember for somebody who can come in already, or could if she were switched on; InvitationOpen
    while one waits for the same e-mail; Refusal when too many wait.
    """
    email = normal_email(email)
    _refuse_member(account, email)
    known = pending(account).select_for_update().filter(email__iexact=email).first()
    if known is not None and now < known.expires_at:
        raise InvitationOpen(
            _("%(email)s has an open invitation. Send it again, or withdraw it first.") % {"email": email},
            field="email",
        )
    if known is not None:
        _close(known, now=now)
    if pending(account).count() >= MOST_OPEN:
        words = _("%(most)s invitations are open. Withdraw some first.")
        raise Refusal(words % {"most": MOST_OPEN})
    if Membership.objects.of(account).filter(is_active=True).count() >= MOST_MEMBERS:
        words = _("An account has %(most)s members at most. Deactivate one who no longer works here first.")
        raise Refusal(words % {"most": MOST_MEMBERS})
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        account=account,
        email=email,
        name=name.strip(),
        profile=profile,
        teams=sorted(team.pk for team in teams),
        invited_by=invited_by,
        digest=digest(token),
        expires_at=now + VALID,
    )
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:
        raise InvitationOpen(
            _("Somebody invited %(email)s a moment ago.") % {"email": email}, field="email"
        ) from None
    _send(invitation, token=token)
    data = {"profile": profile.name}
    audit(account=account, origin=origin, action="invitation.sent", subject=email, data=data)
    return invitation


@transaction.atomic
def send_again(*, invitation: Invitation, origin: Origin, now: datetime) -> Invitation:
    """A new link, valid seven days from now; the one of before opens nothing. InvitationClosed."""
    row = _locked(invitation)
    token = secrets.token_urlsafe(32)
    row.digest, row.expires_at, row.version = digest(token), now + VALID, row.version + 1
    row.save()
    _send(row, token=token)
    audit(account=row.account, origin=origin, action="invitation.sent_again", subject=row.email)
    return row


@transaction.atomic
def withdraw(
    *, invitation: Invitation, version: int | None = None, origin: Origin, now: datetime
) -> Invitation:
    """The link opens nothing from now on. InvitationClosed, SomeoneElseChangedThis."""
    row = _locked(invitation)
    if version is not None and version != row.version:
        raise SomeoneElseChangedThis
    _close(row, now=now)
    audit(account=row.account, origin=origin, action="invitation.withdrawn", subject=row.email)
    return row


@transaction.atomic
def withdraw_all(*, account: Account, email: str, origin: Origin, now: datetime) -> int:
    """Whatever waits for this e-mail opens nothing from now on; returns how many."""
    rows = list(pending(account).select_for_update().filter(email=normal_email(email)))
    for row in rows:
        _close(row, now=now)
        audit(account=account, origin=origin, action="invitation.withdrawn", subject=row.email)
    return len(rows)


@transaction.atomic
def accept(
    *, invitation: Invitation, name: str = "", password: str | None = None, now: datetime
) -> Membership:
    """Takes the place: a new user of that name and password, or the existing one of that e-mail.

    Whoever calls it has seen to it that it is she: by the link for a new user, by her being signed in for
    one with a password. InvitationClosed for a link that was used, withdrawn or is too old, also when it
    was opened twice at once, and for somebody who was switched off in the account: only its administrators
    switch her on again. A place that she has by now stays as it is.
    """
    row = _locked(invitation)
    if now >= row.expires_at:
        raise InvitationClosed(_("This invitation is too old."))
    user = User.objects.select_for_update().filter(email=normal_email(row.email)).first()
    if user is None:
        user = User.objects.create_user(email=row.email, name=name, password=password)
    elif not user.has_usable_password() and password:
        user.name = name.strip() or user.name
        user.set_password(password)
        user.save(update_fields=["name", "password"])
    membership, made = Membership.objects.of(row.account_id).get_or_create(
        account=row.account, user=user, defaults={"profile": row.profile}
    )
    if not made and not membership.is_active:
        raise InvitationClosed(_("You were switched off in this account. Ask one of its administrators."))
    teams = {place.team for place in membership.teams.select_related("team")}
    teams |= set(Team.objects.of(row.account_id).filter(pk__in=row.teams))
    join_teams(membership=membership, teams=teams)
    row.accepted_at = now
    row.version += 1
    row.save()
    audit(
        account=row.account,
        origin=Origin.user(user),
        action="invitation.accepted",
        subject=user.email,
        data={"profile": membership.profile.name},
    )
    return membership


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.of(invitation.account_id).select_for_update(of=("self",))
    row: Invitation = rows.select_related("account", "profile").get(pk=invitation.pk)
    if row.accepted_at is not None:
        raise InvitationClosed(_("This invitation was used already."))
    if row.revoked_at is not None:
        raise InvitationClosed(_("This invitation was withdrawn."))
    return row


def _close(row: Invitation, *, now: datetime) -> None:
    row.revoked_at = now
    row.version += 1
    row.save()


def _refuse_member(account: Account, email: str) -> None:
    place = Membership.objects.of(account).filter(user__email=email).select_related("user").first()
    if place is None or (place.is_active and not place.user.has_usable_password()):
        return  # one who was never in can be asked to come
    if place.is_active:
        words = _("%(email)s is a member of this account already.")
    else:
        words = _("%(email)s is a member who was switched off. Switch her on again under Users.")
    raise AlreadyMember(words % {"email": email}, field="email")


def _send(invitation: Invitation, *, token: str) -> None:
    inviter = invitation.invited_by
    language = (inviter.language if inviter else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        until = formats.date_format(timezone.localtime(invitation.expires_at), "SHORT_DATETIME_FORMAT")
        label = _("Accept the invitation")
    mail.post(
        to=[invitation.email],
        template="invitation",
        language=language,
        context={
            "account": invitation.account.name,
            "inviter": str(inviter) if inviter else invitation.account.name,
            "name": invitation.name,
            "profile": invitation.profile.name,
            "until": until,
            "link": settings.PUBLIC_URL + reverse("portal:invitation", args=[token]),
            "label": label,
        },
    )
