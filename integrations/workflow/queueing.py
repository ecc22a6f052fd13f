"""Puts a run on the queue for every automation that fits, and stops chains that go in a circle (S7)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max
from django.utils.translation import gettext_noop

from accounts import notices
from accounts.models import Account
from accounts.origin import Origin
from funnels.models import Change, Deal
from integrations.engine import clock
from integrations.models import Automation, WorkflowRun
from integrations.workflow.doing import administrators

State = WorkflowRun.State
LONGEST = 20
MOST = 500
"""Runs that one cause sets off by way of other runs; what it sets off itself is not counted."""
THROUGH_A_PARTNER = timedelta(minutes=10)
"""A partner's change this soon after a run of ours, with nobody's hand between, belongs to its chain."""

CIRCLE = gettext_noop("It went in a circle: this automation has acted on this card in this chain already.")
TOO_LONG = gettext_noop("The chain has more than 20 automations.")
TOO_MANY = gettext_noop("The chain has set off 500 runs already.")
ACTED = {State.DONE, State.REFUSED}
CARD = "/deals/{}/"  # the portal's address; the worker knows no screens
Chain = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """An automation that fits a card, and what set it off."""

    automation: Automation
    deal_id: int
    cause: str


def link_of(run: WorkflowRun) -> dict[str, Any]:
    """A run as a link of the chains that come after it."""
    return {"automation": run.automation_id, "deal": run.deal_id, "name": run.automation.description}


def queue(fits: Sequence[Fit], *, origin: Origin | None) -> None:
    """One run each, in the order given, inside the caller's transaction; the same cause again is none.

    What one cause sets off, however far it goes, acts on each card once for each automation: a chain that
    comes back, is longer than 20 or set off more than 500 runs ends in a run that says so. Where that run
    still waits, it will see the newest values, and no other is queued.
    """
    if not fits:
        return
    now = clock.now()
    led = _led(origin, {fit.deal_id for fit in fits}, now) if origin is not None else {}
    known = _Known({each.root for each in led.values()}, led)
    rows, stopped = [], []
    for fit in fits:
        came = led.get(fit.deal_id)
        reason = known.ends(came, fit) if came is not None else ""
        if reason is None:
            continue
        row = WorkflowRun(
            account_id=fit.automation.account_id,
            automation=fit.automation,
            deal_id=fit.deal_id,
            cause=fit.cause,
            root=came.root if came is not None else fit.cause if origin is not None else "",
            chain=came.chain if came is not None else [],
            state=State.LOOP if reason else State.WAITING,
            reason=reason,
            due_at=now,
            created_at=now,
            done_at=now if reason else None,
        )
        rows.append(row)
        if reason:
            stopped.append(row)
    untold = _untold(stopped)
    WorkflowRun.unscoped.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    for row in untold:
        tell(
            row,
            words=gettext_noop("The automation “%(automation)s” went in a circle on “%(card)s”: %(chain)s"),
            values={"chain": chain_words(row)},
            now=now,
        )


def chain_words(run: WorkflowRun) -> str:
    """The whole chain, the automation that was met again at its end: “A → B → A”."""
    names = [str(link.get("name", "")) for link in run.chain]
    return " → ".join([*names, run.automation.description])


def tell(run: WorkflowRun, *, words: str, values: Mapping[str, Any], now: datetime) -> None:
    """Tells the card's owner and the administrators, once while they have not read it."""
    account = Account.objects.get(pk=run.account_id)
    deal = Deal.unscoped.select_related("owner").get(pk=run.deal_id)
    people = {user.pk: user for user in [*administrators(account), *([deal.owner] if deal.owner else [])]}
    saw = {"automation": run.automation.description, "card": deal.title}
    notices.tell(
        account=account,
        kind="workflow",
        words=words,
        values={**saw, **{name: str(value)[:500] for name, value in values.items()}},
        link=CARD.format(deal.pk),
        source=f"workflow:{run.automation_id}:{run.deal_id}",
        to=people.values(),
        now=now,
    )


@dataclass(frozen=True, kw_only=True)
class Led:
    """What led to a change of a card: the automations, the first one first, and the cause of all of them."""

    root: str
    chain: Chain


class _Known:
    """What the same causes set off already, read in two queries for all cards."""

    def __init__(self, roots: Collection[str], deal_ids: Iterable[int]) -> None:
        self._states: dict[tuple[str, int, int], set[str]] = defaultdict(set)
        self._count: Counter[str] = Counter()
        if not roots:
            return
        rows = WorkflowRun.unscoped.filter(root__in=roots)
        mine = rows.filter(deal_id__in=list(deal_ids))
        for root, automation_id, deal_id, state in mine.values_list(
            "root", "automation_id", "deal_id", "state"
        ):
            self._states[root, automation_id, deal_id].add(state)
        set_off = rows.exclude(cause=F("root")).exclude(state=State.LOOP)
        self._count.update(dict(set_off.values_list("root").annotate(count=Count("pk"))))

    def ends(self, came: Led, fit: Fit) -> str | None:
        """Why the chain ends here, "" where it goes on, None where nothing more is to be queued or said."""
        at = (fit.automation.pk, fit.deal_id)
        states = self._states[(came.root, *at)]
        if states & ACTED or any((one["automation"], one["deal"]) == at for one in came.chain):
            reason = CIRCLE
        elif State.WAITING in states:
            return None
        elif len(came.chain) >= LONGEST:
            reason = TOO_LONG
        elif self._count[came.root] >= MOST:
            reason = TOO_MANY
        else:
            self._count[came.root] += 1
            states.add(State.WAITING)
            return ""
        if State.LOOP in states:
            return None
        states.add(State.LOOP)
        return reason


def _untold(stopped: Sequence[WorkflowRun]) -> list[WorkflowRun]:
    """The first stop of each automation in its chain: a circle through a hundred cards is told once."""
    if not stopped:
        return []
    rows = WorkflowRun.unscoped.filter(root__in={row.root for row in stopped}, state=State.LOOP)
    told = set(rows.values_list("root", "automation_id"))
    first = {(row.root, row.automation_id): row for row in reversed(stopped)}
    return [row for key, row in first.items() if key not in told]


def _led(origin: Origin, deal_ids: Iterable[int], now: datetime) -> dict[int, Led]:
    """Deal → what led to this change; a person's change begins anew."""
    if origin.kind == "automation":
        run = WorkflowRun.unscoped.select_related("automation").filter(pk=origin.id or 0).first()
        return dict.fromkeys(deal_ids, _after(run)) if run is not None else {}
    if origin.kind != "connection":
        return {}
    since = now - THROUGH_A_PARTNER
    runs = WorkflowRun.unscoped.select_related("automation").filter(
        deal_id__in=deal_ids, state=State.DONE, done_at__gte=since
    )
    latest = {run.deal_id: run for run in runs.order_by("done_at", "id")}
    hands = Change.unscoped.filter(
        deal_id__in=latest, at__gte=since, origin_kind__in=("user", "api")
    ).values_list("deal_id")
    touched = dict(hands.annotate(at=Max("at")))
    return {
        deal_id: _after(run)
        for deal_id, run in latest.items()
        if run.done_at is not None and touched.get(deal_id, since) < run.done_at
    }


def _after(run: WorkflowRun) -> Led:
    """A run of the clock, which stands for itself, is the cause of what it sets off."""
    return Led(root=run.root or f"run:{run.pk}", chain=[*run.chain, link_of(run)])
