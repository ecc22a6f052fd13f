"""Reads worth a name: the board's columns, people by what was typed, a funnel's owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import Account, User
from funnels.documents import show_cnpj
from funnels.fields import email_key, phone_forms, search_key
from funnels.models import (
    Company,
    Deal,
    DealProduct,
    Funnel,
    Person,
    Phone,
    Product,
    RelatedContact,
    Stage,
    Task,
    TaskResponsible,
)
from funnels.panels import Badge, badges_for

CARDS_PER_COLUMN = 50
MOST_CARDS = 500  # of one column on one page; beyond it people search
PAGE = 30
CHOICES = 8
CLIENTS = 6  # of either kind


@dataclass(frozen=True, kw_only=True)
class BoardFilter:
    """What a board shows; `owner` is a user's id, "none" or blank for everybody."""

    text: str = ""
    owner: str = ""
    status: str = Deal.Status.OPEN.value

    @property
    def is_on(self) -> bool:
        """Whether it hides anything that the plain board shows."""
        return bool(self.text or self.owner or self.status != Deal.Status.OPEN.value)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One stage of a board: its newest cards, how many there are in all, and their sum in reais."""

    stage: Stage
    cards: list[Deal]
    count: int
    total: Decimal
    limit: int
    badges: Mapping[int, Sequence[Badge]] = field(default_factory=dict)

    @property
    def more(self) -> int:
        """The limit that shows the next cards, 0 when all are shown."""
        return min(self.limit + CARDS_PER_COLUMN, MOST_CARDS) if len(self.cards) < self.count else 0


def members(account: Account | int) -> QuerySet[User]:
    """Who can own cards: the active users with an active membership, by name."""
    return User.objects.filter(
        memberships__account=account, memberships__is_active=True, is_active=True
    ).order_by("name", "id")


def living_deals(account: Account) -> QuerySet[Deal]:
    """Deals that were not deleted."""
    return Deal.objects.of(account).filter(deleted_at=None)


def living_persons(account: Account) -> QuerySet[Person]:
    """Persons that were not deleted, ghosts among them."""
    return Person.objects.of(account).filter(deleted_at=None)


def contacts(account: Account) -> QuerySet[Person]:
    """Living persons without the ghosts (M31)."""
    return living_persons(account).filter(is_ghost=False)


def living_companies(account: Account) -> QuerySet[Company]:
    """Companies that were not deleted."""
    return Company.objects.of(account).filter(deleted_at=None)


def living_products(account: Account) -> QuerySet[Product]:
    """Products that were not deleted."""
    return Product.objects.of(account).filter(deleted_at=None)


def board(
    *,
    account: Account,
    funnel: Funnel,
    stages: Sequence[Stage],
    shows: BoardFilter,
    limits: Mapping[int, int],
    deals: QuerySet[Deal],
) -> list[Column]:
    """The columns of a board of `deals`: two queries, one for each stage, one for each source of badges.

    A slice for each stage walks the index `deal_on_board`; one window over all cards would read them all.
    """
    deals = filtered(deals.filter(funnel=funnel), shows)
    sums: dict[int, Any] = {
        row["stage"]: row
        for row in deals.order_by().values("stage").annotate(count=Count("pk"), total=Sum("amount"))
    }
    order = "-entered_stage_at" if shows.status == Deal.Status.OPEN else "-closed_at"
    rows = deals.select_related("person", "company", "owner").order_by(order, "-id")
    found: dict[int, list[Deal]] = {}
    for stage in stages:
        limit = limits.get(stage.pk, CARDS_PER_COLUMN)
        found[stage.pk] = list(rows.filter(stage=stage)[:limit])
    badges = badges_for(account, [deal.pk for cards in found.values() for deal in cards])
    return [
        Column(
            stage=stage,
            cards=found[stage.pk],
            count=sums.get(stage.pk, {}).get("count", 0),
            total=sums.get(stage.pk, {}).get("total") or Decimal(0),
            limit=limits.get(stage.pk, CARDS_PER_COLUMN),
            badges=badges,
        )
        for stage in stages
    ]


def filtered(deals: QuerySet[Deal], shows: BoardFilter) -> QuerySet[Deal]:
    """Deals by status, owner, and text in title, number, person, company or e-mail."""
    deals = deals.filter(status=shows.status)
    if shows.owner == "none":
        deals = deals.filter(owner=None)
    elif shows.owner.isdecimal():
        deals = deals.filter(owner_id=int(shows.owner))
    return matching(deals, shows.text)


def matching(deals: QuerySet[Deal], text: str) -> QuerySet[Deal]:
    """Deals with the text in title, number, person, company or at the beginning of the e-mail."""
    text = text.strip()
    if not text:
        return deals
    key = search_key(text)
    wanted = (
        Q(title_key__contains=key)
        | Q(person__name_key__contains=key)
        | Q(company__name_key__contains=key)
        | Q(person__email_key__startswith=email_key(text))
    )
    number = text.lstrip("#")
    if number.isdecimal() and len(number) < 10:
        wanted |= Q(number=int(number))
    return deals.filter(wanted)


def find_persons(account: Account, persons: QuerySet[Person], text: str) -> QuerySet[Person]:
    """Persons by name (without accents), by the beginning of the e-mail, or by digits of a phone."""
    text = text.strip()
    if not text:
        return persons
    wanted = Q(name_key__contains=search_key(text)) | Q(email_key__startswith=email_key(text))
    digits = _phone_digits(text)
    if digits:
        wanted |= Q(pk__in=_owners_of_phone(account, "person", digits))
    return persons.filter(wanted)


def find_companies(account: Account, companies: QuerySet[Company], text: str) -> QuerySet[Company]:
    """Companies by name (without accents), CNPJ, or digits of a phone."""
    text = text.strip()
    if not text:
        return companies
    wanted = Q(name_key__contains=search_key(text))
    digits = _phone_digits(text)
    if digits:
        wanted |= Q(pk__in=_owners_of_phone(account, "company", digits))
    plain = "".join(filter(str.isalnum, text)).upper()
    if len(plain) > 3:
        wanted |= Q(document__startswith=plain)
    return companies.filter(wanted)


def find_products(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Products by name (without accents) or the beginning of the code."""
    text = text.strip()
    if not text:
        return products
    return products.filter(Q(name_key__contains=search_key(text)) | Q(code__istartswith=text))


