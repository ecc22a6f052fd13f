"""Funnels in the file: stages in order, their checklists and requirements, loss reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from funnels import services
from funnels.models import ChecklistItem, Deal, Funnel, LossReason, Requirement, Stage
from funnels.services import layout
from integrations.configuration import conditions
from integrations.configuration.conditions import Fields
from integrations.configuration.mentions import mentioned_stages
from integrations.configuration.names import Names
from integrations.configuration.references import unique
from integrations.configuration.run import Act, Change, Run


def read(names: Names) -> Sequence[Mapping[str, Any]]:
    """Every funnel; a constant number of queries."""
    fields = Fields(names)
    items = _by(ChecklistItem.objects.of(names.account).order_by("position", "id"), "stage_id")
    requirements = _by(Requirement.objects.of(names.account).order_by("position", "id"), "stage_id")
    reasons = _by(LossReason.objects.of(names.account).filter(deleted_at=None).order_by("id"), "funnel_id")
    return [
        {
            "name": name,
            "stages": [
                _told(stage_name, items.get(stage.pk, ()), requirements.get(stage.pk, ()), fields)
                for stage_name, stage in names.stages(funnel).items()
            ],
            "loss_reasons": sorted(_reasons(reasons.get(funnel.pk, ())), key=str.casefold),
        }
        for name, funnel in names.funnels.items()
    ]


def _by(rows: Any, column: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return found


def _reasons(rows: Sequence[LossReason]) -> Mapping[str, LossReason]:
    return unique(rows, lambda row: row.name)


def _items(rows: Iterable[ChecklistItem]) -> Mapping[str, ChecklistItem]:
    return unique(rows, lambda row: row.text)


def _requirements(rows: Sequence[Requirement]) -> Mapping[str, Requirement]:
    return unique(rows, lambda row: row.text)


def _told(
    name: str, items: Sequence[ChecklistItem], requirements: Sequence[Requirement], fields: Fields
) -> dict[str, Any]:
    return {  # empty lists too: with `remove: true` a list that is not named is not touched
        "name": name,
        "checklist": [
            {"text": text, **({} if row.mandatory else {"mandatory": False})}
            for text, row in _items(items).items()
        ],
        "requirements": [
            _requirement(text, row, fields) for text, row in _requirements(requirements).items()
        ],
    }


def _requirement(text: str, row: Requirement, fields: Fields) -> dict[str, Any]:
    told: dict[str, Any] = {"text": text, "field": row.field}
    if row.condition.get("rules"):
        told["only_if"] = {
            "match": "all" if row.condition.get("all", True) else "any",
            "rules": fields.rules_told(row.condition["rules"]),
        }
    if not row.enabled:
        told["enabled"] = False
    return told


def write(run: Run, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Funnels and stages first, then what stands in the stages: a condition may name any stage."""
    have = dict(run.names.funnels)
    for told in wanted:
        _write_funnel(run, told)
    for told in wanted:
        _write_insides(run, told)
    known = {told["name"].casefold() for told in wanted}
    for name, funnel in have.items():
        if name.casefold() not in known:
            run.unnamed("funnel", [name], _removal(run, funnel))
    run.put_in_order(
        ["funnels"],
        run.names.funnels,
        [told["name"] for told in wanted],
        lambda rows: layout.order_funnels(account=run.account, funnels=rows, origin=run.origin),
    )


def _write_funnel(run: Run, told: Mapping[str, Any]) -> None:
    name, stages = told["name"], [each["name"] for each in told.get("stages") or ()]
    found = {each.casefold(): (each, row) for each, row in run.names.funnels.items()}.get(name.casefold())
    if found is None:
        run.attempt(
            Act.CREATE,
            "funnel",
            [name],
            lambda: _create(run, name, stages),
            changes=[Change(what="stages", now=None, file=stages)],
        )
        return
    old, funnel = found
    _rename(run, "funnel", [name], funnel, old, name)
    have = {each.casefold(): (each, row) for each, row in run.names.stages(funnel).items()}
    for stage in stages:
        if stage.casefold() in have:
            former, row = have.pop(stage.casefold())
            _rename(run, "stage", [name, stage], row, former, stage)
        else:
            run.attempt(
                Act.CREATE,
                "stage",
                [name, stage],
                partial(services.add_stage, funnel=funnel, name=stage, origin=run.origin),
            )
    if "stages" in told:
        for former, row in have.values():
            run.unnamed("stage", [name, former], _removal(run, row))
        run.put_in_order(
            [name],
            run.names.stages(funnel),
            stages,
            lambda rows: layout.order_stages(funnel=funnel, stages=rows, origin=run.origin),
        )


