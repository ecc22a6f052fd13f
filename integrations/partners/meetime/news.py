"""What Meetime's news means in the CRM: activities, won and lost leads; pure, with reasons."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    Effect,
    EndEnrollment,
    LeadView,
    LogInteraction,
    LoseDeal,
    MoveDeal,
    Outcome,
    Record,
    SetLead,
    Situation,
    Tell,
    Tried,
    WinDeal,
)

OPEN = ("new", "waiting", "executing", "paused", "reopened")
RECORD_TYPES = {  # M33: (type, network) there → interaction record here and its name; any other is simple
    ("SEARCH", ""): ("simple", "Pesquisa"),
    ("CALL", ""): ("phone", "Ligação"),
    ("E_MAIL", ""): ("email", "E-mail"),
    ("SOCIAL_POINT", ""): ("simple", "Social Point"),
    ("SOCIAL_POINT", "WHATSAPP"): ("whatsapp", "Social Point – WhatsApp"),
    ("MEETING", ""): ("meeting", "Reunião"),
}
# Leads that "lose the others" closes carry the win's own time; a little later is still that answer (M39).
GRACE = timedelta(seconds=60)


def on_record(record: Record, situation: Situation) -> Outcome:
    """An activity, a won or a lost lead (M33, M39, M40); what came before the end still counts (M43)."""
    run = situation.enrollment
    lead = next((each for each in run.leads if each.their_id == _lead_id(record)), None) if run else None
    if run is None or lead is None or record.event not in HANDLERS:
        tried = Tried(row="M43", passed=False, words=_("This lead belongs to no card of this account."))
        return Outcome(tried=(tried,), ignored=True)
    when = record.when or situation.now
    if run.ended_at is not None and when > run.ended_at + GRACE:
        saw = {"ended": run.ended_at.isoformat(), "when": when.isoformat()}
        tried = Tried(
            row="M43", passed=False, words=_("The integration of this card had ended before this."), saw=saw
        )
        return Outcome(tried=(tried,), ignored=True)
    return HANDLERS[record.event](record, lead, situation)


def activity_done(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """One interaction record on that lead's person and on the deal, never twice (M33)."""
    type, network = str(record.fields["type"]), str(record.fields["network"])
    kind, label = RECORD_TYPES.get((type, network)) or RECORD_TYPES.get((type, ""), ("simple", type))
    when = record.when or situation.now
    text = "\n\n".join(
        part for part in (str(record.fields["name"] or label), str(record.fields["text"])) if part
    )
    # A meeting is told twice, as an activity and under `meetings`, with two ids and one beginning.
    instant = when.astimezone(UTC).isoformat(timespec="seconds")
    source = f"meeting:{lead.their_id}:{instant}" if type == "MEETING" else f"activity:{record.id}"
    words = _("The activity became an interaction record.")
    return Outcome(
        tried=(Tried(row="M33", passed=True, words=words, saw={"type": type, "record": kind}),),
        effects=(
            LogInteraction(
                source=source,
                type=kind,
                text=text,
                person_id=lead.person_id,
                when=when,
                by=record.by or "",
            ),
        ),
    )


