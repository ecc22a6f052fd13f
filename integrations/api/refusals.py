"""How refusals of partners and of a connection's life are answered: status, stable code, what comes next."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts import problems
from accounts.rest.errors import UnknownField, unknown
from integrations import contract
from integrations.engine.life import FlowTaken, NotReady, WrongState

_PARTNERS = (
    (contract.PartnerError, 502, "partner_error"),
    (contract.Denied, 422, "credentials_denied"),
    (contract.Refused, 422, "partner_refused"),
    (contract.Unavailable, 503, "partner_unavailable"),
    (contract.Malformed, 502, "partner_malformed"),
)


def with_known_credentials(slug: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body; raises UnknownField for credentials that the partner's declaration does not have."""
    known = {field.name for field in contract.partner(slug).credentials}
    if strangers := [f"credentials.{name}" for name in body["credentials"] if name not in known]:
        raise unknown(UnknownField, strangers, _("The partner asks for no credential of this name."))
    return body


def register() -> None:
    """Called once, when the API's addresses are made."""
    for error, status, code in _PARTNERS:
        problems.register(error, status, code)
    problems.register(
        contract.Throttled,
        503,
        "partner_throttled",
        more=lambda slow: {"retry_after": max(1, round(slow.after))},
    )
    problems.register(WrongState, 409, "wrong_state")
    problems.register(FlowTaken, 409, "flow_taken")
    problems.register(NotReady, 409, "not_ready", more=lambda refusal: {"missing": refusal.missing})
