"""How refusals of partners and of a connection's life are answered: status, stable code, what comes next."""

from __future__ import annotations

from accounts import problems
from integrations import contract
from integrations.engine.life import FlowTaken, NotReady, WrongState
from integrations.workflow.checking import Unfit

_PARTNERS = (
    (contract.PartnerError, 502, "partner_error"),
    (contract.Denied, 422, "credentials_denied"),
    (contract.Refused, 422, "partner_refused"),
    (contract.Unavailable, 503, "partner_unavailable"),
    (contract.Malformed, 502, "partner_malformed"),
)


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
    problems.register(Unfit, 422, "not_allowed", more=lambda unfit: {"errors": {unfit.field: [unfit.words]}})
    problems.register(WrongState, 409, "wrong_state")
    problems.register(FlowTaken, 409, "flow_taken")
    problems.register(NotReady, 409, "not_ready", more=lambda refusal: {"missing": refusal.missing})
