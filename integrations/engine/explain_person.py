"""Why a person was, or was not, sent: every card that she is on, and what became of her lead there (X1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funnels.models import Deal, Person, RelatedContact
from integrations.engine.explain import Explanation, explain_deals
from integrations.engine.explain_lead import became_of, told_news
from integrations.models import Arrival, Lead
from mapping.models import Link

CARDS = 20


class Role(models.TextChoices):
    """What a person is on a card."""

    MAIN = "main", gettext_lazy("main contact")
    RELATED = "related", gettext_lazy("related contact")
    GHOST = "ghost", gettext_lazy("ghost")
    LEAD = "lead", gettext_lazy("lead")


@dataclass(frozen=True, kw_only=True)
class HerLead:
    """Her lead of one run: what became of it, and what last happened to it, "" when nothing did."""

    lead: Lead
    headline: str
    sent: bool
    last: str
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One card that she is on: why it was sent or not, and her own leads in it, newest first."""

    deal: Deal
    roles: Sequence[Role]
    explanations: Sequence[Explanation]
    leads: Sequence[HerLead]


@dataclass(frozen=True, kw_only=True)
class PersonExplanation:
    """Her newest cards, at most CARDS, and how many there are; `headline` says so in words."""

    person: Person
    headline: str
    count: int
    cards: Sequence[Card]


def explain_person(person: Person, *, now: bool = True, seen: Q | None = None) -> PersonExplanation:
    """Every card where she is main contact, related contact, ghost or lead, newest first.

    `seen`: the condition on the cards that the reader may see, None for all of them.
    Without `now` the rules are not asked about each card, and the number of queries is always the same.
    """
    ids = _cards(person, seen or Q())
    count = ids.count()
    chosen = list(ids.order_by("-pk")[:CARDS])
    rows = Deal.unscoped.filter(pk__in=chosen).select_related("funnel", "stage", "account").order_by("-pk")
    deals = list(rows)
    explanations = explain_deals(deals, now=now)
    leads = _leads(person, chosen)
    related = set(
        RelatedContact.unscoped.filter(person=person, deal__in=chosen).values_list("deal_id", flat=True)
    )
    cards = [
        Card(
            deal=deal,
            roles=_roles(person, deal, is_related=deal.pk in related, is_lead=bool(leads.get(deal.pk))),
            explanations=explanations.get(deal.pk, ()),
            leads=leads.get(deal.pk, ()),
        )
        for deal in deals
    ]
    return PersonExplanation(person=person, headline=_headline(count, len(cards)), count=count, cards=cards)


def _cards(person: Person, seen: Q) -> QuerySet[Deal, int]:
    """Ids of her cards, each once; each part goes by its own index."""
    deals = Deal.unscoped.filter(seen, account=person.account_id).order_by()
    parts = (
        deals.filter(related_contacts__person=person),
        deals.filter(pk=person.ghost_of_id or 0),
        deals.filter(enrollments__leads__person=person),
    )
    main = deals.filter(person=person).values_list("pk", flat=True)
    return main.union(*(part.values_list("pk", flat=True) for part in parts))


def _headline(count: int, shown: int) -> str:
    if not count:
        return _("This person is on no card, so nothing was ever sent.")
    if count > shown:
        return _("The newest %(shown)s of %(count)s cards.") % {"shown": shown, "count": count}
    return ""


def _roles(person: Person, deal: Deal, *, is_related: bool, is_lead: bool) -> list[Role]:
    held = {
        Role.MAIN: deal.person_id == person.pk,
        Role.RELATED: is_related,
        Role.GHOST: person.ghost_of_id == deal.pk,
        Role.LEAD: is_lead,
    }
    return [role for role, holds in held.items() if holds]


def _leads(person: Person, deal_ids: Sequence[int]) -> Mapping[int, list[HerLead]]:
    """Deal id → her leads there, newest first; five queries."""
    rows = Lead.unscoped.filter(person=person, enrollment__deal__in=deal_ids)
    leads = list(rows.select_related("person", "enrollment__connection").order_by("-pk"))
    became, last = became_of(leads), _last_news(leads)
    found: dict[int, list[HerLead]] = {}
    for lead in leads:
        news, run = last.get(lead.pk), lead.enrollment
        found.setdefault(run.deal_id, []).append(
            HerLead(
                lead=lead,
                headline=became[lead.pk].headline,
                sent=became[lead.pk].sent,
                last=told_news(news).text if news else "",
                last_at=news.received_at if news else None,
            )
        )
    return found


def _last_news(leads: Sequence[Lead]) -> Mapping[int, Arrival]:
    """Lead id → the newest news that was applied to it; of several runs of a card, the newest one's."""
    theirs = dict(
        Link.unscoped.filter(kind="lead", entity="lead", our_id__in=[lead.pk for lead in leads]).values_list(
            "our_id", "their_id"
        )
    )
    newest: dict[tuple[int, str], Lead] = {}
    for lead in leads:  # newest first
        if lead.pk in theirs:
            newest.setdefault((lead.enrollment.connection_id, f"deal:{lead.enrollment.deal_id}"), lead)
    if not newest:
        return {}
    lanes = Arrival.unscoped.filter(
        state=Arrival.State.APPLIED,
        lane__connection__in={connection for connection, _key in newest},
        lane__key__in={key for _connection, key in newest},
    ).filter(
        Q(record__about__lead__in=set(theirs.values())) | Q(kind="lead", their_id__in=set(theirs.values()))
    )
    ids = lanes.order_by().values("lane").annotate(last=Max("pk")).values_list("last", flat=True)
    rows = Arrival.unscoped.filter(pk__in=list(ids)).select_related("lane")
    return {
        newest[place].pk: row for row in rows if (place := (row.lane.connection_id, row.lane.key)) in newest
    }
