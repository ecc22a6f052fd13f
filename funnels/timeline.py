"""A card's history as one stream: interaction records, the journal in words, and what other apps add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from funnels import choices
from funnels.models import (
    Change,
    CheckIn,
    ChecklistItem,
    Company,
    CustomField,
    Deal,
    InteractionRecord,
    LossReason,
    Person,
    Product,
    Stage,
    Task,
)
from funnels.panels import TimelineEntry, timeline_sources
from funnels.queries import with_checks
from funnels.values import money, show_decimal

PAGE = 20
MOST = 400  # of one card on one page

RECORD_ICONS = {
    "simple": "sticky_note_2",
    "phone": "call",
    "email": "mail",
    "whatsapp": "chat",
    "meeting": "groups",
}
CHANGE_ICONS = {
    Change.Kind.CREATED: ("add_circle", ""),
    Change.Kind.UPDATED: ("edit", ""),
    Change.Kind.MOVED: ("arrow_forward", ""),
    Change.Kind.WON: ("emoji_events", "ok"),
    Change.Kind.LOST: ("thumb_down", "danger"),
    Change.Kind.REOPENED: ("replay", "warn"),
    Change.Kind.DELETED: ("delete", "danger"),
}


@dataclass(frozen=True, kw_only=True)
class Names:
    """What ids in journal lines are called; one query for each kind of row that the lines mention."""

    stages: Mapping[int, str]
    persons: Mapping[int, str]
    companies: Mapping[int, str]
    users: Mapping[int, str]
    items: Mapping[int, str]
    reasons: Mapping[int, str]
    tasks: Mapping[int, str]
    products: Mapping[int, str]
    custom: Mapping[str, CustomField]
    pointed: choices.Named


def stream(
    deal: Deal, *, limit: int = PAGE, tasks: QuerySet[Task] | None = None
) -> tuple[list[TimelineEntry], bool]:
    """The newest `limit` entries of a card, newest first, and whether there are older ones.

    `tasks`: the only ones whose lines are shown, to who may not see others (S3).
    """
    entries: list[TimelineEntry] = []
    sources: list[Callable[[Deal, int], Iterable[TimelineEntry]]] = [_records, partial(_changes, tasks=tasks)]
    for source in (*sources, *timeline_sources):
        entries.extend(source(deal, limit + 1))
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[:limit], len(entries) > limit


def _records(deal: Deal, limit: int) -> list[TimelineEntry]:
    rows = with_checks(InteractionRecord.objects.of(deal.account_id).filter(deal=deal))
    rows = rows.select_related("company")
    return [record_entry(row) for row in rows.order_by("-occurred_at", "-id")[:limit]]


def record_entry(record: InteractionRecord) -> TimelineEntry:
    """An interaction record as a line of a stream; its person stands in the title when there is one."""
    kind = record.get_type_display()
    return TimelineEntry(
        at=record.occurred_at,
        icon=RECORD_ICONS.get(record.type, "sticky_note_2"),
        title=f"{kind} · {record.person}" if record.person else kind,
        text=record.text,
        author=record.author,
        tone="record",
        record=record,
    )


def _changes(deal: Deal, limit: int, *, tasks: QuerySet[Task] | None) -> list[TimelineEntry]:
    found = Change.objects.of(deal.account_id).filter(deal=deal)
    found = found.exclude(entity="interactionrecord")  # the record itself stands in the stream
    if tasks is not None:
        found = found.filter(~Q(entity="task") | Q(entity_id__in=tasks.values("pk")))
    rows = list(found.order_by("-id")[:limit])
    names = _names(deal.account_id, rows)
    return [_entry(row, names) for row in rows]


def _entry(change: Change, names: Names) -> TimelineEntry:
    icon, tone = CHANGE_ICONS[Change.Kind(change.kind)]
    title, text = (_task_words if change.entity == "task" else _deal_words)(change, names)
    return TimelineEntry(
        at=change.at,
        icon="task_alt" if change.entity == "task" else icon,
        title=title,
        text=text,
        author=change.origin_label,
        tone=tone,
    )


def _task_words(change: Change, names: Names) -> tuple[str, str]:
    title = names.tasks.get(change.entity_id) or (change.fields.get("title") or [""])[0] or ""
    if change.kind == Change.Kind.CREATED:
        return _("Task created"), title
    if change.kind == Change.Kind.DELETED:
        return _("Task deleted"), title
    if checked := (change.fields.get("check_in") or [None, None])[1]:
        return str(CheckIn.Kind(checked["kind"]).label), title
    return (_("Task done") if "done_at" in change.fields else _("Task edited")), title


def _deal_words(change: Change, names: Names) -> tuple[str, str]:
    stages = change.fields.get("stage") or [None, None]
    before, after = (names.stages.get(stage, "") if stage else "" for stage in stages)
    match change.kind:
        case Change.Kind.CREATED:
            return _("Card created"), after
        case Change.Kind.MOVED:
            return _("Moved to %(stage)s") % {"stage": after}, _("from %(stage)s") % {"stage": before}
        case Change.Kind.WON:
            return _("Card won"), ""
        case Change.Kind.LOST:
            return _("Card lost"), _loss_words(change, names)
        case Change.Kind.REOPENED:
            return _("Card reopened"), after
        case Change.Kind.DELETED:
            return _("Card deleted"), ""
    return _updated_words(change, names)


def _loss_words(change: Change, names: Names) -> str:
    """The reason, and the note where one was written."""
    reason, note = ((change.fields.get(name) or [None, None])[1] for name in ("loss_reason", "loss_note"))
    words = names.reasons.get(reason, "") if reason else _("without a reason")
    return f"{words} · {note}" if note else words


def _updated_words(change: Change, names: Names) -> tuple[str, str]:
    fields = change.fields
    if "checklist" in fields:
        item = names.items.get((fields.get("item") or [None, None])[1], "")
        return (_("Checklist item done") if fields["checklist"][1] else _("Checklist item undone")), item
    if "related" in fields:
        before, after = (set(ids or ()) for ids in fields["related"])
        parts = [
            *(_("added %(name)s") % {"name": names.persons.get(pk, "?")} for pk in sorted(after - before)),
            *(_("removed %(name)s") % {"name": names.persons.get(pk, "?")} for pk in sorted(before - after)),
        ]
        return _("Related contacts changed"), "; ".join(parts)
    if "products" in fields:
        lines_before, lines_after = fields["products"]
        return _("Products changed"), "; ".join(_product_words(lines_before, lines_after, names))
    lines = [line for name, pair in fields.items() for line in _differences(name, pair, names)]
    return _("Card edited"), "\n".join(lines)


def _product_words(before: list[dict[str, Any]], after: list[dict[str, Any]], names: Names) -> Iterable[str]:
    """One sentence for each product that came, went or has another quantity or price."""
    old, new = ({line["product"]: line for line in lines} for lines in (before, after))
    for pk in dict.fromkeys([*old, *new]):
        name = names.products.get(pk, "?")
        if pk not in new:
            yield _("removed %(name)s") % {"name": name}
        elif pk not in old:
            yield _("added %(name)s") % {"name": f"{name} ({_line_words(new[pk])})"}
        elif old[pk] != new[pk]:
            yield f"{name}: {_line_words(old[pk])} → {_line_words(new[pk])}"


def _line_words(line: dict[str, Any]) -> str:
    """2 × R$ 10,00, or 2 where no price was agreed."""
    quantity = show_decimal(line["quantity"])
    return quantity if line["price"] is None else f"{quantity} × {money(Decimal(line['price']))}"


def _differences(name: str, pair: list[Any], names: Names) -> Iterable[str]:
    before, after = pair
    if name == "custom":
        old, new = before or {}, after or {}
        for key in dict.fromkeys([*old, *new]):
            if old.get(key, "") != new.get(key, ""):
                field = names.custom.get(key)
                label, type = (field.label, field.type) if field else (key, "text")
                read = [names.pointed.words(type, values.get(key, "")) for values in (old, new)]
                yield _line(label, *read)
        return
    label = str(Deal._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    read_value = _READERS.get(name, lambda value, _names: str(value))
    yield _line(label, *("" if value in (None, "") else read_value(value, names) for value in pair))


def _line(label: str, before: str, after: str) -> str:
    label = label[:1].upper() + label[1:]
    if not before:
        return f"{label}: {after}"
    after = after or _("(blank)")
    return f"{label}: {before} → {after}"


_READERS: dict[str, Callable[[Any, Names], str]] = {
    "amount": lambda value, _names: money(Decimal(value)),
    "owner": lambda value, names: names.users.get(value, "?"),
    "person": lambda value, names: names.persons.get(value, "?"),
    "company": lambda value, names: names.companies.get(value, "?"),
}


def _names(account_id: int, changes: list[Change]) -> Names:
    wanted: dict[str, set[int]] = {}
    for change in changes:
        if change.entity == "task":
            wanted.setdefault("task", set()).add(change.entity_id)
        for name, pair in change.fields.items():
            for value in pair if isinstance(pair, list) else ():
                for pk in value if isinstance(value, list) else [value]:
                    if isinstance(pk, int) and not isinstance(pk, bool):
                        wanted.setdefault(name, set()).add(pk)
    custom = {f.key: f for f in CustomField.objects.of(account_id).filter(entity="deal")}
    persons = wanted.get("person", set()) | wanted.get("related", set())
    return Names(
        stages=_called(Stage, "name", account_id, wanted.get("stage")),
        persons=_called(Person, "name", account_id, persons),
        companies=_called(Company, "name", account_id, wanted.get("company")),
        users=dict(
            User.objects.filter(memberships__account_id=account_id)
            .filter(pk__in=wanted.get("owner", set()))
            .values_list("pk", "name")
        ),
        items=_called(ChecklistItem, "text", account_id, wanted.get("item")),
        reasons=_called(LossReason, "name", account_id, wanted.get("loss_reason")),
        tasks=_called(Task, "title", account_id, wanted.get("task")),
        products=_called(Product, "name", account_id, _product_ids(changes)),
        custom=custom,
        pointed=choices.named(account_id, _pointers(changes, custom)),
    )


def _pointers(changes: list[Change], custom: Mapping[str, CustomField]) -> Iterable[tuple[str, str]]:
    """The (type, text) of every custom value that the journal lines mention."""
    for change in changes:
        for values in change.fields.get("custom") or ():
            for key, text in (values or {}).items():
                if key in custom:
                    yield custom[key].type, str(text)


def _product_ids(changes: list[Change]) -> set[int]:
    return {
        line["product"] for change in changes for lines in change.fields.get("products", ()) for line in lines
    }


def _called(model: Any, column: str, account_id: int, ids: set[int] | None) -> dict[int, str]:
    if not ids:
        return {}
    return dict(model.objects.of(account_id).filter(pk__in=ids).values_list("pk", column))
