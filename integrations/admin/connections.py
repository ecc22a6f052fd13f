"""Staff's screen of connections: how they stand, and pausing, resuming and deactivating them."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Act, Related, digits, relate, trimmed
from accounts.staff_acts import Edit
from accounts.staff_forms import by_choice, by_row, by_time
from integrations.admin.section import Engine
from integrations.automations import services as automations
from integrations.engine import life
from integrations.models import Automation, AutomationRun, Connection

State = Connection.State


def _pause(*, row: Connection, origin: Origin) -> None:
    life.pause(connection=row, origin=origin)


def _resume(*, row: Connection, origin: Origin) -> None:
    life.resume(connection=row, origin=origin)


def _deactivate(*, row: Connection, origin: Origin) -> None:
    life.deactivate(connection=row, origin=origin)


@admin.register(Connection)
class ConnectionAdmin(Engine):
    """One account's links to partners; credentials are never shown, only whether there are any."""

    icon, rank = "power", 310
    list_display = ("partner", "account", "state", "remote_name", "failures", "clock_until", "last_error")
    list_filter = (by_row("account"), by_choice("state"), by_time("activated_at"))
    finders = {"partner": trimmed, "remote_id": trimmed, "pk": digits}
    never_shown = frozenset({"sealed", "sealed_webhook", "webhook_token"})
    acts = (
        Act(
            slug="pause",
            label=_("Pause"),
            icon="pause",
            run=_pause,
            fits=lambda row: row.state == State.ACTIVE,
        ),
        Act(
            slug="resume",
            label=_("Resume"),
            icon="play_arrow",
            run=_resume,
            fits=lambda row: row.state == State.PAUSED,
        ),
        Act(
            slug="deactivate",
            label=_("Deactivate"),
            icon="power_off",
            run=_deactivate,
            fits=lambda row: row.state != State.INACTIVE,
            danger=True,
        ),
    )
    related = (
        Related(model="integrations.OutboxAction", field="connection", columns=("kind", "state", "reason")),
        Related(
            model="integrations.Arrival", field="connection", columns=("kind", "their_id", "state", "reason")
        ),
        Related(model="integrations.Exchange", field="connection", columns=("at", "method", "url", "status")),
        Related(model="integrations.SyncEvent", field="connection", columns=("at", "severity", "words")),
        Related(model="integrations.CatalogShelf", field="connection", columns=("kind", "read_at")),
    )


@admin.register(Automation)
class AutomationAdmin(Engine):
    """Automations: renamed, switched and deleted here; built in the portal, with their offers at hand."""

    icon, rank = "bolt", 390
    list_display = ("description", "funnel", "stage", "trigger", "action", "connection", "enabled", "account")
    list_filter = (by_row("account"), by_row("funnel"), by_choice("trigger"), "enabled")
    finders = {"action": trimmed, "pk": digits}
    also_read = ("connection__account",)
    writes = ("description", "trigger", "enabled")
    related = (
        Related(model="integrations.AutomationRun", field="automation", columns=("at", "deal", "sent")),
    )

    def update(self, edit: Edit) -> None:
        automations.update_automation(
            automation=edit.row, version=edit.version, origin=edit.origin, **edit.values
        )

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, Automation)
        automations.delete_automation(automation=row, origin=origin)


@admin.register(AutomationRun)
class AutomationRunAdmin(Engine):
    """What became of a change: which rules were tried and what they saw (X1)."""

    icon, rank = "rule", 395
    list_display = ("at", "automation", "deal", "sent", "account")
    list_filter = (by_row("account"), by_row("automation"), "sent", by_time("at"))
    finders = {"deal_id": digits}


relate(
    "accounts.Account",
    Related(model="integrations.Connection", field="account", columns=("partner", "state", "remote_name")),
)
relate(
    "funnels.Funnel",
    Related(model="integrations.Automation", field="funnel", columns=("description", "trigger", "enabled")),
)
relate(
    "funnels.Deal",
    Related(model="integrations.Enrollment", field="deal", columns=("number", "state", "started_at")),
    Related(model="integrations.SyncEvent", field="deal", columns=("at", "severity", "words")),
    Related(model="integrations.AutomationRun", field="deal", columns=("at", "automation", "sent")),
)
relate(
    "funnels.Person",
    Related(model="integrations.Lead", field="person", columns=("state", "is_main", "sent_at")),
)
