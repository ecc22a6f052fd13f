"""Administração → Perfis and Equipes: what members may do, and who works together."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import profiles as profile_services
from accounts import teams as team_services
from accounts.listing import paged
from accounts.models import Profile, Team
from accounts.people_admin import changed_meanwhile
from accounts.people_forms import ProfileForm, TeamForm
from accounts.permissions import PERMISSIONS
from accounts.portal import PortalRequest, origin, page, render_page
from accounts.refusals import Refusal
from accounts.scoping import SomeoneElseChangedThis

BOTH = ["GET", "HEAD", "POST"]


@page(administrator=True)
@require_GET
def profiles(request: PortalRequest) -> HttpResponse:
    """Each profile with what it allows and how many members have it."""
    rows = Profile.objects.of(request.account).annotate(count=Count("memberships"))
    shown = paged(request, rows.order_by("-is_administrator", "name", "pk"))
    for row in shown["rows"]:
        row.allowed = [each.label for slug, each in PERMISSIONS.items() if slug in row.permissions]
    context = {"title": _("Profiles"), "page": shown}
    return render_page(request, "accounts/people/profiles.html", context)


@page(administrator=True)
@require_http_methods(BOTH)
def profile_new(request: PortalRequest) -> HttpResponse:
    """A profile of the account's own."""
    form = ProfileForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = profile_services.create_profile(
                account=request.account,
                name=given["name"],
                permissions=given["permissions"],
                origin=origin(request),
            )
        except Refusal as refused:
            form.add_error(refused.field or None, refused.words)
        else:
            messages.success(request, _("The profile “%(name)s” is ready.") % {"name": made.name})
            return redirect("portal:profiles")
    return _show_profile(request, form, title=_("New profile"))


@page(administrator=True)
@require_http_methods(BOTH)
def profile(request: PortalRequest, profile_id: int) -> HttpResponse:
    """A profile's name and permissions; the administrators' is shown and cannot be changed."""
    row = get_object_or_404(Profile.objects.of(request.account), pk=profile_id)
    post = request.POST if request.method == "POST" else None
    allowed = list(PERMISSIONS) if row.is_administrator else row.permissions
    initial = {"name": row.name, "permissions": allowed, "version": row.version}
    form = ProfileForm(post, initial=initial)
    if form.is_valid():
        given = form.cleaned_data
        try:
            profile_services.update_profile(profile=row, origin=origin(request), **given)
        except SomeoneElseChangedThis:
            form.add_error(None, changed_meanwhile())
        except Refusal as refused:
            form.add_error(refused.field or None, refused.words)
        else:
            messages.success(request, _("Saved."))
            return redirect("portal:profiles")
    return _show_profile(request, form, title=row.name, profile=row, fixed=row.is_administrator)


@page(administrator=True)
@require_POST
def profile_delete(request: PortalRequest, profile_id: int) -> HttpResponse:
    """Deletes a profile that nobody has."""
    row = get_object_or_404(Profile.objects.of(request.account), pk=profile_id)
    try:
        profile_services.delete_profile(profile=row, origin=origin(request))
    except Refusal as refused:
        messages.error(request, refused.words)
        return redirect("portal:profile", row.pk)
    messages.success(request, _("The profile “%(name)s” was deleted.") % {"name": row.name})
    return redirect("portal:profiles")


@page(administrator=True)
@require_GET
def teams(request: PortalRequest) -> HttpResponse:
    """Each team with its members; ?page=."""
    working = Q(places__membership__is_active=True)
    rows = Team.objects.of(request.account).annotate(count=Count("places", filter=working))
    context = {"title": _("Teams"), "page": paged(request, rows.order_by("name", "pk"))}
    return render_page(request, "accounts/people/teams.html", context)


@page(administrator=True)
@require_http_methods(BOTH)
def team_new(request: PortalRequest) -> HttpResponse:
    """A team and its members."""
    form = TeamForm(request.POST if request.method == "POST" else None, account=request.account)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = team_services.create_team(
                account=request.account,
                name=given["name"],
                members=given["members"],
                origin=origin(request),
            )
        except Refusal as refused:
            form.add_error(refused.field or None, refused.words)
        else:
            messages.success(request, _("The team “%(name)s” is ready.") % {"name": made.name})
            return redirect("portal:teams")
    return _show_team(request, form, title=_("New team"))


@page(administrator=True)
@require_http_methods(BOTH)
def team(request: PortalRequest, team_id: int) -> HttpResponse:
    """A team's name and members; a post saves them."""
    row = get_object_or_404(Team.objects.of(request.account), pk=team_id)
    post = request.POST if request.method == "POST" else None
    held = list(row.places.values_list("membership_id", flat=True))
    initial = {"name": row.name, "members": held, "version": row.version}
    form = TeamForm(post, account=request.account, initial=initial)
    if form.is_valid():
        try:
            team_services.update_team(team=row, origin=origin(request), **form.cleaned_data)
        except SomeoneElseChangedThis:
            form.add_error(None, changed_meanwhile())
        except Refusal as refused:
            form.add_error(refused.field or None, refused.words)
        else:
            messages.success(request, _("Saved."))
            return redirect("portal:teams")
    return _show_team(request, form, title=row.name, team=row)


@page(administrator=True)
@require_POST
def team_delete(request: PortalRequest, team_id: int) -> HttpResponse:
    """Deletes a team; its members stay in the account."""
    row = get_object_or_404(Team.objects.of(request.account), pk=team_id)
    team_services.delete_team(team=row, origin=origin(request))
    messages.success(request, _("The team “%(name)s” was deleted.") % {"name": row.name})
    return redirect("portal:teams")


def _show_profile(request: PortalRequest, form: ProfileForm, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render_page(request, "accounts/people/profile.html", {"form": form, **context}, status=status)


def _show_team(request: PortalRequest, form: TeamForm, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render_page(request, "accounts/people/team.html", {"form": form, **context}, status=status)
