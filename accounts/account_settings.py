"""What an account sets for itself as a whole: its time zone, and how long raw payloads stay (X8)."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.origin import Origin
from accounts.refusals import Refusal
from accounts.services import audit

SHORTEST_DAYS, LONGEST_DAYS = 1, 365


@cache
def time_zones() -> frozenset[str]:
    """The names that the machine's time zones have."""
    return frozenset(available_timezones())


def set_time_zone(*, account: Account, name: str, origin: Origin) -> bool:
    """The zone of its business days and dates from now on; Refusal for none, false when nothing changed."""
    if name not in time_zones():
        words = _("There is no time zone “%(name)s”. Write one such as America/Sao_Paulo.")
        raise Refusal(words % {"name": name}, field="time_zone")
    return _set(account, "time_zone", name, origin)


def keep_payloads(*, account: Account, days: int, origin: Origin) -> bool:
    """How many days raw payloads, exchanges and events stay; Refusal, and false when nothing changed."""
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        words = _("Type a number of days from %(least)s to %(most)s.")
        raise Refusal(words % {"least": SHORTEST_DAYS, "most": LONGEST_DAYS}, field="payload_days")
    return _set(account, "payload_days", days, origin)


@transaction.atomic
def _set(account: Account, name: str, value: str | int, origin: Origin) -> bool:
    row = Account.objects.select_for_update().get(pk=account.pk)
    before = getattr(row, name)
    if before == value:
        return False
    setattr(row, name, value)
    row.save(update_fields=[name])
    data = {"before": before, "after": value}
    audit(account=row, origin=origin, action=f"account.{name}", data=data)
    return True
