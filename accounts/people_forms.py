"""The forms of users, invitations, profiles and teams; every choice is one of the account's own rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Membership, Profile, Team, normal_email
from accounts.permissions import PERMISSIONS

NAME = 80  # characters of a profile's and a team's name


class OfAccount(forms.Form):
    """A form whose choices are the account's rows."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        for name, model in (("profile", Profile), ("teams", Team)):
            if name in self.fields:
                rows = model.objects.of(account).order_by("name", "pk")  # type: ignore[attr-defined]
                self.fields[name].queryset = rows  # type: ignore[attr-defined]
        if "teams" in self.fields and not self.fields["teams"].queryset.exists():  # type: ignore[attr-defined]
            del self.fields["teams"]


class MemberForm(OfAccount):
    """What an administrator changes of a member."""

    profile = forms.ModelChoiceField(label=_("Profile"), queryset=None, empty_label=None)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    field_order = ("profile", "teams")


class InviteForm(OfAccount):
    """Who is invited, and to what."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        error_messages={"invalid": _("This is not a whole e-mail address.")},
    )
    profile = forms.ModelChoiceField(label=_("Profile"), queryset=None, empty_label=None)
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    field_order = ("name", "email", "profile", "teams")

    def clean_email(self) -> str:
        return normal_email(self.cleaned_data["email"])


class ProfileForm(forms.Form):
    """A profile's name and what it allows."""

    name = forms.CharField(label=_("Name"), max_length=NAME)
    permissions = forms.MultipleChoiceField(
        label=_("What its members may do"), required=False, widget=forms.CheckboxSelectMultiple
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.slug, each.label) for each in PERMISSIONS.values()]
        self.fields["permissions"].choices = choices  # type: ignore[attr-defined]

    def rows(self) -> list[dict[str, Any]]:
        """Each permission with its help and whether it is ticked, for the template."""
        ticked = self["permissions"].value() or []
        return [{"permission": each, "on": each.slug in ticked} for each in PERMISSIONS.values()]


class TeamForm(forms.Form):
    """A team's name and its members."""

    name = forms.CharField(label=_("Name"), max_length=NAME)
    members = forms.ModelMultipleChoiceField(
        label=_("Members"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Membership.objects.of(account).select_related("user", "profile")
        self.fields["members"].queryset = rows.order_by("-is_active", "user__name", "pk")  # type: ignore[attr-defined]

    def rows(self) -> list[dict[str, Any]]:
        """Each member of the account and whether she is ticked, for the template."""
        ticked = {str(each) for each in self["members"].value() or []}
        members = self.fields["members"].queryset  # type: ignore[attr-defined]
        return [{"member": each, "on": str(each.pk) in ticked} for each in members]


class NewUserForm(SetPasswordMixin, forms.Form):
    """Who comes by an invitation for the first time: her name, and a password twice."""

    name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1, password2 = SetPasswordMixin.create_password_fields(
        label1=_("Password"), label2=_("Password again")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user  # not saved yet: what the validators compare the password with

    def clean(self) -> dict[str, Any]:
        """Django's own validators, which know name and e-mail."""
        self.validate_passwords()
        self.user.name = self.cleaned_data.get("name", "")
        self.validate_password_for_user(self.user)
        return super().clean() or self.cleaned_data
