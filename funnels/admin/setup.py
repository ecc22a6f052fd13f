"""Staff's screens of funnels and what belongs to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.origin import Origin
from accounts.staff import Related, digits, trimmed
from accounts.staff_acts import Edit
from accounts.staff_forms import StaffForm, by_choice, by_row
from funnels import models as crm
from funnels import services
from funnels.admin.section import Crm
from funnels.forms import lines_of
from funnels.models.board import DealCounter


class Renamed(Crm):
    """Rows of the set-up whose name is all that changes."""

    writes = ("name",)

    def update(self, edit: Edit) -> None:
        if "name" in edit.values:
            services.rename(row=edit.row, name=edit.values["name"], version=edit.version, origin=edit.origin)  # type: ignore[arg-type]  # versioned rows only


class FunnelForm(StaffForm):
    """A new funnel with its stages, one a line."""

    stages = forms.CharField(label=_("Stages, one a line"), widget=UnfoldAdminTextareaWidget({"rows": 5}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["stages"]

    def clean_stages(self) -> list[str]:
        return [line.strip()[:120] for line in self.cleaned_data["stages"].splitlines() if line.strip()]


@admin.register(crm.Funnel)
class FunnelAdmin(Renamed):
    """Funnels."""

    icon, rank = "filter_alt", 140
    form = FunnelForm
    list_display = ("name", "account", "position", "updated_at")
    list_filter = (by_row("account"),)
    finders = {"name": trimmed, "pk": digits}
    adds = ("account", "name", "stages")
    related = (
        Related(model="funnels.Stage", field="funnel", columns=("name", "position")),
        Related(model="funnels.LossReason", field="funnel", columns=("name", "deleted_at")),
    )

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.create_funnel(**values, origin=origin)


@admin.register(crm.Stage)
class StageAdmin(Renamed):
    """Stages."""

    icon, rank = "view_column", 150
    list_display = ("name", "funnel", "account", "position")
    list_filter = (by_row("account"), by_row("funnel"))
    finders = {"name": trimmed, "pk": digits}
    adds = ("funnel", "name")
    related = (Related(model="funnels.ChecklistItem", field="stage", columns=("text", "mandatory")),)

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.add_stage(**values, origin=origin)


@admin.register(crm.ChecklistItem)
class ChecklistItemAdmin(Crm):
    """What has to be done in a stage (S8)."""

    icon, rank = "checklist", 160
    list_display = ("text", "stage", "account", "mandatory", "position")
    list_filter = (by_row("account"), by_row("stage"), "mandatory")
    finders = {"text": trimmed}
    adds = ("stage", "text", "mandatory")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.add_checklist_item(**values, origin=origin)


@admin.register(crm.Requirement)
class RequirementAdmin(Crm):
    """Fields that a card needs to go past a stage (S8)."""

    icon, rank = "rule", 165
    list_display = ("text", "stage", "account", "field", "enabled")
    list_filter = (by_row("account"), by_row("stage"), "enabled")
    finders = {"text": trimmed}

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, crm.Requirement)
        services.delete_requirement(requirement=row, origin=origin)


@admin.register(crm.LossReason)
class LossReasonAdmin(Renamed):
    """Why deals can be lost; a deleted one stays on old deals (M41)."""

    icon, rank = "thumb_down", 170
    list_display = ("name", "funnel", "account", "deleted_at")
    list_filter = (by_row("account"), by_row("funnel"))
    finders = {"name": trimmed}
    adds = ("funnel", "name")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.add_loss_reason(**values, origin=origin)

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, crm.LossReason)
        services.delete_loss_reason(reason=row, origin=origin)


class CustomFieldForm(StaffForm):
    """A custom field; options one a line, later only more of them."""

    options = forms.CharField(
        label=_("Options, one a line"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 4})
    )
    add_options = forms.CharField(
        label=_("Options to add, one a line"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["options" if self.instance.pk else "add_options"]
        if "key" in self.fields:
            self.fields["key"].required = False  # made of the label

    def clean_options(self) -> list[str]:
        return lines_of(self.cleaned_data["options"])

    def clean_add_options(self) -> list[str]:
        return lines_of(self.cleaned_data["add_options"])


@admin.register(crm.CustomField)
class CustomFieldAdmin(Crm):
    """Fields that accounts add; made here, then theirs to change (M16)."""

    icon, rank = "tune", 180
    form = CustomFieldForm
    list_display = ("label", "key", "entity", "type", "writer", "account")
    list_filter = (by_row("account"), by_choice("entity"), by_choice("type"), by_choice("writer"))
    finders = {"key": trimmed}
    adds = ("account", "entity", "key", "label", "type", "options", "writer")
    writes = ("label", "add_options")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.create_custom_field(**values, origin=origin)

    def update(self, edit: Edit) -> None:
        services.update_custom_field(field=edit.row, version=edit.version, origin=edit.origin, **edit.values)


@admin.register(DealCounter)
class DealCounterAdmin(Crm):
    """The next card number of each account; only creating a card moves it (S3)."""

    icon, rank, plural = "pin", 260, _("Deal counters")
    list_display = ("account", "next_number")
    list_filter = (by_row("account"),)
