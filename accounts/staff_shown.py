"""How a row is shown to support staff: labels, columns, pretty JSON, and the latest rows it owns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import display
from django.contrib.admin.utils import display_for_field, display_for_value, quote
from django.db import models
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _

SHOWN_CHARACTERS = 64 * 1024  # of one long text on a page
RELATED_ROWS = 20  # of one table under a row
BLANK = "—"

# Fields whose model gives no translated name of its own.
LABELS: dict[str, Any] = {
    "account": _("account"),
    "action": _("action"),
    "actor": _("user"),
    "api_key": _("API key"),
    "applied_at": _("applied at"),
    "at": _("at"),
    "attempts": _("attempts"),
    "automation": _("automation"),
    "body": _("body"),
    "change_cursor": _("last change read"),
    "change_id": _("change"),
    "company": _("company"),
    "connection": _("connection"),
    "counted_at": _("counted at"),
    "counterpart": _("counterpart"),
    "created_at": _("created at"),
    "created_by": _("created by"),
    "cursor": _("cursor"),
    "custom": _("custom fields"),
    "data": _("details"),
    "date_joined": _("joined"),
    "deal": _("deal"),
    "dedupe": _("partner's message id"),
    "deleted_at": _("deleted at"),
    "delivery": _("delivery"),
    "digest": _("digest"),
    "done": _("done up to"),
    "done_at": _("done at"),
    "due_at": _("due at"),
    "e164": _("E.164"),
    "email_key": _("e-mail, as compared"),
    "enrollment": _("enrollment"),
    "entity": _("record"),
    "entity_id": _("record's id"),
    "failing_since": _("failing since"),
    "failures": _("failures in a row"),
    "fields": _("what changed"),
    "funnel": _("funnel"),
    "generation": _("generation of the credentials"),
    "ghost_of": _("stands in for"),
    "headers": _("headers"),
    "item": _("checklist item"),
    "key": _("key"),
    "kind": _("kind"),
    "lane": _("lane"),
    "last_error": _("last error"),
    "lead": _("lead"),
    "lease_until": _("leased until"),
    "loss_reason": _("loss reason"),
    "name": _("name"),
    "name_key": _("name, as compared"),
    "next_number": _("next number"),
    "number": _("number"),
    "origin": _("origin"),
    "origin_id": _("origin's id"),
    "origin_kind": _("kind of origin"),
    "origin_label": _("who"),
    "ours": _("our values"),
    "outcome": _("outcome"),
    "parameters": _("parameters"),
    "payload": _("payload"),
    "person": _("person"),
    "polled_at": _("polled at"),
    "position": _("order"),
    "public_url": _("public address"),
    "receipt": _("receipt"),
    "received_at": _("received at"),
    "record": _("record"),
    "reference": _("reference"),
    "request_body": _("request body"),
    "request_digest": _("request digest"),
    "request_headers": _("request headers"),
    "response_body": _("response body"),
    "response_headers": _("response headers"),
    "route": _("route"),
    "saw": _("details"),
    "sent": _("sent"),
    "severity": _("severity"),
    "since": _("first sent at"),
    "source": _("source"),
    "stage": _("stage"),
    "status": _("status"),
    "status_code": _("status"),
    "their_id": _("their id"),
    "theirs": _("their values"),
    "tokens": _("tokens"),
    "tried": _("what was tried"),
    "updated_at": _("updated at"),
    "user": _("user"),
    "version": _("version"),
    "wanted": _("wanted up to"),
    "wanted_at": _("wanted at"),
    "webhook_id": _("their id of our webhook"),
    "window": _("window"),
    "words": _("words"),
}


def label_of(field: models.Field[Any, Any]) -> Any:
    """The field's own translated name, else the one of the table above; a lazy text as a rule."""
    own: object = field.verbose_name
    return own if isinstance(own, Promise) else LABELS.get(field.name, field.verbose_name)


def labels_of(model: type[models.Model]) -> dict[str, str | Promise]:
    """Field name → label, for a form."""
    return {field.name: capfirst(label_of(field)) for field in model._meta.concrete_fields}


def is_long(field: models.Field[Any, Any]) -> bool:
    """Whether the field may hold a page of text: shown apart, and never read for a list."""
    return isinstance(field, models.JSONField | models.TextField | models.BinaryField)


