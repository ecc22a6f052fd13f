"""Carries out what rules decided: one function an effect, all inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from accounts.origin import Origin
from funnels import services
from funnels.fields import search_key
from funnels.models import Deal, LossReason, Person, Stage
from integrations import contract
from integrations.contract import Effect
from integrations.engine import listen, passing
from integrations.engine.enroll import enroll
from integrations.models import (
    Arrival,
    Connection,
    Enrollment,
    Lane,
    Lead,
    OutboxAction,
    SyncEvent,
)
from mapping.models import Link

LEAD_MOVES = {
    "waiting": Lead.wait,
    "executing": Lead.execute,
    "paused": Lead.pause,
    "won": Lead.win,
    "lost": Lead.lose,
    "reopened": Lead.reopen,
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where effects land: the connection, the deal, the lane and the run in hand."""

    connection: Connection
    deal: Deal
    lane: Lane
    run: Enrollment | None
    now: datetime

    @property
    def origin(self) -> Origin:
        return Origin.connection(
            connection_id=self.connection.pk, label=str(contract.partner(self.connection.partner).label)
        )


def apply(effects: Sequence[Effect], place: Place) -> None:
    """All effects in order; neighbouring fields of the deal are one change."""
    for kind, group in itertools.groupby(effects, key=type):
        if kind is contract.SetField:
            _set_fields([each for each in group if isinstance(each, contract.SetField)], place)
        else:
            for effect in group:
                APPLIERS[kind](effect, place)


def tried_as_json(tried: Sequence[contract.Tried]) -> list[dict[str, Any]]:
    """Rules tried, as they are kept and shown (X1)."""
    return [dataclasses.asdict(each) for each in tried]


def tell(place: Place, words: str, saw: Mapping[str, Any] | None = None, *, severity: str = "info") -> None:
    """A line in the card's timeline."""
    SyncEvent.unscoped.create(
        account_id=place.connection.account_id,
        connection=place.connection,
        deal=place.deal,
        at=place.now,
        words=words,
        saw=dict(saw or {}),
        severity=severity,
    )


def _log(effect: contract.LogInteraction, place: Place) -> None:
    person = (
        Person.objects.of(place.connection.account_id).filter(pk=effect.person_id).first()
        if effect.person_id
        else None
    )
    services.log_interaction(
        account=place.connection.account,
        type=effect.type,
        text=effect.text,
        occurred_at=effect.when,
        origin=place.origin,
        person=person,
        deal=place.deal,
        author=effect.by,
        source=f"{place.connection.partner}:{place.connection.counterpart_id}:{effect.source}",
    )


def _set_lead(effect: contract.SetLead, _place: Place) -> None:
    lead = Lead.unscoped.select_for_update().get(pk=effect.lead_id)
    if lead.closed_at is not None and effect.when < lead.closed_at:
        return  # something later is known already (pain 5)
    if lead.state in (Lead.State.WON, Lead.State.LOST):
        lead.reopen()  # it was taken up again over there, and ended otherwise
    LEAD_MOVES[effect.state](lead)
    lead.closed_at = effect.when if effect.state in ("won", "lost") else None
    _save(lead, "state", "closed_at")


def _sent(effect: contract.Sent, place: Place) -> None:
    lead = Lead.unscoped.select_for_update().get(pk=effect.lead_id)
    if effect.made == "left":
        lead.leave()
        passing.tell_holder(place.connection, effect.their_id, lead=lead, now=place.now)
    else:
        LEAD_MOVES[effect.state](lead)
        _pass_on(lead, effect, place)
        _link(lead, effect, place)
    lead.sent_at, lead.outcome = place.now, effect.made
    lead.their_run, lead.public_url = effect.run, effect.url[:500]
    _save(lead, "state", "sent_at", "outcome", "their_run", "public_url")
    run = Enrollment.unscoped.select_for_update().get(pk=lead.enrollment_id)
    if effect.made == "left":
        _end_if_all_left(run, now=place.now)
    elif run.state == Enrollment.State.SENDING:
        run.arrived()
        _save(run, "state")


def leave(lead: Lead, *, now: datetime) -> None:
    """A lead that will not be sent: its run ends with the last one, so the card can be sent again."""
    row = Lead.unscoped.select_for_update().get(pk=lead.pk)
    if row.state == Lead.State.NEW:
        row.leave()
        _save(row, "state")
        _end_if_all_left(Enrollment.unscoped.select_for_update().get(pk=row.enrollment_id), now=now)


def _end_if_all_left(run: Enrollment, *, now: datetime) -> None:
    if run.state != Enrollment.State.ENDED and not run.leads.exclude(state=Lead.State.LEFT).exists():
        end_run(run, when=now, words=_("None of its leads is in prospection for this card."), now=now)


