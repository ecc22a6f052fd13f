"""What every request passes: language, the account it belongs to, and the content security policy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts import errors, nouns
from accounts.models import Account, Membership
from accounts.module_settings import settings_for

Answer = Callable[[HttpRequest], HttpResponse]
ACCOUNT_KEY = "account_id"  # the session's key for the chosen account


class LanguageMiddleware:
    """pt-BR unless the cookie says otherwise; a signed-in person's own language is set further in.

    Integrators' requests (/api/) also follow Accept-Language; people's pages do not, so that everybody in a
    company sees the same words whatever her browser says.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            chosen = translation.get_language_from_request(request)
        else:
            chosen = known_language(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or chosen)
        return response


def known_language(code: str) -> str:
    """`code` where the product speaks it, else the default."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class CurrentAccountMiddleware:
    """Sets `account`, `membership` and `memberships` (the person's active ones); else None and [].

    Every page of an account tells the time as the account's own clock does, and speaks its words (S3).
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        set_membership(request, [])
        # Keys, not sessions, open the API; asking for the session there would only cost queries.
        if not request.path.startswith("/api/") and request.user.is_authenticated:
            rows = Membership.unscoped.filter(user_id=request.user.pk, is_active=True)
            set_membership(request, list(rows.select_related("profile", "account").order_by("pk")))
            if request.user.language:
                translation.activate(known_language(request.user.language))
                request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
        # Support staff see rows of many accounts: their admin keeps the product's own words.
        spoken = None if request.path.startswith("/admin/") else request.account  # type: ignore[attr-defined]
        with clock_of(request.account), nouns.of(spoken, lambda: settings_for(request)):  # type: ignore[attr-defined]
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What services refuse in words becomes a page in words; everything else goes on as it is."""
        return errors.refusal(request, exception)


def clock_of(account: Account | None) -> AbstractContextManager[None]:
    """The account's time zone while it lasts; the server's without an account or with an unknown zone."""
    if account is None:
        return nullcontext()
    try:
        return timezone.override(ZoneInfo(account.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        # A mistyped zone must not close every page to the company: times are the server's until corrected.
        return nullcontext()


def set_membership(request: HttpRequest, memberships: list[Membership]) -> None:
    """Chooses the membership of the session's account, else the person's first."""
    chosen = memberships[0] if memberships else None
    if len(memberships) > 1:
        wanted = request.session.get(ACCOUNT_KEY)
        chosen = next((each for each in memberships if each.account_id == wanted), chosen)
    request.memberships = memberships  # type: ignore[attr-defined]
    request.membership = chosen  # type: ignore[attr-defined]
    request.account = chosen.account if chosen else None  # type: ignore[attr-defined]


POLICY: dict[str, str] = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "style-src": "'self' 'unsafe-inline'",  # unfold writes its colours and x-show into style attributes
    "script-src": "'self' 'unsafe-eval'",  # Alpine evaluates its attributes; no inline script runs anywhere
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def policy(**changed: str) -> str:
    """The Content-Security-Policy with some directives changed: policy(form_action="'self' https://…")."""
    directives = {**POLICY, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


class ContentSecurityMiddleware:
    """Every answer carries the policy, unless its view set its own (with `policy(...)`)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response
