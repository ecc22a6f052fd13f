"""Conditions as forms show and send them: one row for each comparison (M26, S8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from funnels.conditions import SEVERAL, FilterField
from funnels.fields import FieldType
from funnels.operators import OPERATORS
from funnels.values import Unreadable, canonical, shown

NUMBERS = {FieldType.INTEGER, FieldType.CURRENCY, FieldType.DECIMAL, FieldType.PERCENT}
INPUT_TYPES = {  # a field's type → the browser's input; everything else is text
    "date": "date",
    "time": "time",
}


def typed_condition(data: QueryDict) -> dict[str, Any]:
    """What a browser sends: the nth of the three lists is one comparison; without a field, none."""
    rows = zip(
        data.getlist("rule-field"), data.getlist("rule-operator"), data.getlist("rule-value"), strict=False
    )
    rules = [{"field": f, "operator": o, "value": v} for f, o, v in rows if f]
    return {"all": data.get("match", "all") != "any", "rules": rules}


def rule_context(rule: Mapping[str, str], fields: Sequence[FilterField]) -> dict[str, Any]:
    """One row: the comparisons that fit the field's type, and the input for its value."""
    chosen = next((known for known in fields if known.key == rule.get("field")), None)
    slugs = chosen.operators if chosen else ()
    operator = rule.get("operator") if rule.get("operator") in slugs else next(iter(slugs), "")
    return {
        "rule": rule,
        "chosen": chosen,
        "lost": bool(rule.get("field")) and chosen is None,
        "operators": [(slug, OPERATORS[slug].label) for slug in slugs],
        "operator": operator,
        "needs_value": bool(operator) and OPERATORS[str(operator)].needs_value,
        "input_type": INPUT_TYPES.get(chosen.type, "text") if chosen else "text",
        "value": typed_form(chosen.type if chosen else "", str(rule.get("value") or "")),
    }


def typed_form(type: str, text: str) -> str:
    """A stored number as people type it, in the reader's language; what is not canonical stays as typed."""
    if type not in NUMBERS:
        return text
    try:
        stored = canonical(type, text) == text
    except Unreadable:
        return text
    return shown(type, text) if stored else text


def value_words(field: FilterField, text: str) -> str:
    """A compared value as people read it: its choice's label, or by the field's type; several one by one."""
    labels = dict(field.choices)
    parts = text.split(", ") if field.key in SEVERAL and field.type in NUMBERS else [text]
    return ", ".join(str(labels.get(part) or shown(field.type, part)) for part in parts)


def grouped(fields: Sequence[FilterField]) -> list[tuple[str, list[FilterField]]]:
    """Fields under Deal, Products, Person and Company, for a select's option groups."""
    groups: dict[str, list[FilterField]] = {}
    for known in fields:
        groups.setdefault(known.group, []).append(known)
    return list(groups.items())


def said(condition: Mapping[str, Any], fields: Sequence[FilterField]) -> list[str]:
    """Each comparison in words: “Value is greater than R$ 1,000.00”."""
    known = {field.key: field for field in fields}
    words = []
    for rule in condition.get("rules", ()):
        field, operator = known.get(str(rule.get("field"))), OPERATORS.get(str(rule.get("operator")))
        label = f"{field.group} · {field.label}" if field else str(rule.get("field"))
        value = str(rule.get("value") or "")
        told = value_words(field, value) if field else value
        words.append(" ".join(filter(None, [label, str(operator.label) if operator else "?", told])))
    return words
