"""How the CRM's own refusals are answered: status, stable code, and what is missing."""

from __future__ import annotations

from accounts import problems
from funnels.services import ChecklistPending, EmailTaken, ErasedBefore, FieldExists, NotAllowed


def register() -> None:
    """Called once, when the API's addresses are made."""
    problems.register(NotAllowed, 422, "not_allowed")
    problems.register(
        ChecklistPending, 409, "checklist_pending", more=lambda refusal: {"missing": refusal.missing}
    )
    problems.register(EmailTaken, 409, "email_taken", more=lambda refusal: {"person": str(refusal.person.pk)})
    problems.register(FieldExists, 409, "already_exists")
    problems.register(
        ErasedBefore, 409, "erased_before", more=lambda refusal: {"erased_at": refusal.at.isoformat()}
    )
