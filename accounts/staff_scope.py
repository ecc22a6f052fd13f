"""Staff's screens show rows of the one account that the member of staff has opened, else nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldForeignKeyRawIdWidget

from accounts import support
from accounts.models import Account, SupportAccess
from accounts.staff_acts import Declined
from accounts.staff_log import NumberedLog

Rows = models.QuerySet[Any]
_UNASKED: Any = object()


def open_access(request: HttpRequest) -> SupportAccess | None:
    """What this member of staff has open; asked once a request."""
    found = getattr(request, "support_access", _UNASKED)
    if found is _UNASKED:
        found = None
        if request.user.is_authenticated and request.user.is_staff:
            found = support.current(staff=request.user, now=timezone.now())
        request.support_access = found  # type: ignore[attr-defined]
    return found


def tells_of_an_account(model: type[models.Model]) -> bool:
    """Whether each row belongs to an account, and its screen is not one of those open to all staff."""
    fields = [field for field in model._meta.concrete_fields if field.name == "account"]
    screen = admin.site._registry.get(model)  # noqa: SLF001 - the site has no other way to ask
    return any(field.related_model is Account for field in fields) and not getattr(
        screen, "open_to_all", False
    )


def within(request: HttpRequest, rows: Rows) -> Rows:
    """The rows that the member of staff may see now."""
    if not tells_of_an_account(rows.model):
        return rows
    access = open_access(request)
    return rows.filter(account_id=access.account_id) if access else rows.none()


def to_the_door(request: HttpRequest, account_id: int | None = None) -> HttpResponse:
    """To the form that opens an account, and from there back to this page (a post: to where it came from)."""
    query: dict[str, Any] = {
        "next": request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "")
    }
    if account_id:
        query["account"] = account_id
    return HttpResponseRedirect(f"{reverse('admin:support')}?{urlencode(query)}")


class OneRow(UnfoldForeignKeyRawIdWidget):
    """A row by its number; the name of another account's row is not told."""

    def __init__(self, *args: Any, rows: Rows, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        try:
            known = self.rows.filter(pk=value).exists()
        except (ValueError, ValidationError):
            known = False
        return super().label_and_url_for_value(value) if known else ("", "")


class OpenedAccountAdmin(NumberedLog, ModelAdmin):
    """The base under StaffAdmin; `open_to_all`: rows that tell nothing of a customer's data."""

    open_to_all: ClassVar[bool] = False

    def get_queryset(self, request: HttpRequest) -> Rows:
        return within(request, super().get_queryset(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Whoever has a row in hand looked at it: the account's audit trail says so."""
        row = super().get_object(request, object_id, from_field)
        access = open_access(request)
        if row is not None and access is not None and tells_of_an_account(self.model):
            support.viewed(access=access, row=row)
        return row

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self._closed(request) and self.has_view_or_change_permission(request):
            return to_the_door(request)
        access = open_access(request)
        if access is not None and tells_of_an_account(self.model):
            support.listed(access=access, model=self.model)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return self._elsewhere(request, object_id) or super().changeform_view(
            request, object_id, form_url, extra_context
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._elsewhere(request, object_id) or super().history_view(request, object_id, extra_context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new row belongs to the account that is open."""
        access = open_access(request)
        own = {"account": access.account_id} if access else {}
        return {**own, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only rows of the account that is open can be named."""
        target = db_field.remote_field.model
        if not tells_of_an_account(target):
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        rows = within(request, kwargs.get("queryset", target._default_manager.all()))  # noqa: SLF001 - meant for subclasses
        field = super().formfield_for_foreignkey(db_field, request, **{**kwargs, "queryset": rows})
        if field is not None and isinstance(field.widget, UnfoldForeignKeyRawIdWidget):
            field.widget = OneRow(db_field.remote_field, self.admin_site, rows=rows)
        return field

    def of_the_open_account(self, request: HttpRequest, row: models.Model) -> None:
        """Declined for a new row of an account that is not open: the caller's transaction takes it back."""
        access = open_access(request)
        if tells_of_an_account(self.model) and (
            access is None or row.account_id != access.account_id  # type: ignore[attr-defined]
        ):
            raise Declined(_("Open this account's data first."))

    def limiter(self, request: HttpRequest) -> Callable[[Rows], Rows]:
        """`within` for tables under a row."""
        return lambda rows: within(request, rows)

    def _closed(self, request: HttpRequest) -> bool:
        return tells_of_an_account(self.model) and open_access(request) is None

    def _elsewhere(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The way to the door, for a row of an account that is not open; None where the page may go on."""
        if not tells_of_an_account(self.model) or not self.has_view_or_change_permission(request):
            return None
        access = open_access(request)
        if object_id is None:
            return None if access else to_the_door(request)
        try:
            key = self.opts.pk.to_python(unquote(object_id))
            rows = self.model._default_manager.filter(pk=key)  # noqa: SLF001 - meant for subclasses
            found = rows.values_list("account_id", flat=True).first()
        except (ValidationError, ValueError):
            return None
        outside = found is not None and (access is None or access.account_id != found)
        return to_the_door(request, found) if outside else None
