"""Funnels and what belongs to them: stages, checklists, loss reasons, custom fields."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from accounts.scoping import VersionedModel
from funnels.fields import FieldType, search_key
from funnels.models import Change, ChecklistItem, CustomField, Funnel, LossReason, Stage
from funnels.services.journal import NotAllowed, assign, locked, note, save, tell, touch

MOST_FUNNELS = 200  # what an account is set up with stands whole in lists and choices, so it has an end
MOST_STAGES = 60  # of a funnel
MOST_ITEMS = 60  # of a stage's checklist
MOST_REASONS = 200  # of a funnel
MOST_FIELDS = 200  # of deals, of persons, of companies
MOST_OPTIONS = 200
LONGEST_OPTION = 250


def demand_room(rows: QuerySet[Any], *, most: int) -> None:
    """NotAllowed where there are as many as there can be (G5: no list and no choice without an end)."""
    if rows.count() >= most:
        raise NotAllowed(full(most))


def full(most: int) -> str:
    """The sentence for one too many."""
    return _("There can be %(most)s at most.") % {"most": most}


class FieldExists(NotAllowed):
    """A field of this label or key is there already."""


def create_funnel(*, account: Account, name: str, stages: Sequence[str], origin: Origin) -> Funnel:
    """A funnel with its stages in order; NotAllowed where there are too many."""
    with transaction.atomic():
        demand_room(Funnel.objects.of(account), most=MOST_FUNNELS)
        if len(stages) > MOST_STAGES:
            raise NotAllowed(full(MOST_STAGES))
        last = Funnel.objects.of(account).aggregate(last=Max("position"))["last"] or 0
        funnel = Funnel.unscoped.create(account=account, name=name.strip(), position=last + 1)
        for position, stage in enumerate(stages):
            Stage.unscoped.create(account=account, funnel=funnel, name=stage.strip(), position=position)
        _tell_created(funnel, origin=origin, name=funnel.name)
    return funnel


def add_stage(*, funnel: Funnel, name: str, origin: Origin) -> Stage:
    """A stage at the end of a funnel; NotAllowed where there are too many."""
    with transaction.atomic():
        demand_room(funnel.stages.all(), most=MOST_STAGES)
        last = funnel.stages.aggregate(last=Max("position"))["last"] or 0
        stage = Stage.unscoped.create(
            account_id=funnel.account_id, funnel=funnel, name=name.strip(), position=last + 1
        )
        touch(funnel)
        _tell_created(stage, origin=origin, name=stage.name)
    return stage


def add_checklist_item(*, stage: Stage, text: str, origin: Origin, mandatory: bool = True) -> ChecklistItem:
    """An item of a stage's checklist (S8); NotAllowed where there are too many."""
    with transaction.atomic():
        demand_room(stage.checklist.all(), most=MOST_ITEMS)
        item = ChecklistItem.unscoped.create(
            account_id=stage.account_id,
            stage=stage,
            text=text.strip(),
            mandatory=mandatory,
            position=next_position(stage.checklist.all()),
        )
        _tell_created(item, origin=origin, name=item.text)
    return item


def next_position(rows: QuerySet[Any]) -> int:
    """Behind all of these: a count would put it among them once one was deleted."""
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def add_loss_reason(*, funnel: Funnel, name: str, origin: Origin) -> LossReason:
    """A loss reason of one funnel (M41); NotAllowed where there are too many."""
    with transaction.atomic():
        demand_room(
            LossReason.objects.of(funnel.account_id).filter(funnel=funnel, deleted_at=None), most=MOST_REASONS
        )
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
        if isinstance(row, Stage):
            locked(row.funnel)  # before its stage, as everywhere
        fresh = locked(row, version=version)
        differences = assign(fresh, {"name": name.strip()})
        if differences:
            save(fresh, ["name"])
            if isinstance(fresh, Stage):
                touch(fresh.funnel)
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
            defaults={
                "label": label,
                "type": type,
                "writer": writer,
                "options": list(options),
                "position": lambda: next_position(CustomField.objects.of(account).filter(entity=entity)),
            },
        )
        if created:
            _tell_created(field, origin=origin, name=field.label)
    return field


