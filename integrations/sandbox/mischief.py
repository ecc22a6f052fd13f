"""Faults on demand: which request or webhook goes wrong, how, how often and how many times."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from .wire import NoAnswer

Wait = Callable[[float], object]
"""Sleeps that many seconds, or less when the server stops."""

HELD_AT_MOST = 30.0
"""Seconds after which a shuffle lets go even if fewer came than it was to hold."""

HTML = (
    "<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Manutenção</h1></body></html>"
)


def _html(_: Response, rule: Rule, __: Wait) -> Response:
    return Response(HTML, status=rule.status or 200, mimetype="text/html")


def _half(answer: Response, _: Rule, __: Wait) -> Response:
    body = answer.get_data()
    return Response(body[: max(1, len(body) // 2)], status=answer.status_code, mimetype="application/json")


def _empty(_: Response, rule: Rule, __: Wait) -> Response:
    return Response(b"", status=rule.status or 200, mimetype="application/json")


def _drip(answer: Response, rule: Rule, wait: Wait) -> Response:
    body = answer.get_data()
    pause = rule.seconds / max(1, len(body))

    def drops() -> Iterator[bytes]:
        for at in range(len(body)):
            yield body[at : at + 1]
            wait(pause)

    slow = Response(drops(), status=answer.status_code, mimetype=answer.mimetype)
    slow.headers["Content-Length"] = str(len(body))
    return slow


def _late(answer: Response, rule: Rule, wait: Wait) -> Response:
    wait(rule.seconds)
    return answer


def _silence(_: Response, rule: Rule, wait: Wait) -> Response:
    wait(rule.seconds)
    raise NoAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one kind goes: is the request carried out, what is said instead, how the answer is spoilt.

    `silent`: the connection is closed without a byte of answer.
    """

    performs: bool = True
    refusal: str = ""
    spoil: Callable[[Response, Rule, Wait], Response] | None = None
    seconds: float = 0
    wait_first: bool = False
    silent: bool = False
    webhook: bool = False


KINDS: Mapping[str, Fault] = {
    "401": Fault(performs=False, refusal="401"),
    "429": Fault(performs=False, refusal="429"),
    "429_retry_after": Fault(performs=False, refusal="429", seconds=2),
    "500": Fault(performs=False, refusal="500"),
    "503": Fault(performs=False, refusal="503"),
    "html": Fault(performs=False, spoil=_html),
    "half_json": Fault(spoil=_half),
    "empty": Fault(spoil=_empty),
    "drip": Fault(spoil=_drip, seconds=20),
    "late": Fault(wait_first=True, seconds=5),
    "hang": Fault(performs=False, spoil=_silence, seconds=60, silent=True),
    "did_not_answer": Fault(spoil=_silence, silent=True),
    "did_late": Fault(spoil=_late, seconds=5),
    "webhook_twice": Fault(webhook=True),
    "webhook_shuffled": Fault(webhook=True, seconds=0.5),
    "webhook_dropped": Fault(webhook=True),
    "webhook_delayed": Fault(webhook=True, seconds=5),
    "webhook_unsigned": Fault(webhook=True),
    "webhook_bad_signature": Fault(webhook=True),
}


@dataclass(slots=True, kw_only=True)
class Rule:
    """One order to misbehave.

    `rate` 0..1 of the fitting requests; `times` how often in all (None: until cleared); `path` and `method`
    narrow requests, `event` narrows webhooks; `seconds` how long or how late; `performs` overrides the kind's
    habit of carrying the request out; `skip` lets the first fitting ones pass; `hold`, how many webhooks a
    shuffle waits for before they leave in an order drawn from `seed` (0: after `seconds`, last first).
    """

    partner: str
    kind: str
    rate: float = 1.0
    times: int | None = None
    path: str = ""
    method: str = ""
    event: str = ""
    seconds: float = 0
    status: int = 0
    performs: bool = True
    skip: int = 0
    hold: int = 0
    seed: int = 0
    fired: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def shown(self) -> dict[str, Any]:
        """The rule as JSON."""
        return {name: value for name, value in asdict(self).items() if name != "dice"}


def rule_from(order: Mapping[str, Any]) -> Rule:
    """Read a control order; ValueError says in words what is wrong with it."""
    kind = str(order.get("kind", ""))
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; one of {', '.join(KINDS)}")
    if not order.get("partner"):
        raise ValueError("partner is missing")
    fault, seed, hold = KINDS[kind], int(order.get("seed", 0)), int(order.get("hold", 0))
    times = order.get("times")
    return Rule(
        partner=str(order["partner"]),
        kind=kind,
        rate=float(order.get("rate", 1)),
        times=None if times is None else int(times),
        path=str(order.get("path") or ""),
        method=str(order.get("method") or "").upper(),
        event=str(order.get("event") or ""),
        seconds=float(order.get("seconds", HELD_AT_MOST if hold else fault.seconds)),
        status=int(order.get("status", 0)),
        performs=bool(order.get("performs", fault.performs)),
        skip=int(order.get("skip", 0)),
        hold=hold,
        seed=seed,
        dice=random.Random(seed),  # noqa: S311 - reproducible on purpose
    )


class Mischief:
    """The orders in force, oldest first; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def order(self, rule: Rule) -> None:
        """Put a rule in force."""
        with self._lock:
            self._rules.append(rule)

    def clear(self, *, partner: str = "") -> None:
        """Behave again: all rules, or one partner's, are gone."""
        with self._lock:
            self._rules = [rule for rule in self._rules if partner and rule.partner != partner]

    def rules(self) -> list[dict[str, Any]]:
        """The rules in force with `fired`, how often each has struck."""
        with self._lock:
            return [rule.shown() for rule in self._rules]

    def for_request(self, *, partner: str, method: str, path: str) -> Rule | None:
        """The first rule that strikes this request (path as the partner sees it), counted as struck."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                fits = (
                    rule.partner == partner
                    and not KINDS[rule.kind].webhook
                    and path.startswith(rule.path)
                    and rule.method in ("", method)
                )
                if fits and _strikes(rule):
                    return rule
        return None

    def for_webhook(self, *, partner: str, event: str) -> dict[str, Rule]:
        """Every webhook rule that strikes this message, by kind: a message may be late and twice."""
        with self._lock:
            return {
                rule.kind: rule
                for rule in self._rules
                if rule.partner == partner
                and KINDS[rule.kind].webhook
                and rule.event in ("", event)
                and _strikes(rule)
            }


def _strikes(rule: Rule) -> bool:
    if rule.times is not None and rule.fired >= rule.times:
        return False
    if rule.skip > 0:
        rule.skip -= 1
        return False
    if rule.rate < 1 and rule.dice.random() >= rule.rate:
        return False
    rule.fired += 1
    return True
