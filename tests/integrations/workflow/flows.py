"""Automations of the CRM for tests, and time that goes by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Module
from funnels.models import Change, Deal, Funnel, InteractionRecord
from integrations.automations.services import create_automation
from integrations.models import Automation, WorkflowRun
from integrations.workflow import clock, runner
from tests import factories

ORIGIN = factories.SYSTEM
EARLIER = timedelta(days=400)


def on(world: Any) -> None:
    """The module is on, and has been for long."""
    factories.module(account=world.account, slug="workflow")
    Module.unscoped.filter(account=world.account).update(updated_at=timezone.now() - EARLIER)


def stages(world: Any) -> list[Any]:
    return list(world.funnel.stages.all())


def flow(world: Any, action: str = "crm.create_task", **values: Any) -> Automation:
    """An automation of the first stage, saved long ago; a task for the owner unless another action is given."""
    funnel: Funnel = world.funnel
    given = {
        "stage": stages(world)[0],
        "description": "Tarefa",
        "trigger": "entered",
        "connection": None,
        "action": action,
        "parameters": {"title": "Ligar", "days": 1, "assignee": f"user:{world.seller.pk}"}
        if action == "crm.create_task"
        else {},
        **values,
    }
    row = create_automation(funnel=funnel, origin=ORIGIN, **given)
    Automation.unscoped.filter(pk=row.pk).update(updated_at=timezone.now() - EARLIER)
    return row


def mover(world: Any, *, at: int, to: int, name: str, **values: Any) -> Automation:
    """Moves cards that enter stage `at` to stage `to`."""
    rows = stages(world)
    return flow(
        world,
        "crm.move",
        stage=rows[at],
        description=name,
        parameters={"stage": str(rows[to].pk)},
        **values,
    )


def card(world: Any, **values: Any) -> Deal:
    return factories.deal(funnel=world.funnel, **{"owner": world.seller, **values})


def work() -> list[str]:
    """All that is due is done; the states of all runs, oldest first."""
    runner.work_off()
    return states()


def states() -> list[str]:
    return list(WorkflowRun.unscoped.order_by("id").values_list("state", flat=True))


def passed(deal: Deal, days: float) -> None:
    """The card, its journal and its contacts are that many days older."""
    back = timedelta(days=days)
    Deal.unscoped.filter(pk=deal.pk).update(
        updated_at=timezone.now() - back,
        created_at=timezone.now() - back,
        entered_stage_at=timezone.now() - back,
    )
    Change.unscoped.filter(deal=deal).update(at=timezone.now() - back)
    InteractionRecord.unscoped.filter(deal=deal).update(created_at=timezone.now() - back)


def sweep(now: datetime | None = None) -> list[str]:
    """What the clock finds is done; the states of all runs."""
    clock.sweep(now=now or timezone.now())
    return work()
