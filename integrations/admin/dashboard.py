"""The staff admin's first page: what waits, what failed, what is broken, and whether the worker lives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.template.defaultfilters import date as date_words
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from accounts.staff_scope import open_access
from accounts.staff_shown import BLANK
from integrations.models import Arrival, Connection, Delivery, Heartbeat, OutboxAction

AT_MOST = 1000  # rows counted for one number: more is shown as "1000+"
ROWS = 10  # of one table
SILENT = timedelta(minutes=2)  # a part of the worker that gave no sign for longer may be down

Action, Inbox, State = OutboxAction.State, Arrival.State, Connection.State


@dataclass(frozen=True, kw_only=True)
class Number:
    """One count: `tone` is unfold's label variant, `link` the list it counts."""

    label: str | Promise
    text: str
    tone: str
    link: str


# What is counted: model, state, tone where there are any.
COUNTED: tuple[tuple[type[models.Model], Any, str], ...] = (
    (OutboxAction, Action.WAITING, "info"),
    (OutboxAction, Action.SPEAKING, "info"),
    (OutboxAction, Action.UNSURE, "warning"),
    (OutboxAction, Action.REFUSED, "warning"),
    (OutboxAction, Action.PERSON, "danger"),
    (OutboxAction, Action.DEAD, "danger"),
    (Arrival, Inbox.WAITING, "info"),
    (Arrival, Inbox.FAILED, "danger"),
    (Delivery, Delivery.State.RECEIVED, "info"),
    (Delivery, Delivery.State.UNVERIFIED, "warning"),
    (Delivery, Delivery.State.FAILED, "danger"),
)


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK: a fixed number of queries, each of a bounded number of rows.

    Shows only what the person may see: numbers and tables of models she has no permission for stay away.
    """
    now = timezone.now()
    groups = [
        (model, [_number(model, state, tone) for each, state, tone in COUNTED if each is model])
        for model in dict.fromkeys(each for each, _state, _tone in COUNTED)
        if _may(request, model)
    ]
    context["title"] = _("Overview")
    context["numbers"] = [(model._meta.verbose_name_plural, numbers) for model, numbers in groups]
    context["tables"] = [
        *(_connections(now) if _may(request, Connection) else []),
        *(_stopped(request) if _may(request, OutboxAction) else []),
        *(_life(now) if _may(request, Heartbeat) else []),
    ]
    return context


def _may(request: HttpRequest, model: type[models.Model]) -> bool:
    return bool(request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"))


def _number(model: type[models.Model], state: Any, tone: str) -> Number:
    rows = model._default_manager.filter(state=state).order_by()  # noqa: SLF001 - meant for subclasses
    found = rows.values("pk")[: AT_MOST + 1].count()
    return Number(
        label=state.label,
        text=f"{AT_MOST}+" if found > AT_MOST else str(found),
        tone=tone if found else "",
        link=f"{_list(model)}?state__exact={state.value}",
    )


def _connections(now: datetime) -> list[dict[str, Any]]:
    known = Connection.unscoped.select_related("account").order_by("-pk")
    broken = known.filter(state=State.BROKEN)
    resting = known.filter(state=State.ACTIVE, clock_until__gt=now)
    return [
        _table(
            _("Broken connections"),
            [_("Connection"), _("Account"), _("Reason")],
            ([_link(each, str(each)), each.account, each.state_reason or BLANK] for each in broken[:ROWS]),
            link=f"{_list(Connection)}?state__exact={State.BROKEN.value}",
        ),
        _table(
            _("Partners out of reach"),
            [_("Connection"), _("Account"), _("Tried again at"), _("Last error")],
            (
                [_link(each, str(each)), each.account, _moment(each.clock_until), each.last_error or BLANK]
                for each in resting[:ROWS]
            ),
            link=_list(Connection),
        ),
    ]


def _stopped(request: HttpRequest) -> list[dict[str, Any]]:
    """Whose and in which state; partners' words may tell of a customer: only those of the open account."""
    access = open_access(request)
    opened = access.account_id if access else None
    rows = OutboxAction.unscoped.filter(state__in=OutboxAction.NEEDS_PERSON).order_by("-pk")
    rows = rows.select_related("account").defer("payload", "receipt")
    return [
        _table(
            _("A person has to look at these"),
            [_("Action"), _("Account"), _("State"), _("Reason")],
            (
                [
                    _link(each, str(each)),
                    each.account,
                    each.get_state_display(),
                    (each.reason if each.account_id == opened else "") or BLANK,
                ]
                for each in rows[:ROWS]
            ),
            link=_list(OutboxAction),
        )
    ]


def _life(now: datetime) -> list[dict[str, Any]]:
    beats = Heartbeat.objects.order_by("-at")[: 2 * ROWS]
    return [
        _table(
            _("Signs of life of the worker"),
            [_("Part"), _("Last sign"), _("State")],
            (
                [
                    _link(each, each.name),
                    _ago(each.at, now),
                    _("alive") if now - each.at < SILENT else _("silent"),
                ]
                for each in beats
            ),
            link=_list(Heartbeat),
        )
    ]


def _table(title: str, headers: list[str], rows: Iterable[list[Any]], *, link: str) -> dict[str, Any]:
    return {"title": title, "table": {"headers": headers, "rows": list(rows)}, "link": link}


def _list(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _link(row: models.Model, text: str) -> str:
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', address, text)


def _moment(at: datetime | None) -> str:
    return date_words(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else BLANK


def _ago(at: datetime, now: datetime) -> str:
    return _("%(time)s ago") % {"time": timesince(at, now)}
