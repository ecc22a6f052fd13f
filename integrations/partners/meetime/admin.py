"""Staff's screens of Meetime's settings, written through setup.py only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Related, StaffAdmin, relate, trimmed
from accounts.staff_acts import Edit
from accounts.staff_forms import StaffForm, by_choice, by_row
from funnels.models import Funnel
from funnels.services import NotAllowed
from integrations.partners.meetime import setup
from integrations.partners.meetime.models import AllowedFunnel, MeetimeSettings, WinAction


class Settings(StaffAdmin):
    """The menu's section, and what setup.py refuses."""

    section = _("Partners")
    refusals = (*StaffAdmin.refusals, NotAllowed)
    also_read = ("connection__account",)


@admin.register(MeetimeSettings)
class MeetimeSettingsAdmin(Settings):
    """One row a connection; the profile of users made from Meetime's (M21)."""

    icon, rank = "settings", 610
    list_display = ("connection", "default_profile", "account")
    list_filter = (by_row("account"),)
    writes = ("default_profile",)

    def update(self, edit: Edit) -> None:
        if edit.values.get("default_profile") is None:
            raise NotAllowed(str(_("Choose a profile.")))
        setup.set_default_profile(
            connection=edit.row.connection, profile=edit.values["default_profile"], origin=edit.origin
        )


@admin.register(AllowedFunnel)
class AllowedFunnelAdmin(Settings):
    """Funnels that may send leads (M7)."""

    icon, rank = "rule_settings", 620
    list_display = ("funnel", "connection", "account")
    list_filter = (by_row("account"),)
    adds = ("connection", "funnel")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        connection, funnel = values["connection"], values["funnel"]
        allowed = setup.allowed_funnel_ids(connection=connection)
        funnels = [*Funnel.unscoped.filter(pk__in=allowed), funnel]
        setup.allow_funnels(connection=connection, funnels=funnels, origin=origin)
        made: models.Model = AllowedFunnel.unscoped.get(connection=connection, funnel=funnel)
        return made

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, AllowedFunnel)
        allowed = setup.allowed_funnel_ids(connection=row.connection) - {row.funnel_id}
        funnels = list(Funnel.unscoped.filter(pk__in=allowed))
        setup.allow_funnels(connection=row.connection, funnels=funnels, origin=origin)


class WinActionForm(StaffForm):
    """setup.py says in better words what the table's own constraints would say."""

    def validate_constraints(self) -> None:
        return None


@admin.register(WinAction)
class WinActionAdmin(Settings):
    """What won leads do to their deals (M8)."""

    icon, rank = "emoji_events", 630
    list_display = ("funnel", "cadence_id", "action", "stage", "connection", "account")
    list_filter = (by_row("account"), by_choice("action"))
    finders = {"cadence_id": trimmed}
    form = WinActionForm
    writes = ("action", "stage")

    def update(self, edit: Edit) -> None:
        setup.set_win_action(
            connection=edit.row.connection,
            funnel=edit.row.funnel,
            cadence_id=edit.row.cadence_id,
            action=edit.values.get("action", edit.row.action),
            stage=edit.values.get("stage", edit.row.stage),
            win_action=edit.row,
            origin=edit.origin,
        )

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, WinAction)
        setup.remove_win_action(win_action=row, origin=origin)


relate(
    "integrations.Connection",
    Related(model="meetime.AllowedFunnel", field="connection", columns=("funnel",)),
    Related(model="meetime.WinAction", field="connection", columns=("funnel", "cadence_id", "action")),
)
