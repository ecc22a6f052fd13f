"""What stops at webhook endpoints when the module “API access” goes off (S4)."""

from __future__ import annotations

from django.utils.translation import ngettext

from accounts.models import Account
from integrations.models import WebhookEndpoint


def stopping(account: Account, slug: str) -> list[str]:
    """One sentence with the number of endpoints that are on; none for other modules."""
    count = WebhookEndpoint.objects.of(account).filter(enabled=True).count() if slug == "api" else 0
    words = ngettext(
        "%(count)s webhook is no longer told what happens.",
        "%(count)s webhooks are no longer told what happens.",
        count,
    )
    return [words % {"count": count}] if count else []
