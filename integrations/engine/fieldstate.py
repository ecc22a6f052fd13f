"""How each associated field of a lead stands: here now, last agreed on, and why (M37, M48)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import contract
from integrations.contract import FixedField, LeadView, Situation
from integrations.engine import differences, taking
from integrations.engine.explain import in_words, reason
from integrations.engine.following import Following, followings
from integrations.models import Connection, Enrollment, Lead, OutboxAction
from mapping.models import Conflict, FieldMap, Link
from mapping.ours import field_of


class State(models.TextChoices):
    """What can be said of one field."""

    IN_STEP = "in_step", gettext_lazy("In step")
    WAITING = "waiting", gettext_lazy("Waits to be sent")
    DIFFERS = "differs", gettext_lazy("Differs: a person decides")
    APART = "apart", gettext_lazy("Kept apart")
    FAILED = "failed", gettext_lazy("Did not travel")
    GONE = "gone", gettext_lazy("The field is gone there")
    ENDED = "ended", gettext_lazy("No longer followed")


@dataclass(frozen=True, kw_only=True)
class FieldState:
    """One field; `here` is what it says now in their words, None when that cannot be said.

    `sent` and `read` are the two faces of what was last agreed on: as we sent it, as it reads over there.
    """

    key: str
    entity: str
    label: str
    their_label: str
    here: str | None
    sent: str | None
    read: str | None
    state: State
    why: str


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """Everything that the state of a field is told from."""

    said: Mapping[str, Any]
    link: Link | None
    wanted: Mapping[str, Any]
    problems: Mapping[str, Mapping[str, Any]]
    declined: Mapping[str, Any]
    declined_why: str
    undecided: Mapping[str, Conflict]
    unsaid: str  # why nothing can be said of this lead now
    follows: bool

    def speaks_of(self, key: str) -> bool:
        """Whether the field was told or read, or would be told now."""
        faces = (self.link.ours, self.link.theirs) if self.link else ()
        return any(key in each for each in (self.said, *faces))


def field_states(connection: Connection, lead: Lead, seen: Situation) -> list[FieldState]:
    """One row a fixed and a mapped field, in their declared order; [] where the partner has none.

    `seen` is the present of the lead's card at this connection, with the lead's own run.
    """
    spec = contract.partner(connection.partner).mappable
    if spec is None or seen.enrollment is None:
        return []
    view = next(each for each in seen.enrollment.leads if each.id == lead.pk)
    pairs = {pair.key: pair for pair in followings(connection)}
    told = _gather(connection, lead, view, seen, pairs)
    maps = FieldMap.unscoped.filter(counterpart_id=connection.counterpart_id).select_related("field")
    fixed: dict[str, FixedField] = {}
    for each in spec.fixed:  # once each, and without those that no update carries: rules write them
        if told.speaks_of(each.theirs):
            fixed.setdefault(each.theirs, each)
    rows = [
        _row(told, key, each.entity, str(each.label), str(each.their_label)) for key, each in fixed.items()
    ]
    for row in maps.order_by("entity", "pk"):
        labels = field_of(row).label, row.their_name or row.their_key
        gone = row.their_key not in pairs
        rows.append(_row(told, row.their_key, str(row.entity), *labels, row=row, gone=gone))
    return rows


def _gather(
    connection: Connection,
    lead: Lead,
    view: LeadView,
    seen: Situation,
    pairs: Mapping[str, Following],
) -> _Seen:
    link = Link.unscoped.filter(
        counterpart_id=connection.counterpart_id, kind="lead", entity="lead", our_id=lead.pk
    ).first()
    kind = taking.following_action(connection.partner)
    said, unsaid = _said(connection, kind, seen, view)
    wanted = differences.differing(said, view, seen, pairs) if link else {}
    last = OutboxAction.unscoped.filter(lead=lead, kind=kind).order_by("-pk").first()
    stuck = last if last is not None and last.state in OutboxAction.NEEDS_PERSON else None
    return _Seen(
        said=said,
        link=link,
        wanted=wanted,
        problems={**(link.problems if link else {}), **seen.untold.get(lead.person_id, {})},
        declined=stuck.payload if stuck else {},
        declined_why=reason(stuck.reason) if stuck else "",
        undecided=_undecided(connection, link),
        unsaid=unsaid,
        follows=seen.enrollment is not None
        and seen.enrollment.state != Enrollment.State.ENDED
        and view.state in Lead.OPEN,
    )


def _said(
    connection: Connection, kind: str, seen: Situation, view: LeadView
) -> tuple[Mapping[str, Any], str]:
    """What we would tell of the lead now, or why nothing can be told."""
    if not kind:
        return {}, ""
    try:
        return contract.partner(connection.partner).values(kind, seen, view, {}), ""
    except contract.PartnerError as refused:
        return {}, reason(str(refused))


def _undecided(connection: Connection, link: Link | None) -> Mapping[str, Conflict]:
    """Key → its newest conflict, where nobody won it; one query."""
    if link is None:
        return {}
    rows = Conflict.unscoped.filter(counterpart_id=connection.counterpart_id, their_id=link.their_id)
    newest = {row.their_key: row for row in rows.order_by("pk")}
    return {key: row for key, row in newest.items() if row.winner == Conflict.Winner.NOBODY}


def _row(
    told: _Seen,
    key: str,
    entity: str,
    label: str,
    their_label: str,
    *,
    row: FieldMap | None = None,
    gone: bool = False,
) -> FieldState:
    here = told.said.get(key)
    sent = told.link.ours.get(key) if told.link else None
    read = told.link.theirs.get(key) if told.link else None
    state, why = _state(told, key, here, (sent, read), row=row, gone=gone)
    return FieldState(
        key=key,
        entity=entity,
        label=label,
        their_label=their_label,
        here=text(here),
        sent=text(sent),
        read=text(read),
        state=state,
        why=why,
    )


def _state(
    told: _Seen, key: str, here: Any, agreed: tuple[Any, Any], *, row: FieldMap | None, gone: bool
) -> tuple[State, str]:
    """The first that holds, most urgent first."""
    sent, read = agreed
    if gone:
        return State.GONE, _(
            "The partner no longer lists this field, or its type changed: it does not travel."
        )
    if key in told.problems:
        return State.FAILED, _problem(told.problems[key])
    if key in told.wanted and told.declined.get(key) == told.wanted[key]:
        return State.FAILED, told.declined_why
    conflict = told.undecided.get(key)
    if conflict is not None and (conflict.ours, conflict.theirs) == (text(here) or "", text(read) or ""):
        return State.DIFFERS, in_words(conflict.why, {})
    if told.unsaid:
        return State.ENDED, told.unsaid
    if told.link is None:
        return (State.WAITING, _("It goes with the lead.")) if told.follows else (State.ENDED, "")
    if key in told.wanted and told.follows:
        return State.WAITING, ""
    if here in (sent, read) or not (here or sent or read):
        return State.IN_STEP, ""
    if not told.follows:
        return State.ENDED, _("The integration of this card has ended, or the lead is closed.")
    return State.APART, _apart(row, here)


def _problem(kept: Mapping[str, Any]) -> str:
    """M48: the value and the reason."""
    why = in_words(str(kept.get("why", "")), dict(kept.get("saw") or {}))
    return _("“%(value)s”: %(why)s") % {"value": kept.get("value", ""), "why": why}


def _apart(row: FieldMap | None, here: Any) -> str:
    """Why a difference is not sent."""
    if row is not None and row.master == FieldMap.Master.THEIRS:
        return _("The CRM changed it, but the partner decides this field.")
    if not here:
        return _("An empty value erases nothing there.")
    return _("It was associated after the lead was sent: it goes when somebody changes it.")


def text(value: Any) -> str | None:
    """A value as people read it; None for one that was never said."""
    if value is None:
        return None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(str(each) for each in value)
    return str(value)
