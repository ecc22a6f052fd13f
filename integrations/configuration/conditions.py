"""Comparisons of fields in the file: users by e-mail and stages by name; and a stage's requirements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from funnels import services
from funnels.conditions import FilterField, fields_for
from funnels.fields import FieldType
from funnels.models import Requirement, Stage
from funnels.services import layout
from funnels.services.requirements import checked_condition
from integrations.configuration.names import Names, Unresolved
from integrations.configuration.references import unique
from integrations.configuration.run import Act, Change, Run

STAGE_FIELD = "deal.stage"


class Fields:
    """The fields that comparisons can name, read once."""

    def __init__(self, names: Names) -> None:
        self.names = names

    @property
    def known(self) -> Mapping[str, FilterField]:
        """By their key."""
        account = self.names.account
        return self.names.once("fields", lambda: {field.key: field for field in fields_for(account)})

    def told(self, key: str, value: str) -> Any:
        """A stored value as the file says it; what names nobody any more is {"unknown": id}."""
        field = self.known.get(key)
        if not value or field is None:
            return value
        if key == STAGE_FIELD:
            return self.names.stage_ref(value) or {"unknown": value}
        if field.type == FieldType.USER:
            return self.names.email(value) or {"unknown": value}
        return value

    def stored(self, key: str, value: Any, *, now: str = "") -> str:
        """The file's value as it is stored; raises Unresolved. `now`: what is stored there already."""
        if isinstance(value, Mapping) and "unknown" in value:
            if now and str(value["unknown"]) == now:
                return now
            raise Unresolved(_("It names somebody who was gone already when the file was made."))
        field = self.known.get(key)
        if not value or field is None:
            return str(value or "")
        if key == STAGE_FIELD:
            return str(self.names.stage(value).pk)
        if field.type == FieldType.USER:
            return str(self.names.user(str(value)).pk)
        return str(value)

    def rules_told(self, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Stored rules as the file says them."""
        found = []
        for rule in rules:
            told = {"field": str(rule.get("field", "")), "operator": str(rule.get("operator", ""))}
            value = self.told(told["field"], str(rule.get("value") or ""))
            found.append({**told, "value": value} if value else told)
        return found

    def rules_stored(
        self, rules: Sequence[Mapping[str, Any]], *, now: Sequence[Mapping[str, Any]] = ()
    ) -> list[dict[str, str]]:
        """The file's rules as they are stored; raises Unresolved."""
        before = [str(rule.get("value") or "") for rule in now]
        return [
            {
                "field": rule["field"],
                "operator": rule["operator"],
                "value": self.stored(
                    rule["field"],
                    rule.get("value", ""),
                    now=before[place] if place < len(before) else "",
                ),
            }
            for place, rule in enumerate(rules)
        ]

    def same(self, told: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
        """Whether the file's condition is what is stored, however its values are written."""
        try:
            rules = self.rules_stored(told.get("rules", ()), now=now.get("rules", ()))
            match = told.get("match", "all") == "all"
            asked = checked_condition({"all": match, "rules": rules}, fields=list(self.known.values()))
        except (Unresolved, services.NotAllowed):
            return False
        stored = list(now.get("rules", ()))
        return asked["rules"] == stored and (not stored or asked["all"] == bool(now.get("all", True)))


def condition_told(match: bool, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A condition as the file compares it."""
    return {"match": "all" if match else "any", "rules": list(rules)} if rules else {}


def write_requirements(
    run: Run, stage: Stage, path: Sequence[str], wanted: Sequence[Mapping[str, Any]]
) -> None:
    """Requirements of a stage, told apart by their text, in their order (S8)."""
    rows = Requirement.objects.of(run.account).filter(stage=stage).order_by("position", "id")
    have = {text.casefold(): (text, row) for text, row in unique(rows, lambda row: row.text).items()}
    named = {told["text"].casefold() for told in wanted}
    for key in [key for key in have if key not in named]:
        text, row = have.pop(key)
        run.unnamed("requirement", [*path, text], _removal(run, row), at_once=True)
    for told in wanted:
        former, row = have.pop(told["text"].casefold(), ("", None))
        if row is None:
            _create(run, stage, path, told)
        else:
            _change(run, path, told, former, row)
    run.put_in_order(
        [*path, "requirements"],
        unique(rows.all(), lambda row: row.text),
        [told["text"] for told in wanted],
        lambda rows: layout.order_requirements(stage=stage, requirements=rows, origin=run.origin),
    )


def _removal(run: Run, row: Requirement) -> Any:
    return lambda: services.delete_requirement(requirement=row, origin=run.origin)


def _asked(told: Mapping[str, Any]) -> dict[str, Any]:
    only = told.get("only_if") or {}
    return condition_told(only.get("match", "all") == "all", only.get("rules") or ())


def _stored(run: Run, told: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    asked = _asked(told)
    rules = Fields(run.names).rules_stored(asked.get("rules", ()), now=now.get("rules", ()))
    return {"all": asked.get("match", "all") == "all", "rules": rules} if rules else {}


def _create(run: Run, stage: Stage, path: Sequence[str], told: Mapping[str, Any]) -> None:
    def do() -> None:
        row = services.add_requirement(
            stage=stage,
            field=told["field"],
            text=told["text"],
            condition=_stored(run, told, {}),
            origin=run.origin,
        )
        if told.get("enabled") is False:
            services.update_requirement(requirement=row, enabled=False, origin=run.origin)

    changes = [
        Change(what=name, now=None, file=told[name])
        for name in ("field", "only_if", "enabled")
        if name in told
    ]
    run.attempt(Act.CREATE, "requirement", [*path, told["text"]], do, changes=changes)


def _change(run: Run, path: Sequence[str], told: Mapping[str, Any], former: str, row: Requirement) -> None:
    changes = []
    if former != told["text"]:
        changes.append(Change(what="text", now=former, file=told["text"]))
    if row.field != told["field"]:
        changes.append(Change(what="field", now=row.field, file=told["field"]))
    fields, asked = Fields(run.names), _asked(told)
    if not fields.same(asked, row.condition):
        rules = fields.rules_told(row.condition.get("rules", ()))
        now = condition_told(bool(row.condition.get("all", True)), rules)
        if now != asked:
            changes.append(Change(what="only_if", now=now, file=asked))
    if told.get("enabled", True) != row.enabled:
        changes.append(Change(what="enabled", now=row.enabled, file=told.get("enabled", True)))

    def do() -> None:
        values: dict[str, Any] = {c.what: c.file for c in changes if c.what != "only_if"}
        if any(change.what == "only_if" for change in changes):
            values["condition"] = _stored(run, told, row.condition)
        services.update_requirement(requirement=row, origin=run.origin, **values)

    run.change("requirement", [*path, told["text"]], changes, do)
