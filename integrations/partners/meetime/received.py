"""The flow that only receives: a won lead becomes a deal, everything else is not for it (M45); pure."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from integrations.contract import AccountView, Outcome, ReceiveDeal, Record, Tried
from integrations.partners.meetime.news import result_text
from integrations.partners.meetime.seeing import user_of

WON_LEADS = "won_leads"


def receive(record: Record, account: AccountView) -> Outcome | None:
    """A won lead that belongs to no card; None in the other flow, where it is nobody's (M43)."""
    if account.flow != WON_LEADS:
        return None
    values = record.fields.get("values")
    if record.event != "won" or not values:
        words = _("In this flow only a won lead acts.")
        return Outcome(tried=(Tried(row="M45", passed=False, words=words),), ignored=True)
    owner = user_of(account.users, str(record.fields.get("owner_id", "")))
    title = str(values.get("company") or values.get("name") or values.get("email") or "Lead")
    saw = {"lead": values.get("name", ""), "owner": owner, "stage": account.settings["won_stage"]}
    return Outcome(
        tried=(Tried(row="M45", passed=True, words=_("A won lead makes or updates a deal."), saw=saw),),
        effects=(
            ReceiveDeal(
                their_id=record.id,
                run=record.about.get("run", ""),
                stage_id=int(account.settings["won_stage"]),
                owner_id=int(owner) if owner else None,
                title=title,
                values=dict(values),
                text=result_text("won", cadence=str(record.fields.get("cadence", "")), reason=""),
                when=record.when or account.now,
                by=record.by or "",
            ),
        ),
    )
