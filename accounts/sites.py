"""The two sites: the portal for customers and the admin for support staff."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from unfold.sites import UnfoldAdminSite

from accounts import navigation as menu


class StaffSite(UnfoldAdminSite):
    """Django admin for support staff."""


class PortalSite(UnfoldAdminSite):
    """The customers' portal: unfold's look around our own views; no ModelAdmin is ever registered here."""

    settings_name = "UNFOLD_PORTAL"

    def has_permission(self, request: HttpRequest) -> bool:
        """True for signed-in people with an active membership in the current account."""
        return request.user.is_active and getattr(request, "membership", None) is not None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our screens only: AdminSite's own (app lists, autocomplete, catch-all) are left out on purpose."""
        from accounts import live, people, search, signin

        own: list[URLPattern | URLResolver] = [
            path("", people.welcome, name="index"),
            path("login/", signin.SignInView.as_view(), name="login"),
            path("logout/", signin.SignOutView.as_view(), name="logout"),
            path("password/", signin.PasswordView.as_view(), name="password_change"),
            path("password/set/<uidb64>/<token>/", signin.FirstPasswordView.as_view(), name="password-set"),
            path("language/", people.choose_language, name="language"),
            path("account/switch/", people.switch_account, name="account-switch"),
            path("search/", search.search, name="search"),
            path("live/", live.live, name="live"),
        ]
        apps = [module for module in settings.PORTAL_URLS if find_spec(module) is not None]
        # An app's "" comes first, so that its home answers "/" while "portal:index" still names it.
        return [*(path("", include(module)) for module in apps), *own]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """unfold's frame without the list of admin apps."""
        return {**super().each_context(request), "available_apps": []}


def stylesheet(_request: HttpRequest) -> str:
    """The address of our colours and type, for both sites; the portal's frame loads its components itself."""
    return static("portal/tokens.css")


def script(_request: HttpRequest) -> str:
    """The address of the portal's own script."""
    return static("portal/portal.js")


def theme(_request: HttpRequest) -> str:
    """The address of the script that follows the system's light and dark, for the staff admin."""
    return static("portal/theme.js")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's SIDEBAR navigation for this request."""
    return menu.groups(request)


portal = PortalSite(name="portal")