def create_custom_field(
    *,
    account: Account,
    entity: str,
    label: str,
    type: str,
    origin: Origin,
    options: Sequence[str] = (),
    key: str = "",
    writer: str = CustomField.Writer.PEOPLE,
) -> CustomField:
    """A new field of deals, persons or companies (M14); its key is made of the label when left out.

    `entity`, `type`: words of CustomField.Entity and FieldType; OPTIONS needs options, others refuse them.
    Raises FieldExists for a label or key that is there, NotAllowed for everything else that does not fit.
    """
    label, key = " ".join(label.split()), key.strip()
    if entity not in CustomField.Entity.values or type not in FieldType.values:
        raise NotAllowed(_("There is no such type of field."))
    _refuse_label(label)
    if key and not re.fullmatch(r"[-a-zA-Z0-9_]{1,60}", key):
        raise NotAllowed(_("A key has letters, digits and _ only, 60 at most."))
    if key and ("__" in key or not re.search(r"[a-zA-Z]", key)):
        raise NotAllowed(_("A key has a letter at least, and no two _ side by side."))
    chosen = _clean_options(options)
    if bool(chosen) != (type == FieldType.OPTIONS):
        raise NotAllowed(_("Give options for the type “options”, and only there."))
    with transaction.atomic():
        # The account's row serialises two who add the same field at once.
        Account.objects.select_for_update().get(pk=account.pk)
        known = dict(CustomField.objects.of(account).filter(entity=entity).values_list("key", "label"))
        if len(known) >= MOST_FIELDS:
            raise NotAllowed(_("There are %(most)s fields already, and no more fit.") % {"most": MOST_FIELDS})
        if key in known:
            raise FieldExists(_("There is a field with the key “%(key)s” already.") % {"key": key})
        _refuse_twin(label, known.values())
        field = CustomField.unscoped.create(
            account=account,
            entity=entity,
            key=key or _free_key(label, known),
            label=label,
            type=type,
            writer=writer,
            options=chosen,
            position=next_position(CustomField.objects.of(account).filter(entity=entity)),
        )
        _tell_created(field, origin=origin, name=field.label)
    return field


def update_custom_field(
    *,
    field: CustomField,
    origin: Origin,
    version: int | None = None,
    label: str | None = None,
    add_options: Sequence[str] = (),
) -> CustomField:
    """A new label, or options behind those there are; type and key never change, options never go.

    Raises FieldExists, NotAllowed, SomeoneElseChangedThis.
    """
    with transaction.atomic():
        row = locked(field, version=version)
        values: dict[str, object] = {}
        if label is not None and (plain := " ".join(label.split())) != row.label:
            _refuse_label(plain)
            others = CustomField.objects.of(row.account_id).filter(entity=row.entity).exclude(pk=row.pk)
            _refuse_twin(plain, others.values_list("label", flat=True))
            values["label"] = plain
        if add_options:
            if row.type != FieldType.OPTIONS:
                raise NotAllowed(_("Give options for the type “options”, and only there."))
            _clean_options(
                [*(str(o.get("value", "")) if isinstance(o, dict) else o for o in row.options), *add_options]
            )
            values["options"] = [*row.options, *_clean_options(add_options)]
        differences = assign(row, values)
        if differences:
            save(row, list(differences))
            tell([note(row=row, kind=Change.Kind.UPDATED, fields=differences, origin=origin)], origin=origin)
    return row


def _refuse_label(label: str) -> None:
    if not label or len(label) > 120:
        raise NotAllowed(_("Give the field a label of 120 characters at most."))


def _refuse_twin(label: str, labels: Iterable[str]) -> None:
    if search_key(label) in {search_key(each) for each in labels}:
        raise FieldExists(_("There is a field called “%(label)s” already.") % {"label": label})


def _free_key(label: str, taken: Container[str]) -> str:
    words = re.findall(r"[a-z0-9]+", slugify(label))
    if all(word.isdecimal() for word in words):
        words = ["field", *words]
    stem = "_".join(words)[:56].strip("_")
    return (
        stem
        if stem not in taken
        else next(key for number in range(2, MOST_FIELDS + 2) if (key := f"{stem}_{number}") not in taken)
    )


def _clean_options(options: Sequence[str]) -> list[str]:
    """The options without blanks at their ends; raises NotAllowed for repeats, too many or too long ones."""
    plain = [text for option in options if (text := " ".join(option.split()))]
    if len(plain) > MOST_OPTIONS:
        raise NotAllowed(_("A field has %(most)s options at most.") % {"most": MOST_OPTIONS})
    if any(len(option) > LONGEST_OPTION for option in plain):
        raise NotAllowed(_("An option has %(most)s characters at most.") % {"most": LONGEST_OPTION})
    if len({option.casefold() for option in plain}) < len(plain):
        raise NotAllowed(_("An option stands there twice."))
    return plain


def _tell_created(row: VersionedModel, *, origin: Origin, name: str) -> None:
    tell(
        [note(row=row, kind=Change.Kind.CREATED, fields={"name": [None, name]}, origin=origin)], origin=origin
    )
