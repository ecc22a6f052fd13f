"""What Meetime's news means in the CRM: activities, won and lost leads; pure, with reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    Agreed,
    Ask,
    Effect,
    EndEnrollment,
    EnrollmentView,
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
from integrations.partners.meetime import lead_reading as reading
from integrations.partners.meetime import moving
from integrations.partners.meetime.seeing import OPEN, is_later_run, is_our_reason, name_of, run_order, there

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
OVER = _("The integration of this card had ended before this.")


def on_record(record: Record, situation: Situation) -> Outcome:
    """An activity, a won or a lost lead (M33, M39, M40); what came before the end still counts (M43)."""
    run = situation.enrollment
    lead = next((each for each in run.leads if each.their_id == _lead_id(record)), None) if run else None
    if record.event is None and run is not None:
        return reading.lead_read(record, lead, situation)
    if run is None or lead is None or record.event not in HANDLERS:
        tried = Tried(row="M43", passed=False, words=_("This lead belongs to no card of this account."))
        return Outcome(tried=(tried,), ignored=True)
    when = record.when or situation.now
    if run.ended_at is not None and when > run.ended_at + _grace(record, lead, run):
        saw = {"ended": run.ended_at.isoformat(), "when": when.isoformat()}
        tried = Tried(row="M43", passed=False, words=OVER, saw=saw)
        return Outcome(tried=(tried,), ignored=True)
    return HANDLERS[record.event](record, lead, situation)


def _grace(record: Record, lead: LeadView, run: EnrollmentView) -> timedelta:
    """M39: after a win the losses of the others may come a little later; nothing else of later counts."""
    another = record.event == "lost" and lead.state in OPEN
    answered = another and any(each.state == "won" for each in run.leads)
    return GRACE if answered else timedelta(0)


def activity_done(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """One interaction record on that lead's person and on the deal, never twice (M33)."""
    type, network = str(record.fields["type"]), str(record.fields["network"])
    unknown = ("simple", type.replace("_", " ").capitalize())  # as their lists name it
    kind, label = RECORD_TYPES.get((type, network)) or RECORD_TYPES.get((type, ""), unknown)
    sellers = situation.catalog["users"]
    by = record.by or str(sellers.get(str(record.fields.get("by_id", "")), {}).get("name", ""))
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
            *_taken_up(record, lead, situation),
            LogInteraction(
                source=source,
                type=kind,
                text=text,
                person_id=lead.person_id,
                when=when,
                by=by,
            ),
        ),
    )


def _taken_up(record: Record, lead: LeadView, situation: Situation) -> list[Effect]:
    """What is done in a later run over there tells that the lead was taken up again: it is open (M40)."""
    run = situation.enrollment
    if run is None or run.ended_at is not None or not is_later_run(record, lead):
        return []
    state = lead.state if lead.state in OPEN else "reopened"
    when, told = record.when or situation.now, record.about.get("run", "")
    return [SetLead(lead_id=lead.id, state=state, when=when, run=told)]


def lead_won(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """The win action of (funnel of the deal now, cadence it was won in), once; the run ends (M39)."""
    when = record.when or situation.now
    if _is_past(record, lead, when):
        return _superseded("M39", record, lead, situation)
    if lead.state == "won" and not is_later_run(record, lead):
        return Outcome(tried=(_known_already("M39"),), ignored=True)
    effects: list[Effect] = [
        SetLead(lead_id=lead.id, state="won", when=when, run=record.about.get("run", "")),
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
    source = f"won:{lead.their_id}:{record.about.get('run', '')}"
    if situation.deal.status == "open" and action["action"] == "win":
        effects.append(WinDeal(source=source))
    elif situation.deal.status == "open" and action["action"] == "move":
        effects += [MoveDeal(stage_id=int(action["stage"]), source=source), moving.moved_at(lead, when)]
    others = [each for each in situation.enrollment.leads if each.id != lead.id and each.state in OPEN]
    effects.append(EndEnrollment(when=when, words=_("The lead was won.")))
    effects += _collect(situation.enrollment)
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
                words=_("%(count)s more leads were open: those left open over there are no longer taken in.")
                if len(others) > 1
                else _("One more lead was open: left open over there, it is no longer taken in."),
                saw={"count": len(others)},
            )
        )
    tried = Tried(
        row="M39", passed=True, words=_("The win action of this funnel and cadence was applied."), saw=saw
    )
    return Outcome(tried=(tried,), effects=effects)


