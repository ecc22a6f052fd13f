"""Tells administrators, once, that an API key ends soon (S18)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext_noop

from accounts import notices
from accounts.middleware import clock_of
from accounts.models import ApiKey, Notice

WARNED = timedelta(days=7)
ENDS_SOON = gettext_noop("The API key “%(key)s” expires on %(day)s. Make its successor before that.")
LINK = "/api-keys/"


def warn_of_expiry(*, now: datetime) -> int:
    """Tells administrators once of each key that ends in seven days and has no successor; how many keys."""
    ending = ApiKey.unscoped.filter(
        revoked_at=None, expires_at__gt=now, expires_at__lte=now + WARNED, replaced_by=None
    )
    told = 0
    for key in ending.select_related("account").order_by("pk"):
        assert key.expires_at is not None
        source = f"api_key:{key.pk}:{key.expires_at:%Y%m%d%H%M}"
        if Notice.objects.of(key.account_id).filter(source=source).exists():
            continue
        with clock_of(key.account):
            day = localtime(key.expires_at).date().isoformat()
        told += bool(
            notices.tell(
                account=key.account,
                kind="api_key",
                words=ENDS_SOON,
                values={"key": str(key), "days": {"day": day}},
                link=LINK,
                source=source,
                now=now,
            )
        )
    return told
