"""A card's checklist: what is ticked and what is still missing (S8)."""

from __future__ import annotations

from django.db import transaction

from accounts.origin import Origin
from funnels.models import Change, ChecklistItem, ChecklistMark, Deal
from funnels.services.journal import ChecklistPending, locked, note, same_account, save, tell


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


def pending_checklist(deal: Deal) -> list[ChecklistItem]:
    """The mandatory items of the deal's stage that are not done."""
    done = deal.checklist_marks.values_list("item_id", flat=True)
    return list(deal.stage.checklist.filter(mandatory=True).exclude(pk__in=done))


def refuse_pending(deal: Deal) -> None:
    """Raises ChecklistPending when mandatory items of the deal's stage are open."""
    missing = pending_checklist(deal)
    if missing:
        raise ChecklistPending([item.text for item in missing])
