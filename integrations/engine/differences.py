"""What a card says of its leads now against what was agreed: the difference is asked for once (M37, M46)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_noop as _

from funnels.models import Change, Deal
from integrations import contract
from integrations.contract import Agreed, LeadView, Situation
from integrations.engine import asking, runs, situation, taking
from integrations.engine.claim import Lease, hold
from integrations.engine.following import Following
from integrations.engine.place import Place, tell
from integrations.models import Connection, Enrollment, Lane, Lead, OutboxAction
from mapping.merge import phones_there
from mapping.models import FieldMap, Link

NOT_TOLD = _("“%(field)s” of %(lead)s was not sent (“%(value)s”): %(why)s")
OPEN = frozenset(str(state) for state in Lead.OPEN if state != Lead.State.NEW)


def ask_all(
    lane: Lane,
    lease: Lease,
    connection: Connection,
    deal: Deal,
    now: datetime,
    shared: situation.Shared,
) -> None:
    """One action for each lead of the running run whose fields differ from what was agreed on."""
    kind = taking.following_action(connection.partner)
    run = (
        Enrollment.unscoped.filter(connection=connection, deal=deal, state=Enrollment.State.ACTIVE)
        .order_by("-number")
        .first()
    )
    if not kind or run is None:
        return
    around = shared(deal.funnel_id)
    seen = situation.gather(
        connection=connection, deal=deal, now=now, enrollment=run, shared=around, automations=False
    )
    assert seen.enrollment is not None
    place = Place(connection=connection, deal=deal, lane=lane, run=run, now=now)
    pairs = {pair.key: pair for pair in around.pairs}
    for lead in seen.enrollment.leads:
        if lead.their_id and lead.state in OPEN:
            _ask(kind, lead, seen, pairs, place, lease)


def _ask(
    kind: str,
    lead: LeadView,
    seen: Situation,
    pairs: Mapping[str, Following],
    place: Place,
    lease: Lease,
) -> None:
    open_already = OutboxAction.unscoped.filter(lead_id=lead.id, kind=kind, state__in=OutboxAction.OPEN)
    if open_already.exists():
        return  # it computes what to say when it is spoken
    said = contract.partner(place.connection.partner).values(kind, seen, lead, {})
    wanted = differing(said, lead, seen, pairs)
    with transaction.atomic():
        hold(lease)
        for key, (text, ours) in _settled(said, lead, pairs).items():
            _settle(lead, key, text, ours, place)
        if taking.PHONES not in wanted and said.get(taking.PHONES) != lead.ours.get(taking.PHONES):
            # Removed here and kept there: no request, and no number waits to be exchanged for the next.
            runs.agreed(Agreed(lead_id=lead.id, ours={taking.PHONES: said[taking.PHONES]}), place)
        _tell_problems(lead, seen, pairs, place)
        if wanted and not _refused_before(kind, lead, wanted):
            asking.ask(contract.Ask(action=kind, lead_id=lead.id), place)


def differing(
    said: Mapping[str, Any], lead: LeadView, seen: Situation, pairs: Mapping[str, Following]
) -> dict[str, Any]:
    """What of `said` differs from our agreed face and may go there: its master and X14 decide.

    A field associated after the lead was sent is agreed on as it stands, until somebody changes it here or
    its back-fill says it.
    """
    found = {}
    for key, value in said.items():
        row, agreed = pairs[key].map if key in pairs else None, lead.ours.get(key)
        if value == agreed:
            continue
        if not value and (row is None or row.empty == FieldMap.Empty.KEEP or not agreed):
            continue  # an empty value erases nothing there (X14)
        if row is None and key == taking.PHONES:
            there = _phones(value, lead)
            if there != list(lead.theirs.get(key) or ()):
                found[key] = there
            continue
        if row is not None and key not in lead.ours:
            theirs = str(lead.theirs.get(key) or "")
            touched = row.master != FieldMap.Master.THEIRS and _touched(row, lead, seen)
            if _fills(row, str(value), theirs) == "say" or touched:
                found[key] = value
        elif row is None or row.master != FieldMap.Master.THEIRS:
            found[key] = value
    return found


def _phones(said: Sequence[str], lead: LeadView) -> list[str]:
    """Their list with what changed in ours: what it has beside that stays (M12, X14)."""
    agreed, theirs = (face.get(taking.PHONES) or () for face in (lead.ours, lead.theirs))
    return phones_there(said=said, agreed=agreed, theirs=theirs, key=taking.phone_key)


def _fills(row: FieldMap, ours: str, theirs: str) -> str:
    """What a back-fill makes of a field without agreement: say · take · leave; "" while it is not asked."""
    if not row.fill:
        return ""
    if ours and (not theirs or row.fill == FieldMap.Fill.OURS):
        return "say" if ours != theirs else "leave"
    if theirs and (not ours or row.fill == FieldMap.Fill.THEIRS):
        return "take" if ours != theirs else "leave"
    return "leave"


def _touched(row: FieldMap, lead: LeadView, seen: Situation) -> bool:
    """Whether somebody changed our field since the pair was made."""
    company = lead.own_company or seen.deal.company
    ids = {"person": lead.person_id, "company": company.id if company else 0, "deal": seen.deal.id}
    changes = Change.unscoped.filter(
        entity=row.entity, entity_id=ids[row.entity], at__gte=row.created_at
    ).order_by("-pk")
    for fields in changes.values_list("fields", flat=True)[: taking.LOOKED_BACK]:
        before, after = fields.get("custom", [{}, {}])
        if row.key in fields or (before or {}).get(row.key) != (after or {}).get(row.key):
            return True
    return False


def _settled(
    said: Mapping[str, Any], lead: LeadView, pairs: Mapping[str, Following]
) -> dict[str, tuple[str, str]]:
    """Back-fills that say nothing there: key → (text to take in or "", what we say now)."""
    found = {}
    for key, pair in pairs.items():
        ours, theirs = str(said.get(key, "")), str(lead.theirs.get(key) or "")
        what = "" if key in lead.ours else _fills(pair.map, ours, theirs)
        if what in ("take", "leave"):
            found[key] = (theirs if what == "take" else "", ours)
    return found


def _settle(lead: LeadView, key: str, text: str, ours: str, place: Place) -> None:
    taken = taking.begin(lead.id, place)
    if taken is None:
        return
    problem = taking.write(taken, key, text) if text else None
    taken.link.ours = {**taken.link.ours, key: text if text and problem is None else ours}
    if problem is not None:
        taken.link.problems = {**taken.link.problems, key: problem}
    taken.link.save(update_fields=["ours", "problems"])


def _refused_before(kind: str, lead: LeadView, wanted: Mapping[str, Any]) -> bool:
    """They declined exactly this: saying it again would be declined again, until something changes here."""
    last = OutboxAction.unscoped.filter(lead_id=lead.id, kind=kind).order_by("-pk").first()
    return (
        last is not None
        and last.state in OutboxAction.NEEDS_PERSON
        and all(last.payload.get(key) == value for key, value in wanted.items())
    )


def _tell_problems(lead: LeadView, seen: Situation, pairs: Mapping[str, Following], place: Place) -> None:
    """What cannot be said is told once on the card, with field, value and reason (M48)."""
    problems = seen.untold.get(lead.person_id, {})
    row = Link.unscoped.select_for_update().filter(kind="lead", entity="lead", our_id=lead.id).first()
    if row is None:
        return
    fresh = {key: dict(each) for key, each in problems.items() if row.problems.get(key) != each}
    over = [key for key, each in row.problems.items() if each.get("side") == "ours" and key not in problems]
    if not fresh and not over:
        return
    for key, each in fresh.items():
        saw = {
            "field": pairs[key].label if key in pairs else key,
            "lead": _whose(pairs.get(key), lead, seen),
            "value": str(each["value"])[: taking.SHOWN],
            "why": translate(each["why"]) % dict(each["saw"]),
        }
        tell(place, NOT_TOLD, saw, severity="warning")
    row.problems = {**{k: v for k, v in row.problems.items() if k not in over}, **fresh}
    row.save(update_fields=["problems"])


def _whose(pair: Following | None, lead: LeadView, seen: Situation) -> str:
    """Whose field it is, by name: the company's, the card's or the person's."""
    entity = pair.map.entity if pair else "person"
    if entity == "deal":
        return seen.deal.title
    owner = (
        (lead.own_company or seen.deal.company) if entity == "company" else seen.people.get(lead.person_id)
    )
    return owner.name if owner else ""
