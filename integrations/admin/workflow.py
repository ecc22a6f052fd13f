"""Staff's screen of the runs of the CRM's own automations: what became of them, and running one again."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.origin import Origin
from accounts.staff import Act, Related, digits, relate, trimmed
from accounts.staff_forms import by_choice, by_row, by_time
from integrations.admin.section import Engine
from integrations.models import WorkflowRun
from integrations.workflow.replay import run_again


def _again(*, row: WorkflowRun, origin: Origin) -> None:
    run_again(run=row, origin=origin)


@admin.register(WorkflowRun)
class WorkflowRunAdmin(Engine):
    """Read only; what was refused can be run again, from the present (S7)."""

    icon, rank = "account_tree", 392
    list_display = ("created_at", "automation", "deal", "state", "reason", "attempts", "account")
    list_filter = (by_row("account"), by_row("automation"), by_choice("state"), by_time("created_at"))
    finders = {"deal_id": digits, "cause": trimmed, "pk": digits}
    acts = (
        Act(
            slug="again",
            label=_("Run again"),
            icon="replay",
            run=_again,
            fits=lambda row: row.state == WorkflowRun.State.REFUSED,
            bulk=True,
        ),
    )


relate(
    "integrations.Automation",
    Related(model="integrations.WorkflowRun", field="automation", columns=("created_at", "deal", "state")),
)
relate(
    "funnels.Deal",
    Related(model="integrations.WorkflowRun", field="deal", columns=("created_at", "automation", "state")),
)
