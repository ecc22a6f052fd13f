"""How long events are kept: as long as the account keeps raw payloads (X8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from accounts.models import Account
from integrations.endpoints import outcome
from integrations.models import EventDelivery, OutgoingEvent, WebhookEndpoint

AT_ONCE = 2000
WAITING_DAYS = 30  # what waits is kept as long at least: longer than it is tried


def forget_old(*, now: datetime) -> int:
    """Deletes events older than their account's `payload_days`, with their deliveries; returns how many.

    What still waits for an endpoint stays, WAITING_DAYS at most where the account keeps less.
    """
    deleted = 0
    waiting = EventDelivery.unscoped.filter(event=OuterRef("pk"), state=EventDelivery.State.WAITING)
    for account in Account.objects.all():
        events = OutgoingEvent.objects.of(account)
        old = events.filter(at__lt=now - timedelta(days=account.payload_days))
        if account.payload_days < WAITING_DAYS:
            old = old.exclude(Exists(waiting), at__gte=now - timedelta(days=WAITING_DAYS))
        while ids := list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
            deleted += _delete(account, ids)
    return deleted


def forget_entity(*, account: Account, entity: str, ids: Iterable[int]) -> int:
    """Deletes all that events tell of these ("person", "deal", …), sent or not (X8); returns how many."""
    wanted = [str(id) for id in ids]
    told = OutgoingEvent.objects.of(account).filter(
        kind__startswith=f"{entity}.", data__object__id__in=wanted
    )
    return _delete(account, list(told.values_list("pk", flat=True))) if wanted else 0


def _delete(account: Account, ids: list[int]) -> int:
    EventDelivery.objects.of(account).filter(event__in=ids).delete()
    _forgive(account)
    return int(OutgoingEvent.objects.of(account).filter(pk__in=ids).delete()[0])


def _forgive(account: Account) -> None:
    """An endpoint without a failing delivery fails no more: nothing would ever say that it is well."""
    tried = EventDelivery.unscoped.filter(
        endpoint=OuterRef("pk"), state=EventDelivery.State.WAITING, first_tried_at__isnull=False
    )
    outcome.forgive(WebhookEndpoint.objects.of(account).exclude(Exists(tried)))
