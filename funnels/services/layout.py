"""The shape of funnels after they were made: order, checklists, taking away what is unused (X6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import router, transaction
from django.db.models import Model
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from accounts.scoping import VersionedModel
from funnels.models import Change, ChecklistItem, CustomField, Funnel, LossReason, Requirement, Stage
from funnels.services.journal import NotAllowed, assign, locked, note, save, tell, touch

PARTS = (Stage, ChecklistItem, Requirement, LossReason)  # of a funnel itself: nothing that hangs on it


def order_funnels(*, account: Account, funnels: Sequence[Funnel], origin: Origin) -> None:
    """Puts the account's funnels in this order; those not named follow as they are."""
    with transaction.atomic():
        rows = list(Funnel.unscoped.select_for_update().filter(account=account).order_by("position", "id"))
        _order(rows, [row.pk for row in funnels], origin)


def order_stages(*, funnel: Funnel, stages: Sequence[Stage], origin: Origin) -> None:
    """Puts a funnel's stages in this order; those not named follow as they are."""
    with transaction.atomic():
        locked(funnel)
        rows = list(Stage.unscoped.select_for_update().filter(funnel=funnel).order_by("position", "id"))
        _order(rows, [row.pk for row in stages], origin)


def order_checklist(*, stage: Stage, items: Sequence[ChecklistItem], origin: Origin) -> None:
    """Puts a stage's checklist in this order; items not named follow as they are."""
    with transaction.atomic():
        rows = ChecklistItem.unscoped.select_for_update().filter(stage=stage)
        _order(list(rows.order_by("position", "id")), [row.pk for row in items], origin)


def order_requirements(*, stage: Stage, requirements: Sequence[Requirement], origin: Origin) -> None:
    """Puts a stage's requirements in this order; those not named follow as they are."""
    with transaction.atomic():
        rows = Requirement.unscoped.select_for_update().filter(stage=stage)
        _order(list(rows.order_by("position", "id")), [row.pk for row in requirements], origin)


def order_custom_fields(
    *, account: Account, entity: str, fields: Sequence[CustomField], origin: Origin
) -> None:
    """Puts an entity's custom fields in this order; those not named follow as they are."""
    with transaction.atomic():
        rows = CustomField.unscoped.select_for_update().filter(account=account, entity=entity)
        _order(list(rows.order_by("position", "id")), [row.pk for row in fields], origin)


def change_checklist_item(
    *,
    item: ChecklistItem,
    origin: Origin,
    text: str | None = None,
    mandatory: bool | None = None,
    version: int | None = None,
) -> ChecklistItem:
    """Another text, mandatory or not; None leaves as it is. SomeoneElseChangedThis for an old version."""
    with transaction.atomic():
        row = locked(item, version=version)
        values: dict[str, Any] = {} if text is None else {"text": text.strip()}
        if mandatory is not None:
            values["mandatory"] = mandatory
        differences = assign(row, values)
        if differences:
            save(row, list(differences))
            tell([note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)], origin=origin)
    return row


def remove_unused(*, row: Funnel | Stage | ChecklistItem, origin: Origin) -> None:
    """Deletes a funnel, stage or checklist item on which nothing hangs; else NotAllowed says what does.

    A funnel's own stages, checklists, requirements and loss reasons go with it; a funnel keeps one stage.
    """
    with transaction.atomic():
        if isinstance(row, Stage):
            locked(row.funnel)  # before its stage, as everywhere; of two stages deleted at once one stays
        fresh = locked(row)
        if isinstance(fresh, Stage) and Stage.unscoped.filter(funnel=fresh.funnel_id).count() == 1:
            raise NotAllowed(_("A funnel keeps one stage at least."))
        hanging = hanging_on(fresh)
        if hanging:
            words = _("Used by: %(what)s. Nothing was deleted.")
            raise NotAllowed(words % {"what": ", ".join(hanging)})
        tell(
            [note(row=fresh, kind=Change.Kind.DELETED, fields={"name": [str(fresh), None]}, origin=origin)],
            origin=origin,
        )
        fresh.delete()
        if isinstance(fresh, Stage):
            touch(fresh.funnel)


def hanging_on(row: Model) -> list[str]:
    """What points at the row or at its own parts, as kinds in the plural; it knows every table's keys."""
    found: dict[str, None] = {}
    collector = Collector(using=router.db_for_write(type(row), instance=row))
    try:
        collector.collect([row])
    except (ProtectedError, RestrictedError) as kept:
        objects = kept.protected_objects if isinstance(kept, ProtectedError) else kept.restricted_objects
        return sorted({str(each._meta.verbose_name_plural) for each in objects})
    for model, rows in collector.data.items():
        if not issubclass(model, (*PARTS, type(row))) and rows:
            found[str(model._meta.verbose_name_plural)] = None
    for query in collector.fast_deletes:
        if not issubclass(query.model, PARTS) and query.exists():
            found[str(query.model._meta.verbose_name_plural)] = None
    for (field, _value), batches in collector.field_updates.items():
        if any(len(list(batch)) for batch in batches):  # type: ignore[call-overload]
            found[str(field.model._meta.verbose_name_plural)] = None
    return sorted(found)


def _order(rows: Sequence[VersionedModel], wanted: Sequence[int], origin: Origin) -> None:
    known = {row.pk: row for row in rows}
    if not set(wanted) <= set(known):
        raise NotAllowed(_("This belongs to another account."))
    order = [*wanted, *(row.pk for row in rows if row.pk not in set(wanted))]
    changes: list[Change] = []
    for position, pk in enumerate(order):
        differences = assign(known[pk], {"position": position})
        if differences:
            save(known[pk], ["position"])
            changes.append(note(row=known[pk], kind=Change.Kind.UPDATED, fields=differences, origin=origin))
    if changes and isinstance(rows[0], Stage):
        touch(rows[0].funnel)
    tell(changes, origin=origin)
