"""What a card must have before it goes past a stage: the rules, and what of them is missing (S8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.origin import Origin
from funnels.conditions import FilterField, deal_values, evaluate, fields_for
from funnels.fields import FieldType
from funnels.models import Change, Deal, Requirement, Stage
from funnels.operators import OPERATORS
from funnels.services.journal import NotAllowed, assign, locked, note, save, tell
from funnels.services.setup import next_position
from funnels.values import Unreadable, canonical

MOST = 50  # requirements of a stage
MOST_RULES = 10  # in one condition
EMPTY = {"deal.status": (), "products.count": ("0",)}  # what counts as not filled, beside nothing
# What no card is without, or what no open card has.
_ALWAYS = ("stage", "status", "title", "number", "created", "entered")
NEVER = frozenset(f"deal.{name}" for name in (*_ALWAYS, "closed", "loss_reason"))


def add_requirement(
    *, stage: Stage, field: str, origin: Origin, text: str = "", condition: Mapping[str, Any] | None = None
) -> Requirement:
    """A requirement at the end of a stage's list; `text` left out says which field to fill.

    Raises NotAllowed for a field or a condition that does not fit (checked_condition).
    """
    with transaction.atomic():
        locked(stage)
        if stage.requirements.count() >= MOST:
            raise NotAllowed(_("A stage has %(most)s requirements at most.") % {"most": MOST})
        row = Requirement.unscoped.create(
            account_id=stage.account_id,
            stage=stage,
            position=next_position(stage.requirements.all()),
            **_checked(stage, field=field, text=text, condition=condition or {}),
        )
        _tell(row, Change.Kind.CREATED, {"name": [None, row.text]}, origin)
    return row


def update_requirement(
    *, requirement: Requirement, origin: Origin, version: int | None = None, **values: Any
) -> Requirement:
    """Changes field, text, condition or enabled; raises what add_requirement does, SomeoneElseChangedThis."""
    with transaction.atomic():
        row = locked(requirement, version=version)
        if set(values) - {"enabled"}:
            asked = {name: values.get(name, getattr(row, name)) for name in ("field", "text", "condition")}
            values = {**values, **_checked(row.stage, **asked)}
        differences = assign(row, values)
        if differences:
            save(row, list(differences))
            _tell(row, Change.Kind.UPDATED, differences, origin)
    return row


def delete_requirement(*, requirement: Requirement, origin: Origin, version: int | None = None) -> None:
    """Takes a requirement away: cards go past the stage without it."""
    with transaction.atomic():
        row = locked(requirement, version=version)
        _tell(row, Change.Kind.DELETED, {"name": [row.text, None]}, origin)
        row.delete()


def unmet(deal: Deal, stages: Iterable[Stage]) -> list[str]:
    """The texts of these stages' requirements whose condition holds and whose field is not filled."""
    rows = Requirement.unscoped.filter(stage__in=list(stages), enabled=True)
    wanted = list(rows.order_by("stage__position", "stage_id", "position", "id"))
    if not wanted:
        return []
    values = deal_values(deal)
    return [row.text for row in wanted if evaluate(row.condition, values)[0] and not filled(row, values)]


def custom_keys(stages: Iterable[Stage]) -> set[str]:
    """The keys of the card's own custom fields that these stages may ask for."""
    rows = Requirement.unscoped.filter(stage__in=list(stages), enabled=True)
    fields = rows.filter(field__startswith="deal.custom.").values_list("field", flat=True)
    return {field.removeprefix("deal.custom.") for field in fields}


def filled(requirement: Requirement, values: Mapping[str, str]) -> bool:
    """Whether the required field has a value; one that is gone asks for nothing any more."""
    if requirement.field not in values:
        return True
    text = values[requirement.field].strip()
    return bool(text) and text not in ("false", *EMPTY.get(requirement.field, ()))


def requirable(fields: Sequence[FilterField]) -> list[FilterField]:
    """The fields of a card that can be missing."""
    return [field for field in fields if field.key not in NEVER]


def checked_condition(
    condition: Mapping[str, Any], *, fields: Sequence[FilterField], path: str = "condition"
) -> dict[str, Any]:
    """Rules with canonical values; NotAllowed names what does not fit below `path` (M26, S8)."""
    known = {field.key: field for field in fields}
    rules = [
        _rule(rule, known, f"{path}.rules.{place}") for place, rule in enumerate(condition.get("rules", ()))
    ]
    return {"all": bool(condition.get("all", True)), "rules": rules}


def _rule(rule: Mapping[str, Any], known: Mapping[str, FilterField], path: str) -> dict[str, str]:
    field = known.get(str(rule.get("field", "")))
    if field is None:
        words = _("A filter names a field that does not exist any more. Remove the filter.")
        raise NotAllowed(words, field=f"{path}.field")
    slug = str(rule.get("operator", ""))
    if slug not in field.operators:
        words = _("This comparison does not fit the field “%(field)s”.") % {"field": field.label}
        raise NotAllowed(words, field=f"{path}.operator")
    value = str(rule.get("value") or "").strip() if OPERATORS[slug].needs_value else ""
    if OPERATORS[slug].needs_value and not value:
        words = _("Fill in the value that “%(field)s” is compared with.") % {"field": field.label}
        raise NotAllowed(words, field=f"{path}.value")
    return {"field": field.key, "operator": slug, "value": _canonical(field, value, f"{path}.value")}


def _canonical(field: FilterField, value: str, path: str) -> str:
    if field.choices and value and value not in {choice for choice, _label in field.choices}:
        words = _("Choose a value of “%(field)s” from its list.") % {"field": field.label}
        raise NotAllowed(words, field=path)
    try:
        return value if field.choices else canonical(field.type, value)
    except Unreadable as unreadable:
        raise NotAllowed(f"{field.label}: {unreadable.words}", field=path) from unreadable


def _checked(stage: Stage, *, field: str, text: str, condition: Mapping[str, Any]) -> dict[str, Any]:
    fields = fields_for(stage.account)
    chosen = next((each for each in requirable(fields) if each.key == field), None)
    if chosen is None:
        raise NotAllowed(_("Choose the field that must be filled from its list."), field="field")
    if len(condition.get("rules", ())) > MOST_RULES:
        words = _("A condition has %(most)s comparisons at most.") % {"most": MOST_RULES}
        raise NotAllowed(words, field="condition.rules")
    said = " ".join(text.split())[:200]
    if not said:
        ticked = chosen.type == FieldType.CHECKBOX
        words = _("tick “%(field)s” (%(of)s)") if ticked else _("fill in “%(field)s” (%(of)s)")
        said = (words % {"field": chosen.label, "of": chosen.group})[:200]
    return {"field": field, "text": said, "condition": checked_condition(condition, fields=fields)}


def _tell(row: Requirement, kind: str, fields: Mapping[str, Any], origin: Origin) -> None:
    tell([note(row=row, kind=kind, fields=fields, origin=origin)], origin=origin)
