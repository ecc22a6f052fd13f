"""Which answer of an endpoint means what, and when an event is sent again: one table."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from integrations.contract import PartnerError, Refused, Unavailable
from integrations.http import TOO_LARGE, Response, retry_after
from integrations.http_answer import plain_words
from integrations.redaction import redact_body

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
JITTER = 0.1  # of a pause, either way: what failed together does not come back together
GIVE_UP = timedelta(days=5)
GONE = 410
SLOW_DOWN = frozenset({429, 503})
REASON_CHARS = 500

ANSWERED_WITH = _("The endpoint answered %(status)s: %(words)s")
ANSWERED = _("The endpoint answered with an error and no words.")
REDIRECTED = _("The endpoint answered with another address; redirects are not followed.")
GONE_WORDS = _("The endpoint answered 410: it is gone.")
NOT_REACHED = _("The endpoint could not be reached: its name, its server or its certificate.")
TOO_MUCH = _("The endpoint's answer was too large; at most 256 kB are read.")
NO_ANSWER = _("The endpoint did not answer in time, or its answer broke off.")


_QUOTED = re.compile(r"The endpoint answered (?P<status>\d{3}): (?P<words>.+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an answer means: delivered, gone for good, or sent again not before `after`."""

    delivered: bool = False
    gone: bool = False
    status: int | None = None
    reason: str = ""
    after: timedelta = timedelta()


def pause(attempts: int, *, chance: Callable[[], float] = random.random) -> timedelta:
    """How long to rest after that many tries without success; from the ninth on a day, each ±10 %."""
    step = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return step * (1 - JITTER + 2 * JITTER * chance())


def judge(response: Response) -> Verdict:
    """The verdict on an answer; what the endpoint says of its refusal is kept, secrets blanked."""
    status = response.status
    if 200 <= status < 300:
        return Verdict(delivered=True, status=status)
    if status == GONE:
        return Verdict(gone=True, status=status, reason=GONE_WORDS)
    if 300 <= status < 400:
        return Verdict(status=status, reason=REDIRECTED)
    after = timedelta()
    if status in SLOW_DOWN and response.header("retry-after").strip():
        after = timedelta(seconds=retry_after(response))
    return Verdict(status=status, reason=_in_their_words(response), after=after)


def unreached(error: PartnerError) -> Verdict:
    """No answer: it did not arrive, or nobody knows; the same webhook-id goes out again."""
    if isinstance(error, Refused):
        return Verdict(reason=error.words[:REASON_CHARS])  # our own refusal to send there
    if error.words == TOO_LARGE:
        return Verdict(reason=TOO_MUCH)
    return Verdict(reason=NOT_REACHED if isinstance(error, Unavailable) else NO_ANSWER)


def in_words(reason: str) -> str:
    """A kept reason in the reader's language; what the endpoint itself said stays as it said it."""
    if not reason:
        return ""
    told, quoted = gettext(reason), _QUOTED.fullmatch(reason)
    if told != reason or quoted is None:
        return told
    return gettext(ANSWERED_WITH) % quoted.groupdict()


def _in_their_words(response: Response) -> str:
    said = redact_body(response.text().encode(errors="replace"), response.secret_values, limit=20_000)
    words = plain_words(said)
    return (ANSWERED_WITH % {"status": response.status, "words": words})[:REASON_CHARS] if words else ANSWERED
