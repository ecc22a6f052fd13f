"""A card's checklist, and what still keeps the card from going on (S8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.origin import Origin
from funnels.models import Change, ChecklistItem, ChecklistMark, Deal, Stage
from funnels.services.journal import ChecklistPending, locked, note, same_account, save, tell
from funnels.services.requirements import unmet


def mark_checklist_item(*, deal: Deal, item: ChecklistItem, done: bool, origin: Origin) -> Deal:
    """Ticks or unticks an item of the deal's checklist."""
    with transaction.atomic():
        row = locked(deal)
        same_account(row.account_id, item)
        if done:
            _mark, changed = ChecklistMark.unscoped.get_or_create(
                account_id=row.account_id, deal=row, item=item
            )
        else:
            changed = bool(row.checklist_marks.filter(item=item).delete()[0])
        if changed:
            save(row, [])
            fields = {"checklist": [not done, done], "item": [None, item.pk]}
            tell(
                [note(row=row, kind=Change.Kind.UPDATED, fields=fields, origin=origin, deal=row)],
                origin=origin,
            )
    return row


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A checklist item as it stands on a deal; `done_at` is None while it is open."""

    item: ChecklistItem
    done_at: datetime | None

    @property
    def done(self) -> bool:
        """Whether it is ticked."""
        return self.done_at is not None


def checklist_of(deal: Deal) -> list[Tick]:
    """Every item of the stages of the deal's funnel, in their order; two queries."""
    done = dict(deal.checklist_marks.values_list("item_id", "done_at"))
    items = ChecklistItem.unscoped.filter(stage__funnel=deal.funnel_id).select_related("stage")
    ordered = items.order_by("stage__position", "stage_id", "position", "id")
    return [Tick(item=item, done_at=done.get(item.pk)) for item in ordered]


def pending_checklist(deal: Deal) -> list[ChecklistItem]:
    """The mandatory items of the deal's stage that are not done."""
    done = deal.checklist_marks.values_list("item_id", flat=True)
    return list(deal.stage.checklist.filter(mandatory=True).exclude(pk__in=done))


def missing(deal: Deal, *, to: Stage | None = None) -> list[str]:
    """What the deal lacks to leave its stage, and to go past those before `to` (S8).

    Mandatory items that are not done, then requirements whose condition holds; none: it may go.
    """
    stages = _passed(deal, to)
    done = deal.checklist_marks.values_list("item_id", flat=True)
    items = ChecklistItem.unscoped.filter(stage__in=stages, mandatory=True).exclude(pk__in=done)
    ordered = items.order_by("stage__position", "stage_id", "position", "id")
    return [*ordered.values_list("text", flat=True), *unmet(deal, stages)]


def refuse_pending(deal: Deal, *, to: Stage | None = None) -> None:
    """Raises ChecklistPending with what is missing on the way out of the stage, and up to `to` (S8)."""
    lacking = missing(deal, to=to)
    if lacking:
        raise ChecklistPending(lacking)


def refuse_unfilled(deal: Deal) -> None:
    """Raises ChecklistPending with the fields that stages before a new card's ask for; items not (S8)."""
    lacking = unmet(deal, before(deal.stage))
    if lacking:
        raise ChecklistPending(lacking)


def earliest(deal: Deal) -> Stage:
    """Where a card that is not refused may stand: the first stage that asks for a field it lacks (S8)."""
    return next((stage for stage in before(deal.stage) if unmet(deal, [stage])), deal.stage)


def before(stage: Stage) -> list[Stage]:
    """The stages of its funnel that lead to it, in order; those of one position go by their ids."""
    stages = Stage.unscoped.filter(funnel_id=stage.funnel_id).order_by("position", "pk")
    return [each for each in stages if (each.position, each.pk) < (stage.position, stage.pk)]


def _passed(deal: Deal, to: Stage | None) -> Sequence[Stage]:
    """The stages that a move to `to` goes past: a jump leaves none of them out, nor does another funnel."""
    if to is None:
        return [deal.stage]
    if to.funnel_id != deal.funnel_id:
        return [deal.stage, *before(to)]
    here = (deal.stage.position, deal.stage_id)
    return [stage for stage in before(to) if here <= (stage.position, stage.pk)]
