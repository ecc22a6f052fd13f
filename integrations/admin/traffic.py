"""Staff's screens of what travels: outbox, arrivals, deliveries, exchanges, lanes, cursors and events."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Act, Related, digits, trimmed
from accounts.staff_forms import by_choice, by_row, by_time
from integrations.admin.section import Engine
from integrations.engine import replay
from integrations.engine.explain import in_words
from integrations.models import (
    Arrival,
    Delivery,
    Exchange,
    Heartbeat,
    Lane,
    OutboxAction,
    PollCursor,
    SyncEvent,
)

OUTBOX, ARRIVAL = OutboxAction.State, Arrival.State


def _send_again(*, row: OutboxAction, origin: Origin) -> None:
    replay.send_again(action=row, origin=origin)


def _cancel(*, row: OutboxAction, origin: Origin) -> None:
    replay.cancel(action=row, origin=origin)


def _take_in_again(*, row: Arrival, origin: Origin) -> None:
    replay.take_in_again(arrival=row, origin=origin)


@admin.register(OutboxAction)
class OutboxActionAdmin(Engine):
    """What is to be done at partners."""

    icon, rank = "outbox", 320
    list_display = ("kind", "reference", "state", "reason", "attempts", "connection", "account", "created_at")
    list_filter = (by_row("account"), by_row("connection"), by_choice("state"), by_time("created_at"))
    finders = {"reference": trimmed, "lane_id": digits, "pk": digits}
    also_read = ("connection__account",)
    acts = (
        Act(
            slug="again",
            label=_("Send again"),
            icon="replay",
            run=_send_again,
            fits=lambda row: row.state in OutboxAction.NEEDS_PERSON,
            bulk=True,
        ),
        Act(
            slug="cancel",
            label=_("Do not send"),
            icon="cancel",
            run=_cancel,
            fits=lambda row: row.state in (*OutboxAction.NEEDS_PERSON, OUTBOX.WAITING),
            danger=True,
            bulk=True,
        ),
    )
    related = (
        Related(model="integrations.Exchange", field="action", columns=("at", "method", "url", "status")),
    )


@admin.register(Arrival)
class ArrivalAdmin(Engine):
    """Things inside deliveries."""

    icon, rank = "move_to_inbox", 330
    list_display = ("kind", "their_id", "event", "state", "reason", "connection", "account", "received_at")
    list_filter = (by_row("account"), by_row("connection"), by_choice("state"), by_time("received_at"))
    finders = {"their_id": trimmed, "delivery_id": digits, "pk": digits}
    also_read = ("connection__account",)
    acts = (
        Act(
            slug="again",
            label=_("Take in again"),
            icon="replay",
            run=_take_in_again,
            fits=lambda row: row.state in (ARRIVAL.FAILED, ARRIVAL.IGNORED),
            bulk=True,
        ),
    )


@admin.register(Delivery)
class DeliveryAdmin(Engine):
    """Webhook requests and polled pages as they came; the body is shown redacted, at most 64 kB of it."""

    icon, rank = "inbox", 340
    list_display = ("received_at", "source", "state", "reason", "connection", "account")
    list_filter = (by_row("account"), by_row("connection"), by_choice("state"), by_time("received_at"))
    finders = {"dedupe": trimmed, "pk": digits}
    also_read = ("connection__account",)
    related = (
        Related(
            model="integrations.Arrival", field="delivery", columns=("kind", "their_id", "state", "reason")
        ),
    )


@admin.register(Exchange)
class ExchangeAdmin(Engine):
    """Requests and answers, redacted when they were kept."""

    icon, rank = "http", 350
    list_display = ("at", "method", "url", "status", "elapsed_ms", "error", "connection", "account")
    list_filter = (by_row("account"), by_row("connection"), by_time("at"))
    finders = {"action_id": digits, "pk": digits}
    also_read = ("connection__account",)


@admin.register(SyncEvent)
class SyncEventAdmin(Engine):
    """Lines about the integration on a card's timeline."""

    icon, rank = "notifications", 380
    list_display = ("at", "severity", "sentence", "deal", "connection", "account")
    list_filter = (by_row("account"), by_row("connection"), by_choice("severity"), by_time("at"))
    finders = {"deal_id": digits}
    also_read = ("connection__account",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncEvent]:
        """With what a sentence is filled with."""
        return super().get_queryset(request).defer(None)

    @admin.display(description=_("what happened"))
    def sentence(self, row: SyncEvent) -> str:
        """The line as the card shows it."""
        return in_words(row.words, row.saw)


@admin.register(Lane)
class LaneAdmin(Engine):
    """Who is being spoken about, and where its holder is."""

    icon, rank = "road", 470
    list_display = ("key", "connection", "account", "step", "due_at", "lease_until", "failures", "last_error")
    list_filter = (by_row("account"), by_row("connection"), by_choice("step"), by_time("due_at"))
    finders = {"key": trimmed, "pk": digits}
    never_shown = frozenset({"token"})
    also_read = ("connection__account",)
    related = (
        Related(model="integrations.OutboxAction", field="lane", columns=("kind", "state", "reason")),
        Related(model="integrations.Arrival", field="lane", columns=("kind", "their_id", "state", "reason")),
    )


@admin.register(PollCursor)
class PollCursorAdmin(Engine):
    """Where polling stands."""

    icon, rank = "sync", 480
    list_display = ("kind", "connection", "account", "polled_at", "due_at", "last_error")
    list_filter = (by_row("account"), by_row("connection"))
    finders = {"kind": trimmed}
    also_read = ("connection__account",)


@admin.register(Heartbeat)
class HeartbeatAdmin(Engine):
    """The last signs of life of the worker's parts."""

    icon, rank, plural = "monitor_heart", 490, _("Signs of life")
    ordering = ("-at",)
    list_display = ("name", "at", "data")
    finders = {"name": trimmed}
