"""Which of many funnels opens and is offered to a new card: "Usabilidade de muitos funis" (S3)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

from accounts.module_settings import settings_for
from accounts.portal import PortalRequest
from funnels.models import Funnel

LAST, ASK, USER = "last", "ask", "user"
YEAR = 60 * 60 * 24 * 365  # seconds


def account_use(request: PortalRequest) -> str:
    """What the account chose: last · ask · user (each user decides)."""
    return str(settings_for(request)["deals"]["many_funnels"])


def use_of(request: PortalRequest) -> str:
    """last or ask, for this person; who has not decided gets the last one."""
    chosen = account_use(request)
    return chosen if chosen != USER else request.membership.many_funnels or LAST


def preferred(request: PortalRequest) -> Funnel | None:
    """The funnel to open: the one used last or the first; None where she is to be asked, or without any.

    Where there is only one, nobody is asked.
    """
    known = Funnel.objects.of(request.account).order_by("position", "id")
    if use_of(request) == ASK and len(known[:2]) > 1:
        return None
    last = _last(request)
    return (known.filter(pk=last).first() if last else None) or known.first()


def remember(request: PortalRequest, answer: HttpResponse, *, funnel: int) -> HttpResponse:
    """Keeps the funnel that she used, in her browser."""
    if funnel != _last(request):
        answer.set_cookie(
            _name(request),
            str(funnel),
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return answer


def _name(request: PortalRequest) -> str:
    return f"tomada_funnel_{request.account.pk}_{request.user.pk}"


def _last(request: PortalRequest) -> int:
    """A funnel's id or 0, as the browser has it; what it cannot mean counts as not there."""
    number = request.COOKIES.get(_name(request), "").rpartition(".")[2]  # once "last.42"
    return int(number) if number.isdecimal() and len(number) < 19 else 0
