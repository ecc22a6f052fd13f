"""Sends the partners' webhooks: in the background, resent until taken, and as badly as mischief asks."""

from __future__ import annotations

import heapq
import http.client
import itertools
import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from urllib.parse import urlsplit

from .ledger import Ledger
from .mischief import Mischief, Rule

TAKEN = frozenset({*range(200, 400), 410})
"""Statuses that end the resending; the same for every stand-in until a contract sheet says otherwise."""

DEFAULT_SPACING = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between tries; the last repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One webhook: where to, the exact bytes, headers, and the signature apart so that it can be spoilt."""

    partner: str
    account: str
    event: str
    url: str
    body: bytes
    headers: dict[str, str]
    signature: tuple[str, str] | None = None
    ids: dict[str, int] = field(default_factory=dict)


Due = tuple[float, int, str, int, Message | None]
"""When (monotonic seconds), order, lane, attempt, message."""


class Courier:
    """A few threads that post messages when they are due."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        mischief: Mischief,
        spacing: Sequence[float] = DEFAULT_SPACING,
        tries: int = 20,
        timeout: float = 10.0,
        threads: int = 4,
    ) -> None:
        """Seconds for `spacing` and `timeout`; `tries` counts the first one."""
        self.spacing, self.tries, self.timeout = tuple(spacing), tries, timeout
        self._ledger, self._mischief = ledger, mischief
        self._due: list[Due] = []
        self._held: list[Message] = []
        self._order = itertools.count()
        self._flying: set[str] = set()
        self._gate = threading.Condition()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, daemon=True, name=f"courier-{n}") for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def send(self, message: Message) -> None:
        """Queue a message; mischief decides here whether it is lost, late, double, shuffled or forged."""
        struck = self._mischief.for_webhook(partner=message.partner, event=message.event)
        if "webhook_dropped" in struck:
            self._note(message, kind="webhook.dropped", attempt=0)
            return
        if "webhook_unsigned" in struck:
            message = replace(message, signature=None)
        elif "webhook_bad_signature" in struck and message.signature:
            message = replace(message, signature=(message.signature[0], message.signature[1][::-1]))
        delay = struck["webhook_delayed"].seconds if "webhook_delayed" in struck else 0.0
        lane = f"{message.url} {message.ids.get('lead', '')}"
        with self._gate:
            if "webhook_shuffled" in struck:
                self._hold(message, struck["webhook_shuffled"])
            else:
                self._push(delay, lane=lane, attempt=1, message=message)
            if "webhook_twice" in struck:
                # On a lane of its own, so that both may be on their way at once.
                self._push(delay, lane=f"{lane} again", attempt=1, message=message)
            self._gate.notify_all()

    def waiting(self) -> dict[str, int]:
        """{"waiting": queued, "flying": being posted now}."""
        with self._gate:
            return {"waiting": len(self._due) + len(self._held), "flying": len(self._flying)}

    def settle(self, *, timeout: float) -> bool:
        """Wait until nothing is queued or flying; False if that took longer than `timeout` seconds."""
        with self._gate:
            return self._gate.wait_for(lambda: not self._due and not self._held and not self._flying, timeout)

    def release(self) -> None:
        """Let go at once of what a shuffle holds."""
        with self._gate:
            self._let_go()
            self._gate.notify_all()

    def forget(self) -> None:
        """Drop what is queued, as a reset world has nothing to tell."""
        with self._gate:
            self._due.clear()
            self._held.clear()
            self._gate.notify_all()

    def close(self) -> None:
        """Stop the threads; what is queued stays unsent."""
        with self._gate:
            self._closing = True
            self._gate.notify_all()

    def _push(self, delay: float, *, lane: str, attempt: int, message: Message | None) -> None:
        """No message: the mark at which the held ones leave."""
        heapq.heappush(self._due, (monotonic() + delay, next(self._order), lane, attempt, message))

    def _run(self) -> None:
        while True:
            with self._gate:
                while not self._closing and (picked := self._pick()) is None:
                    # What is due but blocked waits for a lane to fall free, which wakes everyone.
                    self._gate.wait(max(0.02, self._due[0][0] - monotonic()) if self._due else None)
                if self._closing or picked is None:
                    return
                lane, attempt, message = picked
                self._flying.add(lane)
            again = self._attempt(message, attempt)
            with self._gate:
                self._flying.discard(lane)
                if again:
                    pause = self.spacing[min(attempt, len(self.spacing)) - 1] if self.spacing else 0.0
                    self._push(pause, lane=lane, attempt=attempt + 1, message=message)
                self._gate.notify_all()

    def _pick(self) -> tuple[str, int, Message] | None:
        """The first due message whose lane is free: one lead's news leaves in order, leads do not wait."""
        waiting: list[Due] = []
        found: tuple[str, int, Message] | None = None
        now = monotonic()
        while self._due and self._due[0][0] <= now and found is None:
            due = heapq.heappop(self._due)
            _, _, lane, attempt, message = due
            if message is None:
                self._let_go()
            elif lane in self._flying:
                waiting.append(due)
            else:
                found = (lane, attempt, message)
        for due in waiting:
            # Back with its own time, so that nothing younger on its lane overtakes it.
            heapq.heappush(self._due, due)
        return found

    def _hold(self, message: Message, rule: Rule) -> None:
        self._held.append(message)
        if rule.hold and len(self._held) >= rule.hold:
            order = list(range(len(self._held)))
            random.Random(rule.seed).shuffle(order)  # noqa: S311 - reproducible on purpose
            if order == sorted(order):
                order.reverse()
            self._let_go(order)
        elif len(self._held) == 1:
            self._push(rule.seconds, lane="", attempt=0, message=None)

    def _let_go(self, order: Iterable[int] | None = None) -> None:
        """What shuffling held back leaves in that order (default: last first), one after the other."""
        held, self._held = self._held, []
        # The mark goes too: what is held next has a time of its own.
        self._due = [due for due in self._due if due[-1] is not None]
        heapq.heapify(self._due)
        for at in range(len(held) - 1, -1, -1) if order is None else order:
            self._push(0, lane="shuffled", attempt=1, message=held[at])

    def _attempt(self, message: Message, attempt: int) -> bool:
        """Post once and note it; True when it has to be sent again."""
        status, error = post(message, timeout=self.timeout)
        taken = status in TAKEN
        self._note(
            message,
            kind="webhook.sent" if taken else "webhook.failed",
            attempt=attempt,
            status=status,
            error=error,
        )
        if not taken and attempt >= self.tries:
            self._note(message, kind="webhook.given_up", attempt=attempt)
        return not taken and attempt < self.tries

    def _note(self, message: Message, *, kind: str, attempt: int, status: int = 0, error: str = "") -> None:
        self._ledger.add(
            partner=message.partner,
            account=message.account,
            kind=kind,
            ids=message.ids,
            event=message.event,
            attempt=attempt,
            status=status,
            error=error,
            delivery=next(
                (value for name, value in message.headers.items() if "delivery" in name.lower()), ""
            ),
        )


def post(message: Message, *, timeout: float) -> tuple[int, str]:
    """POST the message; (status, "") or (0, what went wrong). Redirects are an answer, never followed."""
    target = urlsplit(message.url)
    secure = target.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    headers = {"Content-Type": "application/json", "User-Agent": "sandbox-webhooks/1", **message.headers}
    if message.signature:
        headers[message.signature[0]] = message.signature[1]
    try:
        connection = kind(target.hostname or "", target.port or (443 if secure else 80), timeout=timeout)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.request("POST", path, body=message.body, headers=headers)
            answer = connection.getresponse()
            answer.read(65536)
            return answer.status, ""
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as problem:
        # ValueError: a port or host that is none, in an address the client gave us.
        return 0, f"{type(problem).__name__}: {problem}"
