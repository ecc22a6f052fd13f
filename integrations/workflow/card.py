"""What a card shows of the automations that ran on it: a panel, and lines of its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from accounts.modules import modules_on
from funnels import panels
from funnels.models import Deal
from funnels.panels import CardPanel, TimelineEntry
from funnels.visibility import tasks_are_restricted, visible_tasks
from integrations.models import WorkflowRun
from integrations.workflow.doing import task_source
from integrations.workflow.queueing import chain_words
from integrations.workflow.told import sentence, tell_all

SHOWN = 5
ICONS = {WorkflowRun.State.REFUSED: ("block", "danger"), WorkflowRun.State.LOOP: ("sync_problem", "warn")}


def runs_of(deal: Deal) -> QuerySet[WorkflowRun]:
    """The card's runs, newest first."""
    rows: QuerySet[WorkflowRun] = WorkflowRun.objects.of(deal.account_id).filter(deal=deal)
    return rows.select_related("automation").order_by("-id")


def context(request: HttpRequest, deal: Deal) -> Mapping[str, Any]:
    """The newest runs with what became of them; hidden without any."""
    runs = list(runs_of(deal)[: SHOWN + 1])
    if not runs:
        return {}
    administrator = request.membership.profile.is_administrator  # type: ignore[attr-defined]  # a portal page's
    return {
        "deal": deal,
        "runs": tell_all(runs[:SHOWN], hidden=_hidden(request.membership, runs)),  # type: ignore[attr-defined]
        "more": len(runs) > SHOWN,
        "edits": "workflow" in modules_on(request) and administrator,
    }


def _hidden(membership: Membership, runs: Sequence[WorkflowRun]) -> set[int]:
    """Of these runs, those that created a task that she may not see: its title says what it is about (S3)."""
    made = {task_source(run): run.pk for run in runs if any("task" in rule["saw"] for rule in run.tried)}
    if not made or not tasks_are_restricted(membership):
        return set()
    seen = set(visible_tasks(membership).filter(source__in=list(made)).values_list("source", flat=True))
    return {pk for source, pk in made.items() if source not in seen}


def timeline(deal: Deal, limit: int) -> Sequence[TimelineEntry]:
    """What was refused or went in a circle; what was done stands in the journal by itself."""
    rows = runs_of(deal).filter(state__in=list(ICONS))[:limit]
    return [
        TimelineEntry(
            at=row.done_at or row.created_at,
            icon=ICONS[WorkflowRun.State(row.state)][0],
            title=_("Automation: %(state)s") % {"state": row.get_state_display()},
            text=f"{sentence(row)}\n{chain_words(row)}" if row.chain else sentence(row),
            author=row.automation.description,
            tone=ICONS[WorkflowRun.State(row.state)][1],
        )
        for row in rows
    ]


def register() -> None:
    """Fills the places of cards; called once by AppConfig.ready."""
    panels.card_panels.append(
        CardPanel(
            name="workflow",
            title=gettext_lazy("Automations"),  # type: ignore[arg-type]  # "may be lazy"
            template="integrations/panels/workflow.html",
            context=context,
        )
    )
    panels.timeline_sources.append(timeline)