def _create(run: Run, name: str, stages: Sequence[str]) -> None:
    if not stages:
        raise services.NotAllowed(_("A new funnel needs one stage at least."))
    services.create_funnel(account=run.account, name=name, stages=stages, origin=run.origin)


def _rename(run: Run, kind: str, path: Sequence[str], row: Funnel | Stage, now: str, wanted: str) -> None:
    changes = [Change(what="name", now=now, file=wanted)] if now != wanted else []
    run.change(kind, path, changes, lambda: services.rename(row=row, name=wanted, origin=run.origin))


def _removal(run: Run, row: Funnel | Stage | ChecklistItem) -> Any:
    def do() -> None:
        ids = {str(row.pk)} if isinstance(row, Stage) else set()
        if isinstance(row, Funnel):
            ids = {str(pk) for pk in row.stages.values_list("pk", flat=True)}
        if ids & mentioned_stages(run.account):
            raise services.NotAllowed(_("An automation or a condition names it. Nothing was deleted."))
        layout.remove_unused(row=row, origin=run.origin)

    return do


def _write_insides(run: Run, told: Mapping[str, Any]) -> None:
    found = {each.casefold(): row for each, row in run.names.funnels.items()}.get(told["name"].casefold())
    if found is None:
        return
    for stage_told in told.get("stages") or ():
        stages = {each.casefold(): row for each, row in run.names.stages(found).items()}
        stage = stages.get(stage_told["name"].casefold())
        if stage is not None:
            path = [told["name"], stage_told["name"]]
            if "checklist" in stage_told:
                _write_checklist(run, stage, path, stage_told["checklist"] or ())
            if "requirements" in stage_told:
                conditions.write_requirements(run, stage, path, stage_told["requirements"] or ())
    if "loss_reasons" in told:
        _write_reasons(run, found, told["name"], told["loss_reasons"] or ())


def _write_checklist(
    run: Run, stage: Stage, path: Sequence[str], wanted: Sequence[Mapping[str, Any]]
) -> None:
    rows = ChecklistItem.objects.of(run.account).filter(stage=stage).order_by("position", "id")
    have = {text.casefold(): (text, row) for text, row in _items(rows).items()}
    for told in wanted:
        text, mandatory = told["text"], told.get("mandatory", True)
        former, row = have.pop(text.casefold(), ("", None))
        if row is None:
            run.attempt(
                Act.CREATE,
                "checklist",
                [*path, text],
                partial(
                    services.add_checklist_item,
                    stage=stage,
                    text=text,
                    mandatory=mandatory,
                    origin=run.origin,
                ),
                changes=[Change(what="mandatory", now=None, file=mandatory)],
            )
            continue
        changes = [Change(what="text", now=former, file=text)] if former != text else []
        if mandatory != row.mandatory:
            changes.append(Change(what="mandatory", now=row.mandatory, file=mandatory))
        values = {change.what: change.file for change in changes}
        run.change(
            "checklist",
            [*path, text],
            changes,
            partial(layout.change_checklist_item, item=row, origin=run.origin, **values),
        )
    for text, row in have.values():
        run.unnamed("checklist", [*path, text], _removal(run, row))
    run.put_in_order(
        [*path, "checklist"],
        _items(rows.all()),
        [told["text"] for told in wanted],
        lambda rows: layout.order_checklist(stage=stage, items=rows, origin=run.origin),
    )


def _write_reasons(run: Run, funnel: Funnel, name: str, wanted: Sequence[str]) -> None:
    rows = LossReason.objects.of(run.account).filter(funnel=funnel, deleted_at=None).order_by("id")
    have = {each.casefold(): (each, row) for each, row in _reasons(list(rows)).items()}
    for told in wanted:
        former, row = have.pop(told.casefold(), ("", None))
        if row is None:
            run.attempt(
                Act.CREATE,
                "reason",
                [name, told],
                partial(services.add_loss_reason, funnel=funnel, name=told, origin=run.origin),
            )
            continue
        changes = [Change(what="name", now=former, file=told)] if former != told else []
        run.change(
            "reason",
            [name, told],
            changes,
            partial(services.rename, row=row, name=told, origin=run.origin),
        )
    used = set(
        Deal.objects.of(run.account).filter(loss_reason__funnel=funnel).values_list("loss_reason", flat=True)
    )
    for each, row in have.values():
        run.unnamed(
            "reason",
            [name, each],
            None if row.pk in used else partial(services.delete_loss_reason, reason=row, origin=run.origin),
            never=_("Cards were lost for it."),
        )
