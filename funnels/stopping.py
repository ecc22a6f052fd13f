"""What of the CRM is hidden when a module goes off, said before it is (S4)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import ngettext

from accounts.models import Account
from funnels import queries
from funnels.models import Deal


def stopping(account: Account, slug: str) -> Sequence[str]:
    """How many open cards or products nobody sees while the module is off."""
    if slug == "deals":
        count = queries.living_deals(account).filter(status=Deal.Status.OPEN).count()
        words = ngettext("%(count)d open card is hidden.", "%(count)d open cards are hidden.", count)
    elif slug == "products":
        count = queries.living_products(account).count()
        words = ngettext("%(count)d product is hidden.", "%(count)d products are hidden.", count)
    else:
        return []
    return [words % {"count": count}] if count else []
