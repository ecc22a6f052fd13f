"""Where a person is signed in: one row for each session, which she can see and end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.lockout import address_of
from accounts.models import Sitting, User

SEEN_EVERY = timedelta(minutes=1)
AT_ONCE = 1000  # rows of one statement while cleaning up

# What browsers and systems call themselves; the first that is found counts: Edge and Opera also say Chrome.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def begin(*, user: User, session_key: str, address: str, agent: str, now: datetime) -> Sitting:
    """The row of a session; what is there already stays as it began."""
    row, _created = Sitting.objects.get_or_create(
        session_key=session_key,
        defaults={
            "user": user,
            "address": address or None,
            "agent": agent.replace("\0", "")[:300],
            "began_at": now,
            "seen_at": now,
        },
    )
    return row


def living(user: User, *, now: datetime) -> QuerySet[Sitting]:
    """Her sessions that still open something, the one seen last first."""
    open_ = Session.objects.filter(expire_date__gt=now).values("session_key")
    return Sitting.objects.filter(user_id=user.pk, session_key__in=open_).order_by("-seen_at", "-pk")


def end(*, user: User, pk: int) -> bool:
    """Ends one of her sessions at once; false when it is not hers or over."""
    return _end(Sitting.objects.filter(user_id=user.pk, pk=pk)) > 0


def end_others(*, user: User, keep: str | None) -> int:
    """Ends all her sessions but the one with this key; returns how many."""
    return _end(Sitting.objects.filter(user_id=user.pk).exclude(session_key=keep or ""))


def end_all(*, user: User) -> int:
    """Ends all her sessions; returns how many."""
    return _end(Sitting.objects.filter(user_id=user.pk))


def moved(*, old: str | None, new: str | None) -> None:
    """The session got another key, as after a change of the password: the row goes with it."""
    if old and new and old != new:
        Sitting.objects.filter(session_key=old).update(session_key=new)


def forget_old(*, now: datetime) -> int:
    """Deletes sessions that are over and rows without one; returns how many rows."""
    Session.objects.filter(expire_date__lte=now).delete()
    deleted = 0
    over = Sitting.objects.exclude(session_key__in=Session.objects.values("session_key"))
    # A session that begins just now is stored after its row: an hour leaves it alone.
    over = over.filter(seen_at__lt=now - timedelta(hours=1))
    while rows := list(over.values_list("pk", flat=True)[:AT_ONCE]):
        deleted += Sitting.objects.filter(pk__in=rows).delete()[0]
    return deleted


def browser_words(agent: str) -> str:
    """What a person calls it: "Chrome on Windows"."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


class SittingMiddleware:
    """Notes when a session was last seen, at most once a minute; other requests cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/") and request.user.is_authenticated:
            note(request, now=timezone.now())
        return self.get_response(request)


def note(request: HttpRequest, *, now: datetime) -> None:
    """`seen_at` of the request's session; a session from before there were rows gets one."""
    key = request.session.session_key
    if not key or not _first_this_minute(key):
        return
    row = _begin_for(request, request.user, now)
    if now - row.seen_at >= SEEN_EVERY:
        Sitting.objects.filter(pk=row.pk).update(seen_at=now, address=address_of(request) or None)


def _first_this_minute(session_key: str) -> bool:
    """The cache only spares the query; its key tells nobody the session's."""
    mark = "seen:" + hashlib.sha256(session_key.encode()).hexdigest()
    return cache.add(mark, 1, timeout=int(SEEN_EVERY.total_seconds()))


def _begin_for(request: HttpRequest, user: Any, now: datetime) -> Sitting:
    return begin(
        user=user,
        session_key=request.session.session_key or "",
        address=address_of(request),
        agent=request.META.get("HTTP_USER_AGENT", ""),
        now=now,
    )


@transaction.atomic
def _end(rows: QuerySet[Sitting]) -> int:
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.filter(session_key__in=keys).delete()
    return len(keys)


def _came_in(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:  # noqa: ARG001 - the signature is given
    row = _begin_for(request, user, timezone.now())
    _first_this_minute(row.session_key)


def _went_out(sender: Any, request: HttpRequest, user: User | None, **_more: Any) -> None:  # noqa: ARG001 - the signature is given
    if user is not None:
        Sitting.objects.filter(session_key=request.session.session_key or "").delete()


def listen() -> None:
    """Rows come and go with signing in and out; called in AppConfig.ready."""
    user_logged_in.connect(_came_in, dispatch_uid="accounts.sittings.in")
    user_logged_out.connect(_went_out, dispatch_uid="accounts.sittings.out")
