"""What travels badly between two associated fields though their types fit: options, lengths, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from funnels.fields import FieldType, search_key
from mapping.convert import SELECT, Shape

MISSING_HERE = "missing_here"


@dataclass(frozen=True, kw_only=True)
class MapWarning:
    """`code`: missing_there · missing_here · names · length; `options` are those that are missing."""

    code: str
    words: str
    options: Sequence[str] = ()


def warnings_of(ours: Shape, theirs: Shape, *, our_choices: Sequence[str] = ()) -> list[MapWarning]:
    """Compares both sides before an association is kept (pain 10); refuses nothing.

    `our_choices`: what the values of ours look like over there, where they are few: its options, Yes and
    No, the members' names.
    """
    found = []
    if theirs.type == SELECT:
        found += _options(ours, theirs, our_choices)
    elif theirs.longest is not None and (ours.longest is None and ours.type in LONG):
        words = _("A text of more than %(most)s characters is not sent; the card says so.")
        found.append(MapWarning(code="length", words=words % {"most": theirs.longest}))
    return found


LONG = {FieldType.LONG_TEXT, FieldType.ADDRESS}
FEW = {FieldType.OPTIONS, FieldType.CHECKBOX, FieldType.USER}


def _options(ours: Shape, theirs: Shape, choices: Sequence[str]) -> list[MapWarning]:
    if ours.type not in FEW:
        return [
            MapWarning(
                code="names",
                words=_("Only names that are options over there are sent; the card tells the others."),
            )
        ]
    there = missing(choices, theirs.options)
    here = missing(theirs.options, choices)
    found = []
    if there:
        words = _("Missing over there: %(options)s. Such a value is not sent; the card says so.")
        found.append(
            MapWarning(code="missing_there", words=words % {"options": _listed(there)}, options=there)
        )
    if here:
        words = _("Missing here: %(options)s. Such a value is not taken in; the card says so.")
        found.append(MapWarning(code=MISSING_HERE, words=words % {"options": _listed(here)}, options=here))
    return found


def missing(options: Sequence[str], among: Sequence[str]) -> list[str]:
    """The options without one alike, case and accents ignored as when values travel."""
    known = {search_key(each) for each in among}
    return [each for each in options if search_key(each) not in known]


def _listed(options: Sequence[str], most: int = 6) -> str:
    more = len(options) - most
    shown = ", ".join(f"“{each}”" for each in options[:most])
    return shown if more <= 0 else _("%(options)s and %(more)s more") % {"options": shown, "more": more}
