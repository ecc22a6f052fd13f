"""Run again: what was refused goes back on the queue, computed from the present (S7, S8)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.modules import module_on, off_words
from accounts.origin import Origin
from accounts.services import audit
from funnels.services import NotAllowed
from integrations.engine import clock
from integrations.models import WorkflowRun


def run_again(*, run: WorkflowRun, origin: Origin) -> WorkflowRun:
    """A refused run waits again; raises NotAllowed for any other and while the module is off."""
    if not module_on(run.account_id, "workflow"):
        raise NotAllowed(off_words("workflow"))
    with transaction.atomic():
        row = (
            WorkflowRun.unscoped.select_for_update(of=("self",))
            .select_related("automation", "account")
            .get(pk=run.pk)
        )
        if row.state != WorkflowRun.State.REFUSED:
            raise NotAllowed(_("Only what was refused can be run again."))
        row.become(WorkflowRun.State.WAITING, reason="", due_at=clock.now(), done_at=None)
        audit(
            account=row.account,
            origin=origin,
            action="workflow.run_again",
            subject=f"{row.automation.description} · {row.deal_id}",
            data={"run": row.pk},
        )
    return row
