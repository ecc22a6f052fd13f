"""What a lead reads over there follows into the CRM, field by field, by a three-way merge (M37, M46)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_noop as _

from funnels import services
from funnels.fields import email_key, phone_forms
from funnels.models import Change, Company, Deal, Person
from integrations import contract
from integrations.contract import FixedField, Sent, TakeIn
from integrations.engine import ghosts, situation
from integrations.engine.following import Following, Row, followings
from integrations.engine.names import AccountNames
from integrations.engine.place import Place, tell
from integrations.models import Lead
from mapping.convert import Unconvertible, heard, told
from mapping.merge import Empty, Faces, Master, Move, Verdict, merge, merge_phones
from mapping.models import Conflict, Link

PHONES = "phones"
UNSAID = "\0"  # equal to no value
LOOKED_BACK = 50  # changes of a row among which the last one of a field is looked for
NOT_TAKEN = _("“%(field)s” was not taken in from there (“%(value)s”): %(why)s")
SHOWN = 80  # characters of a value in a sentence


@dataclass(kw_only=True)
class Taking:
    """One lead being taken in: its link, its rows and what we would say of them now."""

    place: Place
    lead: Lead
    link: Link
    said: Mapping[str, Any]
    rows: Mapping[str, Row | None]
    pairs: Mapping[str, Following]
    fixed: Mapping[str, FixedField]
    unagreed: Collection[str] = ()


def take(effect: TakeIn, place: Place, *, unagreed: Collection[str] = ()) -> None:
    """Each value that changed over there goes to its row here, or is kept apart with the reason.

    Of `unagreed` keys nothing was ever agreed on: a blank side takes the other, two values stay apart.
    """
    taking = begin(effect.lead_id, place, unagreed=unagreed)
    if taking is None:
        return
    ours, theirs, problems = dict(taking.link.ours), dict(taking.link.theirs), dict(taking.link.problems)
    for key, now in effect.values.items():
        if key == PHONES:
            _phones(taking, list(now), ours)
        elif key in taking.fixed or key in taking.pairs:
            problem = _one(taking, key, str(now or ""), ours, effect.when)
            if problem:
                problems[key] = problem
            elif str(now or "") != theirs.get(key, ""):
                problems.pop(key, None)
        theirs[key] = now
    taking.link.ours, taking.link.theirs, taking.link.problems = ours, theirs, problems
    taking.link.agreed_at = place.now
    taking.link.read(effect.as_of)
    taking.link.save(update_fields=["ours", "theirs", "problems", "agreed_at", "as_of"])


def take_known(effect: Sent, place: Place) -> None:
    """What a lead that was there before holds in fields that are blank here; nothing else is touched."""
    row = Link.unscoped.select_for_update().get(
        counterpart=place.connection.counterpart_id, kind="lead", entity="lead", our_id=effect.lead_id
    )
    blank = {key: [] if key == PHONES else "" for key in effect.theirs if not effect.agreed.get(key)}
    row.theirs = {**row.theirs, **blank}
    row.save(update_fields=["theirs"])
    found = {key: effect.theirs[key] for key in blank}
    take(TakeIn(lead_id=effect.lead_id, values=found, when=place.now), place)


def begin(lead_id: int, place: Place, *, unagreed: Collection[str] = ()) -> Taking | None:
    """The lead with everything its fields are compared with; None when it has no link yet."""
    lead = Lead.unscoped.select_for_update(of=("self",)).select_related("person", "company").get(pk=lead_id)
    link = (
        Link.unscoped.select_for_update()
        .filter(counterpart=place.connection.counterpart_id, kind="lead", entity="lead", our_id=lead.pk)
        .first()
    )
    if link is None:
        return None
    deal = Deal.unscoped.select_related(*situation.WITH, "account").get(pk=place.deal.pk)
    seen = situation.gather(connection=place.connection, deal=deal, now=place.now, enrollment=lead.enrollment)
    partner = contract.partner(place.connection.partner)
    assert seen.enrollment is not None
    view = next(each for each in seen.enrollment.leads if each.id == lead.pk)
    spec = partner.mappable
    return Taking(
        place=place,
        lead=lead,
        link=link,
        said=partner.values(following_action(place.connection.partner), seen, view, {}),
        rows={"person": lead.person, "company": situation.company_of(lead, deal), "deal": deal},
        pairs={pair.key: pair for pair in followings(place.connection)},
        fixed={each.theirs: each for each in spec.fixed if each.theirs != PHONES} if spec else {},
        unagreed=unagreed,
    )


def following_action(slug: str) -> str:
    """The partner's action that carries differences, "" when it has none."""
    actions = contract.partner(slug).actions
    return next((kind for kind, spec in actions.items() if spec.differences), "")


