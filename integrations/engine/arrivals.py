"""What arrived on a lane, oldest first: identity, rules, applied in one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop as _

from accounts import notices
from funnels import services
from funnels.models import Deal
from integrations import contract
from integrations.contract import Outcome, Record
from integrations.engine import clock, listen, receiving, situation
from integrations.engine.apply import apply, tried_as_json
from integrations.engine.claim import Lease, hold
from integrations.engine.place import Place
from integrations.engine.steps import reached
from integrations.engine.unforeseen import unforeseen
from integrations.models import Arrival, Connection, Delivery, Enrollment, Lane, Lead, OutboxAction
from mapping.models import Link

State = Arrival.State
WAIT_FOR_RECEIPT = timedelta(seconds=2)  # doubled each time
LONGEST_WAIT = timedelta(seconds=60)
BEFORE = _("This happened before the card was sent.")
NOBODY = _("This lead belongs to no card of this account.")
UNFORESEEN = _("An internal error; support has the details.")
NOT_TAKEN_IN = _("News of %(partner)s could not be taken in and needs a person: look at the sync centre.")


def take_in_lane(lane: Lane, lease: Lease) -> datetime | None:
    """Applies the lane's waiting arrivals; returns when the first that has to wait is due.

    What came together is told in the order in which it happened: how things stand, then facts by time.
    """
    waiting = Arrival.unscoped.filter(lane=lane, state=State.WAITING).annotate(by=F("delivery__source"))
    for arrival in _in_order(waiting.order_by("pk")):
        now = clock.now()
        if arrival.due_at is not None and arrival.due_at > now:
            return arrival.due_at
        due = None
        with unforeseen(f"arrival {arrival.pk}", then=partial(_fail, arrival, lease, UNFORESEEN)):
            try:
                due = _take_in(arrival, lane, lease, now)
            except services.NotAllowed as refused:
                _fail(arrival, lease, refused.words)
        if due is not None:
            return due
    return None


def _in_order(waiting: Iterable[Arrival]) -> list[Arrival]:
    """As they came; those of one delivery by time, because a polled page lists results by their ids.

    Pages that wait together count as one: what each list tells happened beside what the others tell.
    """
    rows, first = list(waiting), dict[int | str, int]()
    for row in rows:
        first.setdefault(_together(row), row.pk)
    return sorted(
        rows,
        key=lambda row: (
            first[_together(row)],
            bool(row.event),
            row.record.get("when") or "",
            row.pk,
        ),
    )


def _together(row: Arrival) -> int | str:
    by: str = row.by  # type: ignore[attr-defined]  # annotated by take_in_lane
    return Delivery.Source.POLL.value if by == Delivery.Source.POLL else row.delivery_id


def _take_in(arrival: Arrival, lane: Lane, lease: Lease, now: datetime) -> datetime | None:
    connection = lane.connection
    record = record_of(arrival.record)
    run = run_of(connection, record)
    if run is None or _is_past(connection, run, record):
        return _nobody(arrival, record, lane, lease, now)
    if lane.key != f"deal:{run.deal_id}":
        with transaction.atomic():
            # The card's lane first: a receipt takes the two in that order.
            listen.mark(connection=connection, keys={f"deal:{run.deal_id}": None})
            hold(lease)
            arrival.lane = Lane.unscoped.get(connection=connection, key=f"deal:{run.deal_id}")
            arrival.save(update_fields=["lane"])
        return None
    deal = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=run.deal_id)
    partner = contract.partner(connection.partner)
    seen = situation.gather(connection=connection, deal=deal, now=now, enrollment=run)
    outcome = partner.on_record(record, seen)
    place = Place(connection=connection, deal=deal, lane=lane, run=run, now=now)
    _write(arrival, outcome, lease, now, lambda: apply(outcome.effects, place))
    return None


def _write(arrival: Arrival, outcome: Outcome, lease: Lease, now: datetime, do: Callable[[], object]) -> None:
    """What was decided, and that it was, in one transaction."""
    with transaction.atomic():
        hold(lease)
        arrival.become(
            State.IGNORED if outcome.ignored else State.APPLIED,
            reason=outcome.tried[-1].words[:500] if outcome.ignored and outcome.tried else "",
            tried=tried_as_json(outcome.tried),
            applied_at=now,
            attempts=arrival.attempts + 1,
        )
        do()
    reached("applied")


def run_of(connection: Connection, record: Record) -> Enrollment | None:
    """The run that this news is of: by the partner's id of the run, else the newest that holds the lead.

    News of another run over there from before we sent the lead is of no run of ours: a lead that we reopened
    was lost once, and that loss must not close it again (pain 5). A lead that carries our reference to a
    running card was added to it over there (M34).
    """
    leads = _leads_of(connection, record)
    wanted = record.about.get("run", "")
    exact = next((lead for lead in leads if wanted and lead.their_run == wanted), None)
    ours = [lead for lead in leads if not _is_older(record, lead, wanted)]
    chosen = exact or (ours[0] if ours else None)
    if chosen is not None or leads:
        return chosen.enrollment if chosen else None
    return _referred(connection, record)


def _is_older(record: Record, lead: Lead, wanted: str) -> bool:
    known = wanted and lead.their_run and record.when and lead.sent_at
    return bool(known) and record.event is not None and record.when < lead.sent_at  # type: ignore[operator]


def _referred(connection: Connection, record: Record) -> Enrollment | None:
    """The running run of the card that the reference names; None while that lead is still being sent."""
    deal_id, _dot, lead_id = (record.reference or "").partition(".")
    if record.event is not None or not deal_id.isdecimal():
        return None
    running: Enrollment | None = Enrollment.unscoped.filter(
        connection=connection, deal_id=int(deal_id), state=Enrollment.State.ACTIVE
    ).first()
    if running is None or (
        lead_id.isdecimal() and running.leads.filter(pk=int(lead_id), state=Lead.State.NEW).exists()
    ):
        return None
    return running


def _leads_of(connection: Connection, record: Record) -> list[Lead]:
    """Our leads that are linked to the lead of this news, the newest first."""
    theirs = record.about.get("lead") or record.id
    ids = Link.unscoped.filter(
        counterpart__connection=connection, kind="lead", entity="lead", their_id=theirs
    ).values_list("our_id", flat=True)
    return list(Lead.unscoped.filter(pk__in=list(ids)).select_related("enrollment").order_by("-pk"))


def lane_key(connection: Connection, record: Record) -> str:
    """The deal's lane when the lead is ours or refers to a card, else a lane of the thing itself."""
    theirs = record.about.get("lead") or (record.id if record.kind == "lead" else "")
    if theirs:
        link = (
            Link.unscoped.filter(
                counterpart__connection=connection, kind="lead", entity="lead", their_id=theirs
            )
            .order_by("-pk")
            .first()
        )
        deal = (
            Lead.unscoped.filter(pk=link.our_id).values_list("enrollment__deal", flat=True).first()
            if link
            else None
        )
        if deal is None and link is None:
            run = _referred(connection, record)
            deal = run.deal_id if run else None
        return f"deal:{deal}" if deal else listen.lead_lane(theirs)
    return f"{record.kind}:{record.id}"[:80]


