"""Staff's screens of webhook endpoints, events and their deliveries; secrets are never shown."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Act, Related, digits, relate, trimmed
from accounts.staff_forms import by_choice, by_row, by_time
from integrations.admin.section import Engine
from integrations.endpoints import services
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint


def _off(*, row: WebhookEndpoint, origin: Origin) -> None:
    services.update_endpoint(endpoint=row, origin=origin, enabled=False)


def _on(*, row: WebhookEndpoint, origin: Origin) -> None:
    services.update_endpoint(endpoint=row, origin=origin, enabled=True)


def _test(*, row: WebhookEndpoint, origin: Origin) -> None:
    services.send_test(endpoint=row, origin=origin)


def _again(*, row: EventDelivery, origin: Origin) -> None:
    services.replay(delivery=row, origin=origin)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(Engine):
    """Where events go; what an address holds of keys is blanked."""

    icon, rank = "webhook", 382
    list_display = ("address", "account", "enabled", "failing_since", "off_since", "last_error")
    list_filter = (by_row("account"), "enabled", by_time("failing_since"), by_time("off_since"))
    finders = {"pk": digits}
    never_shown = frozenset({"sealed", "sealed_before", "url"})
    acts = (
        Act(slug="off", label=_("Switch off"), icon="toggle_off", run=_off, fits=lambda row: row.enabled),
        Act(slug="on", label=_("Switch on"), icon="toggle_on", run=_on, fits=lambda row: not row.enabled),
        Act(slug="test", label=_("Send a test"), icon="send", run=_test, fits=lambda row: row.enabled),
    )
    related = (
        Related(
            model="integrations.EventDelivery",
            field="endpoint",
            columns=("event", "state", "attempts", "status", "reason"),
        ),
    )

    @admin.display(description=_("address"))
    def address(self, row: WebhookEndpoint) -> str:
        """The address with whatever looks like a key blanked."""
        return str(row)


@admin.register(OutgoingEvent)
class OutgoingEventAdmin(Engine):
    """What happened, as integrators are told."""

    icon, rank = "campaign", 384
    list_display = ("at", "kind", "uid", "account")
    list_filter = (by_row("account"), by_time("at"))
    finders = {"uid": trimmed, "pk": digits}
    related = (
        Related(
            model="integrations.EventDelivery",
            field="event",
            columns=("endpoint", "state", "attempts", "status", "reason"),
        ),
    )


@admin.register(EventDelivery)
class EventDeliveryAdmin(Engine):
    """What became of each event at each endpoint."""

    icon, rank = "outgoing_mail", 386
    list_display = ("event", "endpoint", "state", "attempts", "status", "reason", "due_at", "account")
    list_filter = (by_row("account"), by_choice("state"), by_time("due_at"))
    finders = {"event__uid": trimmed, "endpoint_id": digits, "pk": digits}
    acts = (Act(slug="again", label=_("Send again"), icon="replay", run=_again, bulk=True),)


relate(
    "accounts.Account",
    Related(
        model="integrations.WebhookEndpoint",
        field="account",
        columns=("description", "enabled", "last_error"),
    ),
)
