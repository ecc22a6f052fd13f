"""Writes what became of one action, under the lease of its lane."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as _

from accounts import notices
from funnels.models import Deal
from integrations import contract
from integrations.contract import LeadView, PartnerError, Receipt, Situation
from integrations.engine import clock, health, verdict
from integrations.engine.apply import apply
from integrations.engine.claim import Lease, hold
from integrations.engine.place import Place, tell
from integrations.models import Connection, Lane, OutboxAction

State = OutboxAction.State
MOST_ATTEMPTS = 8  # answered attempts; then a person decides
# The evidence could not be had, so it may still have happened: it is never just sent again.
SETTLING: Mapping[str, str] = {
    State.WAITING: State.UNSURE,
    State.REFUSED: State.PERSON,
    State.DEAD: State.PERSON,
}


STUCK = _("Something was not sent to %(partner)s and needs a person: look at the sync centre.")
NOT_SENT = _("%(lead)s was not sent: %(why)s")
NOT_KNOWN = _("It is not known whether %(lead)s was sent: %(why)s")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One action in hand, with all that its outcome is written from."""

    action: OutboxAction
    lease: Lease
    connection: Connection
    deal: Deal
    seen: Situation
    lead: LeadView

    def done(self, receipt: Receipt) -> None:
        """It happened: the receipt's meaning goes into the CRM in the same transaction."""
        now = clock.now()
        partner = contract.partner(self.connection.partner)
        decided = partner.on_receipt(self.action.kind, receipt, self.lead, self.seen)
        with transaction.atomic():
            hold(self.lease, step=Lane.Step.CLAIMED)
            self.action.become(
                State.DONE, reason="", due_at=None, done_at=now, receipt=dataclasses.asdict(receipt)
            )
            apply(decided.effects, self._place(now))

    def nothing_to_say(self) -> None:
        """Both sides agree by now: an equal request is not sent (pain 2)."""
        with transaction.atomic():
            hold(self.lease)
            words = _("Both sides hold the same values by now.")
            self.action.become(State.CANCELLED, reason=words, due_at=None, done_at=clock.now())

    def did_not_happen(self) -> datetime:
        """The evidence says that it surely did not happen: it is due again."""
        now = clock.now()
        with transaction.atomic():
            hold(self.lease, step=Lane.Step.CLAIMED)
            if self.action.attempts >= MOST_ATTEMPTS:
                self._to_a_person(now)
            else:
                self.action.become(State.WAITING, reason="", due_at=now)
        return now

    def failed(self, error: PartnerError, *, settling: bool) -> datetime | None:
        """The verdict: the action's next state, and the connection's clock; returns when it is due."""
        now = clock.now()
        spec = contract.partner(self.connection.partner).actions[self.action.kind]
        failures, since = health.failures_of(self.connection)
        decided = verdict.judge(
            error, repeat=spec.repeat, failures=failures + 1, failing_since=since, now=now
        )
        state = SETTLING.get(decided.state, decided.state) if settling else decided.state
        # Without a time of its own it is due as soon as the connection may speak again.
        due = now + timedelta(seconds=decided.after or 0.0)
        with transaction.atomic():
            hold(self.lease, step=Lane.Step.CLAIMED)
            attempts = max(self.action.attempts - (not decided.spent), 0)
            health.failed(self.connection, decided, now=now)
            if state in OutboxAction.OPEN and attempts >= MOST_ATTEMPTS:
                self._to_a_person(now)
                return None
            self.action.become(
                state,
                reason=decided.reason[:500],
                due_at=due if state in OutboxAction.OPEN else None,
                attempts=attempts,
            )
            if state in OutboxAction.NEEDS_PERSON:
                tell(
                    self._place(now),
                    NOT_KNOWN if state == State.PERSON else NOT_SENT,
                    {"lead": self.action.lead.person.name if self.action.lead else "", "why": decided.reason},
                    severity="error",
                )
                self._need_a_person(now)
        return due if state in OutboxAction.OPEN else None

    def _need_a_person(self, now: datetime) -> None:
        """Administrators are told once, however many follow, until they have read it."""
        notices.tell(
            account=self.connection.account,
            kind="connection",
            words=STUCK,
            values={"partner": str(contract.partner(self.connection.partner).label)},
            link="/sync/",
            source=f"stuck:{self.connection.pk}",
            now=now,
        )

    def _to_a_person(self, now: datetime) -> None:
        words = _("It was tried several times without a clear answer. Look at the partner and decide.")
        self.action.become(State.PERSON, reason=words, due_at=None)
        tell(self._place(now), words, severity="error")
        self._need_a_person(now)

    def _place(self, now: datetime) -> Place:
        return Place(
            connection=self.connection,
            deal=self.deal,
            lane=self.action.lane,
            run=self.action.enrollment,
            now=now,
        )
