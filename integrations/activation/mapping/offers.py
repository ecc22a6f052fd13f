"""What may be associated with what: the form of a new pair, and pairs whose names are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from funnels.fields import FieldType, search_key
from integrations.activation.mapping import doing
from integrations.activation.mapping.groups import Both
from integrations.activation.mapping.theirs import TheirField
from mapping.models import FieldMap
from mapping.ours import OurField, field_of

Entity = FieldMap.Entity


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One choice of a list; `why` says why it cannot be chosen."""

    value: str
    label: str
    type: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A pair whose names are alike and whose types fit; a person confirms it."""

    ours: OurField
    theirs: TheirField

    @property
    def entity_label(self) -> str:
        """Whose field ours is."""
        return str(Entity(self.ours.entity).label)


def form_of(both: Both, *, entity: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """The form that associates a field: each list offers what fits the choice in the other one.

    `asked`: what the browser holds: ours, theirs, new, type, label, options, master, empty.
    """
    chosen = next((f for f in both.ours if (f.entity, f.key) == (entity, asked.get("ours"))), None)
    new = asked.get("new") == "1"
    picked = both.theirs.get(asked.get("theirs", ""))
    if picked is not None and (picked.gone or picked.key in both.taken_theirs):
        picked = None
    our_type = asked.get("type", "") if new else chosen.type if chosen else ""
    theirs = [_their_offer(both, each, our_type) for each in both.theirs.values() if not each.gone]
    if picked is not None and our_type and (our_type, picked.type) not in both.pairs:
        picked = None
    given = {name: asked.get(name, "") for name in ("ours", "label", "type", "options")}
    if new and picked is not None and not given["label"]:
        given["label"] = picked.name
    options_wanted = new and our_type == FieldType.OPTIONS
    if options_wanted and picked is not None and not given["options"]:
        given["options"] = picked.options_text
    return {
        **given,
        "entity": entity,
        "entity_label": Entity(entity).label,
        "new": new,
        "chosen": chosen,
        "picked": picked,
        "our_offers": _our_offers(both, entity, picked),
        "their_offers": [each for each in theirs if not each.why],
        "refused": [each for each in theirs if each.why],
        "type_offers": _type_offers(both, picked),
        "options_wanted": options_wanted,
        "theirs_listed": any(not each.gone for each in both.theirs.values()),
        "warnings": _warnings(both, chosen, picked) if not new else [],
        "limit": chosen.longest if chosen and not new else None,
        "master": asked.get("master") or FieldMap.Master.BOTH,
        "empty": asked.get("empty") or FieldMap.Empty.KEEP,
    }


def suggestions_of(both: Both) -> list[Suggestion]:
    """Pairs that are free, fit and are called alike, case and accents ignored."""
    by_name: dict[str, list[TheirField]] = {}
    for each in both.theirs.values():
        if not each.gone and each.key not in both.taken_theirs:
            by_name.setdefault(search_key(each.name), []).append(each)
    return [
        Suggestion(ours=mine, theirs=theirs)
        for mine in both.ours
        if (mine.entity, mine.key) not in both.taken_ours
        for theirs in by_name.get(search_key(mine.label), ())
        if (mine.type, theirs.type) in both.pairs
    ]


def _our_offers(both: Both, entity: str, picked: TheirField | None) -> list[Offer]:
    supported = {ours for ours, _theirs in both.pairs}
    offers = []
    for each in both.ours:
        if each.entity != entity or (entity, each.key) in both.taken_ours:
            continue
        why = ""
        if each.type not in supported:
            why = _("not supported")
        elif picked is not None and (each.type, picked.type) not in both.pairs:
            why = _("type does not fit")
        offers.append(Offer(value=each.key, label=each.label, type=each.type_label, why=why))
    return sorted(offers, key=lambda offer: bool(offer.why))


def _their_offer(both: Both, each: TheirField, our_type: str) -> Offer:
    taken = both.taken_theirs.get(each.key)
    why = ""
    if taken is not None:
        why = _("already associated with “%(ours)s” (%(entity)s)") % {
            "ours": field_of(taken).label,
            "entity": taken.get_entity_display(),
        }
    elif not any(theirs == each.type for _ours, theirs in both.pairs):
        why = _("not supported")
    elif our_type and (our_type, each.type) not in both.pairs:
        why = _("type does not fit")
    return Offer(value=each.key, label=each.name, type=each.type_label, why=why)


def _type_offers(both: Both, picked: TheirField | None) -> list[Offer]:
    """The types of a new field: all 21, those that do not fit greyed."""
    fitting = {ours for ours, theirs in both.pairs if picked is None or theirs == picked.type}
    supported = {ours for ours, _theirs in both.pairs}
    offers = []
    for value, label in FieldType.choices:
        why = "" if value in fitting else _("type does not fit") if value in supported else _("not supported")
        offers.append(Offer(value=value, label=str(label), type="", why=why))
    return offers


def _warnings(both: Both, chosen: OurField | None, picked: TheirField | None) -> Sequence[Any]:
    if chosen is None or picked is None:
        return []
    members = doing.members_of(both.connection) if chosen.type == FieldType.USER else []
    return doing.warnings_between(chosen, picked, members, sends=both.sends)
