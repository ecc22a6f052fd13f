"""Custom fields in the file: told apart by entity and key, which never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from funnels import services
from funnels.choices import option_names
from funnels.fields import FieldType
from funnels.models import CustomField
from funnels.services import layout
from integrations.configuration.names import Names
from integrations.configuration.run import Act, Attempt, Change, Run

Entity = CustomField.Entity


def read(names: Names) -> Mapping[str, Any]:
    """Fields by entity, in their order."""
    rows = CustomField.objects.of(names.account).order_by("position", "id")
    found: dict[str, Any] = {}
    for row in rows:
        found.setdefault(row.entity, []).append(_told(row))
    return {entity: found[entity] for entity in Entity.values if entity in found}


def _told(row: CustomField) -> dict[str, Any]:
    told: dict[str, Any] = {"key": row.key, "label": row.label, "type": row.type}
    if row.type == FieldType.OPTIONS:
        told["options"] = option_names(row)
    if row.writer != CustomField.Writer.PEOPLE:
        told["writer"] = row.writer
    return told


def write(run: Run, wanted: Mapping[str, Any]) -> None:
    """Created, or a new label and further options; type, writer and options that are there stay."""
    for entity, fields in wanted.items():
        have = {row.key.casefold(): row for row in CustomField.objects.of(run.account).filter(entity=entity)}
        attempts = []
        for told in fields or ():
            row = have.pop(told["key"].casefold(), None)
            path = [entity, told["label"]]
            attempts += [_create(run, entity, told, path)] if row is None else _change(run, row, told, path)
        run.settle(attempts)  # one may take the label that another leaves
        for row in have.values():
            words = _("A field is never deleted by a file: its values would go with it.")
            run.unnamed("field", [entity, row.label], None, never=words)
        rows = CustomField.objects.of(run.account).filter(entity=entity).order_by("position", "id")
        run.put_in_order(
            [entity, "fields"],
            {row.key: row for row in rows},
            [told["key"] for told in fields or ()],
            partial(_reorder, run, entity),
        )


def _reorder(run: Run, entity: str, rows: Sequence[CustomField]) -> None:
    layout.order_custom_fields(account=run.account, entity=entity, fields=rows, origin=run.origin)


def _create(run: Run, entity: str, told: Mapping[str, Any], path: Sequence[str]) -> Attempt:
    changes = [
        Change(what=name, now=None, file=told[name])
        for name in ("key", "type", "options", "writer")
        if told.get(name)
    ]
    return Attempt(
        act=Act.CREATE,
        kind="field",
        path=path,
        do=lambda: services.create_custom_field(
            account=run.account,
            entity=entity,
            key=told["key"],
            label=told["label"],
            type=told["type"],
            options=told.get("options") or (),
            writer=told.get("writer", CustomField.Writer.PEOPLE),
            origin=run.origin,
        ),
        changes=changes,
    )


def _change(run: Run, row: CustomField, told: Mapping[str, Any], path: Sequence[str]) -> list[Attempt]:
    fixed = [
        Change(what=name, now=getattr(row, name), file=told[name])
        for name in ("type", "writer")
        if name in told and told[name] != getattr(row, name)
    ]
    if fixed:
        words = _("A field's type, and who writes it, never change: its values would lose their meaning.")
        run.note(Act.CANNOT, "field", path, changes=fixed, why=words)
    now = option_names(row)
    known = {option.casefold() for option in now}
    new = [option for option in told.get("options") or () if option.casefold() not in known]
    changes = [Change(what="label", now=row.label, file=told["label"])] if row.label != told["label"] else []
    if new:
        changes.append(Change(what="options", now=now, file=[*now, *new]))
    if not changes:
        run.same += 1
        return []

    def do() -> None:
        services.update_custom_field(field=row, label=told["label"], add_options=new, origin=run.origin)

    return [Attempt(act=Act.CHANGE, kind="field", path=path, do=do, changes=changes)]