def _one(
    taking: Taking, key: str, now: str, ours: dict[str, Any], theirs_at: datetime
) -> Mapping[str, Any] | None:
    """One field: moved, kept or apart; returns why it could not be taken in."""
    pair = taking.pairs.get(key)
    said = str(taking.said.get(key, ours.get(key) or ""))
    first = key not in ours and (pair is None or key in taking.unagreed)
    agreed = None if first else ours.get(key, said)
    if key in ours and agreed is None:
        agreed = UNSAID  # it waits to be said: ours changed, whatever it was before
    plain = email_key if key == "email" else str
    faces = Faces(
        ours_now=plain(said),
        ours_agreed=None if agreed is None else plain(agreed),
        theirs_now=plain(now),
        theirs_agreed=plain(taking.link.theirs.get(key, "")),
    )
    row = taking.rows.get(_entity(taking, key))
    verdict = merge(
        faces,
        master=Master(pair.map.master) if pair else Master.BOTH,
        empty=Empty(pair.map.empty) if pair else Empty.KEEP,
        ours_at=_changed_at(row, _ours(taking, key)) if faces.ours_now != faces.ours_agreed else None,
        theirs_at=theirs_at,
    )
    problem = None
    if verdict.move == Move.TAKE:
        problem = write(taking, key, now)
        if problem is None:
            ours[key] = now.strip() if pair is None else _again(pair, now, taking)
    elif verdict.move == Move.SEND:
        ours[key] = None  # not agreed: the difference is said again
    elif faces.ours_now == faces.theirs_now or pair is None or first:
        ours[key] = said  # agreed on, or known to be apart: nothing is said until somebody changes it here
    if verdict.conflict:
        _note_conflict(taking, key, faces, verdict)
    return problem


def write(taking: Taking, key: str, text: str) -> Mapping[str, Any] | None:
    """Their text into our row by the row's own service; returns the problem when it does not fit (M48)."""
    pair, names = taking.pairs.get(key), AccountNames(taking.place.connection.account_id)
    entity, row = _entity(taking, key), taking.rows.get(_entity(taking, key))
    if row is None:
        return None  # a card without a company keeps none because of a lead's text
    try:
        value = heard(text, pair.ours, pair.theirs, names) if pair else text
        with transaction.atomic():
            if pair is None and key == "email" and isinstance(row, Person) and row.is_ghost:
                taking.lead = ghosts.named(taking.lead, row, email=value, place=taking.place)
            else:
                custom = bool(pair and pair.map.field_id)
                written = _written(row, _ours(taking, key), value, custom=custom, place=taking.place)
                taking.rows = {**taking.rows, entity: written}
    except Unconvertible as wrong:
        return _not_taken(taking, key, text, wrong.words, wrong.saw)
    except services.NotAllowed as refused:
        return _not_taken(taking, key, text, refused.words, {})
    return None


def put(pair: Following, text: str, row: Row, place: Place) -> Row:
    """Their text into a row that no lead holds (M45); returns the row as it is then."""
    names = AccountNames(place.connection.account_id)
    try:
        value = heard(text, pair.ours, pair.theirs, names)
        with transaction.atomic():
            return _written(row, pair.map.key, value, custom=pair.map.field_id is not None, place=place)
    except (Unconvertible, services.NotAllowed) as wrong:
        why = translate(wrong.words) % dict(getattr(wrong, "saw", {}))
        tell(place, NOT_TAKEN, {"field": pair.label, "value": text[:SHOWN], "why": why}, severity="warning")
    return row


def _written(row: Row, name: str, value: str, *, custom: bool, place: Place) -> Row:
    given: dict[str, Any] = {"custom": {name: value}} if custom else {name: value}
    if not custom and name == "amount":
        given = {name: Decimal(value) if value else None}
    if isinstance(row, Person):
        return services.update_person(person=row, origin=place.origin, **given)
    if isinstance(row, Deal):
        return services.update_deal(deal=row, origin=place.origin, **given)
    return services.update_company(company=row, origin=place.origin, **given)


