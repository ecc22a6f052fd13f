"""Hears changes of the CRM and of the engine's states, and writes their events in the same transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_save
from django.dispatch import receiver
from django_fsm.signals import post_transition

from accounts.models import Module
from accounts.origin import Origin
from funnels.models import Change
from funnels.signals import changed
from integrations.endpoints import payloads
from integrations.endpoints.kinds import KINDS, asks_for, kind_of
from integrations.engine import clock
from integrations.models import Connection, EventDelivery, Lead, OutgoingEvent, WebhookEndpoint

MOVED = "state_before"  # on a row between its transition and its saving: where it came from
TOLD_STATES = frozenset(
    {
        Connection.State.ACTIVE,
        Connection.State.PAUSED,
        Connection.State.BROKEN,
        Connection.State.INACTIVE,
    }
)
AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that may be an event: `kind` is its slug, `fields` the journal's pairs."""

    kind: str
    id: int
    fields: Mapping[str, Any]
    created: bool
    origin: Origin
    at: datetime


@receiver(changed, dispatch_uid="integrations.endpoints.listen")
def on_changed(*, changes: Sequence[Change], origin: Origin, **_signal: Any) -> None:
    """Writes the events of these changes for the endpoints that ask for them."""
    facts: dict[int, list[Fact]] = {}
    for change in changes:
        kind = kind_of(entity=change.entity, change=change.kind, fields=change.fields)
        if kind:
            fact = Fact(
                kind=kind,
                id=change.entity_id,
                fields=change.fields,
                created=change.kind == Change.Kind.CREATED,
                origin=origin,
                at=change.at,
            )
            facts.setdefault(change.account_id, []).append(fact)
    for account_id, known in facts.items():
        record(account_id=account_id, facts=known)


@receiver(post_transition, sender=Lead, dispatch_uid="integrations.endpoints.lead")
@receiver(post_transition, sender=Connection, dispatch_uid="integrations.endpoints.connection")
def on_transition(*, instance: Lead | Connection, source: str, **_signal: Any) -> None:
    """Remembers where the row came from; its event is written when the row is."""
    if not hasattr(instance, MOVED):
        setattr(instance, MOVED, source)


@receiver(post_save, sender=Lead, dispatch_uid="integrations.endpoints.lead_saved")
def on_lead_saved(*, instance: Lead, **_signal: Any) -> None:
    """A lead that passed to another state: partners move leads, and we do when we send one."""
    if before := _left(instance):
        connection = instance.enrollment.connection
        origin = Origin.connection(connection_id=connection.pk, label=connection.partner)
        _moved(instance, "lead.state_changed", before=before, origin=origin)


@receiver(post_save, sender=Connection, dispatch_uid="integrations.endpoints.connection_saved")
def on_connection_saved(*, instance: Connection, **_signal: Any) -> None:
    """A connection that was activated, paused, resumed, broken or deactivated."""
    before = _left(instance)
    if before and instance.state in TOLD_STATES:
        origin = instance.moved_by or Origin.system()
        _moved(instance, "connection.state_changed", before=before, origin=origin)


def _left(row: Lead | Connection) -> str:
    """The state that the row left, "" where it is the one it had."""
    before = row.__dict__.pop(MOVED, None)
    return "" if before is None or before == row.state else str(before)


def _moved(row: Lead | Connection, kind: str, *, before: str, origin: Origin) -> None:
    fields = {"state": [before, str(row.state)]}
    fact = Fact(kind=kind, id=row.pk, fields=fields, created=False, origin=origin, at=clock.now())
    record(account_id=row.account_id, facts=[fact])


def record(*, account_id: int, facts: Sequence[Fact]) -> int:
    """Writes what some endpoint of the account asks for, in the caller's transaction; returns how many.

    One query where nobody asks; else a few, whatever the number of facts, and inserts in batches.
    """
    endpoints = listening(account_id)
    asked = [fact for fact in facts if any(asks_for(each.events, fact.kind) for each in endpoints)]
    if not asked:
        return 0
    objects = {
        entity: payloads.shown(account_id=account_id, entity=entity, ids=ids)
        for entity, ids in payloads.entities((KINDS[fact.kind].entity, fact.id) for fact in asked).items()
    }
    events = [
        OutgoingEvent(
            account_id=account_id,
            uid=new_uid(),
            kind=fact.kind,
            at=fact.at,
            data=payloads.data_of(
                object=objects[KINDS[fact.kind].entity][fact.id],
                fields=fact.fields,
                created=fact.created,
                origin=fact.origin,
            ),
        )
        for fact in asked
    ]
    with transaction.atomic():
        OutgoingEvent.unscoped.bulk_create(events, batch_size=AT_ONCE)
        now = clock.now()
        EventDelivery.unscoped.bulk_create(
            [
                EventDelivery(account_id=account_id, endpoint=endpoint, event=event, due_at=now)
                for event in events
                for endpoint in endpoints
                if asks_for(endpoint.events, event.kind)
            ],
            batch_size=AT_ONCE,
        )
    return len(events)


def listening(account_id: int) -> list[WebhookEndpoint]:
    """The account's endpoints that are on, none while its module “API access” is off (S4)."""
    on = Module.unscoped.filter(account_id=OuterRef("account_id"), slug="api", enabled=True)
    rows = WebhookEndpoint.unscoped.filter(account_id=account_id, enabled=True).filter(Exists(on))
    return list(rows.only("id", "events", "account_id"))


def new_uid() -> str:
    """A new webhook-id."""
    return f"evt_{secrets.token_hex(16)}"