def deal_products(deal: Deal) -> list[DealProduct]:
    """A deal's products, in the order in which they came."""
    return list(deal.products.select_related("product").order_by("id"))


def suggestions(account: Account, kind: str, text: str) -> list[dict[str, object]]:
    """The first matches for a chooser (kind person · company · product · client): id, name, a detail.

    A client is a company or a person: its id is "company:34" or "person:12".
    """
    if kind == "product":
        products = find_products(living_products(account), text).order_by("name_key", "id")[:CHOICES]
        return [{"id": row.pk, "name": row.name, "detail": row.code} for row in products]
    if kind == "client":
        both = [
            {**found, "id": f"{one}:{found['id']}"}
            for one in ("company", "person")
            for found in suggestions(account, one, text)[:CLIENTS]
        ]
        key = search_key(text)
        return sorted(both, key=lambda found: not search_key(str(found["name"])).startswith(key))
    if kind == "company":
        companies = find_companies(account, living_companies(account), text).order_by("name_key", "id")[
            :CHOICES
        ]
        return [{"id": row.pk, "name": row.name, "detail": show_cnpj(row.document)} for row in companies]
    rows = (
        find_persons(account, contacts(account), text)
        .select_related("company")
        .order_by("name_key", "id")[:CHOICES]
    )
    return [
        {
            "id": row.pk,
            "name": row.name,
            "detail": " · ".join(filter(None, (row.email, row.company.name if row.company else ""))),
        }
        for row in rows
    ]


def companies_alike(account: Account, *, name: str, document: str) -> list[Company]:
    """The oldest three living companies of that name or that CNPJ (14 characters, or blank)."""
    wanted = Q(name_key=search_key(name))
    if document:
        wanted |= Q(document__in=(document, show_cnpj(document)))
    return list(living_companies(account).filter(wanted).order_by("id")[:3])


def related_contacts(deal: Deal) -> list[RelatedContact]:
    """A deal's further persons with their phones, in the order in which they were added."""
    return list(
        deal.related_contacts.select_related("person", "person__company")
        .prefetch_related("person__phones")
        .order_by("id")
    )


def with_checks(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Tasks or interaction records with their check-ins and the client whose place counts."""
    return rows.select_related(
        "person", "person__company", "deal", "deal__company", "deal__person", "deal__person__company"
    ).prefetch_related("check_ins__user")


def with_people(rows: QuerySet[Task]) -> QuerySet[Task]:
    """Tasks as lists show them: with_checks, and who does them."""
    return with_checks(rows).select_related("assignee").prefetch_related("responsibles__user")


def tasks(account: Account, rows: QuerySet[Task], *, user: User, which: str) -> QuerySet[Task]:
    """These tasks by due time: `mine` and `all` are open ones, `done` the finished ones, newest first."""
    rows = with_people(rows)
    if which == "done":
        return rows.filter(done_at__isnull=False).order_by("-done_at", "-id")
    rows = rows.filter(done_at=None)
    if which == "mine":
        helps = TaskResponsible.objects.of(account).filter(user=user).values("task")
        rows = rows.filter(Q(assignee=user) | Q(pk__in=helps))
    return rows.order_by(F("due_at").asc(nulls_last=True), "id")


def _phone_digits(text: str) -> str:
    digits = "".join(filter(str.isdigit, text))
    return digits if len(digits) >= 4 and not any(c.isalpha() for c in text) else ""


def _owners_of_phone(account: Account, owner: str, digits: str) -> QuerySet[Phone, dict[str, Any]]:
    """Ids of the owners of a number that holds these digits, with or without the ninth one."""
    key = phone_forms(digits)[1]
    return (
        Phone.objects.of(account)
        .filter(**{f"{owner}__isnull": False})
        .filter(Q(key__contains=digits) | Q(key__contains=key) | Q(e164__contains=digits))
        .values(owner)
    )
