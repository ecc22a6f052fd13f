"""Which error means what, as a table (house.md, "A partner"; engine.md, "When it fails")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

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
from integrations.engine.verdict import GIVE_UP, backoff, judge

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
E, S, N = Repeat.EVIDENCE, Repeat.SAFE, Repeat.NONE


@pytest.mark.parametrize(
    ("error", "repeat", "state", "rests", "outage", "breaks", "spent"),
    [
        (Denied("no"), E, "waiting", False, False, True, True),
        (Refused("no"), E, "refused", False, False, False, True),
        (Unsupported("no"), E, "refused", False, False, False, True),
        (Throttled("slow", after=7), E, "waiting", True, False, False, False),
        (Throttled("slow", after=7, whom="48999"), E, "waiting", False, False, False, False),
        (Unavailable("gone"), E, "waiting", True, True, False, False),
        (Unsure("maybe"), E, "unsure", True, True, False, False),
        (Unsure("maybe"), S, "waiting", True, True, False, False),
        (Unsure("maybe"), N, "person", True, True, False, False),
        (Malformed("odd"), E, "unsure", True, True, False, True),
    ],
    ids=str,
)
def test_table(
    error: PartnerError, repeat: Repeat, state: str, rests: bool, outage: bool, breaks: bool, spent: bool
) -> None:
    """X4: state, the connection's rest, and what counts as an attempt: only what the partner answered."""
    verdict = judge(error, repeat=repeat, failures=1, failing_since=None, now=NOW)
    assert verdict.state == state
    assert (verdict.clock is not None, verdict.outage, verdict.deny) == (rests, outage, breaks)
    assert verdict.spent is spent
    assert verdict.reason, "a verdict without words explains nothing"


def test_retry_after_is_the_rest() -> None:
    verdict = judge(Throttled("slow", after=42), repeat=E, failures=1, failing_since=None, now=NOW)
    assert (verdict.after, verdict.clock) == (42, 42)


def test_three_days_of_outage_end_in_sight() -> None:
    """Pain 12: what waits that long is dead in sight, with words, and can be replayed."""
    since = NOW - GIVE_UP
    assert judge(Unavailable("x"), repeat=E, failures=99, failing_since=since, now=NOW).state == "waiting"
    later = since - timedelta(seconds=1)
    assert judge(Unavailable("x"), repeat=E, failures=99, failing_since=later, now=NOW).state == "dead"


def test_backoff_grows_and_then_stays_near_half_an_hour() -> None:
    assert [backoff(n) for n in (1, 2, 3)] == [10.0, 60.0, 300.0]
    later = {backoff(n) for n in range(4, 60)}
    assert len(later) > 10, "without jitter all connections come back at once"
    assert min(later) >= 1440
    assert max(later) <= 2160


def test_an_error_without_a_verdict_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        judge(PartnerError("?"), repeat=E, failures=1, failing_since=None, now=NOW)
