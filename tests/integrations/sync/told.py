"""Rows behind what is told of leads: a linked lead, associated fields, news of a lead, conflicts."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from funnels import services
from funnels.models import Deal, Person
from integrations.contract import partner
from integrations.models import Arrival, CatalogItem, Connection, Lead
from mapping import matrix
from mapping.models import Conflict, Counterpart, FieldMap, Link
from mapping.services import add_map
from tests import factories
from tests.integrations.shown import arrival_of, lead_of

THEIRS = "501"


def person_of(world: Any, name: str = "Rita", **values: Any) -> Person:
    given = {"email": f"{name.lower()}@sol.example", **values}
    return services.create_person(account=world.account, name=name, origin=factories.SYSTEM, **given)


def counterpart_of(connection: Connection) -> Counterpart:
    """The other side of this connection."""
    if connection.counterpart is None:
        connection.counterpart = Counterpart.unscoped.create(
            account_id=connection.account_id, slug=connection.partner, remote_id=connection.remote_id
        )
        connection.save()
    return connection.counterpart


def linked_lead(
    connection: Connection,
    deal: Deal,
    *,
    ours: dict[str, Any] | None = None,
    theirs: dict[str, Any] | None = None,
    their_id: str = THEIRS,
    outcome: str = "created",
    **values: Any,
) -> Lead:
    """A lead that is over there, with both faces of what was agreed on."""
    lead = lead_of(connection, deal, **values)
    Lead.unscoped.filter(pk=lead.pk).update(
        sent_at=timezone.now(), outcome=outcome, public_url="https://meetime.example/l/1", their_run="run-1"
    )
    Link.unscoped.create(
        account_id=connection.account_id,
        counterpart=counterpart_of(connection),
        kind="lead",
        entity="lead",
        our_id=lead.pk,
        their_id=their_id,
        ours=ours or {},
        theirs=theirs if theirs is not None else ours or {},
        agreed_at=timezone.now(),
    )
    lead.refresh_from_db()
    return lead


def associated(
    connection: Connection,
    *,
    entity: str = "person",
    key: str = "cargo",
    their_key: str = "custom.cargo",
    type: str = "text",
    their_type: str = "text",
    **choices: Any,
) -> FieldMap:
    """A field of ours beside one of theirs, which their catalog lists."""
    services.ensure_custom_field(
        account=connection.account,
        entity=entity,
        key=key,
        label=key.title(),
        type=type,
        origin=factories.SYSTEM,
    )
    CatalogItem.unscoped.create(
        account_id=connection.account_id,
        connection=connection,
        kind="custom_fields",
        their_id=their_key,
        name=f"{key.title()} lá",
        data={"key": their_key, "type": their_type, "options": []},
    )
    mappable = partner(connection.partner).mappable
    assert mappable is not None
    matrix.declare(connection.partner, mappable.pairs)
    return add_map(
        counterpart=counterpart_of(connection),
        kind="lead",
        entity=entity,
        key=key,
        their_key=their_key,
        their_name=f"{key.title()} lá",
        their_type=their_type,
        origin=factories.SYSTEM,
        **choices,
    )


def news_of(
    lead: Lead,
    *,
    words: str = "The activity became an interaction record.",
    state: str = "applied",
    run: str = "",
    number: int = 1,
    their_id: str = THEIRS,
) -> Arrival:
    """An activity of this lead that was taken in."""
    row = arrival_of(lead.enrollment.connection, lead.enrollment.deal, state=state, reason="")
    Arrival.unscoped.filter(pk=row.pk).update(
        their_id=str(9000 + number),
        record={"about": {"lead": their_id, "run": run}},
        tried=[{"row": "M33", "passed": True, "words": words, "saw": {"type": "CALL", "record": "phone"}}],
    )
    row.refresh_from_db()
    return row


def conflict_of(
    connection: Connection,
    deal: Deal,
    *,
    winner: str = "ours",
    ours: str = "Sol",
    theirs: str = "Lua",
    key: str = "custom.cargo",
    why: str = "Both sides changed it; the CRM's change is the latest.",
    their_id: str = THEIRS,
) -> Conflict:
    return Conflict.unscoped.create(
        account_id=connection.account_id,
        counterpart=counterpart_of(connection),
        entity="person",
        our_id=deal.person_id or 0,
        their_id=their_id,
        deal_id=deal.pk,
        their_key=key,
        label="Cargo",
        ours=ours,
        theirs=theirs,
        winner=winner,
        why=why,
        at=timezone.now(),
    )
