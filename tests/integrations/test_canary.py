"""When the background queue counts as silent, with the clock in hand (engine.md, "Who runs it")."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from integrations.engine import canary
from integrations.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The canaries sent: (asker, number)."""
    sent: list[tuple[str, int]] = []

    def remember(_job: str, asker: str, number: int, **_options: Any) -> None:
        sent.append((asker, number))

    monkeypatch.setattr(canary, "async_task", remember)
    return sent


def watch() -> canary.Watch:
    fresh = canary.Watch(cluster="here", every=10, silence=30, grace=20)
    fresh.restarted(now=0)
    return fresh


def run_on(monkeypatch: pytest.MonkeyPatch, host: str, *canaries: tuple[str, int]) -> None:
    monkeypatch.setenv(canary.CLUSTER, host)
    for asker, number in canaries:
        canary.beat(asker, number)


def test_a_queue_that_answers_is_never_silent(asked: list, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = watch()
    for second in range(0, 300, 5):
        assert not guard.silent(now=second)
        run_on(monkeypatch, "here", *asked)
        asked.clear()
    assert not Heartbeat.objects.filter(name__startswith="answer:").exclude(name="answer:here:30").exists()
    assert Heartbeat.objects.filter(name="canary:here").exists()


def test_thirty_seconds_without_an_answer_are_too_many(asked: list) -> None:
    guard = watch()
    assert next(second for second in range(60) if guard.silent(now=second)) == 30
    assert asked == [("here", 1), ("here", 2), ("here", 3), ("here", 4)]


def test_a_new_cluster_has_its_grace(asked: list) -> None:
    guard = watch()
    assert guard.silent(now=0) is False
    assert guard.silent(now=40)
    guard.restarted(now=40)
    assert not any(guard.silent(now=second) for second in range(40, 70))


def test_on_many_machines_luck_alone_kills_nobody(asked: list, monkeypatch: pytest.MonkeyPatch) -> None:
    """All our canaries ran on another machine: they are answered, so the queue moves and ours may be idle."""
    guard = watch()
    for second in range(0, 200, 5):
        assert not guard.silent(now=second)
        run_on(monkeypatch, "there", *asked)
        asked.clear()
    assert not Heartbeat.objects.filter(name="canary:here").exists()


def test_a_cluster_that_swallows_canaries_is_found_beside_a_sound_one(
    asked: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours took every second canary and is frozen; another machine answers the rest."""
    guard = watch()
    found = []
    for second in range(0, 120, 5):
        if guard.silent(now=second):
            found.append(second)
        run_on(monkeypatch, "there", *(each for each in asked if each[1] % 2))
        asked.clear()
    assert found[0] == 40, "the second canary was sent at 10"


def test_cleaning_takes_our_canaries_and_nobody_elses_jobs() -> None:
    jobs = {
        "ours": {"id": "1", "name": "a", "func": canary.JOB, "args": ("here", 1)},
        "theirs": {"id": "2", "name": "b", "func": canary.JOB, "args": ("there", 1)},
        "work": {"id": "3", "name": "c", "func": "math.sqrt", "args": (4,)},
    }
    rows = {
        name: OrmQ.objects.create(key="tomada", payload=SignedPackage.dumps(job), lock=timezone.now())
        for name, job in jobs.items()
    }
    watch().clean()
    assert set(OrmQ.objects.values_list("pk", flat=True)) == {rows["theirs"].pk, rows["work"].pk}
