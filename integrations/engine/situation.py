"""Gathers everything a rule may know about one deal at one connection into plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from funnels.models import Change, Company, Deal, Person
from integrations import contract
from integrations.contract import (
    AutomationView,
    ChangeView,
    CompanyView,
    DealView,
    EnrollmentView,
    LeadView,
    PersonView,
    Situation,
)
from integrations.engine import filters
from integrations.models import Automation, CatalogItem, Connection, Enrollment, LinkedUser
from mapping.models import Link

WITH = ("person", "company", "stage", "funnel", "owner")


def gather(
    *, connection: Connection, deal: Deal, now: datetime, enrollment: Enrollment | None = None
) -> Situation:
    """The present of a deal at a connection; `enrollment` is its newest run unless another is given."""
    run = enrollment or deal.enrollments.filter(connection=connection).order_by("-number").first()
    card = deal_view(deal)
    catalog = catalog_of(connection)
    linked = LinkedUser.unscoped.filter(connection=connection).order_by("pk")
    return Situation(
        connection_id=connection.pk,
        connection_state=connection.state,
        now=now,
        deal=card,
        enrollment=run_view(run) if run else None,
        automations=automation_views(deal, connection),
        # A seller who was made anew over there has two links: the one that still exists counts.
        users={
            user: theirs
            for theirs, user in linked.values_list("their_id", "user_id")
            if theirs in catalog.get("users", {})
        },
        catalog=catalog,
        settings=contract.partner(connection.partner).settings(connection.pk),
        people=_people(card, run),
    )


def _people(card: DealView, run: Enrollment | None) -> Mapping[int, PersonView]:
    people = {person.id: person for person in (card.main, *card.related) if person is not None}
    if run is not None:
        others = Person.unscoped.filter(leads__enrollment=run, deleted_at=None).exclude(pk__in=people)
        people.update({person.pk: person_view(person) for person in others.prefetch_related("phones")})
    return people


def deal_view(deal: Deal) -> DealView:
    """The card with its people."""
    related = Person.unscoped.filter(related_deals__deal=deal, deleted_at=None).order_by("related_deals__id")
    ghost = Person.unscoped.filter(ghost_of=deal).first()
    main = deal.person if deal.person is not None and deal.person.deleted_at is None else ghost
    return DealView(
        id=deal.pk,
        title=deal.title,
        status=deal.status,
        funnel_id=deal.funnel_id,
        stage_id=deal.stage_id,
        owner_id=deal.owner_id,
        fields=dict(deal.custom),
        main=person_view(main) if main else None,
        related=tuple(person_view(person) for person in related.prefetch_related("phones")),
        company=company_view(deal.company) if deal.company else None,
        deleted=deal.deleted_at is not None,
    )


def person_view(person: Person) -> PersonView:
    """A person with her phones as typed."""
    return PersonView(
        id=person.pk,
        name=person.name,
        email=person.email,
        phones=tuple(phone.typed for phone in person.phones.all()),
        is_ghost=person.is_ghost,
    )


def company_view(company: Company) -> CompanyView:
    """A company with its phones as typed."""
    return CompanyView(
        id=company.pk, name=company.name, phones=tuple(phone.typed for phone in company.phones.all())
    )


def run_view(run: Enrollment) -> EnrollmentView:
    """A run with its leads and their ids over there."""
    leads = list(run.leads.order_by("id"))
    theirs = dict(
        Link.unscoped.filter(
            counterpart__connection=run.connection_id,
            kind="lead",
            entity="lead",
            our_id__in=[lead.pk for lead in leads],
        ).values_list("our_id", "their_id")
    )
    return EnrollmentView(
        id=run.pk,
        number=run.number,
        state=run.state,
        ended_at=run.ended_at,
        parameters=dict(run.parameters),
        leads=tuple(
            LeadView(
                id=lead.pk,
                person_id=lead.person_id,
                their_id=theirs.get(lead.pk, ""),
                state=lead.state,
                is_main=lead.is_main,
                closed_at=lead.closed_at,
            )
            for lead in leads
        ),
    )


def automation_views(deal: Deal, connection: Connection) -> tuple[AutomationView, ...]:
    """The funnel's automations for this connection, each with whether the card passes its filters."""
    rows = list(Automation.unscoped.filter(funnel_id=deal.funnel_id, connection=connection))
    if not rows:
        return ()
    values = filters.deal_values(deal)
    views = []
    for row in rows:
        matches, saw = filters.evaluate(row.filters, values)
        views.append(
            AutomationView(
                id=row.pk,
                order=row.position,
                description=row.description,
                trigger=row.trigger,
                stage_id=row.stage_id,
                action=row.action,
                connection_id=row.connection_id,
                parameters=dict(row.parameters),
                matches=matches,
                filters_saw=tuple(saw),
                enabled=row.enabled,
            )
        )
    return tuple(views)


def catalog_of(connection: Connection) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """kind → their id → what they list, without what is gone; every declared kind is there."""
    shelves: dict[str, dict[str, Mapping[str, Any]]] = {
        kind: {} for kind in contract.partner(connection.partner).kinds
    }
    rows = CatalogItem.unscoped.filter(connection=connection, gone_at=None)
    for kind, their_id, name, data in rows.values_list("kind", "their_id", "name", "data"):
        shelves.setdefault(kind, {})[their_id] = {**data, "name": name}
    return shelves


def change_view(change: Change) -> ChangeView:
    """A journal line as rules see it."""
    origin = f"{change.origin_kind}:{change.origin_id}" if change.origin_id else change.origin_kind
    return ChangeView(
        id=change.pk,
        entity=change.entity,
        kind=change.kind,
        fields=change.fields,
        origin=origin,
        at=change.at,
    )
