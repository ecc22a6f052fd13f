"""What people change of the CRM's set-up, and what they delete, stands in the account's audit trail (X8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.dispatch import receiver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.services import audit_all
from funnels.models import Change
from funnels.signals import changed

CREATED, UPDATED, DELETED = Change.Kind.CREATED, Change.Kind.UPDATED, Change.Kind.DELETED
WORDS: dict[tuple[str, str], str | Promise] = {
    ("funnel", CREATED): _("Funnel created"),
    ("funnel", UPDATED): _("Funnel changed"),
    ("funnel", DELETED): _("Funnel deleted"),
    ("stage", CREATED): _("Stage created"),
    ("stage", UPDATED): _("Stage changed"),
    ("stage", DELETED): _("Stage deleted"),
    ("checklistitem", CREATED): _("Checklist item created"),
    ("checklistitem", UPDATED): _("Checklist item changed"),
    ("checklistitem", DELETED): _("Checklist item deleted"),
    ("requirement", CREATED): _("Required field added"),
    ("requirement", UPDATED): _("Required field changed"),
    ("requirement", DELETED): _("Required field removed"),
    ("lossreason", CREATED): _("Loss reason created"),
    ("lossreason", UPDATED): _("Loss reason changed"),
    ("lossreason", DELETED): _("Loss reason deleted"),
    ("customfield", CREATED): _("Field created"),
    ("customfield", UPDATED): _("Field changed"),
    ("product", CREATED): _("Product created"),
    ("product", UPDATED): _("Product changed"),
    ("product", DELETED): _("Product deleted"),
    ("deal", DELETED): _("Card deleted"),
    ("person", DELETED): _("Person deleted"),
    ("company", DELETED): _("Company deleted"),
}
"""(entity, kind) → what the line says; other changes stand in the journals of their records."""
DETAILS: dict[str, str | Promise] = {
    "label": _("Name"),
    "mandatory": _("mandatory"),
    "options": _("Options"),
    "position": _("Order"),
    "price": _("Price"),
}
NAMES = ("name", "label", "text")
MODELS: dict[str, Any] = {entity: apps.get_model("funnels", entity) for entity, _kind in WORDS}
SHOWN = 80  # characters of a value


def action_words() -> dict[str, str | Promise]:
    """Action → words, for the trail's page."""
    return {f"{entity}.{kind}": words for (entity, kind), words in WORDS.items()}


@receiver(changed, dispatch_uid="trail of the set-up")
def write_down(changes: Sequence[Change], origin: Origin, **_more: Any) -> None:
    """One line for each change of WORDS, in its transaction; what the product lays out is nobody's deed."""
    told = [each for each in changes if (each.entity, each.kind) in WORDS]
    if not told or origin.kind == "system":
        return
    names = _names(told)
    audit_all(
        origin=origin,
        lines=[
            (each.account_id, f"{each.entity}.{each.kind}", _subject(each, names), _details(each))
            for each in told
        ],
    )


def _names(changes: Sequence[Change]) -> dict[tuple[str, int], str]:
    """(entity, id) → what people call the row; one query for each entity. Persons go by their number."""
    ids: dict[tuple[int, str], list[int]] = defaultdict(list)
    for each in changes:
        if each.entity != "person":
            ids[each.account_id, each.entity].append(each.entity_id)
    return {
        (entity, row.pk): f"#{row.number}" if entity == "deal" else str(row)
        for (account_id, entity), wanted in ids.items()
        for row in MODELS[entity].objects.of(account_id).filter(pk__in=wanted)
    }


def _subject(change: Change, names: Mapping[tuple[str, int], str]) -> str:
    before = next((change.fields[name][0] for name in NAMES if name in change.fields), None)
    return names.get((change.entity, change.entity_id)) or str(before or change.entity_id)


def _details(change: Change) -> dict[str, Any]:
    """What became of each plain value of a changed row."""
    if change.kind != UPDATED:
        return {}
    plain = (str, int, bool, type(None))
    return {
        name: {"before": _short(pair[0]), "after": _short(pair[1])}
        for name, pair in change.fields.items()
        if len(pair) == len(("before", "after")) and all(isinstance(each, plain) for each in pair)
    }


def _short(value: Any) -> Any:
    return value[:SHOWN] if isinstance(value, str) else value
