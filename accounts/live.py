"""Tells an open page that something changed: one number for each account, asked every few seconds."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse, JsonResponse

from accounts.models import Account
from accounts.portal import PortalRequest, page

Counter = Callable[[int], int]
counters: list[
    Counter
] = []  # account id -> a number that grows when something visible changed; one query each


def now(account: Account | int) -> int:
    """The account's number at this moment: the sum of all counters."""
    account_id = account if isinstance(account, int) else account.pk
    return sum(count(account_id) for count in counters)


@page()
def live(request: PortalRequest) -> HttpResponse:
    """?since=n → 204 while the number is still n, else 200 {"now": n}."""
    number = now(request.account)
    answer = (
        HttpResponse(status=204) if request.GET.get("since") == str(number) else JsonResponse({"now": number})
    )
    answer["Cache-Control"] = "no-store"
    return answer