def as_json(record: Record) -> dict[str, Any]:
    """A record as it is stored; secrets are not part of it."""
    return {
        "kind": record.kind,
        "id": record.id,
        "fields": dict(record.fields),
        "event": record.event,
        "when": record.when.isoformat() if record.when else None,
        "by": record.by,
        "reference": record.reference,
        "about": dict(record.about),
    }


def record_of(stored: dict[str, Any]) -> Record:
    """A stored record again."""
    when = stored.get("when")
    return Record(**{**stored, "when": datetime.fromisoformat(when) if when else None})


def _nobody(arrival: Arrival, record: Record, lane: Lane, lease: Lease, now: datetime) -> datetime | None:
    """No run of ours holds this lead: the flow may receive it; while something is sent it may become ours."""
    connection = lane.connection
    received = _received(connection, record, now)
    if received is not None:
        place = receiving.Reception(connection=connection, lane=lane, now=now)
        _write(arrival, received, lease, now, lambda: receiving.receive_all(received.effects, place))
        return None
    sending = OutboxAction.unscoped.filter(
        connection=connection, state__in=(OutboxAction.State.SPEAKING, OutboxAction.State.UNSURE)
    ).exists()
    if not sending and run_of(connection, record) is not None:
        return now  # its receipt was written between the two looks
    attempts = arrival.attempts + 1
    with transaction.atomic():
        hold(lease)
        if not sending:
            words = BEFORE if _leads_of(connection, record) else NOBODY
            arrival.become(State.IGNORED, applied_at=now, reason=words, attempts=attempts)
            return None
        due: datetime = now + min(WAIT_FOR_RECEIPT * 2 ** min(arrival.attempts, 5), LONGEST_WAIT)
        words = _("Something is being sent; this may be about it.")
        arrival.become(State.WAITING, due_at=due, reason=words, attempts=attempts)
    return due


def _is_past(connection: Connection, run: Enrollment, record: Record) -> bool:
    """In a flow that follows no card: what happened after the card's run had ended is not of the card (M45).

    What happened before it and comes late still is (M43).
    """
    if _sends(connection) or run.ended_at is None:
        return False
    return record.event is None or record.when is None or record.when > run.ended_at


def _sends(connection: Connection) -> bool:
    return contract.partner(connection.partner).sends(connection.flow)


def _received(connection: Connection, record: Record, now: datetime) -> Outcome | None:
    """What a flow that only receives makes of it (M45); one that sends has nothing to do with strangers."""
    if _sends(connection):
        return None
    return contract.partner(connection.partner).receive(record, situation.account_view(connection, now=now))


def _fail(arrival: Arrival, lease: Lease, words: str) -> None:
    connection = arrival.connection
    with transaction.atomic():
        hold(lease)
        arrival.refresh_from_db()
        arrival.become(State.FAILED, reason=words[:500], attempts=arrival.attempts + 1)
        notices.tell(
            account=connection.account,
            kind="connection",
            words=NOT_TAKEN_IN,
            values={"partner": str(contract.partner(connection.partner).label)},
            link="/sync/",
            source=f"not-taken-in:{connection.pk}",
            now=clock.now(),
        )
