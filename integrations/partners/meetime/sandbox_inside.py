"""An account seen from inside, for control calls: more than Meetime would ever tell."""

from __future__ import annotations

from typing import Any

from . import sandbox_shapes as shapes
from .sandbox_board import Move
from .sandbox_crm import funnel_row, move_row
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
        "stage": stage_of(account, lead),
        "lost_reasons": [{"id": each.id, "name": each.name} for each in account.reasons(lead)],
        "prospections": [shapes.prospection_payload(account, each) for each in account.runs(lead)],
        "activities": [
            shapes.activity_row(account, account.activities[number])
            for each in account.runs(lead)
            for number in each.activities
        ],
    }


def stage_of(account: Account, lead: Lead) -> dict[str, Any] | None:
    """Where the lead's deal stands in its published funnel, and what its user moved; None where unknown.

    `pending`: the last move not answered yet. `declined`: why the last one was.
    """
    funnel, standing = account.published(lead), account.board.standings.get(lead.deal)
    if funnel is None or standing is None:
        return None
    pending = account.board.pending(lead.deal)
    return {
        "funnel_id": funnel.id,
        "funnel": funnel.name,
        "stage_id": standing.stage_id,
        "stage": funnel.stages.get(standing.stage_id),
        "pending": asked(pending[-1]) if pending else None,
        "declined": standing.message,
    }


def asked(move: Move) -> dict[str, Any]:
    """A move with what came of it."""
    return {**move_row(move), "pending": move.pending, "declined": move.declined}


def state_of(account: Account) -> dict[str, Any]:
    """The account's surroundings: users, cadences, reasons, fields, webhooks without their secret, counts."""
    return {
        "account": account.alias,
        "id": account.id,
        "company": account.company,
        "expired": account.expired,
        "pace": {"rate": account.pace.rate, "burst": account.pace.burst},
        "quirks": shapes.quirks(account),
        "funnels": [funnel_row(funnel) for funnel in account.board.funnels.values()],
        "deals": [
            {
                "id": deal,
                "funnelId": standing.funnel_id,
                "stageId": standing.stage_id,
                "message": standing.message,
                "at": standing.at,
            }
            for deal, standing in account.board.standings.items()
        ],
        "moves": [asked(move) for move in account.board.moves],
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
