"""What stands in a form may stay there: members who left, persons and companies that were deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, User
from funnels import queries


def or_standing(
    choosable: QuerySet[Any], every: QuerySet[Any], *, ids: Iterable[int | None]
) -> QuerySet[Any]:
    """The rows that can be chosen and, of `every`, those of these ids that stand there; each row once.

    The ids come from the row that is edited, never from what a browser sent.
    """
    kept = [id for id in ids if id]
    if not kept:
        return choosable
    wanted = Q(pk__in=choosable.order_by().values("pk")) | Q(pk__in=kept)
    return every.filter(wanted).order_by(*choosable.query.order_by)


class MemberField(forms.ModelChoiceField):
    """A member of the account; one who has left is offered only where she stands already, and says so."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=None, required=False, **kwargs)
        self.active: set[int] = set()

    def offer(self, account: Account, *, standing: int | None = None) -> None:
        """The active members, and the one of this id."""
        members = queries.members(account)
        self.active = set(members.values_list("pk", flat=True)) if standing else set()
        self.queryset = or_standing(members, User.objects.all(), ids=[standing])

    def label_from_instance(self, obj: Any) -> str:
        return standing_name(obj, active=not self.active or obj.pk in self.active)


def standing_name(user: User, *, active: bool) -> str:
    """What a member is called in a list of choices."""
    return str(user) if active else _("%(name)s (no longer has access)") % {"name": user}
