"""The list of tasks, and completing one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.portal import PortalRequest, origin
from funnels import queries, services
from funnels.views.answers import act, number_in, screen, show, version_of
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
    which = request.POST.get("which", "")
    back = f"{reverse('portal:tasks')}?which={which if which in TABS else 'mine'}"
    if number_in(request.POST.get("deal", "")) == row.deal_id and row.deal_id:
        back = reverse("portal:deal", args=[row.deal_id]) + "#tasks"

    def do() -> str:
        services.complete_task(task=row, origin=origin(request), version=version_of(request))
        return _("Task done.")

    return act(request, back=back, do=do)
