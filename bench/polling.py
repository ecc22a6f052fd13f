"""The second road's delay: what a round of polling asks of Meetime at thousands of open leads (M37)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.installation import control, installation

LEADS = int(os.environ.get("POLLING_LEADS", "10000"))
CHANGED = (0, 20, 200)
RATE, BURST = 1.0, 5
"""Meetime's pace: requests a second, and at once."""
FILTERS = ("lead_updated_after", "updated_after", "end_after", "moved_after")
TOKEN = "bench-polling-token"
COLUMNS = (
    ("changed", "changed leads"), ("filters", "filters"), ("round", "round"), ("requests", "requests"),
    ("pages", "of them pages"), ("runs", "of them runs"), ("rows", "rows"), ("news", "new"),
    ("round_seconds", "s a round"), ("delay", "s at worst"),
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """0 when every round was read to its end and brought each changed lead once."""
    parser = argparse.ArgumentParser(prog="bench.polling", description=__doc__)
    parser.add_argument("--leads", type=int, default=LEADS, help="open leads, each linked to a card")
    parser.add_argument("--changed", type=int, nargs="*", default=list(CHANGED))
    parser.add_argument("--json", help="also write the results to this file")
    chosen = parser.parse_args(arguments)
    with installation(store="sqlite") as url:
        results = list(measure(url, leads=chosen.leads, changed=chosen.changed))
    print(table(results, leads=chosen.leads), flush=True)
    print(json.dumps(results), flush=True)
    if chosen.json:
        with open(chosen.json, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(json.dumps(results) + "\n")
    lost = [row for row in results if row["round"] == "first" and row["news"] < row["changed"]]
    return int(bool(lost))


def measure(url: str, *, leads: int, changed: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Two rounds for each number of changed leads, with their filters and with every one refused.

    The first round brings the changes; the second is the next minute's: within the look-back it reads them
    again. Seconds are requests under the pace, not waited for here.
    """
    place = _place(url, leads=leads)
    with _no_waiting():
        for refused in (False, True):
            for number in changed:
                _begin(url, place, leads=leads, refuse=FILTERS if refused else ())
                _round(place)
                for at in range(number):
                    name = f"Mudado {refused} {number} {at}"
                    lead = place.theirs[at * len(place.theirs) // number]
                    control(url, "POST", f"meetime/leads/{lead}/update", {"token": TOKEN, "name": name})
                for which in ("first", "next"):
                    count = _round(place)
                    yield {
                        "changed": number, "filters": "refused" if refused else "taken", "round": which,
                        **count, **_times(count["requests"], place.every),
                    }  # fmt: skip


def table(results: Sequence[Mapping[str, Any]], *, leads: int) -> str:
    """As a person reads it."""
    head = (
        f"\nPolling · {leads} open leads · {RATE:g} request/s, burst {BURST} · seconds are requests under "
        "that pace, counted, not waited for\n“s at worst”: the interval, then the round's last request"
    )
    lines = ["".join(f"{label:>15}" for _name, label in COLUMNS)]
    lines += ["".join(f"{row[name]!s:>15}" for name, _label in COLUMNS) for row in results]
    return "\n".join([head, *lines])


@dataclass(frozen=True, kw_only=True)
class Place:
    """A connection whose leads are all open on both sides; `theirs` their ids, `every` the interval."""

    connection: Any
    theirs: list[str]
    every: int


def _times(requests: int, every: int) -> dict[str, float]:
    seconds = max(0.0, requests - BURST) / RATE
    return {"round_seconds": round(seconds), "delay": round(every + seconds)}


def _begin(url: str, place: Place, *, leads: int, refuse: Sequence[str]) -> None:
    """Their account as on the first day, cursors at the present: no look-back into another measurement."""
    from integrations.models import Arrival, Delivery, PollCursor

    _open(url, leads=leads)
    control(url, "POST", "meetime/quirks", {"token": TOKEN, "refuse_filters": list(refuse)})
    PollCursor.unscoped.filter(connection=place.connection).delete()
    Arrival.unscoped.all().delete()
    Delivery.unscoped.all().delete()


def _open(url: str, *, leads: int) -> None:
    """Their account with that many open leads, the same at each call, and no pace to hold us up."""
    order = {"token": TOKEN, "leads": leads, "open": True, "references": True}
    control(url, "POST", "meetime/accounts", order)
    control(url, "POST", "meetime/pace", {"token": TOKEN, "rate": 100_000, "burst": 100_000})


def _round(place: Place) -> dict[str, int]:
    """Every polled kind to the end of its list; what it cost."""
    from integrations.engine import clock, polling
    from integrations.models import Arrival

    asked: Counter[str] = Counter()
    before = Arrival.unscoped.count()
    with _counted(asked):
        for kind in [cursor.kind for cursor in polling.due_cursors(place.connection, now=_late())]:
            while True:
                polling.poll(place.connection, kind)
                due = {each.kind for each in polling.due_cursors(place.connection, now=clock.now())}
                if kind not in due:
                    break
    return {
        "requests": asked["pages"] + asked["runs"],
        "pages": asked["pages"],
        "runs": asked["runs"],
        "rows": asked["rows"],
        "news": Arrival.unscoped.count() - before,
    }


@contextmanager
def _counted(asked: Counter[str]) -> Iterator[None]:
    """Counts pages of lists, readings of one lead's runs, and the rows that come; a refused page counts."""
    from integrations.partners.meetime.client import Client

    real = Client.page

    def page(self: Client, path: str, **given: Any) -> Any:
        asked["runs" if "lead_id" in given.get("filters", {}) else "pages"] += 1
        answer = real(self, path, **given)
        asked["rows"] += len(answer[0])
        return answer

    Client.page = page  # type: ignore[method-assign]
    try:
        yield
    finally:
        Client.page = real  # type: ignore[method-assign]


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Requests take their place at once: they are counted, and the pace is reckoned afterwards."""
    from integrations.engine import pace

    real = pace.reserve
    pace.reserve = lambda **_given: 0.0  # type: ignore[assignment]
    try:
        yield
    finally:
        pace.reserve = real


def _late() -> Any:
    """A time at which every kind is due."""
    from datetime import timedelta

    from integrations.engine import clock

    return clock.now() + timedelta(hours=1)


def _place(url: str, *, leads: int) -> Place:
    """An active connection with that many open leads, rows written directly on our side."""
    from accounts.models import Account, Module, Profile
    from accounts.origin import Origin
    from funnels import services
    from integrations import contract
    from integrations.engine import catalog, clock, life
    from integrations.partners.meetime import setup

    origin = Origin.system("bench")
    _open(url, leads=leads)
    account = Account.objects.create(name="Conta")
    Module.unscoped.update_or_create(
        account=account, slug="workflow", defaults={"contracted": True, "enabled": True}
    )
    profile = Profile.unscoped.create(account=account, name="Vendedor")
    funnel = services.create_funnel(
        account=account, name="Novos clientes", stages=("Entrada", "Enviar"), origin=origin
    )
    connection = life.start(account=account, partner="meetime", flow="centralisation", origin=origin)
    connection = life.validate(connection=connection, credentials={"token": TOKEN}, origin=origin)
    connection = life.enable(connection=connection, origin=origin)
    setup.allow_funnels(connection=connection, funnels=[funnel], origin=origin)
    setup.set_default_profile(connection=connection, profile=profile, origin=origin)
    for kind in ("cadences", "users"):
        catalog.refresh(connection, kind, now=clock.now())
    connection = life.activate(connection=connection, origin=origin)
    theirs = _cards(url, connection, funnel)
    return Place(connection=connection, theirs=theirs, every=contract.partner("meetime").kinds["leads"].every)


def _cards(url: str, connection: Any, funnel: Any) -> list[str]:
    """A card, a run and a linked lead for each of theirs, the ids being those of its reference."""
    from funnels.fields import search_key
    from funnels.models import Deal, Person
    from integrations.engine import clock
    from integrations.models import Enrollment, Lead
    from mapping.models import Link

    rows = control(url, "GET", f"meetime/leads?token={TOKEN}")["data"]
    account, stage, now = connection.account, list(funnel.stages.all())[1], clock.now()
    numbers = [int(row["externalReference"].partition(".")[0]) for row in rows]
    Person.unscoped.bulk_create(
        [
            Person(
                pk=number, account=account, name=row["name"], name_key=search_key(row["name"]),
                email=row["email"], email_key=row["email"].lower(),
            )
            for number, row in zip(numbers, rows, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    Deal.unscoped.bulk_create(
        [
            Deal(
                pk=number, account=account, number=number, title=row["name"], funnel=funnel, stage=stage,
                person_id=number, entered_stage_at=now,
            )
            for number, row in zip(numbers, rows, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    Enrollment.unscoped.bulk_create(
        [
            Enrollment(
                pk=number, account=account, connection=connection, deal_id=number, started_at=now,
                state=Enrollment.State.ACTIVE,
            )
            for number in numbers
        ],
        batch_size=500,
    )  # fmt: skip
    Lead.unscoped.bulk_create(
        [
            Lead(
                pk=number, account=account, enrollment_id=number, person_id=number, is_main=True,
                state=Lead.State.EXECUTING, sent_at=now, their_run=str(row["prospections"][-1]["id"]),
            )
            for number, row in zip(numbers, rows, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    Link.unscoped.bulk_create(
        [
            Link(
                account=account, counterpart=connection.counterpart, kind="lead", entity="lead",
                our_id=number, their_id=str(row["id"]), agreed_at=now,
            )
            for number, row in zip(numbers, rows, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    return [str(row["id"]) for row in rows]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
