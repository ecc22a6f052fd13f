"""How Meetime writes its records: flat snake_case rows in lists, nested camelCase elsewhere."""

from __future__ import annotations

import uuid
from typing import Any

from .sandbox_board import LostReason
from .sandbox_state import (
    Account,
    Activity,
    Cadence,
    CustomField,
    Lead,
    Prospection,
    User,
    Webhook,
    iso,
    public_url,
)

Row = dict[str, Any]

NATIVE = (
    ("lead_email", "email"),
    ("lead_company", "company"),
    ("lead_position", "position"),
    ("lead_site", "site"),
    ("lead_city", "city"),
    ("lead_state", "state"),
    ("lead_twitter", "twitter"),
    ("lead_facebook", "facebook"),
    ("lead_linkedin", "linkedIn"),
    ("lead_annotations", "annotations"),
)
BODY_NAMES = ("firstName", "name", *(name for _, name in NATIVE))


def _text(number: int | str | None) -> str | None:
    return None if number is None else str(number)


def _read_back(value: str | None, *, numeric: bool) -> str | int | None:
    """With the quirk, a text of digits comes as a number and loses its leading zeros (contract 4)."""
    return int(value) if numeric and value and value.isascii() and value.isdigit() else value


def lead_row(account: Account, lead: Lead) -> Row:
    """A row of GET /leads (contract 4)."""
    phones = [str(phone["phone"]) for phone in lead.phones]
    row: Row = {
        "id": str(lead.id),
        "current_prospection_id": _text(lead.prospections[-1] if lead.prospections else None),
        "lead_name": lead.native.get("name") or lead.native.get("firstName"),
        **{theirs: lead.native.get(name) for theirs, name in NATIVE},
        "lead_fit_score": None,
        "lead_created_date": iso(lead.created),
        "lead_updated_date": iso(lead.updated),
        "lead_deleted_date": iso(lead.deleted),
        "phones": lead.phones,
        "phonesString": ", ".join(phones),
        "primaryPhoneString": phones[0] if phones else "",
        "public_url": public_url(account, "lead", lead.id),
        "external_reference": lead.external_reference,
    }
    for custom in account.custom_fields.values():
        numeric = account.numeric_custom and custom.type == "TEXT"
        row[custom.key] = _read_back(lead.custom.get(custom.key), numeric=numeric)
    return row


def lead_body(account: Account, lead: Lead) -> Row:
    """GET and PUT /leads/{id}: camelCase (contract 3, weak; the keys of the webhook's lead)."""
    return {
        "id": lead.id,
        **{name: lead.native.get(name) for name in BODY_NAMES},
        "phones": lead.phones,
        "customFields": {
            custom.key: lead.custom.get(custom.key) for custom in account.custom_fields.values()
        },
        "publicUrl": public_url(account, "lead", lead.id),
        "externalReference": lead.external_reference,
    }


def prospection_row(account: Account, run: Prospection) -> Row:
    """A row of GET /prospections (contract 5)."""
    owner = account.users.get(run.owner_id or 0)
    reason = run.lost_reason
    return {
        "id": str(run.id),
        "lead_id": str(run.lead_id),
        "owner_id": _text(run.owner_id),
        "owner_name": owner.name if owner else None,
        "cadence": account.cadences[run.cadence_id].name,
        "cadence_id": str(run.cadence_id),
        "rd_conversion_date": None,
        "created_date": iso(run.created),
        "deleted_date": iso(run.deleted),
        "begin_date": iso(run.begin),
        "scheduled_date": None,
        "end_date": iso(run.end),
        "last_activity_date": iso(run.last_activity),
        "status": run.status,
        "lost_reason": reason.name if reason else None,
        "lost_reason_id": _text(reason.id if reason else None),
        "lead_origin_channel": "UNKNOWN",
        "lead_origin_source": None,
        "lead_origin_campaign": None,
        "conversion": None,
        "lead_base": None,
        "lead_base_id": None,
    }


def activity_row(account: Account, activity: Activity) -> Row:
    """A row of GET /prospections/activities (contract 6); `social_network` is assumed."""
    return {
        "id": str(activity.id),
        "name": activity.name,
        "activity_template_id": None,
        "call_id": None,
        "type": activity.type,
        "social_network": activity.social_network,
        "status": activity.status,
        "scope": activity.scope,
        "available_from": iso(activity.executed),
        "goal_date": iso(activity.executed),
        "execution_date": iso(activity.executed),
        "deleted_date": None,
        "assigned_to_id": _text(activity.executed_by_id),
        "executed_by_id": _text(activity.executed_by_id),
        "cadence_id": str(activity.cadence_id),
        "cadence": account.cadences[activity.cadence_id].name,
        "prospection_id": str(activity.prospection_id),
        "lead_id": str(activity.lead_id),
        "activity_annotation": activity.annotation,
        "updated": iso(activity.updated),
    }


