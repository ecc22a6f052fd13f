"""What a lead sent to Meetime may hold, and what of it is declined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .sandbox_state import Account, Cadence, Complaint

NATIVE_NAMES = frozenset(
    {
        *("name", "firstName", "email", "company", "position", "annotations"),
        *("site", "city", "state", "twitter", "facebook", "linkedIn"),
    }
)
TEXT_MAX = 255
ACTIVITIES: Mapping[str, tuple[str, str, str | None]] = {
    # asked for: (type, name, social network)
    "SEARCH": ("SEARCH", "Pesquisa", None),
    "CALL": ("CALL", "Ligação", None),
    "E_MAIL": ("E_MAIL", "E-mail", None),
    "SOCIAL_POINT": ("SOCIAL_POINT", "Social Point", "LINKEDIN"),
    "WHATSAPP": ("SOCIAL_POINT", "Social Point – WhatsApp", "WHATSAPP"),
    "MEETING": ("MEETING", "Reunião", None),
}


def read_fields(account: Account, body: Mapping[str, Any]) -> dict[str, Any]:
    """{native, custom, phones or None, reference or None} of a lead as sent (contract 9).

    Unknown keys are passed over.
    Custom fields are checked against their definitions: Meetime cannot create fields (M14).
    """
    native = {
        name: None if value is None else str(value) for name, value in body.items() if name in NATIVE_NAMES
    }
    email = (native.get("email") or "").strip()
    if email and ("@" not in email or " " in email):
        raise Complaint(400, "invalid email")
    if "email" in native:
        native["email"] = email or None
    phones = body.get("phones")
    if phones is not None:
        if not isinstance(phones, list) or not all(
            isinstance(each, dict) and each.get("phone") for each in phones
        ):
            raise Complaint(400, "phones must be a list of {phone, label}")
        phones = [
            {
                "label": each.get("label") or "",
                "phone": str(each["phone"]),
                "lastUsage": each.get("lastUsage"),
            }
            for each in phones
        ]
    defined = {custom.key: custom for custom in account.custom_fields.values()}
    custom: dict[str, str | None] = {}
    for key, value in (body.get("customFields") or {}).items():
        if key not in defined:
            raise Complaint(400, f"unknown custom field {key}")
        text = None if value is None else str(value)
        if text and defined[key].type == "SELECT" and text not in defined[key].options:
            raise Complaint(400, f"{text} is not an option of {key}")
        if text and defined[key].type == "TEXT" and len(text) > TEXT_MAX:
            raise Complaint(400, f"{key} is longer than {TEXT_MAX} characters")
        custom[key] = text
    reference = body.get("externalReference")
    return {
        "native": native,
        "custom": custom,
        "phones": phones,
        "reference": None if reference is None else str(reference),
    }


def owner_named(account: Account, body: Mapping[str, Any], cadence: Cadence) -> int | None:
    """The user whom `salesmanEmail` names, else the cadence's owner (assumed)."""
    address = str(body.get("salesmanEmail") or "")
    if not address:
        return cadence.owner_id
    user = account.user_by_email(address)
    if user is None:
        raise Complaint(400, "salesmanEmail is no active user")
    return user.id
