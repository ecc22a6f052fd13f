"""API keys: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import Account, ApiKey
from accounts.origin import Origin
from accounts.services import audit

PREFIX = "tmd_"
LENGTH = len(PREFIX) + 43  # 32 random bytes in URL-safe base64 without padding


def digest(plain: str) -> str:
    """SHA-256 in hex. A key has 256 random bits, so a slow hash would only cost time."""
    return hashlib.sha256(plain.encode()).hexdigest()


@transaction.atomic
def issue_key(*, account: Account, name: str, created_by: Origin) -> tuple[ApiKey, str]:
    """A new key and its plain text, which is not kept anywhere: show it once."""
    plain = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.of(account).create(
        account=account,
        name=name.strip(),
        prefix=plain[:12],
        digest=digest(plain),
        created_by_id=created_by.id if created_by.kind == "user" else None,
    )
    audit(account=account, origin=created_by, action="api_key.issued", subject=str(key))
    return key, plain


@transaction.atomic
def revoke_key(*, key: ApiKey, at: datetime, origin: Origin) -> None:
    """From `at` on the key opens nothing; a key revoked before stays as it was."""
    changed = ApiKey.objects.of(key.account_id).filter(pk=key.pk, revoked_at=None)
    if changed.update(revoked_at=at, version=F("version") + 1):
        audit(account=key.account, origin=origin, action="api_key.revoked", subject=str(key))
