"""From the commit of a card's move to the lead at the partner: the wait a seller feels (promise 5, M28)."""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.installation import NotHere, control, installation, process

PER_CONNECTION = 4.5
"""Seconds between two moves of one connection: three requests a send, two thirds of Meetime's 1/s."""
MEDIAN, P95 = 0.300, 1.0
"""Seconds: what --check asserts."""
MADE = ("lead.created", "lead.reopened", "lead.updated", "lead.left")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One account with its connection: where its cards come from and go to."""

    connection: Any
    token: str
    cards: list[Any]
    stage: Any


def main(arguments: Sequence[str]) -> int:
    """0 when every move arrived (and, with --check, in time)."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--moves", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=5.0, help="moves a second, over all connections")
    parser.add_argument("--store", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--check", action="store_true", help=f"fail above median {MEDIAN} s or p95 {P95} s")
    parser.add_argument("--json", help="also write the results to this file")
    chosen = parser.parse_args(arguments)
    results = []
    for store in chosen.store or ("sqlite", "postgres"):
        # One installation a process: settings are read once.
        child = os.fork()
        if child == 0:
            os._exit(_one(store, chosen))
        _pid, status = os.waitpid(child, 0)
        results.append(os.waitstatus_to_exitcode(status))
    return max(results)


def _one(store: str, chosen: argparse.Namespace) -> int:
    try:
        result = measure(store=store, moves=chosen.moves, rate=chosen.rate)
    except NotHere as missing:
        print(f"could not run here: {missing}", flush=True)
        return 0
    print(table(result), flush=True)
    print(json.dumps(result), flush=True)
    if chosen.json:
        with open(chosen.json, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(json.dumps(result) + "\n")
    slow = result["median"] >= MEDIAN or result["p95"] >= P95
    return int(result["missing"] > 0 or (chosen.check and slow))


def measure(*, store: str, moves: int, rate: float) -> dict[str, Any]:
    """Seconds from commit to the sandbox's own time stamp, as min, median, p95, p99 and max."""
    accounts = max(1, math.ceil(rate * PER_CONNECTION))
    with installation(store=store) as url:
        places = [_place(url, number, moves=range(number, moves, accounts)) for number in range(accounts)]
        with process("pump"):
            _settled()
            committed, late = _move(places, moves=moves, rate=rate)
            arrived = _arrivals(url, wanted=moves)
        troubles = _troubles()
    waits = sorted(arrived[deal][0] - at for deal, at in committed.items() if deal in arrived)
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {
        "store": store,
        "moves": moves,
        "rate": rate,
        "connections": accounts,
        "missing": moves - len(waits),
        "load": round(os.getloadavg()[0], 1),
        "troubles": troubles,
        "made": dict(Counter(kind for _at, kind in arrived.values())),
        "late_moves_p95": round(statistics.quantiles(late, n=20, method="inclusive")[18], 3),
        **{
            name: round(value, 4)
            for name, value in (
                ("min", waits[0]),
                ("median", cuts[49]),
                ("p95", cuts[94]),
                ("p99", cuts[98]),
                ("max", waits[-1]),
            )
        },
    }


def table(result: dict[str, Any]) -> str:
    """The result as a person reads it; times in milliseconds."""
    columns = ("min", "median", "p95", "p99", "max")
    head = (
        f"\nCard to lead · {result['store']} · {result['moves']} moves at {result['rate']}/s over "
        f"{result['connections']} connections · load {result['load']}\n"
        f"{result['made']} · missing {result['missing']} · troubles {result['troubles']}"
    )
    return "\n".join(
        [
            head,
            "".join(f"{name:>10}" for name in columns),
            "".join(f"{result[name] * 1000:>7.0f} ms" for name in columns),
        ]
    )


def _move(places: list[Place], *, moves: int, rate: float) -> tuple[dict[int, float], list[float]]:
    """Moves card after card at the rate; (deal → time of commit, seconds each move was late)."""
    from accounts.origin import Origin
    from funnels import services

    origin = Origin.system("bench")
    committed: dict[int, float] = {}
    late: list[float] = []
    start = time.monotonic()
    for number in range(moves):
        wait = start + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        late.append(max(0.0, -wait))
        place = places[number % len(places)]
        deal = place.cards[number // len(places)]
        services.move_deal(deal=deal, stage=place.stage, origin=origin)
        committed[deal.pk] = time.time()
    return committed, late


def _settled(*, patience: float = 300.0) -> None:
    """The pump has consumed the making of the cards, and every bucket is full again."""
    from integrations.models import Lane

    until = time.monotonic() + patience
    while Lane.unscoped.filter(due_at__isnull=False).exists() and time.monotonic() < until:
        time.sleep(0.5)
    time.sleep(5.0)


def _arrivals(url: str, *, wanted: int, patience: float = 60.0) -> dict[int, tuple[float, str]]:
    """deal → (when the partner had it, what it made of it), off the sandbox's ledger."""
    until = time.monotonic() + patience
    while True:
        found = {
            int(row["body"]["externalReference"].partition(".")[0]): (row["at"], row["kind"])
            for kind in MADE
            for row in control(url, "GET", f"ledger?kind={kind}&limit=100000")["data"]
            if row["by"] == "api" and row["body"].get("externalReference")
        }
        if len(found) >= wanted or time.monotonic() > until:
            return found
        time.sleep(1.0)


def _troubles() -> dict[str, int]:
    """What was answered other than 2xx, and actions that took more than one attempt."""
    from integrations.models import Exchange, OutboxAction

    wrong = Exchange.unscoped.exclude(status__gte=200, status__lt=300).values_list(
        "status", "method", "error"
    )
    found = Counter(f"{status} {method} {error}".strip() for status, method, error in wrong)
    again = OutboxAction.unscoped.filter(attempts__gt=1).count()
    return {**found, **({"sent more than once": again} if again else {})}


def _place(url: str, number: int, *, moves: range) -> Place:
    """An account whose connection is active, with a card a move; every fifth e-mail is known over there."""
    from accounts.models import Account, Module, Profile
    from accounts.origin import Origin
    from funnels import services
    from integrations.engine import catalog, clock, life
    from integrations.models import Automation, LinkedUser
    from integrations.partners.meetime import setup

    origin = Origin.system("bench")
    token = f"bench-token-{number}"
    control(url, "POST", "meetime/accounts", {"token": token, "seed": number, "company": f"Banco {number}"})
    account = Account.objects.create(name=f"Conta {number}")
    Module.unscoped.update_or_create(
        account=account, slug="workflow", defaults={"contracted": True, "enabled": True}
    )
    profile = Profile.unscoped.create(account=account, name="Vendedor")
    funnel = services.create_funnel(
        account=account, name="Novos clientes", stages=("Entrada", "Enviar"), origin=origin
    )
    entry, sending = funnel.stages.all()
    connection = life.start(account=account, partner="meetime", flow="centralisation", origin=origin)
    connection = life.validate(connection=connection, credentials={"token": token}, origin=origin)
    connection = life.enable(connection=connection, origin=origin)
    setup.allow_funnels(connection=connection, funnels=[funnel], origin=origin)
    setup.set_default_profile(connection=connection, profile=profile, origin=origin)
    for kind in ("cadences", "users"):
        catalog.refresh(connection, kind, now=clock.now())
    connection = life.activate(connection=connection, origin=origin)
    cadence = next(
        row for row in catalog.items(connection, "cadences") if row.data["priority"] == "VERY_HIGH"
    )
    Automation.unscoped.create(
        account=account,
        funnel=funnel,
        stage=sending,
        description="Enviar para a Meetime",
        trigger="entered",
        action="meetime.send_lead",
        connection=connection,
        parameters={"cadence": cadence.their_id, "start": "now"},
    )
    owner = LinkedUser.unscoped.filter(connection=connection).first().user
    made = []
    for at in moves:
        email = f"pessoa{at}@conta{number}.example"
        if at % 5 == 0:
            control(url, "POST", "meetime/leads", {"token": token, "name": f"Pessoa {at}", "email": email})
        person = services.create_person(
            account=account, name=f"Pessoa {at}", email=email, phones=["(48) 99911-2233"], origin=origin
        )
        made.append(
            services.create_deal(
                account=account, title=f"Negócio {at}", stage=entry, person=person, owner=owner, origin=origin
            )
        )
    return Place(connection=connection, token=token, cards=made, stage=sending)
