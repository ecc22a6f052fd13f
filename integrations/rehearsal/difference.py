"""Field by field: what the CRM says of a lead, and how it reads over there (X2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from integrations.contract import Mappable
from integrations.engine.explain import in_words
from integrations.engine.following import Following, Problem, Row, here
from integrations.rehearsal.result import FieldLine, Same, plain
from mapping.models import FieldMap
from mapping.ours import field_of

ONLY_BACK = "here"  # a fixed pair that travels only from there to here
THEY_DECIDE = gettext_noop("The partner decides this field: nothing of it is sent.")
BLANK = gettext_noop("It is blank in the CRM, and a blank value erases nothing.")
NOT_PART = gettext_noop("It is not part of what is sent.")
STOPPED = gettext_noop("This association stands still: the partner no longer lists the field as it was.")
READS_OTHERWISE = gettext_noop("The partner keeps it otherwise.")
LEFT = gettext_noop("The lead that has this e-mail was left as it is.")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What sending one lead said: `values` by neutral key, `problems` what could not be said (M48)."""

    values: Mapping[str, Any]
    problems: Mapping[str, Problem]
    rows: Mapping[str, Row | None]


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Everything that is associated: the partner's fixed pairs, the living maps, those that stand still."""

    mappable: Mappable | None
    pairs: Sequence[Following]
    still: Sequence[FieldMap]

    def lines(self, said: Said, theirs: Mapping[str, Any], *, left: bool = False) -> list[FieldLine]:
        """One line a field; `theirs` is the lead as it reads over there."""
        why = _(LEFT) if left else _(READS_OTHERWISE)
        return [*self._fixed(said, theirs, why), *self._mapped(said, theirs, why), *self._stopped(said)]

    def _fixed(self, said: Said, theirs: Mapping[str, Any], why: str) -> Iterator[FieldLine]:
        labels: dict[str, list[str]] = {}
        for pair in self.mappable.fixed if self.mappable else ():
            if pair.way != ONLY_BACK:
                labels.setdefault(pair.theirs, []).append(f"{_entity(pair.entity)} · {pair.label}")
        mapped = {pair.key for pair in self.pairs}
        # Without a declaration of its own a key is its label: better than not to show what was said.
        others = {key: [key] for key in theirs if key not in labels and key not in mapped}
        for key, names in {**labels, **others}.items():
            if key in said.values:
                yield _compared(key, " + ".join(names), said.values[key], theirs.get(key), why)

    def _mapped(self, said: Said, theirs: Mapping[str, Any], why: str) -> Iterator[FieldLine]:
        for pair in self.pairs:
            row = said.rows.get(pair.map.entity)
            if row is None:
                continue
            label = f"{_entity(pair.map.entity)} · {field_of(pair.map).label}"
            there = plain(theirs.get(pair.key))
            problem = said.problems.get(pair.key)
            if problem is not None:
                words = in_words(str(problem["why"]), problem.get("saw") or {})
                yield _unsent(pair.key, label, plain(problem["value"]), there, words)
            elif pair.key not in said.values:
                value = here(pair, row)
                yield _unsent(pair.key, label, value, there, _(_silence(pair, value)))
            else:
                yield _compared(pair.key, label, said.values[pair.key], theirs.get(pair.key), why)

    def _stopped(self, said: Said) -> Iterator[FieldLine]:
        for row in self.still:
            if said.rows.get(row.entity) is not None:
                label = f"{_entity(row.entity)} · {field_of(row).label}"
                yield _unsent(row.their_key, label, "", "", _(STOPPED))


def _silence(pair: Following, value: str) -> str:
    if pair.map.master == FieldMap.Master.THEIRS:
        return THEY_DECIDE
    return NOT_PART if value else BLANK


def _compared(key: str, label: str, ours: Any, theirs: Any, why: str) -> FieldLine:
    said, read = plain(ours), plain(theirs)
    same = said.strip() == read.strip()
    result = Same.SAME if same else Same.DIFFERS
    return FieldLine(field=key, label=label, ours=said, theirs=read, result=result, why="" if same else why)


def _unsent(key: str, label: str, ours: str, theirs: str, why: str) -> FieldLine:
    return FieldLine(field=key, label=label, ours=ours, theirs=theirs, result=Same.NOT_SENT, why=why)


def _entity(entity: str) -> str:
    labels = {"person": _("Person"), "company": _("Company"), "deal": _("Deal")}
    return labels.get(entity, entity)
