"""Staff's screens of accounts and users."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
)

from accounts import members, second_factor, sittings, support
from accounts.admin.section import People, refuse_staff
from accounts.models import (
    Account,
    Membership,
    User,
    normal_email,
)
from accounts.modules import MODULES
from accounts.origin import Origin
from accounts.refusals import LastAdministrator
from accounts.services import audit, create_account
from accounts.signin import password_link
from accounts.staff import Act, Related, digits, trimmed
from accounts.staff_acts import Edit
from accounts.staff_forms import StaffForm, by_time
from accounts.staff_scope import to_the_door


class AccountForm(StaffForm):
    """A new account with its first administrator."""

    admin_email = forms.EmailField(
        label=gettext_lazy("Administrator's e-mail"), max_length=254, widget=UnfoldAdminTextInputWidget
    )
    admin_name = forms.CharField(
        label=gettext_lazy("Administrator's name"),
        max_length=150,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    modules = forms.MultipleChoiceField(
        label=gettext_lazy("Additional modules"),
        required=False,
        choices=[(each.slug, each.label) for each in MODULES.values() if not (each.basic or each.later)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Account)
class AccountAdmin(People):
    """Accounts: made with their first administrator, then read."""

    icon, rank = "apartment", 10
    form = AccountForm
    list_display = ("name", "time_zone", "created_at")
    list_filter = (by_time("created_at"),)
    finders = {"name": trimmed, "pk": digits}
    adds = ("name", "admin_email", "admin_name", "modules")
    change_form_outer_before_template = "accounts/staff/account.html"
    related = (
        Related(model="accounts.Membership", field="account", columns=("user", "profile", "is_active")),
        Related(model="accounts.Module", field="account", columns=("slug", "contracted", "enabled")),
        Related(
            model="accounts.AuditEntry", field="account", columns=("at", "actor_label", "action", "subject")
        ),
    )

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:
        refuse_staff(User.objects.filter(email=normal_email(values["admin_email"])).first())
        return create_account(**values, origin=origin)[0]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context["account_number"] = str(row.pk) if row is not None else ""
        return super().render_change_form(request, context, *args, **kwargs)


def _link(*, row: User, origin: Origin) -> str:
    """A one-use link, told to whoever asked and to the audit trail of the user's accounts."""
    with transaction.atomic():
        for place in Membership.unscoped.filter(user=row).select_related("account"):
            audit(account=place.account, origin=origin, action="user.password_link", subject=row.email)
    return _("Send this link to %(name)s; it works once, for a day: %(link)s") % {
        "name": row,
        "link": password_link(row),
    }


def _without_second_factor(*, row: User, origin: Origin) -> None:
    """For who lost phone and codes; each of her accounts' audit trails has it."""
    second_factor.disable(user=row, origin=origin)


@admin.register(User)
class UserAdmin(People):
    """People; passwords are set by themselves, through a one-use link."""

    icon, rank = "person", 20
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", by_time("last_login"))
    finders = {"email": normal_email, "pk": digits}
    never_shown = frozenset({"password"})
    adds = ("email", "name")
    writes = ("name", "language", "is_active", "is_staff", "is_superuser", "groups")
    for_superusers = frozenset({"is_staff", "is_superuser", "groups"})
    refusals = (*People.refusals, LastAdministrator)
    as_good_as_her = frozenset({"link", "second-factor"})
    acts = (
        Act(
            slug="link",
            label=gettext_lazy("Link to set a password"),
            icon="key",
            run=_link,
            fits=lambda row: row.is_active,
        ),
        Act(
            slug="second-factor",
            label=gettext_lazy("Switch the second factor off"),
            icon="phonelink_erase",
            run=_without_second_factor,
            fits=second_factor.enrolled,
            danger=True,
        ),
    )
    related = (
        Related(model="accounts.Membership", field="user", columns=("account", "profile", "is_active")),
    )

    def create(self, *, values: dict[str, Any], origin: Origin) -> models.Model:  # noqa: ARG002 - the signature is given
        return User.objects.create_user(**values)

    @transaction.atomic
    def update(self, edit: Edit) -> None:
        """Whoever is switched off is signed out everywhere, and leaves no account without administrator."""
        if edit.values.get("is_active") is False:
            members.refuse_to_lose(edit.row)
            sittings.end_all(user=edit.row)
        own = [name for name in edit.values if name != "groups"]  # groups are written by the form's save_m2m
        edit.row.save(update_fields=own)
        for place in Membership.unscoped.filter(user_id=edit.row.pk).select_related("account"):
            audit(
                account=place.account,
                origin=edit.origin,
                action="user.changed",
                subject=str(edit.row),
                data={"fields": own},
            )

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> list[tuple[Any, Any]]:
        """Who is staff and what staff may do is for superusers to say."""
        groups = super().get_fieldsets(request, obj)
        if obj is not None and not request.user.is_superuser:
            written = [name for name in groups[0][1]["fields"] if name not in self.for_superusers]
            groups[0] = (None, {"fields": written})
            rest = [*groups[-1][1]["fields"], "is_staff", "is_superuser"]
            groups[-1] = (groups[-1][0], {"fields": rest})
        return groups

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Support staff change customers; only superusers change staff."""
        above = isinstance(obj, User) and (obj.is_staff or obj.is_superuser) and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def act_view(self, request: HttpRequest, object_id: str, slug: str) -> Any:
        """What is as good as being her needs a reason in every account where she has a place."""
        row = self.get_object(request, object_id)
        if row is not None and not self.has_change_permission(request, row):
            raise PermissionDenied
        if row is not None and slug in self.as_good_as_her and request.method == "POST":
            places = Membership.unscoped.filter(user=row).select_related("account").order_by("account_id")
            staff: Any = request.user
            known = support.reasoned(staff=staff, now=timezone.now())
            if shut := [place.account for place in places if place.account_id not in known]:
                words = _(
                    "This opens every account of hers. Give a reason in each; still without one: %(names)s."
                )
                messages.warning(request, words % {"names": ", ".join(map(str, shut))})
                return to_the_door(request, shut[0].pk)
        return super().act_view(request, object_id, slug)
