"""Raw news that holds a person, found by reading it: most of it made no arrival of hers (X8)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from django.db.models import Q

from funnels.services.scrubbing import folded
from integrations.engine import erased
from integrations.engine.arrivals import record_of
from integrations.models import Arrival, Delivery
from integrations.privacy.known import Known, text_of

AT_ONCE = 200  # bodies in hand: each may have megabytes
IDS = r'"(?:id|lead|lead_?id)"\s*:\s*"?(?:{})"?(?![\w.-])'


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Ids of deliveries and arrivals that hold her; `last` is the newest delivery that was read."""

    deliveries: tuple[int, ...] = ()
    arrivals: tuple[int, ...] = ()
    last: int = 0

    def __add__(self, other: Raw) -> Raw:
        return Raw(
            deliveries=(*self.deliveries, *other.deliveries),
            arrivals=tuple(dict.fromkeys((*self.arrivals, *other.arrivals))),
            last=max(self.last, other.last),
        )


def look(known: Known, *, after: int = 0) -> Raw:
    """Reads every body that the account keeps (its `payload_days`), of deliveries newer than `after`."""
    held, last = [], after
    pattern = _pattern(known)
    bodies = known.of_account(Delivery).filter(pk__gt=after).exclude(body=b"").order_by("pk")
    for pk, body in bodies.values_list("pk", "body").iterator(chunk_size=AT_ONCE):
        last = pk
        if pattern.search(_text(bytes(body))):
            held.append(pk)
    told = []
    for start in range(0, len(held) + 1, AT_ONCE):
        of_these = Q(delivery__in=held[start : start + AT_ONCE])
        if start == 0:  # bodies that went with somebody else's erasure left the others' arrivals
            of_these |= Q(delivery__body=b"", delivery__gt=after)
        rows = known.of_account(Arrival).filter(of_these).exclude(record={})
        told += [
            pk
            for pk, record in rows.values_list("pk", "record").iterator(chunk_size=AT_ONCE)
            if pattern.search(text_of(record))
        ]
    return Raw(deliveries=tuple(held), arrivals=tuple(told), last=last)


def told(known: Known, source: str, body: bytes) -> str:
    """A body as she may read it: of a polled page only what tells of her, because the rest is of others."""
    text = body.decode("utf-8", errors="replace")
    if source != Delivery.Source.POLL:
        return text
    pattern = _pattern(known)
    kept = [each for each in json.loads(text) if pattern.search(text_of(each))]
    return json.dumps(kept, ensure_ascii=False)


def hers(arrivals: list[Arrival]) -> list[Arrival]:
    """Those that are news of an erased person: others only mention her, as a number that a house shares."""
    return [
        row for row in arrivals if row.record and not erased.living(row.connection, [record_of(row.record)])
    ]


def _pattern(known: Known) -> re.Pattern[str]:
    ids = "|".join(re.escape(each.lower()) for each in sorted(set(known.their_ids)))
    words = known.words.anywhere.pattern
    return re.compile(f"{words}|{IDS.format(ids)}" if ids else words)


def _text(body: bytes) -> str:
    """A body as patterns read it; JSON's escapes are undone where it has any."""
    text = body.decode("utf-8", errors="replace")
    if "\\u" in text:
        try:
            return text_of(json.loads(text))
        except ValueError:
            return folded(text)  # cut off or no JSON at all: looked through as it came
    return folded(text)
