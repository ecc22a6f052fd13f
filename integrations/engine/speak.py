"""A lane's holder at work: its arrivals, then its changes, then its actions, oldest first."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import connections, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_noop as _

from funnels.models import Change, Deal
from integrations import contract
from integrations.contract import Action, PartnerError
from integrations.engine import arrivals, clock, differences, ghosts, health, outcome, pace, situation
from integrations.engine.apply import apply, tried_as_json
from integrations.engine.caller import PartnerCall
from integrations.engine.claim import Lease, LeaseLost, extend, hold, release, stumbled
from integrations.engine.place import Place
from integrations.engine.steps import reached
from integrations.engine.unforeseen import unforeseen
from integrations.models import Arrival, Automation, AutomationRun, Connection, Enrollment, Lane, OutboxAction

log = logging.getLogger(__name__)

State = OutboxAction.State
ROUNDS = 3  # what an update found changed over there may leave something to say; the rest waits for a mark


def work(lease: Lease) -> None:
    """Everything that is due on one lane; writes only while the lease is ours."""
    reached("claimed")
    try:
        with unforeseen(f"lane {lease.lane_id} ({lease.key})", then=partial(stumbled, lease)):
            _work(lease)
    except LeaseLost:
        log.warning("lane %s of connection %s passed to another holder", lease.key, lease.connection_id)


def _work(lease: Lease) -> None:
    lane = Lane.unscoped.select_related("connection__account", "connection__counterpart").get(
        pk=lease.lane_id
    )
    connection = lane.connection
    if connection.state != Connection.State.ACTIVE:
        # It broke or paused since it was claimed: its changes, consumed now, would count as not sent.
        release(lease, next_due=clock.now())
        return
    next_due = arrivals.take_in_lane(lane, lease)
    if lane.key.startswith("deal:"):
        ghosts.recognise(int(lane.key[5:]), lane, lease, now=clock.now())
        deal = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=int(lane.key[5:]))
        shared = functools.cache(partial(situation.around, connection))  # for as long as the lane is in hand
        _consume_changes(lane, lease, connection, deal, shared)
        for _round in range(ROUNDS):
            differences.ask_all(lane, lease, connection, deal, clock.now(), shared)
            spoken, due = _speak_actions(lane, lease, connection, shared)
            if not spoken or due is not None:
                break
        next_due = _earliest(next_due, due)
    release(lease, next_due=next_due)


def _consume_changes(
    lane: Lane, lease: Lease, connection: Connection, deal: Deal, shared: situation.Shared
) -> None:
    """Journal lines since the lane's cursor, oldest first, through the partner's rules (M28)."""
    partner = contract.partner(connection.partner)
    changes = list(Change.unscoped.filter(deal=deal, entity="deal", pk__gt=lane.change_cursor).order_by("pk"))
    if changes and not _concerns(connection, deal, changes):
        with transaction.atomic():
            hold(lease, change_cursor=changes[-1].pk)
        return
    seen: contract.Situation | None = None
    for change in changes:
        now = clock.now()
        if seen is None:
            seen = situation.gather(connection=connection, deal=deal, now=now, shared=shared(deal.funnel_id))
        decided = partner.on_change(situation.change_view(change), seen)
        with transaction.atomic():
            hold(lease, change_cursor=change.pk)
            if not decided.ignored:
                AutomationRun.unscoped.get_or_create(
                    connection=connection,
                    deal=deal,
                    change_id=change.pk,
                    defaults={
                        "account_id": connection.account_id,
                        "at": now,
                        "tried": tried_as_json(decided.tried),
                        "sent": any(isinstance(each, contract.Enroll) for each in decided.effects),
                        "automation_id": next(
                            (e.automation_id for e in decided.effects if isinstance(e, contract.Enroll)), None
                        ),
                    },
                )
            apply(
                decided.effects,
                Place(connection=connection, deal=deal, lane=lane, run=_run(connection, deal), now=now),
            )
        if decided.effects:  # what was done changed what there is to see
            deal = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=deal.pk)
            seen = None


def _concerns(connection: Connection, deal: Deal, changes: Sequence[Change]) -> bool:
    """Whether rules need to look: the card has a run, or entered a stage with an automation for it.

    After an import of thousands of cards, live moves would otherwise wait behind decisions about nothing.
    """
    stages = {change.fields["stage"][1] for change in changes if "stage" in change.fields}
    return (
        deal.enrollments.filter(connection=connection).exists()
        or Automation.unscoped.filter(connection=connection, stage_id__in=stages).exists()
    )


def _speak_actions(
    lane: Lane, lease: Lease, connection: Connection, shared: situation.Shared
) -> tuple[int, datetime | None]:
    """The lane's open actions, oldest first: how many were spoken, and when the first that waits is due."""
    spoken = 0
    open_actions = OutboxAction.unscoped.filter(lane=lane, state__in=OutboxAction.OPEN).order_by("pk")
    for action in open_actions.select_related("enrollment", "lane"):
        now = clock.now()
        if action.due_at is not None and action.due_at > now:
            return spoken, action.due_at
        rest = health.resting_until(connection, now=now)
        if rest is not None:
            return spoken, rest
        wait = _pace(connection, action, now)
        if wait > 0:
            _stand_in_line(lane, until=now + timedelta(seconds=wait), now=now)
            return spoken, now + timedelta(seconds=wait)
        rest = health.probe(connection, now=now)
        if rest is not None:
            return spoken, rest
        due = _speak(action, lease, connection, now, shared)
        if due is not None:
            return spoken, due
        spoken += 1
    return spoken, None


