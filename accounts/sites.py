"""The two sites: the portal for customers and the admin for support staff."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse
from unfold.sites import UnfoldAdminSite

from accounts import navigation as menu


class StaffSite(UnfoldAdminSite):
    """Django admin for support staff; rows of accounts open as accounts.support says."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's, with the second step for who has a second factor."""
        from accounts.signin import enter
        from accounts.staff_signin import CodeNeeded

        try:
            return super().login(request, extra_context)
        except CodeNeeded as asked:
            to = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME)
            return enter(request, user=asked.user, to=to or reverse("admin:index"))

    def password_change(
        self,
        request: HttpRequest,  # noqa: ARG002 - the signature is given
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - the signature is given
    ) -> HttpResponse:
        """On the portal's page, which ends the other sessions as well."""
        return redirect("portal:password_change")

    def get_urls(self) -> list[URLPattern]:
        from accounts import staff_support

        return [*staff_support.urls(self), *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With what support has open, for the banner."""
        from accounts.staff_scope import open_access

        return {**super().each_context(request), "support_access": open_access(request)}


class PortalSite(UnfoldAdminSite):
    """The customers' portal: unfold's look around our own views; no ModelAdmin is ever registered here."""

    settings_name = "UNFOLD_PORTAL"

    def has_permission(self, request: HttpRequest) -> bool:
        """True for signed-in people with an active membership in the current account."""
        return request.user.is_active and getattr(request, "membership", None) is not None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our screens only: AdminSite's own (app lists, autocomplete, catch-all) are left out on purpose."""
        from accounts import audit_screens as trail
        from accounts import (
            key_screens,
            live,
            notice_screens,
            own_screens,
            password_reset,
            people,
            search,
            signin,
        )
        from accounts import module_urls as module_paths
        from accounts.security_screens import security

        own: list[URLPattern | URLResolver] = [
            path("", people.welcome, name="index"),
            path("login/", signin.SignInView.as_view(), name="login"),
            path("login/code/", signin.code, name="login-code"),
            path("logout/", signin.SignOutView.as_view(), name="logout"),
            path("password/", signin.PasswordView.as_view(), name="password_change"),
            path("password/set/<uidb64>/<token>/", signin.FirstPasswordView.as_view(), name="password-set"),
            path("password/forgotten/", password_reset.forgotten, name="password-forgotten"),
            path("me/second-factor/", own_screens.second_factor_page, name="second-factor"),
            path("me/sessions/", own_screens.sessions, name="sessions"),
            path("me/sessions/end/", own_screens.end_session, name="session-end"),
            path("security/", security, name="security"),
            path("notices/", notice_screens.notices, name="notices"),
            path("notices/read/", notice_screens.notices_read, name="notices-read"),
            path("notices/<int:notice_id>/", notice_screens.notice_open, name="notice-open"),
            path("audit/", trail.audit_trail, name="audit-trail"),
            path("api-keys/", key_screens.api_keys, name="api-keys"),
            path("api-keys/new/", key_screens.api_key_new, name="api-key-new"),
            path("api-keys/<int:key_id>/rotate/", key_screens.api_key_rotate, name="api-key-rotate"),
            path("api-keys/<int:key_id>/revoke/", key_screens.api_key_revoke, name="api-key-revoke"),
            *module_paths.urlpatterns,
            path("language/", people.choose_language, name="language"),
            path("account/switch/", people.switch_account, name="account-switch"),
            path("account/<int:account_id>/", people.open_account, name="account-open"),
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
