"""The page behind an invitation's link: whoever it was sent to takes the place once."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.invitations import Standing, accept, by_token, standing
from accounts.middleware import ACCOUNT_KEY
from accounts.models import Invitation, User
from accounts.people_forms import NewUserForm
from accounts.refusals import InvitationClosed

BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Why the link opens nothing, what to do, and the answer's status."""

    title: str
    words: str
    status: int


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """New people set name and password here; those with a password sign in first and join."""
    row = by_token(token)
    closed = _closed(row)
    if row is None or closed is not None:
        return _refuse(request, closed)
    user = User.objects.filter(email=row.email).first()
    if user is not None and not user.is_active:
        words = _("This user is switched off everywhere. Ask support.")
        return _refuse(request, Closed(title=_("This invitation cannot be used"), words=words, status=403))
    if user is not None and user.has_usable_password():
        return _join(request, row, user)
    if request.user.is_authenticated:
        return _show(request, row, {"somebody_else": True})
    return _set_up(request, row, user)


def _set_up(request: HttpRequest, row: Invitation, user: User | None) -> HttpResponse:
    """The form of somebody who never came in; saved, she is in."""
    post = request.POST if request.method == "POST" else None
    unsaved = User(email=row.email)
    form = NewUserForm(post, user=unsaved, initial={"name": row.name or (user.name if user else "")})
    if not form.is_valid():
        return _show(request, row, {"form": form}, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    try:
        membership = accept(
            invitation=row, name=given["name"], password=given["password1"], now=timezone.now()
        )
    except InvitationClosed as refused:
        return _refuse(request, _late(refused))
    login(request, membership.user, backend=BACKEND)
    return _welcome(request, row)


def _join(request: HttpRequest, row: Invitation, user: User) -> HttpResponse:
    """The button of somebody who has a password; only she herself can press it."""
    if not request.user.is_authenticated:
        return _show(request, row, {"sign_in": True})
    if request.user.pk != user.pk:
        return _show(request, row, {"somebody_else": True})
    if request.method != "POST":
        return _show(request, row, {"join": True})
    try:
        accept(invitation=row, now=timezone.now())
    except InvitationClosed as refused:
        return _refuse(request, _late(refused))
    return _welcome(request, row)


def _welcome(request: HttpRequest, row: Invitation) -> HttpResponse:
    request.session[ACCOUNT_KEY] = row.account_id
    messages.success(request, _("Welcome to %(account)s.") % {"account": row.account.name})
    return redirect("portal:index")


def _closed(row: Invitation | None) -> Closed | None:
    """What the page says of a link that opens nothing; None for one that does."""
    if row is None:
        return Closed(
            title=_("This link is not known"),
            words=_(
                "Copy the whole address from the newest e-mail: a newer invitation closes the link of before."
            ),
            status=404,
        )
    names = {
        "account": row.account.name,
        "inviter": row.invited_by or _("an administrator of %(account)s") % {"account": row.account.name},
    }
    match standing(row, now=timezone.now()):
        case Standing.ACCEPTED:
            title, words = _("This invitation was used already"), _("Sign in with your e-mail and password.")
        case Standing.WITHDRAWN:
            title = _("This invitation was withdrawn")
            words = _("If you should work in %(account)s, ask %(inviter)s for a new one.") % names
        case Standing.EXPIRED:
            title = _("This invitation is too old")
            words = _("It was valid for seven days. Ask %(inviter)s to send it again.") % names
        case _open:
            return None
    return Closed(title=title, words=words, status=410)


def _late(refused: InvitationClosed) -> Closed:
    return Closed(title=_("This invitation cannot be used"), words=refused.words, status=410)


def _refuse(request: HttpRequest, closed: Closed | None) -> HttpResponse:
    assert closed is not None
    context = {"title": closed.title, "closed": closed}
    return render(request, "accounts/people/invitation.html", context, status=closed.status)


def _show(
    request: HttpRequest, row: Invitation, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    title = _("Invitation to %(account)s") % {"account": row.account.name}
    return render(
        request,
        "accounts/people/invitation.html",
        {"title": title, "invitation": row, **context},
        status=status,
    )
