"""Hears the CRM's `changed` and queues what fits, inside the transaction of the change (S7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.dispatch import receiver

from accounts.models import Account
from accounts.modules import module_on, switched
from accounts.origin import Origin
from funnels.models import Change, Deal
from funnels.signals import changed
from integrations.engine import clock
from integrations.models import Automation, WorkflowRun
from integrations.workflow.declaration import ACTIONS, TIMED, Trigger
from integrations.workflow.queueing import Fit, queue

MODULE = "workflow"
_OF_KIND: Mapping[str, str] = {
    Change.Kind.CREATED: Trigger.ENTERED,
    Change.Kind.MOVED: Trigger.ENTERED,
    Change.Kind.REOPENED: Trigger.REOPENED,
    Change.Kind.WON: Trigger.WON,
    Change.Kind.LOST: Trigger.LOST,
    Change.Kind.UPDATED: Trigger.CHANGED,
}
_NAMES: Mapping[str, str] = {"phones": "phone"}  # as the journal names it → as filters name it


@receiver(changed, dispatch_uid="integrations.workflow.listen")
def on_changed(*, changes: Sequence[Change], origin: Origin, **_signal: Any) -> None:
    """A run for each automation that one of these changes sets off, in the automations' order."""
    accounts: dict[int, list[Change]] = {}
    for change in changes:
        if change.kind in _OF_KIND and change.entity in ("deal", "person", "company"):
            accounts.setdefault(change.account_id, []).append(change)
    for account_id, news in accounts.items():
        automations = own(account_id)
        if automations and module_on(account_id, MODULE):
            queue(list(_fits(automations, news)), origin=origin)


def own(account_id: int) -> list[Automation]:
    """The account's automations of the CRM's own actions that changes set off, in their order."""
    rows = Automation.unscoped.filter(
        account_id=account_id, connection=None, enabled=True, action__in=list(ACTIONS)
    )
    return list(rows.exclude(trigger__in=TIMED).order_by("funnel_id", "position", "id"))


@receiver(switched, dispatch_uid="integrations.workflow.switched")
def on_switched(*, account: Account, slug: str, on: bool, **_signal: Any) -> None:
    """What waits when the module goes off is over: on again, only what happens from then on runs (G3)."""
    if slug != MODULE or on:
        return
    from integrations.workflow.runner import MODULE_OFF

    rows = WorkflowRun.unscoped.filter(account=account)
    rows.become(WorkflowRun.State.SKIPPED, reason=MODULE_OFF, done_at=clock.now())


def watched_keys(change: Change) -> set[str]:
    """The fields that a journal line changed, named as filters name them."""
    keys = set()
    for name, pair in change.fields.items():
        if name == "custom" and isinstance(pair, list):
            before, after = ({} if one is None else one for one in pair)
            differs = {key for key in {*before, *after} if before.get(key, "") != after.get(key, "")}
            keys |= {f"{change.entity}.custom.{key}" for key in differs}
        else:
            keys.add(f"{change.entity}.{_NAMES.get(name, name)}")
    return keys


def _fits(automations: Sequence[Automation], changes: Sequence[Change]) -> Iterable[Fit]:
    for change in changes:
        trigger, cause = _OF_KIND[change.kind], f"change:{change.pk}"
        if change.entity == "deal":
            deal = change.deal
            if deal is None or deal.deleted_at is not None:
                continue
            stage = change.fields.get("stage", [None, deal.stage_id])[1]
            for row in automations:
                if row.stage_id == stage and row.trigger == trigger and _is_watched(row, change):
                    yield Fit(automation=row, deal_id=deal.pk, cause=cause)
        elif trigger == Trigger.CHANGED:
            watching = [row for row in automations if row.trigger == trigger and _is_watched(row, change)]
            yield from _of_client(watching, change)


def _is_watched(automation: Automation, change: Change) -> bool:
    if automation.trigger != Trigger.CHANGED:
        return True
    return automation.trigger_values.get("field") in watched_keys(change)


def _of_client(watching: Sequence[Automation], change: Change) -> Iterable[Fit]:
    """A person or a company has no stage of its own: its open cards have."""
    if not watching:
        return
    cards = Deal.unscoped.filter(
        account_id=change.account_id,
        stage_id__in={row.stage_id for row in watching},
        status=Deal.Status.OPEN,
        deleted_at=None,
        **{change.entity: change.entity_id},
    )
    for deal_id, stage_id in cards.order_by("id").values_list("pk", "stage_id"):
        for row in watching:
            if row.stage_id == stage_id:
                yield Fit(automation=row, deal_id=deal_id, cause=f"change:{change.pk}")
