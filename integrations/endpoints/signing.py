"""Signatures as Standard Webhooks say: secrets made, kept sealed, and used while they overlap."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from integrations.engine.caller import vault
from integrations.models import WebhookEndpoint

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A new signing secret: "whsec_" and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def seal(endpoint: WebhookEndpoint, secret: str) -> str:
    """The secret encrypted; it opens only for this endpoint (vault.py)."""
    return vault().seal({"secret": secret}, context=_context(endpoint))


def secrets_of(endpoint: WebhookEndpoint, *, now: datetime) -> list[str]:
    """The secrets that sign now, the newest first; raises VaultLocked."""
    sealed = [endpoint.sealed]
    if endpoint.sealed_before and endpoint.before_until is not None and endpoint.before_until > now:
        sealed.append(endpoint.sealed_before)
    return [unseal(endpoint, each) for each in sealed]


def unseal(endpoint: WebhookEndpoint, sealed: str) -> str:
    """What `seal` sealed for this endpoint; raises VaultLocked."""
    return vault().open(sealed, context=_context(endpoint))["secret"]


def headers(*, uid: str, body: bytes, keys: Sequence[str], now: datetime) -> Mapping[str, str]:
    """webhook-id, webhook-timestamp and webhook-signature: one signature for each secret. `now` is UTC."""
    text = body.decode()
    signatures = [Webhook(key).sign(msg_id=uid, timestamp=now, data=text) for key in keys]
    return {
        "webhook-id": uid,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def all_forms(keys: Sequence[str]) -> tuple[str, ...]:
    """Each secret with and without its prefix, for blanking."""
    return tuple(form for key in keys for form in (key, key.removeprefix(PREFIX)))


def _context(endpoint: WebhookEndpoint) -> str:
    return f"webhook-endpoint:{endpoint.pk}"