def pretty(value: Any) -> str:
    """JSON with an indent, bytes as text, the rest as it is; cut to SHOWN_CHARACTERS."""
    if isinstance(value, bytes | memoryview):
        value = bytes(value[: SHOWN_CHARACTERS * 4]).decode("utf-8", errors="replace")
    elif not isinstance(value, str):
        value = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    elif value[:1] in "{[":
        with suppress(ValueError):  # cut or not JSON at all: shown as it came
            value = json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    return Truncator(value).chars(SHOWN_CHARACTERS)


def block(text: str) -> SafeString:
    """Text of many lines, escaped, in a box that scrolls."""
    return format_html(
        '<pre class="border border-base-200 dark:border-base-700 rounded-default p-3 text-xs" '
        'style="max-height:26rem;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere" '
        'tabindex="0">{}</pre>',
        text,
    )


def long_field(
    field: models.Field[Any, Any], show: Callable[[str, Any], str]
) -> Callable[[models.Model], SafeString | str]:
    """A read-only field for a long text; `show(name, value)` gives what may be read of it."""

    @display(description=capfirst(label_of(field)))
    def shown(row: models.Model) -> SafeString | str:
        value = getattr(row, field.name)
        return block(show(field.name, value)) if value else BLANK

    shown.__name__ = field.name
    return shown


def column(field: models.Field[Any, Any]) -> Callable[[models.Model], Any]:
    """A list's column with a translated heading, for a field whose model gives it none."""

    @display(description=capfirst(label_of(field)), boolean=isinstance(field, models.BooleanField) or None)
    def shown(row: models.Model) -> Any:
        return getattr(row, field.name) if isinstance(field, models.BooleanField) else cell(row, field.name)

    shown.__name__ = field.name
    return shown


def cell(row: models.Model, name: str) -> Any:
    """One value as people read it: choices in words, dates in their zone, long texts short."""
    field = row._meta.get_field(name)
    value = getattr(row, name)
    if not isinstance(field, models.Field) or isinstance(field, models.ForeignKey):
        return display_for_value(value, BLANK)
    if is_long(field):
        return Truncator(pretty(value)).chars(80) if value else BLANK
    shown = display_for_field(value, field, BLANK)
    return Truncator(shown).chars(120) if isinstance(field, models.CharField) else shown


@dataclass(frozen=True, kw_only=True)
class Related:
    """The latest rows of `model` ("app.Model") whose foreign key `field` names the row shown."""

    model: str
    field: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RelatedTable:
    """A Related, read: `rows` are (address of the row, its cells); `more` is the whole list's address."""

    title: str
    headers: list[str]
    rows: list[tuple[str, list[Any]]]
    more: str


_further: dict[str, list[Related]] = {}


def relate(model: str, *tables: Related) -> None:
    """Shows tables of an app further up under rows of `model` ("app.Model"): they know it not."""
    _further.setdefault(model, []).extend(tables)


Limit = Callable[[models.QuerySet[Any]], models.QuerySet[Any]]


def related_tables(row: models.Model, wanted: Iterable[Related], *, within: Limit) -> list[RelatedTable]:
    """At most RELATED_ROWS rows each, newest first, `wanted` and then what `relate` added; one query each.

    `within` leaves the rows that may be shown.
    """
    return [_table(row, each, within) for each in (*wanted, *_further.get(row._meta.label, ()))]


def _table(row: models.Model, related: Related, within: Limit) -> RelatedTable:
    model = apps.get_model(related.model)
    fields = [model._meta.get_field(name) for name in related.columns]
    keys = [field.name for field in fields if isinstance(field, models.ForeignKey)]
    wide = [field.name for field in model._meta.concrete_fields if is_long(field)]
    rows = within(model._default_manager.filter(**{related.field: row.pk})).order_by("-pk")  # noqa: SLF001 - meant for subclasses
    rows = rows.select_related(*keys) if keys else rows
    rows = rows.defer(*(name for name in wide if name not in related.columns))
    label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return RelatedTable(
        title=str(capfirst(model._meta.verbose_name_plural)),
        headers=["ID", *(str(capfirst(label_of(field))) for field in fields)],
        rows=[
            (
                reverse(f"{label}_change", args=[quote(each.pk)]),
                [each.pk, *(cell(each, name) for name in related.columns)],
            )
            for each in rows[:RELATED_ROWS]
        ],
        more=f"{reverse(f'{label}_changelist')}?{related.field}__{row._meta.pk.name}__exact={row.pk}",
    )
