"""The list of tasks; one is completed, changed or deleted."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal import PortalRequest, origin
from funnels import queries, services
from funnels.models import Task
from funnels.task_forms import TaskChangeForm
from funnels.views.answers import act, first_error, number_in, screen, show, version_of
from funnels.views.checks import positioned
from funnels.views.people import paged
from funnels.visibility import visible_tasks

TABS = {"mine": gettext_lazy("Mine"), "all": gettext_lazy("All open"), "done": gettext_lazy("Done")}


@screen()
def tasks(request: PortalRequest) -> HttpResponse:
    """?which= mine · all · done, ?page=."""
    which = request.GET.get("which", "mine")
    which = which if which in TABS else "mine"
    rows = queries.tasks(request.account, visible_tasks(request.membership), user=request.user, which=which)
    context = {
        "title": _("Tasks"),
        "page": paged(request, rows),
        "which": which,
        "tabs": list(TABS.items()),
        "now": timezone.now(),
    }
    return positioned(request, show(request, "funnels/tasks.html", context))


@screen("POST", permission="records.write")
def task_done(request: PortalRequest, task_id: int) -> HttpResponse:
    """Marks a task as done; back to the card in `deal`, else to the list in `which`."""
    row = get_object_or_404(visible_tasks(request.membership), pk=task_id)

    def do() -> str:
        services.complete_task(task=row, origin=origin(request), version=version_of(request))
        return _("Task done.")

    return act(request, back=_back(request, row), do=do)


@screen("POST", permission="records.write")
def task_edit(request: PortalRequest, task_id: int) -> HttpResponse:
    """Another title or due time; back as in task_done."""
    row = get_object_or_404(visible_tasks(request.membership), pk=task_id)
    form = TaskChangeForm(request.POST)

    def do() -> str:
        if not form.is_valid():
            raise services.NotAllowed(first_error(form))
        due = form.cleaned_data["due_at"]
        if due and row.due_at and due == row.due_at.replace(second=0, microsecond=0):
            due = row.due_at  # the input has no seconds: nothing was changed
        services.update_task(
            task=row,
            title=form.cleaned_data["title"],
            due_at=due,
            origin=origin(request),
            version=version_of(request),
        )
        return _("Task saved.")

    return act(request, back=_back(request, row), do=do)


@screen("POST", permission="records.delete")
def task_delete(request: PortalRequest, task_id: int) -> HttpResponse:
    """Takes a task away; the history keeps that it was there; back as in task_done."""
    row = get_object_or_404(visible_tasks(request.membership), pk=task_id)

    def do() -> str:
        services.delete_task(task=row, origin=origin(request))
        return _("Task deleted.")

    return act(request, back=_back(request, row), do=do)


def _back(request: PortalRequest, row: Task) -> str:
    """To the card in `deal`, else to the list in `which`."""
    if number_in(request.POST.get("deal", "")) == row.deal_id and row.deal_id:
        return reverse("portal:deal", args=[row.deal_id]) + "#tasks"
    which = request.POST.get("which", "")
    return f"{reverse('portal:tasks')}?which={which if which in TABS else 'mine'}"
