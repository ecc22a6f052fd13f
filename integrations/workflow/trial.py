"""What an automation would do to one card now: done in earnest, looked at, and undone; nothing stays (S7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from accounts import nouns
from funnels.conditions import deal_values, evaluate
from funnels.models import Deal
from funnels.services import NotAllowed
from integrations.engine import clock
from integrations.models import Automation, WorkflowRun
from integrations.workflow.doing import Doing, do
from integrations.workflow.runner import HELD, NOT_HELD


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`holds`: whether the filters let the card through; `done` is what it would do, `refused` why not.

    `here`: whether the card stands in the automation's stage; elsewhere its trigger would not come.
    """

    here: bool
    holds: bool
    tried: Sequence[Mapping[str, Any]]
    done: Mapping[str, Any] | None = None
    refused: str = ""


def try_on(*, automation: Automation, deal: Deal) -> Trial:
    """What a run of this automation on this card would come to at this moment; writes nothing."""
    here = automation.stage_id == deal.stage_id
    holds, saw = evaluate(automation.filters, deal_values(deal))
    words = HELD if holds else NOT_HELD
    seen = {"automation": automation.description, "filters": saw}
    tried = [{"row": "M26", "passed": holds, "words": words, "saw": seen}] if saw else []
    if not holds:
        return Trial(here=here, holds=False, tried=tried)
    found = Trial(here=here, holds=True, tried=tried)
    with transaction.atomic():
        found = _done(automation, deal, found)
        transaction.set_rollback(True)
    return found


def _done(automation: Automation, deal: Deal, found: Trial) -> Trial:
    now = clock.now()
    run = WorkflowRun.unscoped.create(
        account_id=automation.account_id,
        automation=automation,
        deal=deal,
        cause=f"trial:{now.isoformat()}",
        due_at=now,
        created_at=now,
    )
    try:
        with transaction.atomic(), nouns.of(automation.account):
            done = do(Doing(run=run, automation=automation, deal=deal, account=automation.account, now=now))
    except NotAllowed as refused:
        return Trial(here=found.here, holds=True, tried=found.tried, refused=refused.words)
    return Trial(here=found.here, holds=True, tried=found.tried, done=asdict(done))
