"""Effects on leads and on the run they are in: their states, their links, its end."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from django.utils.translation import gettext_noop as _

from integrations import contract
from integrations.engine import listen, passing
from integrations.engine.place import Place
from integrations.models import Arrival, Enrollment, Lane, Lead, OutboxAction
from mapping.models import Link

LEAD_MOVES = {
    "waiting": Lead.wait,
    "executing": Lead.execute,
    "paused": Lead.pause,
    "won": Lead.win,
    "lost": Lead.lose,
    "reopened": Lead.reopen,
}
CLOSED = (Lead.State.WON, Lead.State.LOST)


def set_lead(effect: contract.SetLead, _place: Place) -> None:
    """The lead's state over there; what is older than its end changes nothing (pain 5)."""
    lead = Lead.unscoped.select_for_update().get(pk=effect.lead_id)
    if lead.closed_at is not None and effect.when < lead.closed_at:
        return
    if lead.state in CLOSED:
        lead.reopen()  # it was taken up again over there
    if lead.state != effect.state:
        LEAD_MOVES[effect.state](lead)
    lead.closed_at = effect.when if effect.state in ("won", "lost") else None
    lead.their_run = effect.run or lead.their_run
    save(lead, "state", "closed_at", "their_run")


def sent(effect: contract.Sent, place: Place) -> None:
    """A lead exists over there, or was left as it was (M32)."""
    lead = Lead.unscoped.select_for_update().get(pk=effect.lead_id)
    if effect.made == "left":
        lead.leave()
        passing.tell_holder(place.connection, effect.their_id, lead=lead, now=place.now)
    else:
        LEAD_MOVES[effect.state](lead)
        _pass_on(lead, effect, place)
        link(
            lead,
            their_id=effect.their_id,
            ours=effect.agreed,
            theirs=effect.theirs or effect.agreed,
            as_of=effect.as_of,
            place=place,
        )
    lead.sent_at, lead.outcome = place.now, effect.made
    lead.their_run, lead.public_url = effect.run, effect.url[:500]
    save(lead, "state", "sent_at", "outcome", "their_run", "public_url")
    run = Enrollment.unscoped.select_for_update().get(pk=lead.enrollment_id)
    if effect.made == "left":
        _end_if_all_left(run, now=place.now)
    elif run.state == Enrollment.State.SENDING:
        run.arrived()
        save(run, "state")


def leave(lead: Lead, *, now: datetime) -> None:
    """A lead that will not be sent: its run ends with the last one, so the card can be sent again."""
    row = Lead.unscoped.select_for_update().get(pk=lead.pk)
    if row.state == Lead.State.NEW:
        row.leave()
        save(row, "state")
        _end_if_all_left(Enrollment.unscoped.select_for_update().get(pk=row.enrollment_id), now=now)


def forget(lead: Lead, *, words: str, now: datetime) -> None:
    """The lead is followed no more, whatever becomes of it there (X8); a run with nobody else open ends."""
    row = Lead.unscoped.select_for_update().get(pk=lead.pk)
    if row.state in Lead.OPEN:
        row.leave()
    row.public_url, row.their_run = "", ""
    save(row, "state", "public_url", "their_run")
    run = Enrollment.unscoped.select_for_update().get(pk=row.enrollment_id)
    if run.state != Enrollment.State.ENDED and not run.leads.filter(state__in=Lead.OPEN).exists():
        end_run(run, when=now, words=words, now=now)


def link(
    lead: Lead,
    *,
    their_id: str,
    ours: contract.Values,
    theirs: contract.Values,
    place: Place,
    as_of: datetime | None = None,
) -> Link:
    """Their lead is ours from now on; news of it that came before waits no longer."""
    counterpart = place.connection.counterpart
    assert counterpart is not None
    row: Link
    row, _made = Link.unscoped.update_or_create(
        counterpart=counterpart,
        kind="lead",
        entity="lead",
        our_id=lead.pk,
        defaults={
            "account_id": place.connection.account_id,
            "their_id": their_id,
            "ours": dict(ours),
            "theirs": dict(theirs),
            "agreed_at": place.now,
            "as_of": as_of,
        },
    )
    # News of this lead may have come before its receipt: it waits, or was put aside, on a lane of its own.
    lanes = Lane.unscoped.filter(connection=place.connection, key=listen.lead_lane(their_id))
    # One that was added there has no action of ours: whatever came since its card was sent may be its news.
    since = (
        lead.actions.order_by("since").values_list("since", flat=True).first() or lead.enrollment.started_at
    )
    Arrival.unscoped.filter(
        lane__in=lanes,
        state__in=(Arrival.State.WAITING, Arrival.State.IGNORED),
        received_at__gte=since,
    ).become(Arrival.State.WAITING, due_at=None, reason="")
    listen.make_due(lanes, due=place.now)
    return row


def agreed(effect: contract.Agreed, place: Place) -> None:
    """What was said and how it reads over there are the new faces; what was a problem of them is none now."""
    row = Link.unscoped.select_for_update().get(
        counterpart=place.connection.counterpart, kind="lead", entity="lead", our_id=effect.lead_id
    )
    row.ours = {**row.ours, **effect.ours}
    row.theirs = {**row.theirs, **effect.theirs}
    row.problems = {key: value for key, value in row.problems.items() if key not in effect.ours}
    row.agreed_at = place.now
    row.read(effect.as_of)
    row.save(update_fields=["ours", "theirs", "problems", "agreed_at", "as_of"])


def waits(lead_id: int, key: str, place: Place) -> bool:
    """Whether our value waits to be said for the first time."""
    links = Link.unscoped.filter(counterpart=place.connection.counterpart, kind="lead", entity="lead")
    ours = links.filter(our_id=lead_id).values_list("ours", flat=True).first() or {}
    return key in ours and ours[key] is None


def end(effect: contract.EndEnrollment, place: Place) -> None:
    """The run in hand ends."""
    if place.run is None:
        return
    run = Enrollment.unscoped.select_for_update().get(pk=place.run.pk)
    if run.state != Enrollment.State.ENDED:
        end_run(run, when=effect.when, words=effect.words, now=place.now)


def end_run(run: Enrollment, *, when: datetime, words: str, now: datetime) -> None:
    """The run is over: what waits to be sent is cancelled (M43), but for what is told after the end."""
    run.end()
    run.ended_at, run.end_words = when, words
    save(run, "state", "ended_at", "end_words")
    actions = contract.partner(run.connection.partner).actions
    late = [kind for kind, spec in actions.items() if spec.after_end]
    OutboxAction.unscoped.filter(enrollment=run, state=OutboxAction.State.WAITING).exclude(
        kind__in=late
    ).become(OutboxAction.State.CANCELLED, reason=words, done_at=now)


def save(row: Enrollment | Lead, *fields: str) -> None:
    """Writes these fields, the next version and the time."""
    row.version += 1
    row.save(update_fields=[*fields, "version", "updated_at"])


def _end_if_all_left(run: Enrollment, *, now: datetime) -> None:
    if run.state != Enrollment.State.ENDED and not run.leads.exclude(state=Lead.State.LEFT).exists():
        end_run(run, when=now, words=_("None of its leads is in prospection for this card."), now=now)


def _pass_on(lead: Lead, effect: contract.Sent, place: Place) -> None:
    """M32: a lead that another card held is this card's from now on."""
    if effect.made not in passing.PASSED:
        return
    for run in passing.take_over(place.connection, effect.their_id, lead=lead, now=place.now):
        ended = contract.EndEnrollment(when=place.now, words=_("Its leads passed to another card."))
        end(ended, dataclasses.replace(place, run=run, deal=run.deal))
