"""Stops guessing at sign-in: django-axes counts wrong tries, this says for whom and how many."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import User, normal_email

LONGEST_NAME = 254  # of an e-mail, and of what stands in for one


class Handler(AxesDatabaseHandler):
    """Two counters: an e-mail from an address, and the address as a whole with a wider limit."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Wrong tries in terms of AXES_FAILURE_LIMIT: the address reaches it at its own limit."""
        pair, address = (_sum(rows) for rows in self.get_user_attempts(request, credentials))
        return max(pair, address * settings.AXES_FAILURE_LIMIT // settings.LOCKOUT_ADDRESS_LIMIT)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Coming in empties the person's own counter; the address's stays, or one account would open all."""
        pair, _address = self.filter_user_attempts(request, credentials)
        return pair.delete()[0]


def _sum(rows: QuerySet[AccessAttempt]) -> int:
    return rows.aggregate(total=Sum("failures_since_start"))["total"] or 0


def address_of(request: HttpRequest | None) -> str:
    """Where the request came from; behind a proxy what the proxy wrote, else what the socket says.

    Of X-Forwarded-For only the last entry is the proxy's own: the others may be anybody's invention.
    """
    if request is None:
        return ""
    if settings.BEHIND_PROXY:
        with suppress(ValueError):
            last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            return str(ipaddress.ip_address(last))
    return request.META.get("REMOTE_ADDR", "")


def client_address(request: HttpRequest) -> str | None:
    """`address_of` for axes' table: None where there is none (AXES_CLIENT_IP_CALLABLE)."""
    return address_of(request) or None


def name_of(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Whose tries are counted: the e-mail as users have it (AXES_USERNAME_CALLABLE)."""
    given = credentials if credentials is not None else request.POST
    return normal_email(str(given.get("username") or ""))[:LONGEST_NAME].replace("\0", "")


def allowed(request: HttpRequest, *, name: str) -> bool:
    """Whether this name may be tried from this address now; false marks the request as locked out."""
    free = AxesProxyHandler.is_allowed(request, get_credentials(name))
    request.axes_locked_out = not free  # type: ignore[attr-defined]
    return free


def count(request: HttpRequest, *, name: str) -> None:
    """One more wrong try that Django's authenticate did not see, such as a code of the second factor."""
    user_login_failed.send(sender=__name__, credentials=get_credentials(name), request=request)


def locked_out(request: HttpRequest | None) -> bool:
    """Whether this request met the limit, or reached it."""
    return bool(getattr(request, "axes_locked_out", False))


def refusal(request: HttpRequest, *, name: str) -> ValidationError:
    """How long to wait, in words."""
    minutes = max(1, ceil(seconds_left(request, name=name) / 60))
    words = ngettext(
        "Too many tries. Wait %(count)d minute and try again.",
        "Too many tries. Wait %(count)d minutes and try again.",
        minutes,
    )
    return ValidationError(words % {"count": minutes}, code="wait")


def seconds_left(request: HttpRequest, *, name: str) -> float:
    """Until the name may be tried again from this address; 0 when it may now."""
    handler = AxesProxyHandler.get_implementation()
    AxesProxyHandler.update_request(request)
    limits = (settings.AXES_FAILURE_LIMIT, settings.LOCKOUT_ADDRESS_LIMIT)
    latest = [
        rows.latest("attempt_time").attempt_time
        for rows, limit in zip(handler.get_user_attempts(request, get_credentials(name)), limits, strict=True)
        if _sum(rows) >= limit
    ]
    if not latest:
        return 0.0
    return max(0.0, (max(latest) + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds())


def answer(
    request: HttpRequest, response: HttpResponse, credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The page that already says it, with the status and header for programs (AXES_LOCKOUT_CALLABLE)."""
    response.status_code = 429
    name = name_of(request, credentials)
    response.headers["Retry-After"] = str(ceil(seconds_left(request, name=name)))
    return response


def release(*, user: User) -> int:
    """Forgets the wrong tries for a person, from every address; returns how many lines."""
    return AccessAttempt.objects.filter(username=user.email).delete()[0]
