"""What a lead reads over there now: its state, its owner and cadence, its fields, or that it is new; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    AdoptLead,
    Effect,
    EnrollmentView,
    LeadView,
    Outcome,
    Record,
    SetField,
    SetLead,
    Situation,
    TakeIn,
    Tried,
)
from integrations.partners.meetime.seeing import (
    LATEST_CADENCE,
    LATEST_OWNER,
    OPEN,
    is_later_run,
    speaks_for_deal,
    user_of,
)

RUNNING = ("waiting", "executing", "paused")
CLOCKS = timedelta(seconds=60)  # what their clock may be behind ours


def lead_read(record: Record, lead: LeadView | None, situation: Situation) -> Outcome:
    """A snapshot of a lead while its card is integrated (M37); afterwards nothing of it is taken in (M43)."""
    run = situation.enrollment
    assert run is not None
    if run.state == "ended":
        words = _("The integration of this card had ended before this.")
        return Outcome(tried=(Tried(row="M43", passed=False, words=words),), ignored=True)
    if lead is None:
        return _added(record, situation)
    if lead.state in ("new", "left"):
        words = _("This lead is not in prospection for this card.")
        return Outcome(tried=(Tried(row="M32", passed=False, words=words),), ignored=True)
    if record.when is not None and lead.as_of is not None and record.when < lead.as_of:
        # Both times are theirs. What else it brought is read again: the lead changed since.
        older = _("This reading is older than what the lead said last.")
        saw = {"read": record.when.isoformat(), "known": lead.as_of.isoformat()}
        return Outcome(tried=(Tried(row="M37", passed=False, words=older, saw=saw),), ignored=True)
    effects = [*_state(record, lead, situation)]
    if lead.state in OPEN or effects:
        effects.append(
            TakeIn(
                lead_id=lead.id,
                values={**record.fields["values"], "owner_id": str(record.fields["owner_id"])},
                when=record.when or situation.now,
                as_of=record.when,
            )
        )
    effects += _owner_and_cadence(record, lead, run, situation)
    words = _("What changed on the lead follows here.")
    saw = {"state": record.fields["state"], "cadence": record.fields["cadence"]}
    return Outcome(tried=(Tried(row="M37", passed=True, words=words, saw=saw),), effects=effects)


def _added(record: Record, situation: Situation) -> Outcome:
    """M34, M44: a lead added over there to an integrated card becomes a related contact.

    One from before this sending belongs to a run that has ended, and nothing of it is taken in (M43).
    """
    run, told_since = situation.enrollment, str(record.fields.get("since", ""))
    since = datetime.fromisoformat(told_since) if told_since else None
    if since and run and run.started_at and since < run.started_at - CLOCKS:
        before = _("This lead was added before the card was sent this time; that integration has ended.")
        saw = {"added": since.isoformat(), "sent": run.started_at.isoformat()}
        return Outcome(tried=(Tried(row="M43", passed=False, words=before, saw=saw),), ignored=True)
    words = _("A lead was added to this card over there.")
    told = str(record.fields["state"])
    # Closed since, it was open when it was added: its result is a fact of its own (M39, M40).
    state = told if told in RUNNING else "waiting" if not told else "executing"
    values = record.fields["values"]
    saw = {"lead": values.get("name", ""), "email": values.get("email", "")}
    adopted = AdoptLead(
        their_id=record.id,
        values=values,
        state=state,
        when=record.when or situation.now,
        since=_joined(record, since, run),
        run=record.about.get("run", ""),
        url=str(record.fields.get("url", "")),
    )
    return Outcome(tried=(Tried(row="M34", passed=True, words=words, saw=saw),), effects=(adopted,))


def _joined(record: Record, since: datetime | None, run: EnrollmentView | None) -> datetime | None:
    """When the lead came to the card: its first prospection since the card was sent."""
    began = run.started_at if run else None
    if since is None or began is None:
        return since
    before = (datetime.fromisoformat(each) for each in record.fields.get("before", ()))
    return min((at for at in (since, *before) if at >= began - CLOCKS), default=since)


def _state(record: Record, lead: LeadView, situation: Situation) -> list[Effect]:
    """Waiting, executing, paused; a closed lead taken up again there is reopened. Results are facts.

    One that was taken up and closed since was open in between, while other leads were closed.
    """
    state, run = str(record.fields["state"]), record.about.get("run", "")
    when = record.when or situation.now
    if state not in RUNNING:
        since = lead.state if lead.state in OPEN else "reopened"
        again = is_later_run(record, lead)
        return [SetLead(lead_id=lead.id, state=since, when=when, run=run)] if again else []
    if lead.state in OPEN:
        changed = state != lead.state or run != lead.their_run
        return [SetLead(lead_id=lead.id, state=state, when=when, run=run)] if changed else []
    if run != lead.their_run:
        return [SetLead(lead_id=lead.id, state="reopened", when=when, run=run)]
    return []


def _owner_and_cadence(
    record: Record, lead: LeadView, run: EnrollmentView, situation: Situation
) -> list[Effect]:
    """M16, M18, M20, M46: the card's latest owner and cadence are those of the lead that speaks for it."""
    if not speaks_for_deal(lead, run):
        return []
    owner = user_of(situation.users, str(record.fields["owner_id"]))
    cadence = situation.catalog["cadences"].get(str(record.fields["cadence_id"]), {})
    name = str(record.fields["cadence"] or cadence.get("name", ""))
    return [
        *([SetField(key=LATEST_OWNER, value=owner)] if owner else []),
        *([SetField(key=LATEST_CADENCE, value=name)] if name else []),
    ]