def _again(pair: Following, text: str, taking: Taking) -> str:
    """What we say of the value that was just taken in."""
    names = AccountNames(taking.place.connection.account_id)
    return told(heard(text, pair.ours, pair.theirs, names), pair.ours, pair.theirs, names)


def _phones(taking: Taking, theirs: Sequence[str], ours: dict[str, Any]) -> None:
    """M11, M12: a changed phone returns to the record it came from, a new one to the person."""
    agreed = taking.link.theirs.get(PHONES)
    if agreed is None and [phone_key(each) for each in taking.said.get(PHONES, ())] == [
        phone_key(each) for each in theirs
    ]:
        ours[PHONES] = taking.said[PHONES]
    if agreed is None or list(agreed) == list(theirs):
        return
    person, company = taking.rows["person"], taking.rows.get("company")
    mine = list(person.phones.values_list("typed", flat=True)) if person else []  # type: ignore[union-attr]
    firm = list(company.phones.values_list("typed", flat=True)) if company else []  # type: ignore[union-attr]
    move = merge_phones(person=mine, company=firm, agreed=agreed, theirs=theirs, key=phone_key)
    origin = taking.place.origin
    if move.ours_person != mine and isinstance(person, Person):
        services.update_person(person=person, origin=origin, phones=move.ours_person)
    if move.ours_company != firm and isinstance(company, Company):
        services.update_company(company=company, origin=origin, phones=move.ours_company)
    if taking.said.get(PHONES) == ours.get(PHONES):
        # Nothing of ours waits to be said: what they have now is agreed on, also without a number that they
        # took away (X14).
        ours[PHONES] = list(dict.fromkeys([*move.ours_person, *move.ours_company]))


def phone_key(typed: str) -> str:
    """What makes two numbers one."""
    return phone_forms(typed)[1]


def _entity(taking: Taking, key: str) -> str:
    pair = taking.pairs.get(key)
    return str(pair.map.entity) if pair else taking.fixed[key].entity


def _ours(taking: Taking, key: str) -> str:
    pair = taking.pairs.get(key)
    return str(pair.map.key) if pair else taking.fixed[key].ours


def label_of(taking: Taking, key: str) -> str:
    """The field as people know it."""
    pair = taking.pairs.get(key)
    return pair.label if pair else str(taking.fixed[key].label)


def _changed_at(row: Row | None, name: str) -> datetime | None:
    """When somebody last changed this field here; None when nobody did lately."""
    if row is None:
        return None
    changes = Change.unscoped.filter(entity=row._meta.model_name, entity_id=row.pk).order_by("-pk")
    for fields, at in changes.values_list("fields", "at")[:LOOKED_BACK]:
        before, after = fields.get("custom", [{}, {}])
        custom = (before or {}).get(name) != (after or {}).get(name)
        if name in fields or custom:
            moment: datetime = at
            return moment
    return None


def _note_conflict(taking: Taking, key: str, faces: Faces, verdict: Verdict) -> None:
    winners = {Move.TAKE: Conflict.Winner.THEIRS, Move.SEND: Conflict.Winner.OURS}
    row = taking.rows.get(_entity(taking, key))
    Conflict.unscoped.create(
        account_id=taking.place.connection.account_id,
        counterpart_id=taking.link.counterpart_id,
        entity=_entity(taking, key),
        our_id=row.pk if row else taking.lead.pk,
        their_id=taking.link.their_id,
        deal_id=taking.place.deal.pk,
        their_key=key,
        label=label_of(taking, key)[:120],
        ours=faces.ours_now,
        theirs=faces.theirs_now,
        winner=winners.get(verdict.move, Conflict.Winner.NOBODY),
        why=verdict.why,
        at=taking.place.now,
    )


def _not_taken(taking: Taking, key: str, text: str, why: str, saw: Mapping[str, Any]) -> Mapping[str, Any]:
    problem = {"value": text[:500], "why": why, "saw": dict(saw), "side": "theirs"}
    told_words = {"field": label_of(taking, key), "value": text[:SHOWN], "why": translate(why) % dict(saw)}
    tell(taking.place, NOT_TAKEN, told_words, severity="warning")
    return problem
