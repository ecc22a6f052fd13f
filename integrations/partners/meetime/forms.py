"""What the browser posts about Meetime's settings, read from the account's own rows only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Profile
from funnels.models import Funnel, Stage
from funnels.services import NotAllowed
from integrations.models import Connection
from integrations.partners.meetime.models import WinAction
from integrations.partners.meetime.setup import (
    allowed_funnel_ids,
    default_profile,
    free_cadences,
    won_stage,
)


class FunnelsForm(forms.Form):
    """M7: the funnels that may send leads."""

    funnels = forms.ModelMultipleChoiceField(queryset=Funnel.objects.none(), required=False)

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["funnels"].queryset = Funnel.objects.of(connection.account_id)  # type: ignore[attr-defined]


class ProfileForm(forms.Form):
    """M21: the profile of users created from Meetime's."""

    profile = forms.ModelChoiceField(
        label=gettext_lazy("Default user profile"),
        queryset=Profile.objects.none(),
        empty_label=gettext_lazy("Choose a profile"),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"profile": default_profile(connection=connection)})
        super().__init__(*args, **kwargs)
        rows = Profile.objects.of(connection.account_id).filter(is_administrator=False)
        self.fields["profile"].queryset = rows.order_by("name")  # type: ignore[attr-defined]


class WonStageForm(forms.Form):
    """M45: the stage, and with it the funnel, where deals of won leads arrive."""

    stage = forms.ModelChoiceField(
        label=gettext_lazy("Funnel and stage"),
        queryset=Stage.objects.none(),
        empty_label=gettext_lazy("Choose a stage"),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"stage": won_stage(connection=connection)})
        super().__init__(*args, **kwargs)
        field = self.fields["stage"]
        rows = Stage.objects.of(connection.account_id).select_related("funnel")
        field.queryset = rows.order_by("funnel__position", "funnel_id", "position", "id")  # type: ignore[attr-defined]
        field.label_from_instance = lambda stage: f"{stage.funnel.name} · {stage.name}"  # type: ignore[attr-defined]


class WinActionForm(forms.Form):
    """M8: funnel, one of its free cadences, what happens, and the stage when the deal moves.

    Built anew by htmx when the funnel changes: the second list hides cadences that are used there already.
    """

    funnel = forms.ModelChoiceField(
        label=gettext_lazy("Funnel"),
        queryset=Funnel.objects.none(),
        empty_label=gettext_lazy("Choose a funnel"),
    )
    cadence = forms.ChoiceField(label=gettext_lazy("Cadence"))
    action = forms.ChoiceField(
        label=gettext_lazy("When the lead is won"), choices=WinAction.Action.choices, initial="win"
    )
    stage = forms.ModelChoiceField(
        label=gettext_lazy("Stage"),
        queryset=Stage.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose a stage"),
    )

    def __init__(
        self,
        *args: Any,
        connection: Connection,
        funnel: Funnel | None = None,
        keep: WinAction | None = None,
        **kwargs: Any,
    ) -> None:
        if keep is not None:
            kwargs.setdefault(
                "initial", {"cadence": keep.cadence_id, "action": keep.action, "stage": keep.stage_id}
            )
        kwargs["prefix"] = f"w{keep.pk}" if keep else "new"
        super().__init__(*args, **kwargs)
        self.keep, self.chosen = keep, funnel
        allowed = Funnel.objects.of(connection.account_id)
        self.fields["funnel"].queryset = (  # type: ignore[attr-defined]
            allowed.filter(pk=keep.funnel_id)
            if keep
            else allowed.filter(pk__in=allowed_funnel_ids(connection=connection))
        )
        self.fields["funnel"].initial = funnel
        cadences = free_cadences(connection=connection, funnel=funnel, keep=keep)
        choices = [(cadence.their_id, str(cadence)) for cadence in cadences]
        if keep is not None and keep.cadence_id not in dict(choices):
            choices.insert(0, (keep.cadence_id, _("%(id)s (no longer at Meetime)") % {"id": keep.cadence_id}))
        self.fields["cadence"].choices = [("", _("Choose a cadence")), *choices]  # type: ignore[attr-defined]
        if funnel is not None:
            self.fields["stage"].queryset = Stage.objects.of(connection.account_id).filter(funnel=funnel)  # type: ignore[attr-defined]


def read(form: forms.Form) -> dict[str, Any]:
    """The form's cleaned values; raises NotAllowed with the first thing that is wrong, naming its field."""
    if form.is_valid():
        return form.cleaned_data
    name, errors = next(iter(form.errors.items()))
    field = form.fields.get(name)
    label = str(field.label or name) if field else ""
    raise NotAllowed(f"{label}: {errors[0]}" if label else str(errors[0]))
