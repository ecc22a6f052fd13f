"""API keys: made once, shown once, kept as a digest; they have scopes, an end and a successor (S18)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy

from accounts.models import Account, ApiKey
from accounts.origin import Origin
from accounts.scopes import EVERYTHING, tidy
from accounts.services import audit

PREFIX = "tmd_"
LENGTH = len(PREFIX) + 43  # 32 random bytes in URL-safe base64 without padding
OVERLAPS = {  # hours for which a rotated key goes on
    0: gettext_lazy("not at all: it stops now"),
    24: gettext_lazy("24 hours more"),
    24 * 7: gettext_lazy("7 days more"),
}


class KeyClosed(Exception):
    """The key cannot be rotated: it is revoked, expired or has a successor already."""


def digest(plain: str) -> str:
    """SHA-256 in hex. A key has 256 random bits, so a slow hash would only cost time."""
    return hashlib.sha256(plain.encode()).hexdigest()


@transaction.atomic
def issue_key(
    *,
    account: Account,
    name: str,
    created_by: Origin,
    scopes: Iterable[str] = (EVERYTHING,),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its plain text, which is kept nowhere: show it once. ValueError for an unknown scope."""
    key, plain = _made(
        account=account, name=name.strip(), scopes=tidy(scopes), expires_at=expires_at, origin=created_by
    )
    data = {"scopes": key.scopes, "expires_at": _text(expires_at)}
    audit(account=account, origin=created_by, action="api_key.issued", subject=str(key), data=data)
    return key, plain


@transaction.atomic
def rotate_key(*, key: ApiKey, overlap: timedelta, at: datetime, origin: Origin) -> tuple[ApiKey, str]:
    """A successor of the same name, scopes and length of life; the old key ends `overlap` after `at`.

    An end that is nearer stays. Returns the new key and its plain text. Raises KeyClosed for a key that is
    not in use or has a successor.
    """
    old = ApiKey.objects.of(key.account_id).select_for_update().select_related("account").get(pk=key.pk)
    if not is_open(old, at=at) or old.replaced_by.exists():
        raise KeyClosed
    ends = at + (old.expires_at - old.created_at) if old.expires_at else None
    new, plain = _made(
        account=old.account, name=old.name, scopes=old.scopes, expires_at=ends, origin=origin, replaces=old
    )
    old.expires_at = min(at + overlap, old.expires_at or at + overlap)
    old.version += 1
    old.save(update_fields=["expires_at", "version", "updated_at"])
    data = {"successor": new.prefix, "expires_at": _text(old.expires_at)}
    audit(account=old.account, origin=origin, action="api_key.rotated", subject=str(old), data=data)
    return new, plain


@transaction.atomic
def revoke_key(*, key: ApiKey, at: datetime, origin: Origin) -> None:
    """From `at` on the key opens nothing; a key revoked before stays as it was."""
    changed = ApiKey.objects.of(key.account_id).filter(pk=key.pk, revoked_at=None)
    if changed.update(revoked_at=at, version=F("version") + 1):
        audit(account=key.account, origin=origin, action="api_key.revoked", subject=str(key))


def is_open(key: ApiKey, *, at: datetime) -> bool:
    """Neither revoked nor past its end."""
    return key.revoked_at is None and (key.expires_at is None or at < key.expires_at)


def _made(
    *,
    account: Account,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    origin: Origin,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    plain = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.of(account).create(
        account=account,
        name=name,
        prefix=plain[:12],
        digest=digest(plain),
        created_by_id=origin.id if origin.kind == "user" else None,
        scopes=scopes,
        expires_at=expires_at,
        replaces=replaces,
    )
    return key, plain


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
