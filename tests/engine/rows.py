"""What the row tests say in one line each: a person, a card that is sent, what the card was told."""

from __future__ import annotations

from typing import Any

from funnels import services
from funnels.models import Deal, Person
from integrations.engine import catalog, clock
from integrations.engine.explain import in_words
from integrations.models import Enrollment, Lead, OutboxAction, SyncEvent
from mapping import services as mapping
from mapping.models import Link
from tests import factories
from tests.engine.conftest import Bench


def person(
    bench: Bench, name: str = "Rui Lima", email: str = "rui@padariasol.example", **other: Any
) -> Person:
    return services.create_person(
        account=bench.world.account, name=name, email=email, origin=factories.SYSTEM, **other
    )


def enter(bench: Bench, deal: Deal, origin: Any = factories.SYSTEM) -> None:
    """The card enters the sending stage, and everything due is done."""
    services.move_deal(deal=deal, stage=bench.stages()[1], origin=origin)
    bench.drain()


def their_id(lead: Lead) -> str:
    return Link.unscoped.get(our_id=lead.pk, entity="lead").their_id


def lead_of(deal: Deal, who: Person | None = None, *, number: int = 1) -> Lead:
    rows = Lead.unscoped.filter(enrollment__deal=deal, enrollment__number=number)
    return rows.get(person=who) if who else rows.get(is_main=True)


def run_of(deal: Deal, number: int = 1) -> Enrollment:
    return Enrollment.unscoped.get(deal=deal, number=number)


def told(deal: Deal) -> list[str]:
    """The card's timeline about the integration, oldest first, as a person reads it in English."""
    from django.utils import translation

    with translation.override("en"):
        return [
            in_words(each.words, each.saw) for each in SyncEvent.unscoped.filter(deal=deal).order_by("pk")
        ]


def action_of(deal: Deal) -> OutboxAction:
    return OutboxAction.unscoped.get(enrollment__deal=deal)


def sent_by_us(bench: Bench, *kinds: str) -> list[str]:
    """What our requests made over there, in order: lead.created, lead.reopened, lead.updated, lead.left."""
    wanted = kinds or ("lead.created", "lead.reopened", "lead.updated", "lead.left")
    # The ledger is append-only and outlives a test's world.
    since = bench.connection.activated_at.timestamp()
    rows = [row for kind in wanted for row in bench.ledger(kind) if row["by"] == "api" and row["at"] >= since]
    return [row["kind"] for row in sorted(rows, key=lambda row: row["seq"])]


def associate_cnpj(bench: Bench) -> None:
    """A company's CNPJ stands beside theirs, as it is read there."""
    catalog.refresh(bench.connection, "custom_fields", now=clock.now())
    mapping.add_map(
        counterpart=bench.connection.counterpart,
        kind="lead",
        entity="company",
        key="document",
        their_key="custom.cnpj",
        their_name="CNPJ",
        their_type="text",
        origin=factories.SYSTEM,
    )


def known_there(bench: Bench, status: str) -> dict[str, Any]:
    """A lead that is there from the start, by its status."""
    rows: list[dict[str, Any]] = bench.control("GET", "meetime/leads")["data"]
    return next(row for row in rows if row["status"] == status and row["email"].startswith("cliente."))
