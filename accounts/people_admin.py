"""Administração → Usuários: members, what each may do, and the invitations that wait."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import invitations as invited
from accounts.listing import paged
from accounts.members import change_member, found
from accounts.models import Invitation, Membership, Profile
from accounts.people_forms import InviteForm, MemberForm
from accounts.permissions import STANDARD
from accounts.portal import PortalRequest, origin, page, render_page
from accounts.refusals import Refusal
from accounts.scoping import SomeoneElseChangedThis

FIRST_CHOICE = "Vendedor"  # whom most invitations are for, where the account has it


@page(administrator=True)
@require_GET
def members(request: PortalRequest) -> HttpResponse:
    """?q= name or e-mail · ?page=."""
    text = request.GET.get("q", "").strip()[:100]
    rows = found(request.account, text).prefetch_related("teams__team")
    context = {"title": _("Users"), "tab": "members", "page": paged(request, rows), "q": text}
    return render_page(request, "accounts/people/members.html", context)


@page(administrator=True)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: PortalRequest, membership_id: int) -> HttpResponse:
    """A member's profile and teams; a post saves them."""
    row = _member(request, membership_id)
    post = request.POST if request.method == "POST" else None
    held = list(row.teams.values_list("team_id", flat=True))
    initial = {"profile": row.profile_id, "teams": held, "version": row.version}
    form = MemberForm(post, account=request.account, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        try:
            change_member(
                membership=row,
                profile=given["profile"],
                teams=given.get("teams"),
                version=given["version"],
                origin=origin(request),
            )
        except SomeoneElseChangedThis:
            form.add_error(None, changed_meanwhile())
        except Refusal as refused:
            form.add_error(None, refused.words)
        else:
            messages.success(request, _("Saved."))
            return redirect("portal:members")
    context = {"title": str(row.user), "member": row, "form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, "accounts/people/member.html", context, status=status)


@page(administrator=True)
@require_POST
def switch(request: PortalRequest, membership_id: int) -> HttpResponse:
    """Switches a member off (`to` = off) or on again: she does not come in, her cards stay hers."""
    row = _member(request, membership_id)
    on = request.POST.get("to") == "on"
    try:
        change_member(membership=row, is_active=on, origin=origin(request))
    except Refusal as refused:
        messages.error(request, refused.words)
        return redirect("portal:member", row.pk)
    words = _("%(name)s can come in again.") if on else _("%(name)s can no longer come in.")
    messages.success(request, words % {"name": row.user})
    return redirect("portal:members")


@page(administrator=True)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: PortalRequest) -> HttpResponse:
    """Offers a place in the account by e-mail."""
    post = request.POST if request.method == "POST" else None
    form = InviteForm(post, account=request.account, initial={"profile": _first_choice(request)})
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = invited.invite(
                account=request.account,
                email=given["email"],
                name=given["name"],
                profile=given["profile"],
                teams=given.get("teams") or (),
                invited_by=request.user,
                origin=origin(request),
                now=timezone.now(),
            )
        except Refusal as refused:
            form.add_error(refused.field or None, refused.words)
        else:
            messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": made.email})
            return redirect("portal:invitations")
    status = 422 if form.is_bound else 200
    context = {"title": _("Invite somebody"), "form": form, "days": invited.VALID.days}
    return render_page(request, "accounts/people/invite.html", context, status=status)


@page(administrator=True)
@require_GET
def invitations(request: PortalRequest) -> HttpResponse:
    """The invitations that wait, newest first; ?page=."""
    rows = invited.pending(request.account).select_related("profile", "invited_by").order_by("-pk")
    context = {
        "title": _("Users"),
        "tab": "invitations",
        "page": paged(request, rows),
        "now": timezone.now(),
        "days": invited.VALID.days,
    }
    return render_page(request, "accounts/people/invitations.html", context)


@page(administrator=True)
@require_POST
def send_again(request: PortalRequest, invitation_id: int) -> HttpResponse:
    """A new link by e-mail; the one of before opens nothing any more."""

    def do(row: Invitation) -> str:
        invited.send_again(invitation=row, origin=origin(request), now=timezone.now())
        return _("The invitation is on its way to %(email)s.") % {"email": row.email}

    return _with(request, invitation_id, do)


@page(administrator=True)
@require_POST
def withdraw(request: PortalRequest, invitation_id: int) -> HttpResponse:
    """The link opens nothing any more."""

    def do(row: Invitation) -> str:
        invited.withdraw(invitation=row, origin=origin(request), now=timezone.now())
        return _("The invitation of %(email)s was withdrawn.") % {"email": row.email}

    return _with(request, invitation_id, do)


def changed_meanwhile() -> str:
    """The sentence for a form that shows an older version of the row."""
    return _("Someone else changed this meanwhile. Reload the page and make your change again.")


def _with(request: PortalRequest, invitation_id: int, do: Callable[[Invitation], str]) -> HttpResponse:
    row = get_object_or_404(Invitation.objects.of(request.account), pk=invitation_id)
    try:
        messages.success(request, do(row))
    except Refusal as refused:
        messages.error(request, refused.words)
    return redirect("portal:invitations")


def _member(request: PortalRequest, membership_id: int) -> Membership:
    rows = Membership.objects.of(request.account).select_related("user", "profile", "account")
    row: Membership = get_object_or_404(rows, pk=membership_id)
    return row


def _first_choice(request: PortalRequest) -> int | None:
    """The profile that a new invitation offers first: the sellers', never the administrators' by itself."""
    assert FIRST_CHOICE in STANDARD
    rows = Profile.objects.of(request.account).filter(is_administrator=False)
    names = dict(rows.order_by("-name").values_list("name", "pk"))
    chosen: int | None = names.get(FIRST_CHOICE) or next(iter(names.values()), None)
    return chosen
