"""How what happened is made known: a line in the ledger, a signed webhook to who asked for the event."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

from integrations.sandbox.desk import Desk
from integrations.sandbox.hooks import Message

from .sandbox_state import Account


class Teller:
    """Writes under the partner's slug; callers hold the account's lock."""

    def __init__(self, *, desk: Desk, slug: str) -> None:
        self.desk, self.slug = desk, slug

    def note(self, account: Account, *, kind: str, by: str, body: Any = None, **ids: int | None) -> None:
        """One line of the ledger."""
        self.desk.ledger.add(partner=self.slug, account=account.alias, kind=kind, ids=ids, body=body, by=by)

    def tell(self, account: Account, *, event: str, payload: dict[str, Any], ids: dict[str, int]) -> None:
        """Queue the event for every enabled webhook that asked for it (contract 10.1)."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        for hook in account.webhooks.values():
            if hook.enabled and event in hook.events:
                digest = hmac.new(hook.secret.encode(), body, hashlib.sha256).digest()
                self.desk.courier.send(
                    Message(
                        partner=self.slug,
                        account=account.alias,
                        event=event,
                        url=hook.target_url,
                        body=body,
                        headers={"X-Meetime-Delivery": str(uuid.uuid4())},
                        signature=("X-Meetime-Signature", base64.urlsafe_b64encode(digest).decode()),
                        ids={**ids, "webhook": hook.id},
                    )
                )
