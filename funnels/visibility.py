"""Whose cards a member sees, and what hangs on cards: all, the own teams', or the own (R3)."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.lookups import Exact

from accounts.models import Membership, TeamMember
from accounts.module_settings import settings_of
from accounts.origin import Origin
from accounts.permissions import may
from funnels.choices import FILES
from funnels.custom_text import CustomText
from funnels.models import CustomField, Deal, InteractionRecord, StoredFile, Task, TaskResponsible
from funnels.queries import living_deals


def owned(membership: Membership, path: str = "", *, column: str = "owner") -> Q:
    """The condition on a deal at `path` ("deal__") that the member's profile sees it; API keys see all.

    Cards without an owner are seen by everybody, so that somebody takes them.
    """
    if may(membership, "cards.all"):
        return ~Q(pk__in=())  # true of every row; an empty Q would be lost beside `|`
    field = f"{path}{column}"
    seen = Q(**{field: None}) | Q(**{field: membership.user_id})
    if may(membership, "cards.team"):
        places = TeamMember.objects.of(membership.account_id)
        own = places.filter(membership=membership).values("team")
        mates = places.filter(team__in=own).values("membership__user")
        seen |= Q(**{f"{field}__in": mates})
    return seen


def visible_deals(membership: Membership) -> QuerySet[Deal]:
    """The living deals that the member sees; every other is a 404 for her."""
    return living_deals(membership.account).filter(owned(membership))


def visible_records(membership: Membership) -> QuerySet[InteractionRecord]:
    """Interaction records of deals that she sees, and those of no deal."""
    rows: QuerySet[InteractionRecord] = InteractionRecord.objects.of(membership.account_id)
    seen = owned(membership, "deal__")
    return rows.filter(Q(deal=None) | seen) if seen else rows  # an empty Q would leave only the first half


def tasks_are_restricted(membership: Membership) -> bool:
    """Whether she sees only the tasks that she has to do with (S3)."""
    if membership.profile.is_administrator:
        return False
    return bool(settings_of(membership.account_id)["tasks"]["responsibles"])


def visible_tasks(membership: Membership) -> QuerySet[Task]:
    """Tasks of living deals that she sees; of no deal, those of the people whose cards she sees; and hers.

    `deal_seen` says whether she may open the deal: she may have to do something on a card that is not hers.
    While the account uses “Responsibles”, only who has to do with a task sees it, and administrators (S3).
    """
    rows: QuerySet[Task] = Task.objects.of(membership.account_id)
    user = membership.user_id
    helps = TaskResponsible.objects.of(membership.account_id).filter(user_id=user).values("task")
    rows = rows.filter(Q(deal=None) | Q(deal__deleted_at=None)).filter(
        (Q(deal__isnull=False) & owned(membership, "deal__"))
        | (Q(deal=None) & owned(membership, column="assignee"))
        | Q(assignee_id=user)
        | Q(pk__in=helps)
    )
    if tasks_are_restricted(membership):
        author = Q(origin=str(Origin.user(membership.user)))
        rows = rows.filter(author | Q(assignee_id=user) | Q(pk__in=helps))
    seen = visible_deals(membership).filter(pk=OuterRef("deal"))
    return rows.annotate(deal_seen=Exists(seen))


def file_seen(membership: Membership, file: StoredFile) -> bool:
    """Whether she may have the file: not one that only cards hold which she does not see."""
    if may(membership, "cards.all") or file.created_by_id == membership.user_id:
        return True
    fields = CustomField.objects.of(membership.account_id).filter(entity="deal", type__in=FILES)
    held = Q(pk__in=())
    for key in fields.values_list("key", flat=True):
        held |= Q(Exact(CustomText(key), str(file.pk)))
    deals = living_deals(membership.account).filter(held)
    return not deals.exists() or deals.filter(owned(membership)).exists()
