"""What kept a run from being done in time, and makes it wrong by now: people went on meanwhile (S7)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from funnels.models import Change, Deal
from integrations.models import Automation, WorkflowRun
from integrations.workflow.declaration import TIMED
from integrations.workflow.listen import watched_keys

LEFT = gettext_noop("The card had left the stage before this ran.")
CLOSED = gettext_noop("The card was closed before this ran.")
CHANGED = gettext_noop("Somebody changed the field before this ran: what she wrote stays.")
GOES_ON = (Change.Kind.MOVED, Change.Kind.WON, Change.Kind.LOST, Change.Kind.REOPENED)


def outdated(run: WorkflowRun, automation: Automation, deal: Deal) -> str:
    """Why the run is not done any more, "" where it still makes sense.

    A move begins in the automation's stage or not at all. What time set off is no longer true of a card that
    somebody moved on or closed. Owner and fields stay as somebody wrote them since. A task or a reminder of
    something that did happen is done however late.
    """
    gone = LEFT if deal.stage_id != automation.stage_id else ""
    if not gone and deal.status != Deal.Status.OPEN:
        gone = CLOSED
    if automation.action == "crm.move":
        return gone
    if (
        gone
        and automation.trigger in TIMED
        and _since(run, "deal", deal.pk).filter(kind__in=GOES_ON).exists()
    ):
        return gone
    key = _written(automation)
    entity = key.partition(".")[0]
    row_id = deal.pk if entity == "deal" else getattr(deal, f"{entity}_id", None) if entity else None
    if row_id is None:
        return ""
    return CHANGED if any(key in watched_keys(change) for change in _since(run, entity, row_id)) else ""


def _written(automation: Automation) -> str:
    """The field that the action writes, named as filters name it."""
    if automation.action == "crm.change_owner":
        return "deal.owner"
    return str(automation.parameters.get("field", "")) if automation.action == "crm.fill_field" else ""


def _since(run: WorkflowRun, entity: str, row_id: int) -> QuerySet[Change]:
    """What others than automations changed on this row after the run was set off."""
    rows = Change.unscoped.filter(entity=entity, entity_id=row_id).exclude(origin_kind="automation")
    kind, _colon, number = run.cause.partition(":")
    return rows.filter(pk__gt=int(number)) if kind == "change" else rows.filter(at__gt=run.created_at)
