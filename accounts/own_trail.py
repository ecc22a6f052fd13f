"""What a person does with her own access stands in the audit trail of each of her accounts."""

from __future__ import annotations

from accounts.models import Membership, User
from accounts.origin import Origin
from accounts.services import audit


def tell_accounts(*, user: User, action: str, origin: Origin) -> int:
    """A line in each account where she is an active member; returns how many."""
    places = Membership.unscoped.filter(user_id=user.pk, is_active=True).select_related("account")
    lines = [
        audit(account=place.account, origin=origin, action=action, subject=user.email) for place in places
    ]
    return len(lines)
