"""What happens to leads at Meetime: the API's inscription and the acts of Meetime's user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .sandbox_fields import ACTIVITIES, owner_named, read_fields
from .sandbox_results import Results
from .sandbox_shapes import activity_payload
from .sandbox_state import (
    PAUSED,
    PRIORITIES,
    Account,
    Activity,
    Cadence,
    Complaint,
    Lead,
    Meeting,
    Prospection,
)


class Stage(Results):
    """Carries out what happens in an account, writes it in the ledger and tells the webhooks.

    Callers hold the account's lock; `by` is "api", "user" or "seed". Complaint when Meetime would decline.
    """

    def inscribe(self, account: Account, cadence: Cadence, body: Mapping[str, Any], *, by: str) -> Lead:
        """Create the lead in the cadence, or do with the one that has its e-mail what M32 says."""
        fields = read_fields(account, body)
        native = fields["native"]
        if not any(native.get(name) for name in ("name", "firstName", "email", "company")):
            raise Complaint(400, "name, firstName, email or company is required")
        owner_id = owner_named(account, body, cadence)
        lead = account.lead_by_email(native.get("email") or "")
        if lead is None:
            lead = Lead(
                id=account.next_id(),
                native={},
                phones=[],
                custom={},
                created=account.now(),
                updated=account.now(),
            )
            kind = "lead.created"
        elif not account.is_open(lead):
            kind = "lead.reopened"
        elif _rank(cadence) > _rank(account.cadences[self._open_run(account, lead).cadence_id]):
            kind = "lead.updated"
            self._switch_away(account, lead)
        else:
            # M32: open in a cadence of the same or a higher priority: not even the data change.
            self.note(
                account,
                kind="lead.left",
                by=by,
                body=dict(body),
                lead=lead.id,
                prospection=lead.prospections[-1],
            )
            return lead
        self._write(account, lead, fields)
        run = self._enroll(
            account, lead, cadence, owner_id=owner_id, status=str(body.get("status") or "WAITING")
        )
        run.origin_type = str(body.get("originType") or run.origin_type)
        run.inbound = bool(body.get("inbound"))
        self.note(
            account,
            kind=kind,
            by=by,
            body=dict(body),
            lead=lead.id,
            prospection=run.id,
            cadence=cadence.id,
            owner=owner_id,
        )
        return lead

    def amend(self, account: Account, lead: Lead, body: Mapping[str, Any], *, by: str) -> Lead:
        """Change the fields that the body names; an e-mail borne by another lead is declined (M38)."""
        fields = read_fields(account, body)
        other = account.lead_by_email(fields["native"].get("email") or "")
        if other is not None and other.id != lead.id:
            raise Complaint(400, "email already used by another lead")
        self._write(account, lead, fields)
        self.note(account, kind="lead.edited", by=by, body=dict(body), lead=lead.id)
        return lead

    def act(
        self,
        account: Account,
        lead: Lead,
        *,
        kind: str,
        annotation: str | None,
        executed: float | None,
        status: str = "FINISHED",
        scope: str = "EXTRA_ACTIVITY",
        user_id: int | None = None,
    ) -> Activity:
        """An activity done (or ignored) on an open lead; a waiting one thereby starts (M33)."""
        run = self._open_run(account, lead)
        at = account.now()
        type_, name, network = ACTIVITIES.get(kind, (kind, kind.replace("_", " ").capitalize(), None))
        activity = Activity(
            id=account.next_id(),
            type=type_,
            name=name,
            social_network=network,
            status=status,
            scope=scope,
            executed=at if executed is None else executed,
            executed_by_id=user_id
            or run.owner_id
            or next((u.id for u in account.users.values() if u.active), None),
            lead_id=lead.id,
            prospection_id=run.id,
            cadence_id=run.cadence_id,
            annotation=annotation or None,
            updated=at,
        )
        account.activities[activity.id] = activity
        run.activities.append(activity.id)
        if kind == "MEETING":
            start = activity.executed
            run.meetings.append(
                Meeting(
                    id=account.next_id(), title=name, description=annotation, start=start, end=start + 3600
                )
            )
        if run.status == "WAITING":
            run.status, run.begin = "EXECUTING", run.begin or at
        run.last_activity = max(activity.executed, run.last_activity or 0)
        account.touch(lead)
        self.note(
            account,
            kind="activity.finished" if status == "FINISHED" else "activity.ignored",
            by="user",
            body={"type": type_, "socialNetwork": network, "annotation": annotation},
            lead=lead.id,
            prospection=run.id,
            activity=activity.id,
        )
        if status == "FINISHED":
            ids = {"lead": lead.id, "prospection": run.id, "activity": activity.id}
            self.tell(
                account, event="ACTIVITY.FINISHED", payload=activity_payload(account, activity), ids=ids
            )
        return activity

    def assign(self, account: Account, lead: Lead, *, user_id: int) -> Lead:
        """Another owner for the open run (M16)."""
        if user_id not in account.users or not account.users[user_id].active:
            raise Complaint(400, "unknown or inactive user")
        run = self._open_run(account, lead)
        run.owner_id = user_id
        account.touch(lead)
        self.note(account, kind="lead.owner", by="user", lead=lead.id, prospection=run.id, owner=user_id)
        return lead

    def switch(self, account: Account, lead: Lead, *, cadence_id: int) -> Lead:
        """Another cadence: the run ends as SWITCHED_CADENCE and a new one goes on with its owner (M20)."""
        cadence = account.cadences.get(cadence_id)
        if cadence is None or cadence.deleted:
            raise Complaint(400, "unknown or deleted cadence")
        old = self._open_run(account, lead)
        self._switch_away(account, lead)
        run = self._enroll(
            account, lead, cadence, owner_id=old.owner_id, status="EXECUTING" if old.begin else "WAITING"
        )
        self.note(
            account, kind="lead.cadence", by="user", lead=lead.id, prospection=run.id, cadence=cadence.id
        )
        return lead

    def reopen(
        self, account: Account, lead: Lead, *, cadence_id: int, owner_id: int | None, started: bool
    ) -> Lead:
        """A closed lead is prospected again; its deal and its owner, unless told, stay (M32)."""
        if lead.deleted is not None or account.is_open(lead):
            raise Complaint(409, "the lead is not closed")
        cadence = account.cadences.get(cadence_id)
        if cadence is None or cadence.deleted:
            raise Complaint(400, "unknown or deleted cadence")
        if owner_id is not None and not getattr(account.users.get(owner_id), "active", False):
            raise Complaint(400, "unknown or inactive user")
        last = account.current(lead)
        run = self._enroll(
            account,
            lead,
            cadence,
            owner_id=owner_id or (last.owner_id if last else cadence.owner_id),
            status="EXECUTING" if started else "WAITING",
        )
        self.note(
            account,
            kind="lead.reopened",
            by="user",
            lead=lead.id,
            prospection=run.id,
            cadence=cadence.id,
            owner=run.owner_id,
        )
        return lead

    def start(self, account: Account, lead: Lead) -> Lead:
        """A waiting or paused lead goes on."""
        run = self._open_run(account, lead)
        run.status, run.begin = "EXECUTING", run.begin or account.now()
        account.touch(lead)
        self.note(account, kind="lead.started", by="user", lead=lead.id, prospection=run.id)
        return lead

    def pause(self, account: Account, lead: Lead) -> Lead:
        """An open lead rests."""
        run = self._open_run(account, lead)
        run.status = PAUSED.get(run.status, run.status)
        account.touch(lead)
        self.note(account, kind="lead.paused", by="user", lead=lead.id, prospection=run.id)
        return lead

    def remove(self, account: Account, lead: Lead) -> Lead:
        """Deleted at Meetime: hidden from lists unless asked for."""
        lead.deleted = account.touch(lead)
        account.index(lead, old_email=lead.email, old_deal=lead.deal)
        self.note(account, kind="lead.deleted", by="user", lead=lead.id)
        return lead

    def _enroll(
        self, account: Account, lead: Lead, cadence: Cadence, *, owner_id: int | None, status: str
    ) -> Prospection:
        at = account.now()
        run = Prospection(
            id=account.next_id(),
            lead_id=lead.id,
            cadence_id=cadence.id,
            owner_id=owner_id,
            status=status,
            created=at,
            begin=at if status == "EXECUTING" else None,
        )
        account.prospections[run.id] = run
        lead.prospections.append(run.id)
        account.touch(lead)
        return run

    def _switch_away(self, account: Account, lead: Lead) -> None:
        run = self._open_run(account, lead)
        run.status, run.end = "SWITCHED_CADENCE", account.now()

    def _write(self, account: Account, lead: Lead, fields: dict[str, Any]) -> None:
        old_email, old_deal = lead.email, lead.deal
        lead.native.update(fields["native"])
        lead.custom.update(fields["custom"])
        if fields["phones"] is not None:
            lead.phones = fields["phones"]
        if fields["reference"] is not None:
            lead.external_reference = fields["reference"] or None
        account.touch(lead)
        account.index(lead, old_email=old_email, old_deal=old_deal)


def _rank(cadence: Cadence) -> int:
    return PRIORITIES.index(cadence.priority)