def lead_won(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """The win action of (funnel of the deal now, cadence it was won in), once; the run ends (M39)."""
    if lead.state == "won":
        return Outcome(tried=(_known_already("M39"),), ignored=True)
    when = record.when or situation.now
    if lead.closed_at is not None and when < lead.closed_at:
        return _superseded("M39", record, lead, situation)
    effects: list[Effect] = [
        SetLead(lead_id=lead.id, state="won", when=when),
        _result(record, lead, situation),
    ]
    if situation.enrollment is None or situation.enrollment.ended_at is not None:
        return Outcome(
            tried=(Tried(row="M39", passed=True, words=_("The win action was applied before.")),),
            effects=effects,
        )
    cadence = str(record.fields.get("cadence_id", ""))
    action = situation.settings["win_actions"].get(
        f"{situation.deal.funnel_id}:{cadence}", {"action": "keep"}
    )
    saw = {"cadence": record.fields.get("cadence", cadence), "action": action["action"]}
    if situation.deal.status == "open" and action["action"] == "win":
        effects.append(WinDeal())
    elif situation.deal.status == "open" and action["action"] == "move":
        effects.append(MoveDeal(stage_id=int(action["stage"])))
    others = [each for each in situation.enrollment.leads if each.id != lead.id and each.state in OPEN]
    effects.append(EndEnrollment(when=when, words=_("The lead was won.")))
    effects.append(
        Tell(
            words=_("%(lead)s was won in the cadence “%(cadence)s”; the integration of this card has ended."),
            saw={"lead": name_of(situation, lead), **saw},
            severity="success",
        )
    )
    if others:
        effects.append(
            Tell(
                words=_("%(count)s more leads were open: those left open over there are no longer taken in."),
                saw={"count": len(others)},
            )
        )
    tried = Tried(
        row="M39", passed=True, words=_("The win action of this funnel and cadence was applied."), saw=saw
    )
    return Outcome(tried=(tried,), effects=effects)


def lead_lost(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """The number of open leads decides: none left → the deal is lost and the run ends (M40)."""
    if lead.state == "lost":
        return Outcome(tried=(_known_already("M40"),), ignored=True)
    when = record.when or situation.now
    if lead.closed_at is not None and when < lead.closed_at:
        return _superseded("M40", record, lead, situation)
    effects: list[Effect] = [
        SetLead(lead_id=lead.id, state="lost", when=when),
        _result(record, lead, situation),
    ]
    run = situation.enrollment
    if run is None or run.ended_at is not None:
        words = _("Its result was recorded; the integration of this card had ended already.")
        return Outcome(tried=(Tried(row="M43", passed=True, words=words),), effects=effects)
    others = [each for each in run.leads if each.id != lead.id and each.state in OPEN]
    saw = {"lead": name_of(situation, lead), "open": len(others)}
    if others:
        words = _("%(lead)s was lost; %(open)s more leads are open, so the card goes on.")
        effects.append(Tell(words=words, saw=saw))
        return Outcome(tried=(Tried(row="M40", passed=True, words=words, saw=saw),), effects=effects)
    if situation.deal.status == "open":
        effects.append(LoseDeal(reason=str(record.fields.get("loss_reason", ""))))
    words = _("%(lead)s was lost and no lead is open: the card is lost and its integration has ended.")
    effects += [
        EndEnrollment(when=when, words=_("The last open lead was lost.")),
        Tell(words=words, saw=saw, severity="warning"),
    ]
    return Outcome(tried=(Tried(row="M40", passed=True, words=words, saw=saw),), effects=effects)


HANDLERS = {"done": activity_done, "won": lead_won, "lost": lead_lost}


def _superseded(row: str, record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """Something later is known of this lead: what came before is history, and acts no more."""
    words = _("Something later is known of this lead already.")
    tried = Tried(row=row, passed=False, words=words)
    return Outcome(tried=(tried,), effects=(_result(record, lead, situation),))


def _known_already(row: str) -> Tried:
    return Tried(row=row, passed=False, words=_("This result was known already."))


def _lead_id(record: Record) -> str:
    return record.id if record.kind == "lead" else record.about.get("lead", "")


def name_of(situation: Situation, lead: LeadView) -> str:
    """What people call this lead."""
    person = situation.people.get(lead.person_id)
    return (person.name or person.email) if person else "Lead"


def _result(record: Record, lead: LeadView, situation: Situation) -> LogInteraction:
    """The result on the lead's own person and on the deal (M39, M40)."""
    reason = str(record.fields.get("loss_reason", ""))
    label = "Lead ganho na Meetime" if record.event == "won" else "Lead perdido na Meetime"
    parts = [f"{label} ({record.fields.get('cadence', '')})" if record.fields.get("cadence") else label]
    parts += [f"Motivo: {reason}"] if reason else []
    run = record.about.get("run", "")
    return LogInteraction(
        source=f"result:{lead.their_id}:{run}:{record.event}",
        type="simple",
        text="\n".join(parts),
        person_id=lead.person_id,
        when=record.when or situation.now,
        by=record.by or "",
    )