def _pass_on(lead: Lead, effect: contract.Sent, place: Place) -> None:
    """M32: a lead that another card held is this card's from now on."""
    if effect.made not in passing.PASSED:
        return
    for run in passing.take_over(place.connection, effect.their_id, lead=lead, now=place.now):
        end = contract.EndEnrollment(when=place.now, words=_("Its leads passed to another card."))
        _end(end, dataclasses.replace(place, run=run, deal=run.deal))


def _link(lead: Lead, effect: contract.Sent, place: Place) -> None:
    counterpart = place.connection.counterpart
    assert counterpart is not None
    Link.unscoped.update_or_create(
        counterpart=counterpart,
        kind="lead",
        entity="lead",
        our_id=lead.pk,
        defaults={
            "account_id": place.connection.account_id,
            "their_id": effect.their_id,
            "ours": dict(effect.agreed),
            "theirs": dict(effect.agreed),
            "agreed_at": place.now,
        },
    )
    # News of this lead may have come before its receipt: it waits, or was put aside, on a lane of its own.
    theirs = Lane.unscoped.filter(connection=place.connection, key=listen.lead_lane(effect.their_id))
    since = lead.actions.order_by("since").values_list("since", flat=True).first() or place.now
    Arrival.unscoped.filter(
        lane__in=theirs,
        state__in=(Arrival.State.WAITING, Arrival.State.IGNORED),
        received_at__gte=since,
    ).become(Arrival.State.WAITING, due_at=None, reason="")
    listen.make_due(theirs, due=place.now)


def _win(_effect: contract.WinDeal, place: Place) -> None:
    _unless_blocked(lambda: services.win_deal(deal=place.deal, origin=place.origin), place)


def _move(effect: contract.MoveDeal, place: Place) -> None:
    stage = Stage.objects.of(place.connection.account_id).get(pk=effect.stage_id)
    _unless_blocked(lambda: services.move_deal(deal=place.deal, stage=stage, origin=place.origin), place)


def _unless_blocked(do: Callable[[], object], place: Place) -> None:
    """M36: a pending checklist leaves the card in place, with a task for its owner."""
    try:
        do()
    except services.NotAllowed as blocked:
        words = _("The card stayed where it was: %(why)s")
        tell(place, words, {"why": blocked.words}, severity="warning")
        services.create_task(
            account=place.connection.account,
            title=str(place.deal),
            text=blocked.words,
            origin=place.origin,
            deal=place.deal,
            assignee=place.deal.owner,
            source=f"{place.connection.pk}:blocked:{place.run.pk if place.run else place.deal.pk}",
        )


def _lose(effect: contract.LoseDeal, place: Place) -> None:
    """M41: a reason unknown here is not created; its text stays in the record and in the note."""
    wanted = search_key(effect.reason)
    reasons = LossReason.objects.of(place.connection.account_id).filter(
        funnel_id=place.deal.funnel_id, deleted_at=None
    )
    reason = next((each for each in reasons if search_key(each.name) == wanted), None) if wanted else None
    services.lose_deal(
        deal=place.deal,
        reason=reason,
        note_text="" if reason else effect.reason,
        origin=place.origin,
    )


def _set_fields(effects: Sequence[contract.SetField], place: Place) -> None:
    services.set_system_fields(
        deal=place.deal,
        values={each.key: each.value for each in effects},
        once={each.key for each in effects if each.once},
        origin=place.origin,
    )


def _end(effect: contract.EndEnrollment, place: Place) -> None:
    if place.run is None:
        return
    run = Enrollment.unscoped.select_for_update().get(pk=place.run.pk)
    if run.state != Enrollment.State.ENDED:
        end_run(run, when=effect.when, words=effect.words, now=place.now)


def end_run(run: Enrollment, *, when: datetime, words: str, now: datetime) -> None:
    """The run is over: what waits to be sent for it is cancelled (M43)."""
    run.end()
    run.ended_at, run.end_words = when, words
    _save(run, "state", "ended_at", "end_words")
    # What was still to be sent for this run is not sent any more (M43).
    OutboxAction.unscoped.filter(enrollment=run, state=OutboxAction.State.WAITING).become(
        OutboxAction.State.CANCELLED, reason=words, done_at=now
    )


def _tell(effect: contract.Tell, place: Place) -> None:
    tell(place, effect.words, effect.saw, severity=effect.severity)


def _save(row: Enrollment | Lead, *fields: str) -> None:
    row.version += 1
    row.save(update_fields=[*fields, "version", "updated_at"])


APPLIERS: Mapping[type[Effect], Callable[[Any, Place], None]] = {
    contract.LogInteraction: _log,
    contract.SetLead: _set_lead,
    contract.Sent: _sent,
    contract.WinDeal: _win,
    contract.MoveDeal: _move,
    contract.LoseDeal: _lose,
    contract.EndEnrollment: _end,
    contract.Enroll: enroll,
    contract.Tell: _tell,
}
