"""Staff's screens of profiles, members, modules, keys, groups and the audit trail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
)

from accounts import contracting, staff_log
from accounts.admin.section import People, refuse_staff
from accounts.keys import revoke_key
from accounts.models import (
    ApiKey,
    AuditEntry,
    IdempotencyKey,
    Membership,
    Module,
    Profile,
    normal_email,
)
from accounts.modules import MODULES
from accounts.origin import Origin
from accounts.services import add_member
from accounts.staff import Act, trimmed
from accounts.staff_acts import Declined, Edit
from accounts.staff_forms import StaffForm, by_row, by_time


@admin.register(Profile)
class ProfileAdmin(People):
    """The profiles of accounts."""

    icon, rank = "badge", 40
    list_display = ("name", "account", "is_administrator")
    list_filter = (by_row("account"), "is_administrator")
    finders = {"name": trimmed}


@admin.register(Membership)
class MembershipAdmin(People):
    """Who has a place in which account."""

    icon, rank = "group", 30
    list_display = ("user", "account", "profile", "is_active")
    list_filter = (by_row("account"), by_row("user"), "is_active")
    finders = {"user__email": normal_email}
    adds = ("account", "user", "profile")

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        user, profile = values["user"], values["profile"]
        if profile.account_id != values["account"].pk:
            raise Declined(_("This profile belongs to another account."))
        refuse_staff(user)
        return add_member(account=values["account"], email=user.email, profile=profile.name, origin=origin)


class ModuleForm(StaffForm):
    """The module is chosen from those that the system has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            choices = [(each.slug, each.label) for each in MODULES.values()]
            label = self.fields["slug"].label
            self.fields["slug"] = forms.ChoiceField(
                label=label, choices=choices, widget=UnfoldAdminSelectWidget
            )

    def clean(self) -> dict[str, Any] | None:
        """A module that leaves the contract goes off; one that goes on needs its contract (S5)."""
        values = super().clean() or self.cleaned_data
        if values.get("enabled") and not values.get("contracted"):
            if not self.instance.enabled:
                raise forms.ValidationError(_("Contract the module before switching it on."))
            values["enabled"] = False
        return values


@admin.register(Module)
class ModuleAdmin(People):
    """What accounts have contracted (S5): it tells nothing of their customers, so all staff see it."""

    open_to_all = True
    icon, rank = "extension", 50
    form = ModuleForm
    list_display = ("account", "slug", "contracted", "enabled", "updated_at")
    list_filter = (by_row("account"), "contracted", "enabled")
    finders = {"slug": trimmed}
    adds = ("account", "slug", "contracted", "enabled")
    writes = ("contracted", "enabled")
    refusals = (*People.refusals, contracting.NotContracted)

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return contracting.contract_module(**values, origin=origin)

    def update(self, edit: Edit) -> None:
        now = {"contracted": edit.row.contracted, "enabled": edit.row.enabled, **edit.values}
        contracting.contract_module(
            account=edit.row.account, slug=edit.row.slug, **now, version=edit.version, origin=edit.origin
        )


def _revoke(*, row: ApiKey, origin: Origin) -> None:
    revoke_key(key=row, at=timezone.now(), origin=origin)


@admin.register(ApiKey)
class ApiKeyAdmin(People):
    """Integrators' keys: read and revoked, never made here."""

    icon, rank = "vpn_key", 60
    list_display = ("name", "prefix", "account", "scopes", "last_used_at", "expires_at", "revoked_at")
    list_filter = (by_row("account"), by_time("last_used_at"), by_time("expires_at"))
    finders = {"prefix": trimmed}
    never_shown = frozenset({"digest", "rate_minute", "rate_calls", "rate_before"})
    acts = (
        Act(
            slug="revoke",
            label=gettext_lazy("Revoke the key"),
            icon="block",
            run=_revoke,
            fits=lambda row: row.revoked_at is None,
            danger=True,
        ),
    )


@admin.register(AuditEntry)
class AuditEntryAdmin(People):
    """Who did what to an account's set-up."""

    icon, rank = "history", 70
    list_display = ("at", "account", "actor_label", "action", "subject")
    list_filter = (by_row("account"), by_row("actor"), by_time("at"))
    finders = {"action": trimmed}


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(People):
    """Answers kept for repeated posts; read while they last."""

    icon, rank = "replay", 80
    list_display = ("created_at", "account", "api_key", "route")
    list_filter = (by_row("account"), by_time("created_at"))
    finders = {"key": trimmed}


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(People):
    """What groups of support staff may do; Django's own rows, so Django writes them."""

    icon, rank = "shield_person", 90
    list_display = ("name",)
    finders = {"name": trimmed}
    adds = writes = ("name", "permissions")
    filter_horizontal = ("permissions",)

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:  # noqa: ARG002 - the signature is given
        return Group.objects.create(name=values["name"])

    def update(self, edit: Edit) -> None:
        edit.row.save()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = db_field.remote_field.model.objects.select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:  # noqa: ARG002 - the signature is given
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:  # noqa: ARG002 - the signature is given
        return request.user.is_superuser


@admin.register(LogEntry)
class LogEntryAdmin(People):
    """What support staff did in these screens."""

    icon, rank, plural = "manage_search", 100, gettext_lazy("What support did")
    list_display = ("action_time", "user", "about", "change_message")
    never_shown = frozenset({"object_repr"})  # older lines have names, of any account
    also_read = ("content_type",)
    list_filter = (by_row("user"), by_time("action_time"))
    finders = {"object_id": trimmed}

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[LogEntry]:
        """Whole rows: the number of what a line is about stands in a long column."""
        return super().get_queryset(request).defer(None)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.object_repr = staff_log.about(row)  # the page's title is made of it
        return row

    @display(description=gettext_lazy("Row"))
    def about(self, row: LogEntry) -> str:
        return staff_log.about(row)
