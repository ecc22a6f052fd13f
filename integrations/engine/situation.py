"""Gathers everything a rule may know about one deal at one connection into plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from funnels import conditions
from funnels.models import Change, Company, Deal, Person, Stage
from integrations import contract
from integrations.contract import (
    AccountView,
    AutomationView,
    ChangeView,
    CompanyView,
    DealView,
    EnrollmentView,
    LeadView,
    PersonView,
    Situation,
)
from integrations.engine.following import Following, Problem, followings, say
from integrations.engine.names import AccountNames
from integrations.models import Automation, CatalogItem, Connection, Enrollment, Lead, LinkedUser
from mapping.models import Link

WITH = ("person", "company", "stage", "funnel", "owner", "loss_reason")


@dataclass(frozen=True, kw_only=True)
class Around:
    """What all cards of one funnel at one connection share: read once for many of them."""

    catalog: Mapping[str, Mapping[str, Mapping[str, Any]]]
    users: Mapping[int, str]
    settings: Mapping[str, Any]
    stages: Mapping[int, str]
    automations: Sequence[Automation]
    pairs: Sequence[Following]


Shared = Callable[[int], Around]
"""`around` of one connection by funnel, read once for as long as a lane is in hand."""


def around(connection: Connection, funnel_id: int) -> Around:
    """The present of what a funnel's cards share."""
    catalog = catalog_of(connection)
    return Around(
        catalog=catalog,
        users=users_of(connection, catalog),
        settings=contract.partner(connection.partner).settings(connection.pk),
        stages=dict(Stage.unscoped.filter(funnel_id=funnel_id).values_list("pk", "name")),
        automations=list(Automation.unscoped.filter(funnel_id=funnel_id, connection=connection)),
        pairs=followings(connection),
    )


def gather(
    *,
    connection: Connection,
    deal: Deal,
    now: datetime,
    enrollment: Enrollment | None = None,
    shared: Around | None = None,
    automations: bool = True,
) -> Situation:
    """The present of a deal at a connection; `enrollment` is its newest run unless another is given.

    `shared`: what was read for this funnel's cards already. `automations`: only what decides on changes asks
    for them, and each one's filters look at everything around the card.
    """
    run = enrollment or deal.enrollments.filter(connection=connection).order_by("-number").first()
    card = deal_view(deal)
    shared = shared or around(connection, deal.funnel_id)
    people = _people(card, run)
    leads = leads_of(run) if run else []
    said, unsaid = told_of(shared.pairs, deal, people, leads)
    return Situation(
        connection_id=connection.pk,
        connection_state=connection.state,
        now=now,
        deal=card,
        enrollment=run_view(run, leads) if run else None,
        automations=automation_views(deal, shared.automations) if automations else (),
        users=shared.users,
        catalog=shared.catalog,
        settings=shared.settings,
        people=people,
        flow=connection.flow,
        told=said,
        untold=unsaid,
        stages=shared.stages,
    )


def account_view(connection: Connection, *, now: datetime) -> AccountView:
    """What a rule may know about news that belong to no card (M45)."""
    catalog = catalog_of(connection)
    return AccountView(
        connection_id=connection.pk,
        flow=connection.flow,
        now=now,
        users=users_of(connection, catalog),
        catalog=catalog,
        settings=contract.partner(connection.partner).settings(connection.pk),
    )


def users_of(connection: Connection, catalog: Mapping[str, Mapping[str, Any]]) -> dict[int, str]:
    """Our user → theirs. A seller who was made anew over there has two links: the one that exists counts."""
    linked = LinkedUser.unscoped.filter(connection=connection).order_by("pk")
    return {
        user: theirs
        for theirs, user in linked.values_list("their_id", "user_id")
        if theirs in catalog.get("users", {})
    }


def told_of(
    pairs: Sequence[Following], deal: Deal, people: Mapping[int, PersonView], leads: Sequence[Lead]
) -> tuple[dict[int, dict[str, str]], dict[int, dict[str, Problem]]]:
    """By person, what the mapped fields say for her, and what cannot be said and why (M46, M48)."""
    if not pairs:
        return {}, {}
    companies = {lead.person_id: company_of(lead, deal) for lead in leads}
    names, said, unsaid = AccountNames(deal.account_id), {}, {}
    for person in Person.unscoped.filter(pk__in=list(people)):
        rows = {"person": person, "company": companies.get(person.pk, deal.company), "deal": deal}
        said[person.pk], unsaid[person.pk] = say(pairs, rows=rows, names=names)
    return said, unsaid


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
        loss_reason=deal.loss_reason.name if deal.loss_reason else "",
        stage_since=deal.entered_stage_at,
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


def leads_of(run: Enrollment) -> list[Lead]:
    """The run's leads with what `company_of` looks at."""
    return list(run.leads.select_related("company").order_by("id"))


def company_of(lead: Lead, deal: Deal) -> Company | None:
    """Whose company a lead speaks of: the card's, or its own if it was added there of another (M15, M34)."""
    own: Company | None = lead.company
    return own or deal.company


def run_view(run: Enrollment, leads: Sequence[Lead]) -> EnrollmentView:
    """A run with its leads and their ids over there."""
    links = {
        link.our_id: link
        for link in Link.unscoped.filter(
            counterpart__connection=run.connection_id,
            kind="lead",
            entity="lead",
            our_id__in=[lead.pk for lead in leads],
        )
    }
    return EnrollmentView(
        id=run.pk,
        number=run.number,
        state=run.state,
        started_at=run.started_at,
        ended_at=run.ended_at,
        parameters=dict(run.parameters),
        leads=tuple(
            LeadView(
                id=lead.pk,
                person_id=lead.person_id,
                their_id=links[lead.pk].their_id if lead.pk in links else "",
                state=lead.state,
                is_main=lead.is_main,
                closed_at=lead.closed_at,
                their_run=lead.their_run,
                ours=dict(links[lead.pk].ours) if lead.pk in links else {},
                theirs=dict(links[lead.pk].theirs) if lead.pk in links else {},
                as_of=links[lead.pk].as_of if lead.pk in links else None,
                own_company=company_view(lead.company) if lead.company else None,
            )
            for lead in leads
        ),
    )


def automation_views(deal: Deal, rows: Sequence[Automation]) -> tuple[AutomationView, ...]:
    """The funnel's automations, each with whether the card passes its filters."""
    if not rows:
        return ()
    values = conditions.deal_values(deal)
    views = []
    for row in rows:
        matches, saw = conditions.evaluate(row.filters, values)
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
