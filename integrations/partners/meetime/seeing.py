"""What several rules look at: who gets a lead, who speaks for the card, what people call a lead; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.contract import EnrollmentView, LeadView, Record, Situation

LATEST_OWNER, INITIAL_OWNER = "meetime_latest_owner", "meetime_initial_owner"
LATEST_CADENCE, INITIAL_CADENCE = "meetime_latest_cadence", "meetime_initial_cadence"
OPEN = ("new", "waiting", "executing", "paused", "reopened")


def owner_id(situation: Situation) -> int | None:
    """Who gets the lead: the field "Responsável mais recente", else the card's owner when linked (M16)."""
    chosen = situation.deal.fields.get(LATEST_OWNER, "")
    return int(chosen) if chosen.isdecimal() else situation.deal.owner_id


def owner_row(situation: Situation) -> Mapping[str, Any]:
    """The seller over there who is that user, {} when there is none or not active."""
    their_id = situation.users.get(owner_id(situation) or 0, "")
    row = situation.catalog["users"].get(their_id, {})
    return row if row.get("active", True) else {}


def user_of(users: Mapping[int, str], their_id: str) -> str:
    """Our user's id as a field holds it, "" for a seller who is nobody here."""
    return next((str(ours) for ours, theirs in users.items() if their_id and theirs == their_id), "")


def speaks_for_deal(lead: LeadView, run: EnrollmentView) -> bool:
    """The card's four fields follow the main contact's lead, without one the first that was sent (M46)."""
    held = [each for each in run.leads if each.state != "left" and (each.their_id or each.id == lead.id)]
    chosen = next((each for each in held if each.is_main), held[0] if held else None)
    return chosen is not None and chosen.id == lead.id


def there(run: EnrollmentView) -> Sequence[LeadView]:
    """The leads of the run that exist over there for this card."""
    return [each for each in run.leads if each.their_id and each.state != "left"]


def is_later_run(record: Record, lead: LeadView) -> bool:
    """Whether this is of a run there after the one we know: the lead was opened again."""
    return run_order(record, lead) > 0


def run_order(record: Record, lead: LeadView) -> int:
    """1 when this is of a run there after the one we know, -1 when before it, 0 when neither is certain.

    Their ids grow: their lists come oldest first (section 2).
    """
    told, known = record.about.get("run", ""), lead.their_run
    if not (told.isdecimal() and known.isdecimal()):
        return 0
    return (int(told) > int(known)) - (int(told) < int(known))


def is_our_reason(number: str, name: str, situation: Situation) -> bool:
    """Whether a reason's id is one that we told them (M41): they take our funnels, this card's among them.

    A reason of their own may bear the same number, and is none of ours.
    """
    told = situation.settings["takes_funnels"] and situation.deal.funnel_id in situation.settings["funnels"]
    return bool(told) and situation.catalog["lost_reasons"].get(number, {}).get("name") != name


def name_of(situation: Situation, lead: LeadView) -> str:
    """What people call this lead."""
    person = situation.people.get(lead.person_id)
    return (person.name or person.email) if person else "Lead"
