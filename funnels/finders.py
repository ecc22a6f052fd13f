"""What the CRM gives to the portal's search and to its live pages."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import Membership
from accounts.modules import module_on
from accounts.search import Finder, Hit
from funnels import queries
from funnels.documents import show_cnpj
from funnels.models import Change
from funnels.visibility import visible_deals


def latest_change(account_id: int) -> int:
    """The id of the account's last journal line, 0 without one: grows with every change."""
    last = Change.objects.of(account_id).order_by("-id").values_list("id", flat=True).first()
    return last or 0


def deals(member: Membership, words: str, most: int) -> list[Hit]:
    """Cards of any status by title, number, person or company; none while the module is off (S4)."""
    if not module_on(member.account, "deals"):
        return []
    rows = queries.matching(visible_deals(member), words).select_related("funnel", "stage")
    return [
        Hit(
            title=row.title,
            description=f"#{row.number} · {row.funnel.name} · {row.stage.name}",
            link=reverse("portal:deal", args=[row.pk]),
            icon="view_kanban",
        )
        for row in rows.order_by("-updated_at")[:most]
    ]


def persons(member: Membership, words: str, most: int) -> list[Hit]:
    """Persons by name, e-mail or phone."""
    rows = queries.find_persons(member.account, queries.contacts(member.account), words).select_related(
        "company"
    )
    return [
        Hit(
            title=row.name,
            description=row.email or (row.company.name if row.company else ""),
            link=reverse("portal:person", args=[row.pk]),
            icon="person",
        )
        for row in rows.order_by("name_key", "id")[:most]
    ]


def companies(member: Membership, words: str, most: int) -> list[Hit]:
    """Companies by name, CNPJ or phone."""
    rows = queries.find_companies(member.account, queries.living_companies(member.account), words)
    return [
        Hit(
            title=row.name,
            description=show_cnpj(row.document),
            link=reverse("portal:company", args=[row.pk]),
            icon="apartment",
        )
        for row in rows.order_by("name_key", "id")[:most]
    ]


FINDERS: list[Finder] = [deals, persons, companies]
