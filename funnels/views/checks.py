"""Check-in and check-out from the browser's position, on tasks and interaction records (S3, Tarefas)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.module_settings import settings_for
from accounts.portal import PortalRequest, origin
from funnels import queries, services
from funnels.forms import CheckForm
from funnels.models import CheckIn, InteractionRecord, Task
from funnels.views.answers import act, screen
from funnels.visibility import visible_deals, visible_records, visible_tasks

POSITION_ALLOWED = "camera=(), microphone=(), geolocation=(self)"


def positioned(request: PortalRequest, answer: HttpResponse) -> HttpResponse:
    """The page may ask the browser where it is, while the account checks in and out."""
    if settings_for(request)["tasks"]["check_out"]:
        answer.headers["Permissions-Policy"] = POSITION_ALLOWED
    return answer


@screen("POST", permission="records.write")
def task_check(request: PortalRequest, task_id: int) -> HttpResponse:
    """`kind` in or out, latitude, longitude, accuracy; `use_as_place` for a client whose place is unknown."""
    return _check(request, get_object_or_404(visible_tasks(request.membership), pk=task_id))


@screen("POST", permission="records.write")
def record_check(request: PortalRequest, record_id: int) -> HttpResponse:
    """The same on an interaction record."""
    return _check(request, get_object_or_404(visible_records(request.membership), pk=record_id))


def _check(request: PortalRequest, row: Task | InteractionRecord) -> HttpResponse:
    form = CheckForm(request.POST)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(
                _("Your position did not arrive. Allow this page to read it and try again.")
            )
        made = services.check_in(
            subject=row, user=request.user, origin=origin(request), now=timezone.now(), **form.cleaned_data
        )
        words = _("Check-in saved.") if made.kind == CheckIn.Kind.IN else _("Check-out saved.")
        if made.outside:
            far = _("It is %(distance)s m from the client, outside the radius.") % {"distance": made.distance}
            return f"{words} {far}"
        return words

    return act(request, back=_back(request, row), do=do)


def _back(request: PortalRequest, row: Task | InteractionRecord) -> str:
    """To the page that `back` names, where the row stands on one and she may open it."""
    match request.POST.get("back"):
        case "deal" if row.deal_id and visible_deals(request.membership).filter(pk=row.deal_id).exists():
            return reverse("portal:deal", args=[row.deal_id]) + (
                "#tasks" if isinstance(row, Task) else "#timeline"
            )
        case "person" if row.person_id:
            return reverse("portal:person", args=[row.person_id])
        case "company" if isinstance(row, InteractionRecord) and row.company_id:
            return reverse("portal:company", args=[row.company_id])
    return reverse("portal:tasks")


@screen("POST", permission="records.write")
def person_place(request: PortalRequest, person_id: int) -> HttpResponse:
    """Forgets where the person is."""
    row = get_object_or_404(queries.living_persons(request.account), pk=person_id)

    def do() -> str:
        services.set_place(client=row, place=None, origin=origin(request))
        return _("Place forgotten.")

    return act(request, back=reverse("portal:person", args=[row.pk]), do=do)


@screen("POST", permission="records.write")
def company_place(request: PortalRequest, company_id: int) -> HttpResponse:
    """Forgets where the company is."""
    row = get_object_or_404(queries.living_companies(request.account), pk=company_id)

    def do() -> str:
        services.set_place(client=row, place=None, origin=origin(request))
        return _("Place forgotten.")

    return act(request, back=reverse("portal:company", args=[row.pk]), do=do)
