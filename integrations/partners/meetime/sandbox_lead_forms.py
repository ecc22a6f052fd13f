"""Forms for a lead's fields on the stand-in's pages: a new one typed in, and one edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from integrations.sandbox.pages import check, form, select, text

from .sandbox_labels import cadences_of
from .sandbox_state import Account, CustomField, Lead

NATIVE = (
    # name, label, kind of input
    ("name", "Nome", "text"),
    ("email", "E-mail", "email"),
    ("company", "Empresa", "text"),
    ("position", "Cargo", "text"),
    ("site", "Site", "text"),
    ("city", "Cidade", "text"),
    ("state", "UF", "text"),
    ("linkedIn", "LinkedIn", "text"),
    ("twitter", "Twitter", "text"),
    ("facebook", "Facebook", "text"),
    ("annotations", "Anotações", "area"),
)
CUSTOM = "custom."
"""What a custom field's input is called, before its key."""


def edit_form(account: Account, lead: Lead, mount: str) -> Markup:
    """Every field as it is now; the phones one a line."""
    return form(
        f"{mount}/leads/{lead.id}/update?conta={account.alias}",
        "Salvar dados",
        *(text(name, label, kind=kind, value=lead.native.get(name) or "") for name, label, kind in NATIVE),
        text("phones", "Telefones (um por linha)", kind="area", value="\n".join(_phones(lead))),
        *(
            _custom_input(custom, lead.custom.get(custom.key) or "")
            for custom in account.custom_fields.values()
        ),
    )


def new_lead_form(account: Account, mount: str, *, deal: str, cadence_id: int | None) -> Markup:
    """A lead typed in; `deal` is the id of the lead whose deal it joins."""
    return form(
        f"{mount}/leads?conta={account.alias}",
        "Adicionar lead",
        Markup('<input type="hidden" name="same_deal_as" value="{}">').format(deal) if deal else Markup(),
        text("name", "Nome", required=True),
        text("email", "E-mail", kind="email"),
        text("phone", "Telefone", kind="tel"),
        text("company", "Empresa"),
        text("annotations", "Anotações", kind="area"),
        *(_custom_input(custom, "") for custom in account.custom_fields.values()),
        select("cadence_id", "Cadência", cadences_of(account), chosen=cadence_id),
        check("started", "Iniciar a prospecção agora"),
        style="main",
    )


def typed(form_values: Mapping[str, str]) -> dict[str, Any]:
    """A new lead's form as an order; blanks are left out."""
    filled = {name: value for name, value in form_values.items() if value != ""}
    order: dict[str, Any] = {name: value for name, value in filled.items() if not name.startswith(CUSTOM)}
    custom = {name.removeprefix(CUSTOM): value for name, value in filled.items() if name.startswith(CUSTOM)}
    return {**order, "customFields": custom} if custom else order


def changes(lead: Lead, form_values: Mapping[str, str]) -> dict[str, Any]:
    """Of an edited lead's form what differs from the lead, blank clearing it; browsers send CR LF."""
    sent = {name: value.replace("\r\n", "\n").strip() for name, value in form_values.items()}
    order: dict[str, Any] = {
        name: sent[name] or None
        for name, _, _ in NATIVE
        if name in sent and sent[name] != (lead.native.get(name) or "")
    }
    custom = {
        name.removeprefix(CUSTOM): value or None
        for name, value in sent.items()
        if name.startswith(CUSTOM) and value != (lead.custom.get(name.removeprefix(CUSTOM)) or "")
    }
    if custom:
        order["customFields"] = custom
    numbers = [line.strip() for line in sent.get("phones", "").split("\n") if line.strip()]
    if "phones" in sent and numbers != _phones(lead):
        known = {str(phone["phone"]): phone for phone in lead.phones}
        order["phones"] = [known.get(number, {"phone": number, "label": "Celular"}) for number in numbers]
    return order


def _phones(lead: Lead) -> list[str]:
    return [str(phone["phone"]) for phone in lead.phones]


def _custom_input(custom: CustomField, value: str) -> Markup:
    name = f"{CUSTOM}{custom.key}"
    if custom.type == "SELECT":
        # What the lead holds stays on offer even when the field no longer has it.
        offered = [
            ("", "–"),
            *((option, option) for option in dict.fromkeys((*custom.options, value)) if option),
        ]
        return select(name, custom.name, offered, chosen=value)
    return text(name, custom.name, kind="area" if custom.type == "LONG_TEXT" else "text", value=value)
