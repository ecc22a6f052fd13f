"""The forms of tasks: a new one, and what is changed on one later."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from funnels import queries
from funnels.inputs import local_datetime


class TaskChangeForm(forms.Form):
    """What is changed on a task: what has to be done, and until when."""

    title = forms.CharField(label=_("Task"), max_length=200)
    due_at = forms.DateTimeField(label=_("Due"), required=False, widget=local_datetime())


class TaskForm(TaskChangeForm):
    """A task by hand."""

    assignee = forms.ModelChoiceField(
        label=_("For"), queryset=None, required=False, empty_label=_("Nobody yet")
    )
    responsibles = forms.ModelMultipleChoiceField(label=_("Responsibles"), queryset=None, required=False)

    def __init__(self, *args: Any, account: Account, responsibles: bool, **kwargs: Any) -> None:
        """`responsibles`: whether the account uses the field (S3)."""
        super().__init__(*args, **kwargs)
        members = queries.members(account)
        self.fields["assignee"].queryset = members  # type: ignore[attr-defined]
        self.fields["responsibles"].queryset = members  # type: ignore[attr-defined]
        if not responsibles:
            del self.fields["responsibles"]
