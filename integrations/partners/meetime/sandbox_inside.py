"""An account seen from inside, for control calls: more than Meetime would ever tell."""

from __future__ import annotations

from typing import Any

from . import sandbox_shapes as shapes
from .sandbox_state import Account, Lead


def inside(account: Account, lead: Lead) -> dict[str, Any]:
    """A lead with all its prospections and activities, and what it comes to now; ids are integers."""
    run = account.current(lead)
    return {
        **shapes.lead_body(account, lead),
        "deal": lead.deal or None,
        "status": run.status if run else None,
        "open": account.is_open(lead),
        "cadence_id": run.cadence_id if run else None,
        "owner_id": run.owner_id if run else None,
        "created": lead.created,
        "updated": lead.updated,
        "deleted": lead.deleted,
        "prospections": [shapes.prospection_payload(account, each) for each in account.runs(lead)],
        "activities": [
            shapes.activity_row(account, account.activities[number])
            for each in account.runs(lead)
            for number in each.activities
        ],
    }


def state_of(account: Account) -> dict[str, Any]:
    """The account's surroundings: users, cadences, reasons, fields, webhooks without their secret, counts."""
    return {
        "account": account.alias,
        "id": account.id,
        "company": account.company,
        "expired": account.expired,
        "pace": {"rate": account.pace.rate, "burst": account.pace.burst},
        "users": [shapes.user_row(user) for user in account.users.values()],
        "cadences": [shapes.cadence_row(cadence, host="") for cadence in account.cadences.values()],
        "lost_reasons": [shapes.lost_reason_row(reason) for reason in account.lost_reasons.values()],
        "custom_fields": [shapes.custom_field_row(custom) for custom in account.custom_fields.values()],
        "webhooks": [{**shapes.webhook_row(hook), "secret": "***"} for hook in account.webhooks.values()],
        "counts": {
            "leads": len(account.leads),
            "open": sum(account.is_open(lead) for lead in account.leads.values()),
            "prospections": len(account.prospections),
            "activities": len(account.activities),
        },
    }
