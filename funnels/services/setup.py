"""Funnels and what belongs to them: stages, checklists, loss reasons, custom fields."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Account
from accounts.origin import Origin
from accounts.scoping import VersionedModel
from funnels.models import Change, ChecklistItem, CustomField, Funnel, LossReason, Stage
from funnels.services.journal import assign, locked, note, save, tell


def create_funnel(*, account: Account, name: str, stages: Sequence[str], origin: Origin) -> Funnel:
    """A funnel with its stages in order."""
    with transaction.atomic():
        last = Funnel.objects.of(account).aggregate(last=Max("position"))["last"] or 0
        funnel = Funnel.unscoped.create(account=account, name=name.strip(), position=last + 1)
        for position, stage in enumerate(stages):
            Stage.unscoped.create(account=account, funnel=funnel, name=stage.strip(), position=position)
        _tell_created(funnel, origin=origin, name=funnel.name)
    return funnel


def add_stage(*, funnel: Funnel, name: str, origin: Origin) -> Stage:
    """A stage at the end of a funnel."""
    with transaction.atomic():
        last = funnel.stages.aggregate(last=Max("position"))["last"] or 0
        stage = Stage.unscoped.create(
            account_id=funnel.account_id, funnel=funnel, name=name.strip(), position=last + 1
        )
        _tell_created(stage, origin=origin, name=stage.name)
    return stage


def add_checklist_item(*, stage: Stage, text: str, origin: Origin, mandatory: bool = True) -> ChecklistItem:
    """An item of a stage's checklist (S8)."""
    with transaction.atomic():
        item = ChecklistItem.unscoped.create(
            account_id=stage.account_id,
            stage=stage,
            text=text.strip(),
            mandatory=mandatory,
            position=stage.checklist.count(),
        )
        _tell_created(item, origin=origin, name=item.text)
    return item


def add_loss_reason(*, funnel: Funnel, name: str, origin: Origin) -> LossReason:
    """A loss reason of one funnel (M41)."""
    with transaction.atomic():
        reason = LossReason.unscoped.create(account_id=funnel.account_id, funnel=funnel, name=name.strip())
        _tell_created(reason, origin=origin, name=reason.name)
    return reason


def delete_loss_reason(*, reason: LossReason, origin: Origin) -> None:
    """Takes a reason out of the choices; deals that carry it keep it (M41)."""
    with transaction.atomic():
        row = locked(reason)
        if row.deleted_at is None:
            row.deleted_at = timezone.now()
            save(row, ["deleted_at"])
            tell([note(row=row, kind=Change.Kind.DELETED, fields={}, origin=origin)], origin=origin)


def rename(*, row: VersionedModel, name: str, origin: Origin, version: int | None = None) -> VersionedModel:
    """A new name for a funnel, stage or loss reason."""
    with transaction.atomic():
        fresh = locked(row, version=version)
        differences = assign(fresh, {"name": name.strip()})
        if differences:
            save(fresh, ["name"])
            tell(
                [note(row=fresh, kind=Change.Kind.UPDATED, fields=differences, origin=origin)], origin=origin
            )
    return fresh


def ensure_custom_field(
    *,
    account: Account,
    entity: str,
    key: str,
    label: str,
    type: str,
    origin: Origin,
    writer: str = CustomField.Writer.PEOPLE,
    options: Sequence[str] = (),
) -> CustomField:
    """The custom field of that key, made when it is not there; made twice is one field (M6)."""
    with transaction.atomic():
        field, created = CustomField.unscoped.get_or_create(
            account=account,
            entity=entity,
            key=key,
            defaults={"label": label, "type": type, "writer": writer, "options": list(options)},
        )
        if created:
            _tell_created(field, origin=origin, name=field.label)
    return field


def _tell_created(row: VersionedModel, *, origin: Origin, name: str) -> None:
    tell(
        [note(row=row, kind=Change.Kind.CREATED, fields={"name": [None, name]}, origin=origin)], origin=origin
    )