def _stand_in_line(lane: Lane, *, until: datetime, now: datetime) -> None:
    """The connection's other lanes that only have something to send wait as well, in one update.

    Otherwise a thousand of them would be claimed in vain whenever one request may go out.
    """
    open_actions = OutboxAction.unscoped.filter(lane=OuterRef("pk"), state__in=OutboxAction.OPEN)
    news = Arrival.unscoped.filter(lane=OuterRef("pk"), state=Arrival.State.WAITING)
    others = Lane.unscoped.filter(
        Exists(open_actions), ~Exists(news), connection=lane.connection_id, due_at__lte=now, token=""
    )
    others.update(due_at=until)


def _pace(connection: Connection, action: OutboxAction, now: datetime) -> float:
    partner = contract.partner(connection.partner)
    return pace.reserve(
        connection=connection,
        windows=tuple(partner.pace),
        cost=partner.actions[action.kind].cost,
        urgency=pace.Urgency.LIVE,
        now=now,
    )


def _speak(
    action: OutboxAction, lease: Lease, connection: Connection, now: datetime, shared: situation.Shared
) -> datetime | None:
    """One action: `speaking` committed, spoken outside any transaction, outcome written under the lease."""
    partner = contract.partner(connection.partner)
    run = action.enrollment
    assert run is not None
    spec = partner.actions[action.kind]
    if run.state == Enrollment.State.ENDED and action.state == State.WAITING and not spec.after_end:
        with transaction.atomic():
            hold(lease)
            action.become(State.CANCELLED, reason=run.end_words, due_at=None, done_at=now)
        return None
    deal = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=run.deal_id)
    around = shared(deal.funnel_id)
    seen = situation.gather(
        connection=connection, deal=deal, now=now, enrollment=run, shared=around, automations=False
    )
    assert seen.enrollment is not None
    lead = next(each for each in seen.enrollment.leads if each.id == action.lead_id)
    desk = outcome.Desk(action=action, lease=lease, connection=connection, deal=deal, seen=seen, lead=lead)
    settling = action.state == State.UNSURE
    try:
        # What may have happened is asked about as it was said, whatever the card says by now.
        values = (
            action.payload
            if settling and action.payload
            else partner.values(action.kind, seen, lead, action.asked)
        )
    except PartnerError as error:
        return desk.failed(error, settling=settling)
    if spec.differences and not settling:
        pairs = {pair.key: pair for pair in around.pairs}
        values = differences.differing(values, lead, seen, pairs)
        if not values:
            desk.nothing_to_say()
            return None
    asked = Action(
        kind=action.kind,
        reference=action.reference,
        their_id=lead.their_id,
        values=values,
        since=action.since or now,
        agreed=lead.theirs,
    )
    with transaction.atomic():
        extend(lease, step=Lane.Step.SPEAKING, now=now)
        # An action whose outcome is unknown stays so while its evidence is asked for: asking is not sending.
        mine = OutboxAction.unscoped.filter(pk=action.pk, state=action.state).become(
            State.UNSURE if settling else State.SPEAKING,
            since=asked.since,
            attempts=action.attempts + 1,
            payload=dict(values),
        )
    if not mine:
        return None  # somebody cancelled it, or its run ended, since this lane was read
    action.refresh_from_db(fields=["state", "since", "attempts", "payload"])
    reached("speaking")
    due: datetime | None = None

    def senseless() -> None:
        nonlocal due
        # After something may have happened: counted and told, never tried for ever.
        due = desk.failed(contract.Malformed(_("Their answer makes no sense to us.")), settling=settling)

    with unforeseen(f"action {action.pk}", then=senseless):
        due = _exchange(desk, asked, settling=settling)
    return due


def _exchange(desk: outcome.Desk, asked: Action, *, settling: bool) -> datetime | None:
    """The partner is spoken to, and what came of it is written."""
    connection = desk.connection
    partner = contract.partner(connection.partner)

    def still_ours() -> None:
        # A host that slept through its lease must not send what another has settled meanwhile.
        with transaction.atomic():
            extend(desk.lease, step=Lane.Step.SPEAKING, now=clock.now())
        _let_go_of_the_store()

    call = PartnerCall(connection, action=desk.action, before=still_ours)
    _let_go_of_the_store()
    try:
        receipt = partner.evidence(call, asked) if settling else partner.push(call, asked)
    except PartnerError as error:
        reached("answered")
        if isinstance(error, contract.Refused):
            health.spoke(connection)  # a "no" is an answer: they are there again
        return desk.failed(error, settling=settling)
    reached("answered")
    health.spoke(connection)
    due = None
    if receipt is None:
        due = desk.did_not_happen()
    else:
        desk.done(receipt)
    reached("recorded")
    return due


def _let_go_of_the_store() -> None:
    """Gives a pooled connection back while the partner is spoken to."""
    store = connections["default"]
    if store.vendor == "postgresql" and not store.in_atomic_block:
        store.close()


def _run(connection: Connection, deal: Deal) -> Enrollment | None:
    return deal.enrollments.filter(connection=connection).order_by("-number").first()


def _earliest(*times: datetime | None) -> datetime | None:
    return min((each for each in times if each is not None), default=None)
