"""How often a key may call: a window that slides, counted where all web processes see it (S18)."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiKey

WINDOW = 60  # seconds
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a key may still do: calls left of `limit`, seconds to a new minute, and to wait where refused."""

    limit: int
    left: int
    reset: int
    wait: int = 0

    def headers(self) -> dict[str, str]:
        """As every answer tells it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.reset),
        }


def take(*, name: str, limit: int, now: float) -> Allowance:
    """Counts one call of `name` at `now` (seconds since 1970); `wait` is above 0 where it is one too many.

    Two counters, this minute's and the last one's, which weighs less the older it gets: a burst of the whole
    limit is fine, twice the limit around the turn of a minute is not. Each step is one atomic command of
    Redis; without Redis this process counts for itself. A call that is refused does not count.
    """
    minute, into = divmod(now, WINDOW)
    mine, last = (f"rate:{name}:{int(minute) - back}" for back in (0, 1))
    before = int(cache.get(last, 0))
    found = _judged(_counted(mine, 1), before, limit=limit, into=into)
    if found.wait:
        _counted(mine, -1)
    return found


@transaction.atomic
def take_in_store(*, key: ApiKey, limit: int, now: float) -> Allowance:
    """The same in the key's own row: one short write for a call, none for one that is refused.

    The lock leaves alone what only points at the row, such as the claim of an Idempotency-Key.
    """
    minute, into = divmod(now, WINDOW)
    rows = ApiKey.objects.of(key.account_id).filter(pk=key.pk)
    counts = rows.select_for_update(no_key=True).values_list("rate_minute", "rate_calls", "rate_before")
    known, calls, before = counts.get()
    if known < minute:
        calls, before = 0, calls if known == minute - 1 else 0
    found = _judged(calls + 1, before, limit=limit, into=into)
    if not found.wait:
        rows.update(rate_minute=max(known, int(minute)), rate_calls=calls + 1, rate_before=before)
    return found


def _judged(count: int, before: int, *, limit: int, into: float) -> Allowance:
    """What `count` calls of this minute, the one in hand among them, and `before` of the last one come to."""
    reset = math.ceil(WINDOW - into)
    used = count + before * (1 - into / WINDOW)
    if used <= limit:
        return Allowance(limit=limit, left=int(limit - used), reset=reset)
    if count <= limit:  # the last minute's calls are in the way until enough of them have faded
        wait = WINDOW * (1 - (limit - count) / before) - into
    else:  # this minute's own; in the next one they fade at once
        wait = WINDOW - into + WINDOW / limit
    return Allowance(limit=limit, left=0, reset=reset, wait=max(1, math.ceil(wait)))


def _counted(name: str, step: int) -> int:
    cache.add(name, 0, timeout=2 * WINDOW)
    try:
        return int(cache.incr(name, step))
    except ValueError:  # a full local cache has thrown the counter out this moment: it starts again
        cache.set(name, max(step, 0), timeout=2 * WINDOW)
        return max(step, 0)


def _taken(key: ApiKey, *, now: float) -> Allowance:
    if settings.API_COUNTED_IN_STORE:
        return take_in_store(key=key, limit=settings.API_RATE, now=now)
    return take(name=key.digest, limit=settings.API_RATE, now=now)


class KeyThrottle(BaseThrottle):
    """API_RATE calls a minute for each key; leaves the allowance on the request for the answer's headers."""

    def allow_request(self, request: Request, _view: Any) -> bool:
        """Whether the call may go on. A cache that is away refuses nobody."""
        self.allowance: Allowance | None = None
        key = request.auth
        if isinstance(key, ApiKey) and settings.API_RATE:
            try:
                self.allowance = _taken(key, now=time.time())
            except RedisError as error:
                log.warning("the cache does not answer, calls are not counted: %s", error)
        request.allowance = self.allowance  # type: ignore[attr-defined]
        return self.allowance is None or not self.allowance.wait

    def wait(self) -> float | None:
        """Seconds until the next call may go through."""
        return self.allowance.wait if self.allowance else None