def cadence_row(cadence: Cadence, *, host: str) -> Row:
    """A row of GET /cadences (contract 8)."""
    return {
        "id": str(cadence.id),
        "name": cadence.name,
        "description": cadence.description,
        "created_by_id": _text(cadence.created_by_id),
        "created_at": iso(cadence.created),
        "deleted": cadence.deleted,
        "token": cadence.token,
        "owner_id": _text(cadence.owner_id),
        "executing": not cadence.deleted,
        "type": "STANDARD",
        "cadence_focus": cadence.cadence_focus,
        "priority": cadence.priority,
        "api_endpoint": f"{host}/v2/prospections/cadence/{cadence.id}/lead?token={cadence.token}",
    }


def user_row(user: User) -> Row:
    """A row of GET /users (contract 8)."""
    return {
        "id": str(user.id),
        "name": user.name,
        "email": user.email,
        "team_id": _text(user.team_id),
        "team_name": user.team_name,
        "role": user.role,
        "modules": list(user.modules),
        "active": user.active,
        "deleted_on": iso(user.deleted_on),
    }


def custom_field_row(custom: CustomField) -> Row:
    """A row of GET /leads/custom-fields: assumed, the sheet has no shape."""
    return {
        "id": str(custom.id),
        "name": custom.name,
        "key": custom.key,
        "type": custom.type,
        "options": list(custom.options),
    }


def lost_reason_row(reason: LostReason) -> Row:
    """A row of GET /prospections/lost-reasons: id and name are certain (contract 3)."""
    return {"id": str(reason.id), "name": reason.name}


def quirks(account: Account) -> Row:
    """The account's quirks, as control shows and takes them."""
    return {
        "refuse_filters": sorted(account.refuse_filters),
        "crm": account.crm,
        "numeric_custom": account.numeric_custom,
    }


def webhook_row(hook: Webhook) -> Row:
    """A row of GET /webhooks (contract 10.2)."""
    return {
        "id": str(hook.id),
        "events": list(hook.events),
        "target_url": hook.target_url,
        "secret": hook.secret,
        "enabled": hook.enabled,
        "deleted": False,
        "created": iso(hook.created),
    }


def activity_item(account: Account, activity: Activity) -> Row:
    """An item of `activities` and `extraActivities` (contract 10.4); `annotation` only where there is one."""
    doer = account.users.get(activity.executed_by_id or 0)
    item: Row = {
        "id": activity.id,
        "status": activity.status,
        "scope": activity.scope,
        "goalDate": iso(activity.executed),
        "executionDate": iso(activity.executed),
        "type": activity.type,
        "executedBy": {"id": doer.id, "name": doer.name} if doer else None,
        "executedByteam": {"id": doer.team_id, "name": doer.team_name} if doer else None,
    }
    if activity.annotation:
        item["annotation"] = activity.annotation
    if activity.social_network:
        item["socialNetwork"] = activity.social_network
    return item


def prospection_payload(account: Account, run: Prospection) -> Row:
    """The `prospection` object of LEAD.WON (contract 10.4), with `lostReason` once lost (assumed)."""
    lead, cadence = account.leads[run.lead_id], account.cadences[run.cadence_id]
    owner = account.users.get(run.owner_id or 0)
    done = [account.activities[number] for number in run.activities]
    told = lead_body(account, lead)
    # The documented payload has no reference: whoever needs it reads the lead.
    told.pop("externalReference")
    payload: Row = {
        "id": run.id,
        "lead": told,
        "cadence": {"id": cadence.id, "name": cadence.name},
        "originType": run.origin_type,
        "inbound": run.inbound,
        "startDate": iso(run.begin or run.created),
        "endDate": iso(run.end),
        "status": run.status,
        "salesman": {"id": owner.id, "name": owner.name, "email": owner.email} if owner else None,
        "salesmanTeam": {"id": owner.team_id, "name": owner.team_name} if owner else None,
        "activities": [activity_item(account, each) for each in done if each.scope != "EXTRA_ACTIVITY"],
        "extraActivities": [activity_item(account, each) for each in done if each.scope == "EXTRA_ACTIVITY"],
        "origin": {"campaign": None, "source": None, "conversion": "lista-outbound", "channel": "UNKNOWN"},
        "rdStationInfo": {
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, str(run.id))),
            "publicUrl": public_url(account, "rd", run.id),
        },
        "dealFeedback": {"dealFeedbackUrl": public_url(account, "feedback", run.id)},
        "meetings": [
            {
                "id": each.id,
                "startDate": iso(each.start),
                "endDate": iso(each.end),
                "title": each.title,
                "description": each.description,
            }
            for each in run.meetings
        ],
    }
    if run.status == "LOST":
        reason = run.lost_reason
        payload["lostReason"] = {"id": reason.id, "name": reason.name} if reason else None
    return payload


def activity_payload(account: Account, activity: Activity) -> Row:
    """ACTIVITY.FINISHED: name and shape assumed (contract 13)."""
    cadence = account.cadences[activity.cadence_id]
    return {
        "event": "ACTIVITY.FINISHED",
        "activity": {
            **activity_item(account, activity),
            "prospectionId": activity.prospection_id,
            "leadId": activity.lead_id,
            "cadence": {"id": cadence.id, "name": cadence.name},
        },
        "prospection": prospection_payload(account, account.prospections[activity.prospection_id]),
    }