def lead_lost(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """The number of open leads decides: none left → the deal is lost and the run ends (M40)."""
    when = record.when or situation.now
    if _is_past(record, lead, when):
        return _superseded("M40", record, lead, situation)
    if lead.state == "lost" and not is_later_run(record, lead):
        return Outcome(tried=(_known_already("M40"),), ignored=True)
    effects: list[Effect] = [
        SetLead(lead_id=lead.id, state="lost", when=when, run=record.about.get("run", "")),
        _result(record, lead, situation),
        Agreed(lead_id=lead.id, ours={}, theirs=_reason(record)),
    ]
    run = situation.enrollment
    if run is None or run.ended_at is not None:
        words = _("Its result was recorded; the integration of this card had ended already.")
        return Outcome(tried=(Tried(row="M43", passed=True, words=words),), effects=effects)
    others = [each for each in run.leads if each.id != lead.id and each.state in OPEN]
    saw = {"lead": name_of(situation, lead), "open": len(others)}
    if others:
        words = (
            _("%(lead)s was lost; %(open)s more leads are open, so the card goes on.")
            if len(others) > 1
            else _("%(lead)s was lost; one more lead is open, so the card goes on.")
        )
        effects.append(Tell(words=words, saw=saw))
        return Outcome(tried=(Tried(row="M40", passed=True, words=words, saw=saw),), effects=effects)
    if situation.deal.status == "open":
        effects.append(_loss(record, lead, situation, when))
    words = _("%(lead)s was lost and no lead is open: the card is lost and its integration has ended.")
    effects += [
        EndEnrollment(when=when, words=_("The last open lead was lost.")),
        *_collect(run),
        Tell(words=words, saw=saw, severity="warning"),
    ]
    return Outcome(tried=(Tried(row="M40", passed=True, words=words, saw=saw),), effects=effects)


def _loss(record: Record, lead: LeadView, situation: Situation, when: datetime) -> LoseDeal:
    """M40: the reason of the lead whose loss closed the deal: the latest loss, whichever was told last."""
    leads = situation.enrollment.leads if situation.enrollment else ()
    earlier = [
        (each.closed_at, each.theirs)
        for each in leads
        if each.id != lead.id and each.state == "lost" and each.closed_at is not None
    ]
    closing = max([(when, _reason(record)), *earlier], key=lambda loss: loss[0])[1]
    name = str(closing.get("loss_reason", ""))
    number = str(closing.get("loss_reason_id", ""))
    return LoseDeal(reason=name, reason_id=number if is_our_reason(number, name, situation) else "")


def _reason(record: Record) -> dict[str, str]:
    """The reason that was chosen there: its words and its id, ours where they show ours (M41)."""
    return {key: str(record.fields.get(key, "")) for key in ("loss_reason", "loss_reason_id")}


HANDLERS = {"done": activity_done, "won": lead_won, "lost": lead_lost, "stage_moved": moving.stage_moved}


def _is_past(record: Record, lead: LeadView, when: datetime) -> bool:
    """Whether something later is known: a newer result, or a newer run of a lead that was opened again."""
    if lead.closed_at is not None and when < lead.closed_at:
        return True
    return lead.closed_at is None and run_order(record, lead) < 0


def _superseded(row: str, record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """Something later is known of this lead: what came before is history, and acts no more."""
    tried = Tried(row=row, passed=False, words=moving.LATER)
    return Outcome(tried=(tried,), effects=(_result(record, lead, situation),))


def _known_already(row: str) -> Tried:
    return Tried(row=row, passed=False, words=_("This result was known already."))


def _lead_id(record: Record) -> str:
    return record.id if record.kind == "lead" else record.about.get("lead", "")


def _collect(run: EnrollmentView) -> list[Effect]:
    """M42: at the end every lead's annotations are asked for, each for its own person."""
    return [Ask(action="collect", lead_id=each.id, once=f"collect:{run.number}") for each in there(run)]


def _result(record: Record, lead: LeadView, situation: Situation) -> LogInteraction:
    """The result on the lead's own person and on the deal (M39, M40, M42)."""
    return result_record(
        str(record.event),
        lead=lead,
        run=record.about.get("run", ""),
        cadence=str(record.fields.get("cadence", "")),
        reason=str(record.fields.get("loss_reason", "")),
        when=record.when or situation.now,
        by=record.by or "",
    )


def result_record(
    result: str, *, lead: LeadView, run: str, cadence: str, reason: str, when: datetime, by: str
) -> LogInteraction:
    """One record a result, whoever tells of it first."""
    return LogInteraction(
        source=f"result:{lead.their_id}:{run}:{result}",
        type="simple",
        text=result_text(result, cadence=cadence, reason=reason),
        person_id=lead.person_id,
        when=when,
        by=by,
    )


def result_text(result: str, *, cadence: str, reason: str) -> str:
    """What people read in the record."""
    label = "Lead ganho na Meetime" if result == "won" else "Lead perdido na Meetime"
    parts = [f"{label} ({cadence})" if cadence else label]
    parts += [f"Motivo: {reason}"] if reason else []
    return "\n".join(parts)
