"""Who saw whose data, in the audit trail: one line a day for each viewer and person, or for the list (X8)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from accounts.models import Account
from accounts.origin import Origin
from accounts.services import audit_once_a_day


def persons(ids: Iterable[int], *, account: Account, origin: Origin) -> None:
    """The viewer saw the data of these."""
    audit_once_a_day(
        account=account,
        origin=origin,
        action="person.seen",
        subjects=[str(id) for id in ids],
        now=timezone.now(),
    )


def list_of_persons(*, account: Account, origin: Origin) -> None:
    """The viewer saw a page of persons."""
    audit_once_a_day(
        account=account, origin=origin, action="persons.listed", subjects=[""], now=timezone.now()
    )
