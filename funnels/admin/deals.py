"""Staff's screen of deals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from accounts.origin import Origin
from accounts.staff import Act, Related, digits
from accounts.staff_acts import Edit
from accounts.staff_forms import by_choice, by_row, by_time
from funnels import models as crm
from funnels import services
from funnels.admin.section import Crm, CustomValuesForm
from funnels.fields import search_key

SETUP_ROWS = 500  # loss reasons of one funnel in a list to choose from


class StageChoice(forms.ModelChoiceField):
    """A stage with its funnel, because stages of two funnels may have one name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.funnel} · {obj}"


def _win(*, row: crm.Deal, origin: Origin) -> None:
    services.win_deal(deal=row, origin=origin)


def _lose(*, row: crm.Deal, origin: Origin, option: str) -> None:
    reason = crm.LossReason.unscoped.get(pk=option) if option else None
    services.lose_deal(deal=row, reason=reason, origin=origin)


def _reopen(*, row: crm.Deal, origin: Origin) -> None:
    services.reopen_deal(deal=row, origin=origin)


def _reasons(row: crm.Deal) -> list[tuple[str, str]]:
    rows = crm.LossReason.unscoped.filter(funnel_id=row.funnel_id, deleted_at=None).order_by("name")
    return [(str(reason.pk), reason.name) for reason in rows[:SETUP_ROWS]]


@admin.register(crm.Deal)
class DealAdmin(Crm):
    """Cards: edited, moved, won, lost and reopened as in the portal."""

    icon, rank = "handshake", 110
    list_display = (
        "number",
        "title",
        "account",
        "funnel",
        "stage",
        "status",
        "owner",
        "updated_at",
        "deleted_at",
    )
    list_filter = (
        by_row("account"),
        by_choice("status"),
        by_row("funnel"),
        by_row("stage"),
        by_row("owner"),
        by_time("updated_at"),
    )
    finders = {"title_key__startswith": search_key, "number": digits, "pk": digits}
    adds = ("title", "stage", "person", "company", "amount")
    form = CustomValuesForm
    writes = ("title", "stage", "owner", "person", "company", "amount", "custom")
    acts = (
        Act(slug="win", label=_("Win"), icon="thumb_up", run=_win, fits=lambda row: row.status == "open"),
        Act(
            slug="lose",
            label=_("Lose"),
            icon="thumb_down",
            run=_lose,
            fits=lambda row: row.status == "open",
            options=_reasons,
            danger=True,
        ),
        Act(
            slug="reopen",
            label=_("Reopen"),
            icon="restart_alt",
            run=_reopen,
            fits=lambda row: row.status != "open",
        ),
    )
    related = (
        Related(
            model="funnels.Change", field="deal", columns=("at", "entity", "kind", "fields", "origin_label")
        ),
        Related(
            model="funnels.InteractionRecord", field="deal", columns=("occurred_at", "type", "author", "text")
        ),
        Related(model="funnels.Task", field="deal", columns=("title", "assignee", "due_at", "done_at")),
        Related(model="funnels.RelatedContact", field="deal", columns=("person", "created_at")),
        Related(model="funnels.DealProduct", field="deal", columns=("product", "quantity", "price")),
    )

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        return services.create_deal(account=values["stage"].account, **values, origin=origin)

    def update(self, edit: Edit) -> None:
        """Fields first: one of them may be what the stage asks for before the card moves on (S8)."""
        deal, version, values = edit.row, edit.version, dict(edit.values)
        stage = values.pop("stage", None)
        with transaction.atomic():
            if values:
                deal = services.update_deal(deal=deal, version=version, origin=edit.origin, **values)
                version = deal.version
            if stage is not None:
                services.move_deal(deal=deal, stage=stage, version=version, origin=edit.origin)

    def remove(self, *, row: models.Model, origin: Origin) -> None:
        assert isinstance(row, crm.Deal)
        services.delete_deal(deal=row, origin=origin)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A card's stage and owner are chosen from its own account's."""
        row = getattr(request, "staff_row", None)
        if row is not None and db_field.name == "stage":
            stages = crm.Stage.unscoped.filter(account_id=row.account_id).select_related("funnel")
            stages = stages.order_by("funnel__position", "funnel_id", "position", "pk")
            kwargs |= {"queryset": stages, "form_class": StageChoice, "widget": UnfoldAdminSelectWidget()}
        if row is not None and db_field.name == "owner":
            members = User.objects.filter(memberships__account_id=row.account_id).order_by("name", "pk")
            kwargs |= {"queryset": members, "widget": UnfoldAdminSelectWidget()}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
