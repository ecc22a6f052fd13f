"""How leads end at Meetime: won or lost, by its user or through the API."""

from __future__ import annotations

from .sandbox_board import LostReason
from .sandbox_shapes import prospection_payload
from .sandbox_state import CLOSED, Account, Complaint, Lead, Prospection
from .sandbox_teller import Teller


class Results(Teller):
    """Closes prospections, writes it down and tells the webhooks; callers hold the account's lock."""

    def win(self, account: Account, lead: Lead, *, lose_others: bool, annotations: str | None) -> Lead:
        """Lead won; asked so, the deal's other open leads are lost at the same instant (M39)."""
        self._open_run(account, lead)
        self._annotate(lead, annotations)
        at = account.now()
        others = self._others(account, lead) if lose_others else []
        self._close(account, lead, status="WON", at=at, by="user")
        for other in others:
            reason = next(iter(account.reasons(other)), None)
            self._close(account, other, status="LOST", at=at, by="user", reason=reason)
        return lead

    def lose(
        self,
        account: Account,
        lead: Lead,
        *,
        reason: LostReason | None,
        lose_others: bool,
        annotations: str | None,
    ) -> Lead:
        """Lead lost, with its reason; asked so, the deal's other open leads too (M40)."""
        self._open_run(account, lead)
        self._annotate(lead, annotations)
        at = account.now()
        for each in [lead, *(self._others(account, lead) if lose_others else [])]:
            self._close(account, each, status="LOST", at=at, by="user", reason=reason)
        return lead

    def close(self, account: Account, run: Prospection, *, status: str, reason: LostReason | None) -> None:
        """The API closes one run (assumed, M47): 409 when it is not the open run of its lead."""
        lead = account.leads[run.lead_id]
        if not account.is_open(lead) or account.current(lead) is not run:
            raise Complaint(409, "the prospection is closed")
        self._close(account, lead, status=status, at=account.now(), by="api", reason=reason)

    def _others(self, account: Account, lead: Lead) -> list[Lead]:
        return [other for other in account.siblings(lead) if account.is_open(other)]

    def _open_run(self, account: Account, lead: Lead) -> Prospection:
        run = account.current(lead)
        if run is None or lead.deleted is not None or run.status in CLOSED:
            raise Complaint(409, "the lead is not open")
        return run

    def _annotate(self, lead: Lead, annotations: str | None) -> None:
        if annotations:
            lead.native["annotations"] = "\n".join(
                filter(None, (lead.native.get("annotations"), annotations))
            )

    def _close(
        self,
        account: Account,
        lead: Lead,
        *,
        status: str,
        at: float,
        by: str,
        reason: LostReason | None = None,
    ) -> None:
        run = self._open_run(account, lead)
        run.status, run.end, run.lost_reason = status, at, reason
        account.touch(lead)
        # A published reason's id is the CRM's text: the ledger's ids are Meetime's numbers.
        self.note(
            account,
            kind=f"lead.{status.lower()}",
            by=by,
            body={"reason": reason.name} if reason else None,
            lead=lead.id,
            prospection=run.id,
            reason=reason.id if reason and isinstance(reason.id, int) else None,
        )
        event = f"LEAD.{status}"
        payload = {"event": event, "prospection": prospection_payload(account, run)}
        self.tell(account, event=event, payload=payload, ids={"lead": lead.id, "prospection": run.id})
