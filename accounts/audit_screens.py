"""Administração → Trilha de auditoria: who did what to the account's set-up and data, newest first."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts import audit_details, audit_values, audit_words
from accounts.models import Account, AuditEntry
from accounts.portal import PortalRequest, page, render_page

PAGE = 50
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TrailFilter(forms.Form):
    """Which lines are shown; `before` is the last line of the page above."""

    who = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=100)
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=DAY)
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=DAY)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["action"]
        choice.choices = [("", _("Everything")), *audit_words.known().items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end lies before the beginning."))
        return values


@page(administrator=True)
@require_GET
def audit_trail(request: PortalRequest) -> HttpResponse:
    """At most PAGE lines and the way to older ones; as many queries whatever the page shows."""
    form = TrailFilter(request.GET)
    rows: list[AuditEntry] = []
    if form.is_valid():
        rows = list(lines(request.account, **form.cleaned_data)[: PAGE + 1])
    names, values = audit_details.known(), audit_values.values_of(request.account.pk, rows)
    for row in rows:
        row.words = audit_words.action_words(row.action)  # type: ignore[attr-defined]
        row.about = values.subject(row) or audit_words.subject_words(row)  # type: ignore[attr-defined]
        row.details = audit_details.details(row, names, values)  # type: ignore[attr-defined]
    context = {
        "title": _("Audit trail"),
        "form": form,
        "rows": rows[:PAGE],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "newest": "before" not in request.GET,
        "filtered": any(request.GET.get(name) for name in ("who", "action", "since", "until")),
    }
    return render_page(request, "accounts/audit.html", context)


def lines(
    account: Account,
    *,
    who: str = "",
    action: str = "",
    since: Any = None,
    until: Any = None,
    before: int | None = None,
) -> QuerySet[AuditEntry]:
    """The account's lines, newest first; days are the account's own, both included."""
    rows = AuditEntry.objects.of(account).order_by("-pk")
    if who.strip():
        rows = rows.filter(actor_label__icontains=who.strip())
    if action:
        rows = rows.filter(action=action)
    if since:
        rows = rows.filter(at__gte=_midnight(since))
    if until:
        rows = rows.filter(at__lt=_midnight(until + timedelta(days=1)))
    return rows.filter(pk__lt=before) if before else rows


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
