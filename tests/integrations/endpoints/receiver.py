"""An integrator's server on loopback that answers as told and remembers each request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.integrations.wire_server import Peer, WireServer


@dataclass(frozen=True, kw_only=True)
class Got:
    """One request: headers in lower case, the body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """The body by the library's own verify; it raises where no signature fits."""
        told: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return told

    @property
    def told(self) -> dict[str, Any]:
        """The body, unverified."""
        read: dict[str, Any] = json.loads(self.body)
        return read


class Receiver(WireServer):
    """Answers each request with the next of `answers` (status, body, headers); the last one for ever."""

    def __init__(self, *answers: int | tuple[Any, ...]) -> None:
        self.answers: Sequence[int | tuple[Any, ...]] = answers or (200,)
        self.got: list[Got] = []
        super().__init__(self._serve)

    def _serve(self, peer: Peer) -> None:
        while data := peer.request():
            head, _blank, body = data.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            pairs = (line.split(": ", 1) for line in lines)
            headers = {name.lower(): value for name, value in pairs}
            answer = self.answers[min(len(self.got), len(self.answers) - 1)]
            self.got.append(Got(path=first.split(" ")[1], headers=headers, body=body))
            status, text, *more = answer if isinstance(answer, tuple) else (answer, b"")
            peer.answer(status, text, *more)
