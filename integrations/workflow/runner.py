"""Does what waits: one run a transaction, in order for each card, accounts in turn (S7)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connections, transaction
from django.db.models import BooleanField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_noop

from accounts import nouns, store
from accounts.modules import module_on
from funnels.conditions import deal_values, evaluate
from funnels.models import Deal
from funnels.services import NotAllowed
from integrations.engine import clock
from integrations.engine.unforeseen import unforeseen
from integrations.models import Automation, WorkflowRun
from integrations.workflow.clock import EVERY, sweep
from integrations.workflow.declaration import ACTIONS
from integrations.workflow.doing import Doing, do
from integrations.workflow.queueing import tell
from integrations.workflow.stale import outdated

log = logging.getLogger(__name__)
State = WorkflowRun.State

IN_A_ROW = 20  # of one account, before the next account has its turn
LOOK = 500
MODULE_OFF = gettext_noop("The module “Workflow” was switched off before this ran.")
SWITCHED_OFF = gettext_noop("The automation was switched off before this ran.")
DELETED = gettext_noop("The card was deleted before this ran.")
OTHER_ACTION = gettext_noop("The automation does something else now, and not by the CRM itself.")
UNFORESEEN = gettext_noop("Something went wrong that nobody foresaw. Support can see it.")
HELD = gettext_noop("The card passes the filters of “%(automation)s”.")
NOT_HELD = gettext_noop("The card does not pass the filters of “%(automation)s”.")


@contextmanager
def beside(stop: threading.Event) -> Iterator[None]:
    """Runs and the clock in threads of their own until `stop`; the death of one stops the process.

    The supervisor starts a stopped process anew; what a killed one had begun is rolled back and waits.
    """
    threads = [
        threading.Thread(target=_until, args=(stop, work), name=name)
        for name, work in (("workflow", _runs), ("workflow-clock", _clock))
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _until(stop: threading.Event, work: object) -> None:
    try:
        while not stop.is_set():
            try:
                rest = work()  # type: ignore[operator]
            except store.AWAY:
                log.exception("the store does not answer")
                store.reconnect()
                rest = 1.0
            stop.wait(rest)
    finally:
        stop.set()
        connections.close_all()


def _runs() -> float:
    return 0.0 if work_off(seconds=2.0) else settings.PUMP_POLL_SECONDS


def _clock() -> float:
    sweep(now=clock.now())
    return EVERY


def work_off(*, seconds: float = 30.0) -> int:
    """Does what is due, in this thread, until nothing is or time is up; returns how many runs."""
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        before = done
        for run_id in _in_turn():
            done += take(run_id)
            if time.monotonic() > until:
                break
        if done == before:  # nothing is due, or others have it
            break
    return done


def waiting() -> QuerySet[WorkflowRun]:
    """The runs that wait, in words of SQL: with a parameter SQLite would not use their own index."""
    column = f'"{WorkflowRun._meta.db_table}"."state"'
    is_open = RawSQL(f"{column} = '{State.WAITING.value}'", (), output_field=BooleanField())  # noqa: S611
    rows: QuerySet[WorkflowRun] = WorkflowRun.unscoped.filter(is_open)
    return rows


def _in_turn() -> Iterator[int]:
    """The first runs of every account that has some due, oldest first: none waits for another's many."""
    seen: set[int] = set()
    while True:
        rows = waiting().filter(due_at__lte=clock.now()).exclude(account_id__in=seen)
        found = list(rows.order_by("due_at", "id").values_list("account_id", "pk")[:LOOK])
        if not found:
            return
        mine: dict[int, list[int]] = {}
        for account_id, pk in found:
            mine.setdefault(account_id, []).append(pk)
        for pks in mine.values():
            yield from pks[:IN_A_ROW]
        seen |= set(mine)


def take(run_id: int) -> bool:
    """Claims the run, unless its card has an earlier one waiting or others have it, and does it.

    Claim, action and outcome are one transaction: killed in the middle, all of it waits again.
    """
    with transaction.atomic():
        earlier = WorkflowRun.unscoped.filter(
            deal=OuterRef("deal"), state=State.WAITING, pk__lt=OuterRef("pk")
        )
        run = (
            WorkflowRun.unscoped.select_for_update(skip_locked=True, of=("self",))
            .filter(~Exists(earlier), pk=run_id, state=State.WAITING)
            .first()
        )
        if run is None:
            return False
        now = clock.now()
        with unforeseen(f"workflow run {run.pk}", then=partial(_give_up, run.pk, now)), transaction.atomic():
            _do(run, now)
    return True


def _do(run: WorkflowRun, now: datetime) -> None:
    automation = Automation.unscoped.select_related("account").get(pk=run.automation_id)
    deal = (
        Deal.unscoped.select_for_update(of=("self",))
        .select_related("person", "company", "stage", "owner", "funnel")
        .get(pk=run.deal_id)
    )
    idle = _stands_still(automation, deal) or outdated(run, automation, deal)
    if idle:
        run.become(State.SKIPPED, reason=idle, done_at=now)
        return
    holds, saw = evaluate(automation.filters, deal_values(deal))
    tried = []
    if saw:
        words = HELD if holds else NOT_HELD
        seen = {"automation": automation.description, "filters": saw}
        tried.append({"row": "M26", "passed": holds, "words": words, "saw": seen})
    if not holds:
        run.become(State.SKIPPED, reason=NOT_HELD, tried=tried, done_at=now)
        return
    try:
        with transaction.atomic(), nouns.of(automation.account):
            done = do(Doing(run=run, automation=automation, deal=deal, account=automation.account, now=now))
    except NotAllowed as refused:
        _refuse(run, refused.words, now, tried=tried)
        return
    tried.append({"row": "S7", "passed": True, **asdict(done)})
    run.become(State.DONE, reason="", tried=tried, attempts=run.attempts + 1, done_at=now)


def _give_up(run_id: int, now: datetime) -> None:
    """An error nobody foresaw undid all that the run had done."""
    _refuse(WorkflowRun.unscoped.select_related("automation").get(pk=run_id), UNFORESEEN, now)


def _stands_still(automation: Automation, deal: Deal) -> str:
    if not module_on(automation.account_id, "workflow"):
        return MODULE_OFF
    if not automation.enabled:
        return SWITCHED_OFF
    if automation.action not in ACTIONS or automation.connection_id is not None:
        return OTHER_ACTION
    return DELETED if deal.deleted_at is not None else ""


def _refuse(
    run: WorkflowRun, words: str, now: datetime, *, tried: Sequence[Mapping[str, object]] = ()
) -> None:
    """A person has to look: the card's owner and the administrators are told (S8)."""
    run.become(State.REFUSED, reason=words[:500], tried=list(tried), attempts=run.attempts + 1, done_at=now)
    tell(
        run,
        words=gettext_noop("The automation “%(automation)s” was refused on “%(card)s”: %(reason)s"),
        values={"reason": words},
        now=now,
    )
