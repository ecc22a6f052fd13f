"""Fix and send again: what stepped aside goes back on its lane, computed from the present (X4)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.origin import Origin
from accounts.services import audit
from funnels.services import NotAllowed
from integrations.engine import clock, listen
from integrations.engine.runs import leave
from integrations.models import Arrival, Lane, OutboxAction

State = OutboxAction.State


def send_again(*, action: OutboxAction, origin: Origin) -> OutboxAction:
    """A refused, dead or undecided action is due again; one that may have happened asks for evidence first.

    Raises NotAllowed for one that is done, waiting or being sent.
    """
    with transaction.atomic():
        Lane.unscoped.select_for_update().get(pk=action.lane_id)  # first, as the pump takes them
        row = OutboxAction.unscoped.select_for_update().get(pk=action.pk)
        if row.state not in OutboxAction.NEEDS_PERSON:
            raise NotAllowed(_("Only what was refused, given up or left to a person can be sent again."))
        again = State.UNSURE if row.state == State.PERSON else State.WAITING
        row.become(again, reason="", due_at=None, attempts=0)
        listen.make_due(Lane.unscoped.filter(pk=row.lane_id), due=clock.now())
        audit(account=row.connection.account, origin=origin, action="outbox.sent_again", subject=str(row))
    return row


def cancel(*, action: OutboxAction, origin: Origin) -> OutboxAction:
    """A person decides that it is not to be sent."""
    with transaction.atomic():
        Lane.unscoped.select_for_update().get(pk=action.lane_id)  # first, as the pump takes them
        row = OutboxAction.unscoped.select_for_update().get(pk=action.pk)
        if row.state not in (*OutboxAction.NEEDS_PERSON, State.WAITING):
            raise NotAllowed(_("Only what is not being sent can be cancelled."))
        now = clock.now()
        row.become(State.CANCELLED, done_at=now, reason=gettext_noop("A person cancelled it."))
        if row.lead is not None:
            leave(row.lead, now=now)
        audit(account=row.connection.account, origin=origin, action="outbox.cancelled", subject=str(row))
    return row


def take_in_again(*, arrival: Arrival, origin: Origin) -> Arrival:
    """A failed or ignored arrival is taken in once more; what it did already stays done once."""
    with transaction.atomic():
        Lane.unscoped.select_for_update().get(pk=arrival.lane_id)
        row = Arrival.unscoped.select_for_update().get(pk=arrival.pk)
        if row.state not in (Arrival.State.FAILED, Arrival.State.IGNORED):
            raise NotAllowed(_("Only what failed or was ignored can be taken in again."))
        if not row.record:
            raise NotAllowed(_("What arrived then is no longer kept: it expired, or its person was erased."))
        row.become(Arrival.State.WAITING, reason="", due_at=None)
        listen.make_due(Lane.unscoped.filter(pk=row.lane_id), due=clock.now())
        audit(account=row.connection.account, origin=origin, action="inbox.taken_again", subject=str(row))
    return row
