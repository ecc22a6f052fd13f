"""What stops when the module goes off, said before it does (S4, G3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import ngettext

from accounts.models import Account
from integrations.models import Automation, WorkflowRun
from integrations.workflow.declaration import ACTIONS
from integrations.workflow.listen import MODULE


def stops(account: Account, slug: str) -> Sequence[str]:
    """How many automations stop and how many runs that wait are dropped."""
    if slug != MODULE:
        return []
    automations = Automation.objects.of(account).filter(enabled=True, action__in=list(ACTIONS)).count()
    waiting = WorkflowRun.objects.of(account).filter(state=WorkflowRun.State.WAITING).count()
    said = []
    if automations:
        words = ngettext(
            "%(count)s automation of the CRM stops.", "%(count)s automations of the CRM stop.", automations
        )
        said.append(words % {"count": automations})
    if waiting:
        words = ngettext(
            "%(count)s action that waits is not done.", "%(count)s actions that wait are not done.", waiting
        )
        said.append(words % {"count": waiting})
    return said
