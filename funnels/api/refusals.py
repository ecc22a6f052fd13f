"""How the CRM's own refusals are answered: status, stable code, and what is missing."""

from __future__ import annotations

from typing import Any

from accounts import problems
from funnels.services import ChecklistPending, EmailTaken, ErasedBefore, FieldExists, NotAllowed


def _named(refusal: NotAllowed) -> dict[str, Any]:
    return {"errors": {refusal.field: [refusal.words]}} if refusal.field else {}


def register() -> None:
    """Called once, when the API's addresses are made."""
    problems.register(NotAllowed, 422, "not_allowed", more=_named)
    problems.register(
        ChecklistPending, 409, "checklist_pending", more=lambda refusal: {"missing": refusal.missing}
    )
    problems.register(EmailTaken, 409, "email_taken", more=lambda refusal: {"person": str(refusal.person.pk)})
    problems.register(FieldExists, 409, "already_exists")
    problems.register(
        ErasedBefore, 409, "erased_before", more=lambda refusal: {"erased_at": refusal.at.isoformat()}
    )
