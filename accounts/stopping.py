"""What stops in the rooms of accounts when a module goes off, said before it does (S4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import white_label
from accounts.models import Account, ApiKey

LATELY = timedelta(days=30)


def stopping(account: Account, slug: str) -> Sequence[str]:
    """How many API keys stop opening the API, and what becomes of the portal's look."""
    if slug == white_label.SLUG:
        return [_("The portal goes back to its own colours, name and logo.")]
    if slug != "api":
        return []
    now = timezone.now()
    keys = ApiKey.objects.of(account).filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    count = keys.count()
    if not count:
        return []
    used = keys.filter(last_used_at__gte=now - LATELY).count()
    words = ngettext(
        "%(count)d API key answers 403 with this module's name (%(used)d used in the last 30 days).",
        "%(count)d API keys answer 403 with this module's name (%(used)d used in the last 30 days).",
        count,
    )
    return [words % {"count": count, "used": used}]
