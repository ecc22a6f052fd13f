"""What arrived on a lane, oldest first: identity, rules, applied in one transaction each."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as _

from funnels import services
from funnels.models import Deal
from integrations import contract
from integrations.contract import Record
from integrations.engine import clock, listen, situation
from integrations.engine.apply import Place, apply, tried_as_json
from integrations.engine.claim import Lease, hold
from integrations.engine.steps import reached
from integrations.engine.unforeseen import unforeseen
from integrations.models import Arrival, Connection, Enrollment, Lane, Lead, OutboxAction
from mapping.models import Link

State = Arrival.State
WAIT_FOR_RECEIPT = timedelta(seconds=2)  # doubled each time
LONGEST_WAIT = timedelta(seconds=60)
BEFORE = _("This happened before the card was sent.")
NOBODY = _("This lead belongs to no card of this account.")
UNFORESEEN = _("An internal error; support has the details.")


def take_in_lane(lane: Lane, lease: Lease) -> datetime | None:
    """Applies the lane's waiting arrivals in order; returns when the first that has to wait is due."""
    waiting = Arrival.unscoped.filter(lane=lane, state=State.WAITING).order_by("pk")
    for arrival in list(waiting):
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


def _take_in(arrival: Arrival, lane: Lane, lease: Lease, now: datetime) -> datetime | None:
    connection = lane.connection
    run = run_of(connection, arrival)
    if run is None:
        return _nobody(arrival, lease, connection, now)
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
    outcome = partner.on_record(record_of(arrival.record), seen)
    with transaction.atomic():
        hold(lease)
        arrival.become(
            State.IGNORED if outcome.ignored else State.APPLIED,
            reason=outcome.tried[-1].words[:500] if outcome.ignored and outcome.tried else "",
            tried=tried_as_json(outcome.tried),
            applied_at=now,
            attempts=arrival.attempts + 1,
        )
        apply(
            outcome.effects,
            Place(connection=connection, deal=deal, lane=lane, run=run, now=now),
        )
    reached("applied")
    return None


def run_of(connection: Connection, arrival: Arrival) -> Enrollment | None:
    """The run that this news is of: by the partner's id of the run, else the newest that holds the lead.

    News of another run over there from before we sent the lead is of no run of ours: a lead that we reopened
    was lost once, and that loss must not close it again (pain 5).
    """
    leads = _leads_of(connection, arrival)
    wanted = arrival.record.get("about", {}).get("run", "")
    exact = next((lead for lead in leads if wanted and lead.their_run == wanted), None)
    when = record_of(arrival.record).when
    ours = [
        lead
        for lead in leads
        if not (wanted and lead.their_run and when and lead.sent_at and when < lead.sent_at)
    ]
    chosen = exact or (ours[0] if ours else None)
    return chosen.enrollment if chosen else None


def _leads_of(connection: Connection, arrival: Arrival) -> list[Lead]:
    """Our leads that are linked to the lead of this news, the newest first."""
    theirs = arrival.record.get("about", {}).get("lead") or arrival.their_id
    ids = Link.unscoped.filter(
        counterpart__connection=connection, kind="lead", entity="lead", their_id=theirs
    ).values_list("our_id", flat=True)
    return list(Lead.unscoped.filter(pk__in=list(ids)).select_related("enrollment").order_by("-pk"))


def lane_key(connection: Connection, record: Record) -> str:
    """The deal's lane when the lead is ours, else a lane of the thing itself."""
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


def _nobody(arrival: Arrival, lease: Lease, connection: Connection, now: datetime) -> datetime | None:
    """No run of ours holds this lead: while something is being sent it may yet become ours."""
    sending = OutboxAction.unscoped.filter(
        connection=connection, state__in=(OutboxAction.State.SPEAKING, OutboxAction.State.UNSURE)
    ).exists()
    if not sending and run_of(connection, arrival) is not None:
        return now  # its receipt was written between the two looks
    attempts = arrival.attempts + 1
    with transaction.atomic():
        hold(lease)
        if not sending:
            words = BEFORE if _leads_of(connection, arrival) else NOBODY
            arrival.become(State.IGNORED, applied_at=now, reason=words, attempts=attempts)
            return None
        due: datetime = now + min(WAIT_FOR_RECEIPT * 2 ** min(arrival.attempts, 5), LONGEST_WAIT)
        words = _("Something is being sent; this may be about it.")
        arrival.become(State.WAITING, due_at=due, reason=words, attempts=attempts)
    return due


def _fail(arrival: Arrival, lease: Lease, words: str) -> None:
    with transaction.atomic():
        hold(lease)
        arrival.refresh_from_db()
        arrival.become(State.FAILED, reason=words[:500], attempts=arrival.attempts + 1)
