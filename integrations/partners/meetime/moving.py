"""A card that was moved over there, told in time or after its integration ended; pure (M36, M39, M43)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop as _

from integrations.contract import (
    Agreed,
    Effect,
    LeadView,
    MoveDeal,
    Outcome,
    Record,
    Situation,
    Tell,
    Tried,
)
from integrations.partners.meetime.reading import moment

LATER = _("Something later is known of this lead already.")


def stage_moved(record: Record, lead: LeadView, situation: Situation) -> Outcome:
    """The card was moved over there: among the stages of its funnel, checklists permitting (M36)."""
    when = record.when or situation.now
    run = situation.enrollment
    ended = run is not None and run.ended_at is not None
    known = [moment(each.theirs.get("moved_at")) for each in run.leads] if run else []
    later = any(at is not None and at > when for at in known)
    if later and not ended:
        return Outcome(tried=(Tried(row="M36", passed=False, words=LATER),), ignored=True)
    told = str(record.fields["stage_id"])
    stage, source = int(told) if told.isdecimal() else 0, f"move:{record.id}"
    words = _("The card was moved to “%(stage)s” at Meetime.")
    saw = {"stage": situation.stages.get(stage, told), "by": record.by or ""}
    tried = [Tried(row="M36", passed=True, words=words, saw=saw)]
    effects: list[Effect] = [Tell(words=words, saw=saw)]
    if not ended:
        move = MoveDeal(stage_id=stage, answer="place_deal", lead_id=lead.id, source=source)
        effects += [moved_at(lead, when), move]
    elif not later and _stood_still(situation, since=when):
        effects += [moved_at(lead, when), MoveDeal(stage_id=stage, source=source)]
    else:
        tried.append(Tried(row="M43", passed=False, words=_("What happened since counts.")))
    return Outcome(tried=tried, effects=effects)


def moved_at(lead: LeadView, when: datetime) -> Effect:
    """The card's latest move over there: an earlier one that is told later moves it no more."""
    return Agreed(lead_id=lead.id, ours={}, theirs={"moved_at": when.isoformat()})


def _stood_still(situation: Situation, *, since: datetime) -> bool:
    """Told after the end, a move counts where nothing came after it: the card was not moved or closed."""
    deal = situation.deal
    return deal.status == "open" and (deal.stage_since is None or deal.stage_since <= since)
