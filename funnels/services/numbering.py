"""The number of the next deal: read and moved forward, never back over a used one (S3)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.module_settings.checking import Unfit
from funnels.models import Deal
from funnels.models.board import DealCounter


def next_number(account: Account) -> tuple[int, int]:
    """(the number of the next deal, the smallest that it may be set to); two queries, nothing is locked."""
    counter = DealCounter.objects.filter(account=account).first()
    return (counter.next_number if counter else 1), _smallest(account)


def take_number(account: Account) -> int:
    """The next number, which is nobody else's; call inside the transaction that makes the deal."""
    counter = _locked(account)
    number = counter.next_number
    counter.next_number = number + 1
    counter.save(update_fields=["next_number"])
    return number


def set_next_number(account: Account, number: int) -> int:
    """Sets the number of the next deal and returns what it was; Unfit for a number at or below a used one.

    Deleted deals keep their numbers. The counter's row is locked first: who makes a deal holds it until her
    transaction ends, so the used numbers that are read here are all there are.
    """
    with transaction.atomic():
        counter = _locked(account)
        before: int = counter.next_number
        smallest = _smallest(account)
        if number < smallest:
            words = _(
                "Number %(number)s or a later one is already used. The smallest possible is %(smallest)s."
            )
            raise Unfit(
                words % {"number": number_format(number), "smallest": number_format(smallest)},
                suggestion=str(smallest),
            )
        counter.next_number = number
        counter.save(update_fields=["next_number"])
    return before


def _smallest(account: Account) -> int:
    used: int | None = Deal.unscoped.filter(account=account).aggregate(most=Max("number"))["most"]
    return (used or 0) + 1


def _locked(account: Account) -> DealCounter:
    counter, _created = DealCounter.objects.select_for_update().get_or_create(account=account)
    return counter
