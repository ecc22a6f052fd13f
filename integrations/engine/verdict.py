"""Which error means what, what comes next and when: one table (house.md, "A partner")."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    Denied,
    Malformed,
    PartnerError,
    Refused,
    Repeat,
    Throttled,
    Unavailable,
    Unsupported,
    Unsure,
)
from integrations.models import OutboxAction

STEPS = (10.0, 60.0, 300.0, 1800.0)  # seconds; then every 30 minutes with jitter
GIVE_UP = timedelta(days=3)
UNSURE_REST = 15.0  # seconds before the evidence is asked for: a late answer may still be on its way

State = OutboxAction.State


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of an action: its state, when it is due, and what happens to the whole connection.

    `spent`: the partner answered, so it counts as an attempt. `clock`: the connection rests that long
    (seconds). `deny`: the connection breaks.
    """

    state: str
    reason: str
    after: float | None = None
    spent: bool = False
    clock: float | None = None
    outage: bool = False
    deny: bool = False


def backoff(failures: int) -> float:
    """Seconds to rest after the nth failure in a row, the last step with ±20 % jitter."""
    if failures < len(STEPS):
        return STEPS[max(failures - 1, 0)]
    return STEPS[-1] * random.uniform(0.8, 1.2)  # noqa: S311  # spreading, not a secret


def judge(
    error: PartnerError, *, repeat: Repeat, failures: int, failing_since: datetime | None, now: datetime
) -> Verdict:
    """The verdict on an error of `push` or `evidence`; `failures` counts this one."""
    for kind, decide in TABLE.items():
        if isinstance(error, kind):
            return decide(error, repeat, failures, failing_since, now)
    raise TypeError(f"no verdict for {type(error).__name__}")


def _denied(error: PartnerError, _r: Repeat, _f: int, _s: datetime | None, _n: datetime) -> Verdict:
    return Verdict(state=State.WAITING, reason=error.words, spent=True, deny=True)


def _refused(error: PartnerError, _r: Repeat, _f: int, _s: datetime | None, _n: datetime) -> Verdict:
    return Verdict(state=State.REFUSED, reason=error.words, spent=True)


def _throttled(error: PartnerError, _r: Repeat, _f: int, _s: datetime | None, _n: datetime) -> Verdict:
    after = error.after if isinstance(error, Throttled) else STEPS[0]
    whom = error.whom if isinstance(error, Throttled) else None
    clock = None if whom else after
    return Verdict(state=State.WAITING, reason=error.words, after=after, clock=clock)


def _unavailable(
    error: PartnerError, _r: Repeat, failures: int, since: datetime | None, now: datetime
) -> Verdict:
    if since is not None and now - since > GIVE_UP:
        words = _("The partner could not be reached for three days.")
        return Verdict(state=State.DEAD, reason=words, clock=backoff(failures), outage=True)
    rest = backoff(failures)
    return Verdict(state=State.WAITING, reason=error.words, after=rest, clock=rest, outage=True)


def _unsure(
    error: PartnerError, repeat: Repeat, failures: int, since: datetime | None, now: datetime
) -> Verdict:
    if repeat is Repeat.SAFE:
        return _unavailable(error, repeat, failures, since, now)
    if repeat is Repeat.NONE:
        words = _("It may have happened. Look at the partner and decide.")
        return Verdict(state=State.PERSON, reason=words, clock=backoff(failures), outage=True)
    return Verdict(
        state=State.UNSURE,
        reason=error.words,
        after=UNSURE_REST,
        spent=isinstance(error, Malformed),
        clock=backoff(failures),
        outage=True,
    )


Decide = Callable[[PartnerError, Repeat, int, "datetime | None", datetime], Verdict]
TABLE: Mapping[type[PartnerError], Decide] = {
    Denied: _denied,
    Refused: _refused,
    Unsupported: _refused,
    Throttled: _throttled,
    Unavailable: _unavailable,
    Unsure: _unsure,
    Malformed: _unsure,
}
